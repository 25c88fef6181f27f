#include <string.h>

#include "base/cleanup.h"
#include "puller/reading.h"
#include "puller/targets.h"

#include "puller/walk.h"

struct walk {
	const struct walk_environment *environment;
	struct session session;
	uint32_t files;
};

static void tell_progress(void *userdata)
{
	struct walk *walk = userdata;

	walk->environment->on_progress(walk->environment->userdata, walk->session.bytes,
				       walk->files);
}

static void read_all(struct walk *walk, const struct targets *targets)
{
	const struct walk_environment *environment = walk->environment;
	struct reading_environment reading = {
		.session = &walk->session,
		.digest = environment->digest,
		.on_bytes = tell_progress,
		.userdata = walk,
	};
	struct visit_observation observation;

	for (size_t i = 0; i < targets->count && session_is_ready(&walk->session); i++) {
		if (!reading_run(&reading, &targets->items[i], &observation))
			continue; /* the session has ended */
		environment->on_observation(environment->userdata, &observation);
		walk->files++;
		tell_progress(walk);
	}
}

static void report(struct visit_report *ret_report, const struct walk *walk,
		   const struct targets *targets)
{
	const struct session *session = &walk->session;
	const struct link_result *why = session->ended.outcome != VISIT_OK ? &session->ended
									   : &targets->incomplete;

	*ret_report = (struct visit_report){
		.outcome = why->outcome,
		.grade = session->seen.grade,
		.left_out = targets->left_out,
		.not_covered = targets->not_covered,
		.bytes = session->bytes,
	};
	memcpy(ret_report->detail, why->detail, sizeof ret_report->detail);
	memcpy(ret_report->seen_pin, session->seen.pin, sizeof ret_report->seen_pin);
	memcpy(ret_report->seen_key, session->seen.key, sizeof ret_report->seen_key);
	memcpy(ret_report->seen_serial, session->serial, sizeof ret_report->seen_serial);
	memcpy(ret_report->seen_address, session->seen.address, sizeof ret_report->seen_address);
}

/* Where nothing is listed and nothing is named, nobody was asked: that is no visit. */
static void demand_contact(struct walk *walk)
{
	const struct link_result why =
		link_failed(VISIT_LISTING_UNSUPPORTED, "no file is named that could be read");

	if (walk->session.ended.outcome == VISIT_OK && !walk->session.met)
		session_end(&walk->session, &why);
}

void walk_run(struct visit_report *ret_report, const struct walk_environment *environment)
{
	CLEANUP(targets_clear) struct targets targets = {0};
	struct walk walk = {.environment = environment};

	if (session_open(&walk.session, &environment->session)) {
		targets_collect(&targets, &walk.session);
		read_all(&walk, &targets);
		demand_contact(&walk);
	}
	session_close(&walk.session);
	report(ret_report, &walk, &targets);
}
