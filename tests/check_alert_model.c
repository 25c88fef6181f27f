/* Random nights of one device whose true state is known. The life of alerts is held against
 * the truth and not against its own rules: nothing is resolved that is still there, nothing
 * stays open after a visit that saw everything, and each cause is told of in order. */
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/time.h"

#include "suite.h"

enum { PATHS = 5, TYPES = ALERT_DEVICE_CHANGED + 1, NIGHTS = 1500, APPROVED = 1, FORGED = 9, CURRENT = 2 };
#define REMIND (3 * TIME_DAY)

/* What is true of the device and of the baseline. */
struct truth {
	uint8_t content[PATHS]; /* 0: no such file */
	bool in_baseline[PATHS];
	bool readable[PATHS];
	bool trusted; /* a baseline is in force */
	bool lists;
	unsigned release; /* which one it is on: those below CURRENT are past their date */
};

/* One cause's alert as events tell it. Device causes use path 0. */
struct told {
	bool open, acknowledged;
	uint8_t content;
	int64_t at;
};

struct night {
	struct truth truth;
	struct told told[TYPES][PATHS];
	struct alert open[TYPES * PATHS];
	size_t open_count;
	uint64_t numbers, random;
	int64_t now;
	/* the visit */
	bool complete;
	bool known; /* which release it is on */
	struct visit_observation seen[PATHS];
	struct visit_report report;
	struct drift_finding findings[PATHS + 1];
	struct drift_verdict verdict;
	size_t resolved, opened, changed, reminded;
};

static char names[PATHS][2] = {"a", "b", "c", "d", "e"};

static unsigned roll(struct night *night, unsigned sides)
{
	night->random ^= night->random << 13;
	night->random ^= night->random >> 7;
	night->random ^= night->random << 17;
	return (unsigned)(night->random >> 33) % sides;
}

/* ---- the device changes, and is visited ---- */

static void live(struct night *night)
{
	static const uint8_t contents[] = {0, APPROVED, APPROVED, APPROVED, 2, 3, FORGED};
	unsigned path = roll(night, PATHS);

	night->now += TIME_DAY / 2 + roll(night, 1000) * TIME_SECOND;
	switch (roll(night, 9)) {
	case 0:
		night->truth.in_baseline[path] = roll(night, 4) != 0;
		break;
	case 1:
		night->truth.readable[path] = roll(night, 3) != 0;
		break;
	case 2:
		night->truth.trusted = roll(night, 5) != 0;
		break;
	case 3:
		night->truth.lists = roll(night, 4) != 0;
		break;
	case 4:
		night->truth.release = roll(night, CURRENT + 2);
		break;
	default:
		night->truth.content[path] = contents[roll(night, sizeof contents)];
	}
}

static enum visit_outcome meet(struct night *night)
{
	static const enum visit_outcome rare[] = {
		VISIT_TIMED_OUT, VISIT_CONNECTION_REFUSED, VISIT_LOGIN_REFUSED, VISIT_SERIAL_CHANGED,
		VISIT_HOST_KEY_CHANGED, VISIT_CANCELLED, VISIT_PULLER_FAILED, VISIT_CONNECTION_LOST,
		VISIT_LISTING_NOT_UNDERSTOOD,
	};

	return roll(night, 2) ? VISIT_OK : rare[roll(night, sizeof rare / sizeof rare[0])];
}

static void observe(struct night *night, unsigned path, enum visit_outcome outcome)
{
	night->seen[night->report.observation_count++] = (struct visit_observation){
		.path = names[path], .kind = VISIT_CONFIG, .outcome = outcome};
}

static void find(struct night *night, unsigned path, enum drift_type type)
{
	uint8_t content = type == DRIFT_UNREADABLE || type == DRIFT_MISSING ? 0 : night->truth.content[path];
	struct drift_finding *finding = &night->findings[night->verdict.finding_count++];

	*finding = (struct drift_finding){.type = type, .kind = VISIT_CONFIG, .path = names[path]};
	finding->outcome = type == DRIFT_UNREADABLE ? VISIT_PERMISSION_DENIED : VISIT_OK;
	finding->has_new = content != 0;
	memset(&finding->new_digest, content, sizeof finding->new_digest);
}

/* What a baseline says of a file that was read. */
static void compare(struct night *night, unsigned path)
{
	uint8_t content = night->truth.content[path];

	if (!night->truth.trusted)
		return;
	if (!night->truth.in_baseline[path])
		find(night, path, DRIFT_ADDED);
	else if (content != APPROVED)
		find(night, path, content == FORGED ? DRIFT_FORGED : DRIFT_MODIFIED);
}

static void look_at(struct night *night, unsigned path)
{
	const struct truth *truth = &night->truth;
	bool asked = truth->lists || (truth->trusted && truth->in_baseline[path]);

	if (!asked || (!night->complete && roll(night, 2)))
		return;
	if (truth->content[path] == 0) {
		bool expected = truth->trusted && truth->in_baseline[path];
		if (!truth->lists)
			observe(night, path, VISIT_FILE_NOT_FOUND);
		if (expected && (night->complete || !truth->lists))
			find(night, path, DRIFT_MISSING);
	} else if (!truth->readable[path]) {
		observe(night, path, VISIT_PERMISSION_DENIED);
		find(night, path, DRIFT_UNREADABLE);
	} else {
		observe(night, path, VISIT_OK);
		compare(night, path);
	}
}

/* A device whose files differ may be on any release. */
static void place(struct night *night)
{
	struct drift_kind *kind = &night->verdict.kinds[VISIT_CONFIG];
	bool differs = false;

	for (size_t i = 0; i < night->verdict.finding_count; i++)
		differs |= night->findings[i].type != DRIFT_UNREADABLE;
	night->known = night->truth.trusted && (!differs || roll(night, 2));
	if (!night->known)
		return;
	kind->manifest[0] = (char)('1' + (int)night->truth.release);
	if (night->truth.release >= CURRENT)
		return;
	struct drift_finding *finding = &night->findings[night->verdict.finding_count++];
	*finding = (struct drift_finding){.type = DRIFT_STALE, .kind = VISIT_CONFIG};
	finding->manifest[0] = kind->manifest[0];
}

static enum drift_result judge(const struct night *night)
{
	bool unreadable = !night->complete;

	for (size_t i = 0; i < night->verdict.finding_count; i++) {
		if (night->findings[i].type != DRIFT_UNREADABLE)
			return DRIFT_DRIFTED;
		unreadable = true;
	}
	return !night->truth.trusted ? DRIFT_UNTRUSTED : unreadable ? DRIFT_PARTIAL : DRIFT_VERIFIED;
}

static void visit(struct night *night)
{
	enum visit_outcome outcome = meet(night);

	night->report = (struct visit_report){.outcome = outcome, .observations = night->seen};
	night->verdict = (struct drift_verdict){.findings = night->findings};
	night->complete = outcome == VISIT_OK;
	if (visit_outcome_contact(outcome) == VISIT_CONTACT_MADE)
		for (unsigned path = 0; path < PATHS; path++)
			look_at(night, path);
	night->known = false;
	if (visit_outcome_contact(outcome) == VISIT_CONTACT_MADE)
		place(night);
	night->verdict.kinds[VISIT_CONFIG].covered = true;
	night->verdict.kinds[VISIT_CONFIG].result = judge(night);
}

/* ---- what must hold ---- */

static bool is_file(enum alert_type type)
{
	return type <= ALERT_FILE_UNREADABLE;
}

static unsigned path_of(const struct alert *alert)
{
	return alert->path ? (unsigned)(alert->path[0] - 'a') : 0;
}

/* Whether what the alert is about is still so on the device. */
static bool is_still_so(const struct night *night, enum alert_type type, unsigned path)
{
	const struct truth *truth = &night->truth;
	uint8_t content = truth->content[path];

	switch (type) {
	case ALERT_FILE_MODIFIED:
		return truth->in_baseline[path] && content != 0 && content != APPROVED && content != FORGED;
	case ALERT_FILE_FORGED:
		return truth->in_baseline[path] && content == FORGED;
	case ALERT_FILE_ADDED:
		return !truth->in_baseline[path] && content != 0 && truth->lists;
	case ALERT_FILE_MISSING:
		return truth->in_baseline[path] && content == 0;
	case ALERT_FILE_STALE:
		return truth->release < CURRENT;
	case ALERT_FILE_UNREADABLE:
		return content != 0 && !truth->readable[path] && (truth->lists || truth->in_baseline[path]);
	default:
		return false;
	}
}

static void expect_ended_well(const struct night *night, const struct alert *alert, unsigned path)
{
	enum visit_contact contact = visit_outcome_contact(night->report.outcome);

	if (is_file(alert->type)) {
		ck_assert_int_eq(contact, VISIT_CONTACT_MADE);
		ck_assert(!is_still_so(night, alert->type, path));
		bool gone = alert->type == ALERT_FILE_ADDED && night->truth.content[path] == 0;
		ck_assert(alert->type == ALERT_FILE_UNREADABLE || gone || night->truth.trusted);
		return;
	}
	bool replaced = (contact == VISIT_CONTACT_REFUSED && alert->type == ALERT_DEVICE_UNREACHABLE) ||
			(contact == VISIT_CONTACT_WRONG && alert->type != ALERT_DEVICE_CHANGED);
	ck_assert(contact == VISIT_CONTACT_MADE || replaced);
}

/* Events about one cause: opened, then changed or reminded, then resolved, and again. */
static void hear(struct night *night, const struct alert_change *change)
{
	const struct alert *alert = &change->alert;
	unsigned path = path_of(alert);
	struct told *told = &night->told[alert->type][path];
	uint8_t content = alert->has_new ? alert->new_digest.md5[0] : 0;
	if (alert->type == ALERT_FILE_STALE)
		content = (uint8_t)alert->manifest[0];
	if (alert->type == ALERT_DEVICE_CHANGED) /* another key or serial is another content */
		content = (uint8_t)night->report.outcome;
	bool news = told->open && content != told->content;

	ck_assert_int_eq(told->open, !change->tell || change->action != ALERT_OPENED);
	ck_assert(!news || (change->tell && (change->action == ALERT_CHANGED || change->action == ALERT_ENDED)));
	if (!change->tell) {
		ck_assert(told->acknowledged || night->now - told->at < REMIND);
		return;
	}
	switch (change->action) {
	case ALERT_OPENED:
		night->opened++;
		break;
	case ALERT_CHANGED:
		ck_assert(news);
		told->acknowledged = false;
		night->changed++;
		break;
	case ALERT_REMINDED:
		ck_assert(!told->acknowledged);
		ck_assert_int_ge(night->now - told->at, REMIND);
		night->reminded++;
		break;
	default:
		ck_assert_int_eq(change->action, ALERT_ENDED);
		expect_ended_well(night, alert, path);
		night->resolved++;
	}
	bool ended = change->action == ALERT_ENDED;
	*told = (struct told){.open = !ended, .acknowledged = !ended && told->acknowledged,
			      .content = content, .at = night->now};
}

static void keep(struct night *night, struct alert *alert)
{
	size_t k = 0;

	while (k < night->open_count && night->open[k].number != alert->number)
		k++;
	if (k < night->open_count)
		alert_clear(&night->open[k]);
	else
		night->open_count++;
	ck_assert_uint_le(night->open_count, sizeof night->open / sizeof night->open[0]);
	if (alert->number == 0)
		alert->number = ++night->numbers;
	night->open[k] = *alert;
	*alert = (struct alert){0};
	if (night->open[k].state == ALERT_STATE_RESOLVED) {
		alert_clear(&night->open[k]);
		night->open[k] = night->open[--night->open_count];
	}
}

static void update(struct night *night)
{
	const struct alert_causes causes = {
		.asset = "A-1", .verdict = &night->verdict, .outcome = night->report.outcome,
		.report = &night->report, .lists = night->truth.lists, .now = night->now,
		.pace = {.after = REMIND, .most = REMIND},
	};
	struct alert_change *changes = NULL;
	size_t count = 0;

	ck_assert_int_eq(alert_update(&changes, &count, night->open, night->open_count, &causes, NULL), 0);
	for (size_t i = 0; i < count; i++)
		hear(night, &changes[i]);
	for (size_t i = 0; i < count; i++)
		keep(night, &changes[i].alert);
	alert_changes_free(changes, count);
}

/* After a visit that saw everything, what is open is what was found. */
static void expect_complete(const struct night *night)
{
	bool blind = !night->complete || !night->truth.trusted || !night->truth.lists || !night->known;

	for (size_t i = 0; i < PATHS; i++)
		blind |= !night->truth.readable[i];
	if (blind)
		return;
	ck_assert_uint_eq(night->open_count, night->verdict.finding_count);
}

/* What was found is open in any case. */
static void expect_findings_open(const struct night *night)
{
	static const enum alert_type types[] = {
		[DRIFT_MODIFIED] = ALERT_FILE_MODIFIED, [DRIFT_ADDED] = ALERT_FILE_ADDED,
		[DRIFT_MISSING] = ALERT_FILE_MISSING, [DRIFT_FORGED] = ALERT_FILE_FORGED,
		[DRIFT_UNREADABLE] = ALERT_FILE_UNREADABLE, [DRIFT_STALE] = ALERT_FILE_STALE,
	};

	for (size_t i = 0; i < night->verdict.finding_count; i++) {
		const struct drift_finding *finding = &night->findings[i];
		ck_assert(night->told[types[finding->type]][finding->path ? finding->path[0] - 'a' : 0].open);
	}
}

static void expect_one_alert_a_cause(const struct night *night)
{
	size_t count = 0;

	for (size_t i = 0; i < night->open_count; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert(night->open[i].type != night->open[k].type ||
				  path_of(&night->open[i]) != path_of(&night->open[k]));
	for (unsigned type = 0; type < TYPES; type++)
		for (unsigned path = 0; path < PATHS; path++)
			count += night->told[type][path].open;
	ck_assert_uint_eq(night->open_count, count);
}

static void acknowledge_one(struct night *night)
{
	if (night->open_count == 0 || roll(night, 6) != 0)
		return;
	struct alert *alert = &night->open[roll(night, (unsigned)night->open_count)];
	if (alert->state != ALERT_STATE_OPEN)
		return;
	alert->state = ALERT_STATE_ACKNOWLEDGED;
	alert->acknowledged_at = night->now;
	alert->acknowledged_by = strdup("somebody");
	night->told[alert->type][path_of(alert)].acknowledged = true;
}

START_TEST(alerts_follow_the_truth)
{
	struct night night = {.now = 1000 * TIME_DAY, .random = 88172645463325252u + (uint64_t)_i * 977};

	night.truth = (struct truth){.trusted = true, .lists = true, .release = CURRENT};
	for (unsigned path = 0; path < PATHS; path++) {
		night.truth.content[path] = APPROVED;
		night.truth.in_baseline[path] = night.truth.readable[path] = true;
	}
	for (int i = 0; i < NIGHTS; i++) {
		live(&night);
		visit(&night);
		update(&night);
		expect_one_alert_a_cause(&night);
		expect_findings_open(&night);
		expect_complete(&night);
		acknowledge_one(&night);
	}
	/* The dice have shown every side. */
	ck_assert_uint_gt(night.opened, 100);
	ck_assert_uint_gt(night.changed, 10);
	ck_assert_uint_gt(night.reminded, 10);
	ck_assert_uint_gt(night.resolved, 100);
	for (size_t i = 0; i < night.open_count; i++)
		alert_clear(&night.open[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert model");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, alerts_follow_the_truth, 0, 8);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
