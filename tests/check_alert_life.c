#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"

#include "suite.h"

/* ---- one device's visits, with what a store would keep between them ---- */

enum { PATHS = 4, MOST = 64 };
#define REMIND (24 * TIME_HOUR)

struct world {
	struct alert open[MOST];
	size_t count;
	uint64_t numbers;
	int64_t now;
	struct visit_observation seen[PATHS];
	struct visit_report report;
	struct drift_finding findings[PATHS];
	struct drift_verdict verdict;
	bool lists;
	struct alert_change *changes;
	size_t change_count;
};

static void world_start(struct world *world)
{
	*world = (struct world){.now = 1000 * TIME_DAY, .lists = true};
}

static void world_clear(struct world *world)
{
	for (size_t i = 0; i < world->count; i++)
		alert_clear(&world->open[i]);
	alert_changes_free(world->changes, world->change_count);
}

/* The next visit begins: contact made, all listed, the one kind verified. */
static void visit(struct world *world, enum visit_outcome outcome)
{
	world->now += TIME_HOUR;
	world->report = (struct visit_report){.outcome = outcome, .observations = world->seen};
	world->verdict = (struct drift_verdict){.findings = world->findings};
	bool made = visit_outcome_contact(outcome) == VISIT_CONTACT_MADE;
	world->verdict.kinds[VISIT_CONFIG] = (struct drift_kind){
		.covered = true, .result = outcome == VISIT_OK ? DRIFT_VERIFIED : DRIFT_PARTIAL};
	if (!made)
		world->verdict.kinds[VISIT_CONFIG].result = DRIFT_UNREACHABLE;
}

static void see(struct world *world, const char *path, enum visit_outcome outcome)
{
	world->seen[world->report.observation_count++] = (struct visit_observation){
		.path = (char *)path, .kind = VISIT_CONFIG, .outcome = outcome};
	visit_report_sort(&world->report);
}

static void find(struct world *world, const char *path, enum drift_type type, uint8_t content)
{
	struct drift_finding *finding = &world->findings[world->verdict.finding_count++];

	*finding = (struct drift_finding){.type = type, .kind = VISIT_CONFIG, .path = (char *)path};
	finding->has_new = content != 0;
	finding->new_size = content;
	memset(&finding->new_digest, content, sizeof finding->new_digest);
	finding->release = (char *)"2026-10";
	world->verdict.kinds[VISIT_CONFIG].result = DRIFT_DRIFTED;
}

/* A file that was read and differs. */
static void drift(struct world *world, const char *path, enum drift_type type, uint8_t content)
{
	see(world, path, VISIT_OK);
	find(world, path, type, content);
}

static void unreadable(struct world *world, const char *path, enum visit_outcome outcome)
{
	see(world, path, outcome);
	find(world, path, DRIFT_UNREADABLE, 0);
	world->findings[world->verdict.finding_count - 1].outcome = outcome;
	if (world->verdict.finding_count == 1)
		world->verdict.kinds[VISIT_CONFIG].result = DRIFT_PARTIAL;
}

/* Keep the changes as a store does. */
static void store(struct world *world)
{
	for (size_t i = 0; i < world->change_count; i++) {
		ck_assert_ptr_nonnull(world->changes);
		struct alert *alert = &world->changes[i].alert;
		size_t k = 0;
		while (k < world->count && world->open[k].number != alert->number)
			k++;
		if (alert->number == 0) {
			alert->number = ++world->numbers;
			k = world->count++;
			ck_assert_uint_lt(k, MOST);
		} else {
			ck_assert_uint_lt(k, world->count);
			alert_clear(&world->open[k]);
		}
		world->open[k] = *alert;
		*alert = (struct alert){.number = alert->number, .type = alert->type};
		if (world->open[k].state == ALERT_STATE_RESOLVED) {
			alert_clear(&world->open[k]);
			world->open[k] = world->open[--world->count];
		}
	}
}

/* End the visit. */
static void judge(struct world *world)
{
	const struct alert_causes causes = {
		.asset = "A-1", .verdict = &world->verdict, .outcome = world->report.outcome,
		.detail = world->report.detail, .report = &world->report, .lists = world->lists,
		.now = world->now, .pace = {.after = REMIND, .most = REMIND},
	};
	struct error e = {0};

	alert_changes_free(world->changes, world->change_count);
	world->changes = NULL;
	ck_assert_int_eq(alert_update(&world->changes, &world->change_count, world->open, world->count,
				      &causes, &e), 0);
	store(world);
}

/* How many events of this kind went out at the last visit. */
static size_t told(const struct world *world, enum alert_type type, enum alert_action action)
{
	size_t count = 0;

	for (size_t i = 0; i < world->change_count; i++)
		count += world->changes[i].tell && world->changes[i].alert.type == type &&
			 world->changes[i].action == action;
	return count;
}

static size_t told_in_all(const struct world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < world->change_count; i++)
		count += world->changes[i].tell;
	return count;
}

static struct alert *expect_open(struct world *world, enum alert_type type)
{
	for (size_t i = 0; i < world->count; i++)
		if (world->open[i].type == type)
			return &world->open[i];
	ck_abort_msg("no %s is open", alert_type_name(type));
}

static void acknowledge(struct alert *alert)
{
	alert->state = ALERT_STATE_ACKNOWLEDGED;
	alert->acknowledged_at = 1;
	alert->acknowledged_by = strdup("somebody");
	alert->note = strdup("seen");
}

#define WORLD CLEANUP(world_clear) struct world world; world_start(&world)

/* ---- files ---- */

START_TEST(finding_is_told_once_and_then_kept)
{
	WORLD;
	for (int i = 0; i < 3; i++) {
		visit(&world, VISIT_OK);
		drift(&world, "a", DRIFT_MODIFIED, 1);
		judge(&world);
		ck_assert_uint_eq(told_in_all(&world), i == 0);
	}
	const struct alert *alert = expect_open(&world, ALERT_FILE_MODIFIED);
	ck_assert_uint_eq(world.count, 1);
	ck_assert_str_eq(alert->asset, "A-1");
	ck_assert_str_eq(alert->path, "a");
	ck_assert_str_eq(alert->release, "2026-10");
	ck_assert_int_eq(alert->seen_at, world.now);
	ck_assert_int_eq(alert->opened_at, world.now - 2 * TIME_HOUR);
	ck_assert_int_eq(alert->told_at, alert->opened_at);
}
END_TEST

START_TEST(file_that_is_as_approved_again_resolves)
{
	WORLD;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	visit(&world, VISIT_OK);
	see(&world, "a", VISIT_OK);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MODIFIED, ALERT_ENDED), 1);
	ck_assert_uint_eq(world.count, 0);
}
END_TEST

START_TEST(other_content_is_told_as_changed_and_open_again)
{
	WORLD;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	acknowledge(expect_open(&world, ALERT_FILE_MODIFIED));
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 2);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MODIFIED, ALERT_CHANGED), 1);
	const struct alert *alert = expect_open(&world, ALERT_FILE_MODIFIED);
	ck_assert_int_eq(alert->state, ALERT_STATE_OPEN);
	ck_assert_int_eq(alert->acknowledged_at, 0);
	ck_assert_ptr_null(alert->acknowledged_by);
	ck_assert_uint_eq(alert->new_size, 2);
}
END_TEST

START_TEST(open_alert_is_reminded_of_and_acknowledged_one_is_not)
{
	WORLD;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	world.now += REMIND - 2 * TIME_HOUR;
	for (int i = 0; i < 3; i++) {
		visit(&world, VISIT_OK);
		drift(&world, "a", DRIFT_MODIFIED, 1);
		judge(&world);
		ck_assert_uint_eq(told(&world, ALERT_FILE_MODIFIED, ALERT_REMINDED), i == 1);
	}
	acknowledge(expect_open(&world, ALERT_FILE_MODIFIED));
	world.now += 100 * REMIND;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	ck_assert_uint_eq(told_in_all(&world), 0);
}
END_TEST

START_TEST(clock_that_was_set_back_reminds_of_nothing)
{
	WORLD;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	world.now -= 100 * TIME_DAY;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	ck_assert_uint_eq(told_in_all(&world), 0);
}
END_TEST

static const enum drift_type other_types[] = {DRIFT_FORGED, DRIFT_MIXED, DRIFT_MISSING};

START_TEST(finding_of_another_type_takes_the_place_of_the_first)
{
	static const enum alert_type types[] = {ALERT_FILE_FORGED, ALERT_FILE_MIXED, ALERT_FILE_MISSING};
	WORLD;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	visit(&world, VISIT_OK);
	if (other_types[_i] == DRIFT_MISSING)
		find(&world, "a", DRIFT_MISSING, 0);
	else
		drift(&world, "a", other_types[_i], 1);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MODIFIED, ALERT_ENDED), 1);
	ck_assert_uint_eq(told(&world, types[_i], ALERT_OPENED), 1);
	ck_assert_uint_eq(world.count, 1);
}
END_TEST

START_TEST(missing_file_that_is_back_resolves_or_is_modified)
{
	WORLD;
	visit(&world, VISIT_OK);
	find(&world, "a", DRIFT_MISSING, 0);
	find(&world, "b", DRIFT_MISSING, 0);
	judge(&world);
	ck_assert_uint_eq(world.count, 2);
	visit(&world, VISIT_OK);
	see(&world, "a", VISIT_OK);
	drift(&world, "b", DRIFT_MODIFIED, 1);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MISSING, ALERT_ENDED), 2);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MODIFIED, ALERT_OPENED), 1);
	ck_assert_uint_eq(world.count, 1);
}
END_TEST

START_TEST(missing_file_that_is_back_but_unreadable_stays_missing)
{
	WORLD;
	visit(&world, VISIT_OK);
	find(&world, "a", DRIFT_MISSING, 0);
	judge(&world);
	visit(&world, VISIT_OK);
	unreadable(&world, "a", VISIT_PERMISSION_DENIED);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_UNREADABLE, ALERT_OPENED), 1);
	(void)expect_open(&world, ALERT_FILE_MISSING);
}
END_TEST

START_TEST(unreadable_file_resolves_nothing_else_and_ends_when_read)
{
	WORLD;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	visit(&world, VISIT_OK);
	unreadable(&world, "a", VISIT_TIMED_OUT);
	judge(&world);
	ck_assert_uint_eq(told_in_all(&world), 1);
	ck_assert_uint_eq(world.count, 2);
	ck_assert_str_eq(expect_open(&world, ALERT_FILE_UNREADABLE)->outcome, "timed-out");
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_UNREADABLE, ALERT_ENDED), 1);
	ck_assert_uint_eq(world.count, 1);
}
END_TEST

START_TEST(reason_of_unreadable_is_news_only_when_content_does_not_hold_still)
{
	WORLD;
	visit(&world, VISIT_OK);
	unreadable(&world, "a", VISIT_TIMED_OUT);
	judge(&world);
	acknowledge(expect_open(&world, ALERT_FILE_UNREADABLE));
	visit(&world, VISIT_OK);
	unreadable(&world, "a", VISIT_TRUNCATED);
	judge(&world);
	ck_assert_uint_eq(told_in_all(&world), 0);
	ck_assert_str_eq(expect_open(&world, ALERT_FILE_UNREADABLE)->outcome, "truncated");
	visit(&world, VISIT_OK);
	unreadable(&world, "a", VISIT_UNSTABLE);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_UNREADABLE, ALERT_CHANGED), 1);
	ck_assert_int_eq(expect_open(&world, ALERT_FILE_UNREADABLE)->state, ALERT_STATE_OPEN);
}
END_TEST

START_TEST(added_file_that_is_gone_resolves_by_a_complete_listing_only)
{
	WORLD;
	visit(&world, VISIT_OK);
	drift(&world, "new", DRIFT_ADDED, 1);
	judge(&world);
	visit(&world, VISIT_LISTING_NOT_UNDERSTOOD);
	judge(&world);
	visit(&world, VISIT_TIMED_OUT);
	judge(&world);
	(void)expect_open(&world, ALERT_FILE_ADDED);
	visit(&world, VISIT_OK);
	world.lists = false;
	world.verdict.kinds[VISIT_CONFIG].result = DRIFT_PARTIAL;
	judge(&world);
	(void)expect_open(&world, ALERT_FILE_ADDED);
	visit(&world, VISIT_OK);
	world.lists = true;
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_ADDED, ALERT_ENDED), 1);
}
END_TEST

START_TEST(on_a_link_that_cannot_list_the_devices_own_word_is_taken)
{
	WORLD;
	world.lists = false;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	visit(&world, VISIT_OK);
	see(&world, "a", VISIT_FILE_NOT_FOUND);
	find(&world, "a", DRIFT_MISSING, 0);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MODIFIED, ALERT_ENDED), 1);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MISSING, ALERT_OPENED), 1);
	visit(&world, VISIT_OK);
	see(&world, "a", VISIT_FILE_NOT_FOUND);
	find(&world, "a", DRIFT_MISSING, 0);
	judge(&world);
	ck_assert_uint_eq(told_in_all(&world), 0);
}
END_TEST

START_TEST(file_that_went_while_it_was_visited_is_neither_back_nor_as_approved)
{
	WORLD;
	visit(&world, VISIT_OK);
	find(&world, "a", DRIFT_MISSING, 0);
	drift(&world, "b", DRIFT_MODIFIED, 1);
	judge(&world);
	visit(&world, VISIT_OK);
	see(&world, "a", VISIT_FILE_NOT_FOUND);
	world.verdict.kinds[VISIT_CONFIG].result = DRIFT_PARTIAL;
	unreadable(&world, "b", VISIT_FILE_NOT_FOUND);
	judge(&world);
	(void)expect_open(&world, ALERT_FILE_MISSING);
	(void)expect_open(&world, ALERT_FILE_MODIFIED);
}
END_TEST

START_TEST(file_that_is_asked_for_no_more_resolves_when_its_kind_is_fine)
{
	WORLD;
	world.lists = false;
	visit(&world, VISIT_OK);
	find(&world, "old", DRIFT_MISSING, 0);
	judge(&world);
	visit(&world, VISIT_OK);
	see(&world, "other", VISIT_OK);
	world.verdict.kinds[VISIT_CONFIG].result = DRIFT_BEHIND;
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MISSING, ALERT_ENDED), 1);
}
END_TEST

START_TEST(without_a_baseline_nothing_is_fine)
{
	WORLD;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	drift(&world, "b", DRIFT_ADDED, 1);
	judge(&world);
	visit(&world, VISIT_OK); /* the baseline was withdrawn: no findings */
	see(&world, "a", VISIT_OK);
	see(&world, "b", VISIT_OK);
	world.verdict.kinds[VISIT_CONFIG].result = DRIFT_UNTRUSTED;
	judge(&world);
	ck_assert_uint_eq(told_in_all(&world), 0);
	visit(&world, VISIT_OK); /* the profile pulls the kind no more */
	see(&world, "b", VISIT_OK);
	world.verdict.kinds[VISIT_CONFIG] = (struct drift_kind){0};
	judge(&world);
	ck_assert_uint_eq(told_in_all(&world), 0);
	ck_assert_uint_eq(world.count, 2);
	visit(&world, VISIT_OK); /* that an added file is gone needs no baseline */
	see(&world, "a", VISIT_OK);
	world.verdict.kinds[VISIT_CONFIG] = (struct drift_kind){0};
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_ADDED, ALERT_ENDED), 1);
	ck_assert_uint_eq(world.count, 1);
}
END_TEST

static const enum visit_outcome blind[] = {
	VISIT_TIMED_OUT, VISIT_LOGIN_REFUSED, VISIT_SERIAL_CHANGED, VISIT_HOST_KEY_CHANGED,
	VISIT_CANCELLED, VISIT_PULLER_FAILED, VISIT_CREDENTIAL_UNUSABLE,
};

START_TEST(visit_that_saw_nothing_resolves_no_file)
{
	WORLD;
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	visit(&world, blind[_i]);
	see(&world, "a", VISIT_OK); /* of another device, perhaps */
	world.verdict.kinds[VISIT_CONFIG].result = DRIFT_VERIFIED;
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MODIFIED, ALERT_ENDED), 0);
	(void)expect_open(&world, ALERT_FILE_MODIFIED);
}
END_TEST

START_TEST(visit_without_verdict_or_report_is_taken)
{
	struct alert open = {.number = 1, .asset = (char *)"A-1", .type = ALERT_FILE_ADDED,
			     .path = (char *)"a", .has_kind = true};
	const struct alert_causes causes = {.asset = "A-1", .outcome = VISIT_OK, .now = 5};
	struct alert_change *changes = NULL;
	size_t count = 99;

	ck_assert_int_eq(alert_update(&changes, &count, &open, 1, &causes, NULL), 0);
	ck_assert_uint_eq(count, 0);
	alert_changes_free(changes, count);
}
END_TEST

START_TEST(types_of_others_are_left_alone)
{
	WORLD;
	world.open[world.count++] = (struct alert){.number = 1, .asset = strdup("A-1"),
						   .type = ALERT_DEVICE_OVERDUE};
	world.numbers = 1;
	visit(&world, VISIT_OK);
	judge(&world);
	ck_assert_uint_eq(world.change_count, 0);
}
END_TEST

/* ---- a kind on a release past its date ---- */

/* The device is on a release; one past its date is found stale. */
static void stand_on(struct world *world, const char *release, int64_t accept_until)
{
	struct drift_kind *kind = &world->verdict.kinds[VISIT_CONFIG];
	bool stale = accept_until != 0 && accept_until <= world->now;

	if (stale) {
		find(world, NULL, DRIFT_STALE, 0);
		(void)stpcpy(world->findings[world->verdict.finding_count - 1].manifest, release);
	}
	kind->result = stale ? DRIFT_DRIFTED : accept_until ? DRIFT_BEHIND : DRIFT_VERIFIED;
	(void)stpcpy(kind->manifest, release);
	kind->accept_until = accept_until;
}

/* A night on which it is stale on release r1, and the alert of that. */
static struct alert *be_stale(struct world *world)
{
	visit(world, VISIT_OK);
	stand_on(world, "r1", 999 * TIME_DAY);
	judge(world);
	return expect_open(world, ALERT_FILE_STALE);
}

START_TEST(stale_kind_is_one_alert_that_is_told_once)
{
	WORLD;
	for (int i = 0; i < 3; i++) {
		const struct alert *alert = be_stale(&world);
		ck_assert_uint_eq(told_in_all(&world), i == 0);
		ck_assert_ptr_null(alert->path);
		ck_assert_int_eq(alert->kind, VISIT_CONFIG);
		ck_assert_str_eq(alert->manifest, "r1");
		ck_assert_str_eq(alert->detail, "accepted until 1972-09-26T00:00:00Z");
	}
	ck_assert_uint_eq(world.count, 1);
	world.now += REMIND;
	be_stale(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_STALE, ALERT_REMINDED), 1);
}
END_TEST

static const struct {
	const char *release;
	int64_t accept_until;
	const char *why;
} ends_of_stale[] = {
	{"r2", 0, "it is on another release now"},
	{"r2", TIME_NEVER, "it is on another release now"},
	{"r1", TIME_NEVER, "its release is accepted again"},
	{"r1", 0, "its release is accepted again"},
};

START_TEST(stale_kind_resolves_on_a_release_that_is_accepted)
{
	WORLD;
	be_stale(&world);
	visit(&world, VISIT_OK);
	stand_on(&world, ends_of_stale[_i].release, ends_of_stale[_i].accept_until);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_STALE, ALERT_ENDED), 1);
	ck_assert_uint_eq(world.count, 0);
}
END_TEST

START_TEST(stale_kind_that_moved_to_the_next_and_was_altered_is_modified)
{
	WORLD;
	be_stale(&world);
	visit(&world, VISIT_OK);
	stand_on(&world, "r2", 0);
	drift(&world, "a", DRIFT_MODIFIED, 1);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_STALE, ALERT_ENDED), 1);
	ck_assert_uint_eq(told(&world, ALERT_FILE_MODIFIED, ALERT_OPENED), 1);
}
END_TEST

START_TEST(stale_kind_of_which_no_release_is_known_stays)
{
	WORLD;
	be_stale(&world);
	visit(&world, VISIT_OK);
	drift(&world, "a", DRIFT_MIXED, 1);
	judge(&world);
	visit(&world, VISIT_OK);
	world.verdict.kinds[VISIT_CONFIG].result = DRIFT_UNTRUSTED;
	judge(&world);
	visit(&world, VISIT_CONNECTION_LOST);
	judge(&world);
	visit(&world, VISIT_TIMED_OUT);
	judge(&world);
	(void)expect_open(&world, ALERT_FILE_STALE);
}
END_TEST

START_TEST(another_stale_release_is_news)
{
	WORLD;
	acknowledge(be_stale(&world));
	visit(&world, VISIT_OK);
	stand_on(&world, "r2", 1000 * TIME_DAY);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_FILE_STALE, ALERT_CHANGED), 1);
	ck_assert_uint_eq(world.count, 1);
	ck_assert_int_eq(expect_open(&world, ALERT_FILE_STALE)->state, ALERT_STATE_OPEN);
}
END_TEST

START_TEST(stale_release_of_unknown_date_has_none_in_words)
{
	WORLD;
	visit(&world, VISIT_OK);
	stand_on(&world, "r1", 999 * TIME_DAY);
	(void)stpcpy(world.verdict.kinds[VISIT_CONFIG].manifest, "");
	judge(&world);
	ck_assert_ptr_null(expect_open(&world, ALERT_FILE_STALE)->detail);
}
END_TEST

/* ---- devices ---- */

static const struct {
	enum visit_outcome outcome;
	enum alert_type type;
} contacts[] = {
	{VISIT_TIMED_OUT, ALERT_DEVICE_UNREACHABLE},
	{VISIT_CONNECTION_REFUSED, ALERT_DEVICE_UNREACHABLE},
	{VISIT_LOGIN_REFUSED, ALERT_DEVICE_REFUSED},
	{VISIT_HOST_KEY_CHANGED, ALERT_DEVICE_CHANGED},
	{VISIT_SERIAL_CHANGED, ALERT_DEVICE_CHANGED},
};

START_TEST(contact_opens_a_devices_alert_and_resolves_it)
{
	WORLD;
	visit(&world, contacts[_i].outcome);
	(void)stpcpy(world.report.detail, "line%0Afeed");
	judge(&world);
	ck_assert_uint_eq(told(&world, contacts[_i].type, ALERT_OPENED), 1);
	const struct alert *alert = expect_open(&world, contacts[_i].type);
	ck_assert_ptr_null(alert->path);
	ck_assert_str_eq(alert->outcome, visit_outcome_name(contacts[_i].outcome));
	ck_assert_str_eq(alert->detail, "line\nfeed"); /* raw: rendering escapes it, once */
	visit(&world, contacts[_i].outcome);
	(void)stpcpy(world.report.detail, "line%0Afeed");
	judge(&world);
	ck_assert_uint_eq(told_in_all(&world), 0);
	visit(&world, VISIT_CANCELLED);
	judge(&world);
	ck_assert_uint_eq(world.count, 1);
	visit(&world, VISIT_LISTING_NOT_UNDERSTOOD);
	judge(&world);
	ck_assert_uint_eq(told(&world, contacts[_i].type, ALERT_ENDED), 1);
}
END_TEST

START_TEST(graver_trouble_takes_the_place_of_lighter)
{
	WORLD;
	visit(&world, VISIT_TIMED_OUT);
	judge(&world);
	visit(&world, VISIT_LOGIN_REFUSED);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_DEVICE_UNREACHABLE, ALERT_ENDED), 1);
	ck_assert_uint_eq(told(&world, ALERT_DEVICE_REFUSED, ALERT_OPENED), 1);
	visit(&world, VISIT_SERIAL_CHANGED);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_DEVICE_REFUSED, ALERT_ENDED), 1);
	ck_assert_uint_eq(told(&world, ALERT_DEVICE_CHANGED, ALERT_OPENED), 1);
	ck_assert_uint_eq(world.count, 1);
}
END_TEST

START_TEST(silence_clears_nobody)
{
	WORLD;
	visit(&world, VISIT_HOST_KEY_CHANGED);
	judge(&world);
	visit(&world, VISIT_TIMED_OUT);
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_DEVICE_CHANGED, ALERT_ENDED), 0);
	ck_assert_uint_eq(told(&world, ALERT_DEVICE_UNREACHABLE, ALERT_OPENED), 1);
	ck_assert_uint_eq(world.count, 2);
	visit(&world, VISIT_OK);
	judge(&world);
	ck_assert_uint_eq(world.count, 0);
}
END_TEST

START_TEST(yet_another_key_is_news)
{
	WORLD;
	visit(&world, VISIT_HOST_KEY_CHANGED);
	(void)stpcpy(world.report.seen_pin, "SHA256:one");
	judge(&world);
	acknowledge(expect_open(&world, ALERT_DEVICE_CHANGED));
	visit(&world, VISIT_HOST_KEY_CHANGED);
	(void)stpcpy(world.report.seen_pin, "SHA256:one");
	(void)stpcpy(world.report.detail, "other words");
	judge(&world);
	ck_assert_uint_eq(told_in_all(&world), 0);
	visit(&world, VISIT_HOST_KEY_CHANGED);
	(void)stpcpy(world.report.seen_pin, "SHA256:two");
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_DEVICE_CHANGED, ALERT_CHANGED), 1);
	ck_assert_str_eq(expect_open(&world, ALERT_DEVICE_CHANGED)->detail, "it shows SHA256:two");
	visit(&world, VISIT_SERIAL_CHANGED);
	(void)stpcpy(world.report.seen_serial, "S-9");
	judge(&world);
	ck_assert_uint_eq(told(&world, ALERT_DEVICE_CHANGED, ALERT_CHANGED), 1);
	ck_assert_str_eq(expect_open(&world, ALERT_DEVICE_CHANGED)->detail, "it shows the serial S-9");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert life");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, finding_is_told_once_and_then_kept);
	tcase_add_test(tcase, file_that_is_as_approved_again_resolves);
	tcase_add_test(tcase, other_content_is_told_as_changed_and_open_again);
	tcase_add_test(tcase, open_alert_is_reminded_of_and_acknowledged_one_is_not);
	tcase_add_test(tcase, clock_that_was_set_back_reminds_of_nothing);
	tcase_add_loop_test(tcase, finding_of_another_type_takes_the_place_of_the_first, 0,
			    sizeof other_types / sizeof other_types[0]);
	tcase_add_test(tcase, missing_file_that_is_back_resolves_or_is_modified);
	tcase_add_test(tcase, missing_file_that_is_back_but_unreadable_stays_missing);
	tcase_add_test(tcase, unreadable_file_resolves_nothing_else_and_ends_when_read);
	tcase_add_test(tcase, reason_of_unreadable_is_news_only_when_content_does_not_hold_still);
	tcase_add_test(tcase, added_file_that_is_gone_resolves_by_a_complete_listing_only);
	tcase_add_test(tcase, on_a_link_that_cannot_list_the_devices_own_word_is_taken);
	tcase_add_test(tcase, file_that_went_while_it_was_visited_is_neither_back_nor_as_approved);
	tcase_add_test(tcase, file_that_is_asked_for_no_more_resolves_when_its_kind_is_fine);
	tcase_add_test(tcase, without_a_baseline_nothing_is_fine);
	tcase_add_loop_test(tcase, visit_that_saw_nothing_resolves_no_file, 0,
			    sizeof blind / sizeof blind[0]);
	tcase_add_test(tcase, visit_without_verdict_or_report_is_taken);
	tcase_add_test(tcase, types_of_others_are_left_alone);
	tcase_add_test(tcase, stale_kind_is_one_alert_that_is_told_once);
	tcase_add_loop_test(tcase, stale_kind_resolves_on_a_release_that_is_accepted, 0,
			    sizeof ends_of_stale / sizeof ends_of_stale[0]);
	tcase_add_test(tcase, stale_kind_that_moved_to_the_next_and_was_altered_is_modified);
	tcase_add_test(tcase, stale_kind_of_which_no_release_is_known_stays);
	tcase_add_test(tcase, another_stale_release_is_news);
	tcase_add_test(tcase, stale_release_of_unknown_date_has_none_in_words);
	tcase_add_loop_test(tcase, contact_opens_a_devices_alert_and_resolves_it, 0,
			    sizeof contacts / sizeof contacts[0]);
	tcase_add_test(tcase, graver_trouble_takes_the_place_of_lighter);
	tcase_add_test(tcase, silence_clears_nobody);
	tcase_add_test(tcase, yet_another_key_is_news);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
