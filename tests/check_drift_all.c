/* Every small world there is, judged by drift_compare() and by a slow reference that knows
 * nothing but the words of DESIGN: sets of paths with contents. */
#include "drift_world.h"

enum {
	PATHS = 3,
	/* what a release has at a path, and what may be seen there beside it */
	NOTHING = 0, ONE, TWO, CONTENTS, FORGED = CONTENTS, OTHER, UNREADABLE, SIGHTS,
};

/* Check writes a note for each of its assertions, and these are millions. */
#define EXPECT(condition)                                   \
	do {                                                \
		if (!(condition))                           \
			ck_abort_msg("%s", #condition);     \
	} while (0)

static char path_names[PATHS][2] = {"a", "b", "c"};
static const char *const words[SIGHTS] = {[ONE] = "1", [TWO] = "2", [FORGED] = "1!", [OTHER] = "x"};

/* A release or a device: what it has at each path. */
struct shape {
	int at[PATHS];
};

static struct shape shape_of(int number, int base, int paths)
{
	struct shape shape = {0};

	for (int i = 0; i < paths; i++, number /= base)
		shape.at[i] = number % base;
	return shape;
}

static int power(int base, int exponent)
{
	int product = 1;

	while (exponent-- > 0)
		product *= base;
	return product;
}

enum standing { CURRENT, ACCEPTED, PAST };

struct fleet {
	struct shape device;
	struct shape releases[3];
	enum standing standing[3];
	int count;
	bool lists;
	enum visit_outcome outcome;
};

/* ---- the slow reference ------------------------------------------------------------------- */

/* Whether it is certain that the device is not as wanted at a path. */
static bool is_certain(const struct fleet *fleet, int path, int wanted)
{
	int seen = fleet->device.at[path];

	if (seen == UNREADABLE)
		return false;
	if (seen == NOTHING) /* seen only by a complete listing */
		return wanted != NOTHING && fleet->lists && fleet->outcome == VISIT_OK;
	return seen != wanted;
}

static bool fits(const struct fleet *fleet, const struct shape *release)
{
	for (int i = 0; i < PATHS; i++)
		if (is_certain(fleet, i, release->at[i]))
			return false;
	return true;
}

/* Whether everything that the release has was seen, and everything seen could be read. */
static bool is_whole(const struct fleet *fleet, const struct shape *release)
{
	for (int i = 0; i < PATHS; i++)
		if (fleet->device.at[i] == UNREADABLE ||
		    (!fleet->lists && fleet->device.at[i] == NOTHING && release->at[i] != NOTHING))
			return false;
	return fleet->outcome == VISIT_OK;
}

static enum drift_result slow_result(const struct fleet *fleet)
{
	const struct shape *fitting = NULL;
	bool is_current = false;

	for (int i = fleet->count - 1; i >= 0; i--) {
		if (fleet->standing[i] == PAST || !fits(fleet, &fleet->releases[i]))
			continue;
		if (is_current && fleet->standing[i] != CURRENT)
			continue;
		fitting = &fleet->releases[i];
		is_current = fleet->standing[i] == CURRENT;
	}
	if (!fitting)
		return DRIFT_DRIFTED;
	if (!is_whole(fleet, fitting))
		return DRIFT_PARTIAL;
	return is_current ? DRIFT_VERIFIED : DRIFT_BEHIND;
}

static bool is_approved(const struct fleet *fleet, int path, int content)
{
	for (int i = 0; i < fleet->count; i++)
		if (fleet->releases[i].at[path] == content)
			return true;
	return false;
}

/* The release that the device is on: it has every approved content that was seen and differs
 * least, the better one of equals; -1 where none has them all. */
static int slow_release(const struct fleet *fleet)
{
	int best = -1;
	int best_differs = 0;

	for (int i = 0; i < fleet->count; i++) {
		const struct shape *release = &fleet->releases[i];
		int differs = 0;
		bool has_all = true;
		for (int path = 0; path < PATHS; path++) {
			int seen = fleet->device.at[path];
			differs += is_certain(fleet, path, release->at[path]);
			if (seen != NOTHING && is_approved(fleet, path, seen))
				has_all &= seen == release->at[path];
		}
		if (has_all && (best < 0 || differs < best_differs)) {
			best = i;
			best_differs = differs;
		}
	}
	return best;
}

/* What must hold of the finding at a path, or of there being none. */
static void check_path(const struct fleet *fleet, int path, const struct drift_finding *finding)
{
	int seen = fleet->device.at[path];
	bool current = !is_certain(fleet, path, fleet->releases[0].at[path]);

	if (seen == UNREADABLE) {
		EXPECT(finding && finding->type == DRIFT_UNREADABLE);
		return;
	}
	if (seen != NOTHING && !is_approved(fleet, path, seen))
		EXPECT(finding);
	if (!finding)
		return;
	EXPECT(finding->has_new == (seen != NOTHING));
	switch (finding->type) {
	case DRIFT_FORGED:
		EXPECT(seen == FORGED && is_approved(fleet, path, ONE));
		break;
	case DRIFT_MODIFIED:
	case DRIFT_ADDED:
		EXPECT(seen != NOTHING && !is_approved(fleet, path, seen));
		EXPECT(seen != FORGED || !is_approved(fleet, path, ONE));
		EXPECT(finding->has_old == (finding->type == DRIFT_MODIFIED));
		break;
	case DRIFT_MISSING:
		EXPECT(seen == NOTHING && fleet->lists && fleet->outcome == VISIT_OK);
		EXPECT(finding->has_old);
		break;
	case DRIFT_MIXED:
		EXPECT(!current && is_approved(fleet, path, seen));
		break;
	default:
		ck_abort_msg("%s at %s", drift_type_name(finding->type), finding->path);
	}
}

/* ---- the same world for drift_compare() ---------------------------------------------------- */

static struct manifest_file files[3][PATHS];
static struct manifest manifests[3];
static const char ids[3][4] = {"id0", "id1", "id2"};
static struct drift_baseline baselines[3];
static struct visit_observation observations[PATHS];

static void lay_release(int index, const struct fleet *fleet)
{
	static char name[] = "r";
	struct manifest *manifest = &manifests[index];

	*manifest = (struct manifest){
		.kind = VISIT_FIRMWARE,
		.release = name,
		.serial = (uint64_t)(10 - index),
		.expires_at = TIME_NEVER,
		.files = files[index],
	};
	for (int i = 0; i < PATHS; i++) {
		int content = fleet->releases[index].at[i];
		if (content == NOTHING)
			continue;
		files[index][manifest->file_count++] = (struct manifest_file){
			.path = path_names[i], .size = 1, .digest = world_digest(words[content])};
	}
	baselines[index] = (struct drift_baseline){
		.manifest = manifest,
		.id = ids[index],
		.current = fleet->standing[index] == CURRENT,
		.accept_until = fleet->standing[index] == ACCEPTED ? TIME_NEVER : world_now,
	};
}

static struct visit_report lay_device(const struct fleet *fleet)
{
	struct visit_report report = {.outcome = fleet->outcome, .observations = observations};

	for (int i = 0; i < PATHS; i++) {
		int seen = fleet->device.at[i];
		struct visit_observation one = {.path = path_names[i], .kind = VISIT_FIRMWARE};
		if (seen == NOTHING)
			continue;
		if (seen == UNREADABLE)
			one.outcome = VISIT_TOO_SLOW;
		else
			one.digest = world_digest(words[seen]);
		observations[report.observation_count++] = one;
	}
	return report;
}

static const struct drift_finding *find_finding(const struct drift_verdict *verdict, const char *path)
{
	const struct drift_finding *found = NULL;

	for (size_t i = 0; i < verdict->finding_count; i++) {
		if (!verdict->findings[i].path || strcmp(verdict->findings[i].path, path) != 0)
			continue;
		EXPECT(!found); /* one for a path */
		found = &verdict->findings[i];
	}
	return found;
}

/* One finding without a path, of the release past its date that the device is on, or none. */
static void check_release(const struct fleet *fleet, const struct drift_verdict *verdict)
{
	const struct drift_kind *kind = &verdict->kinds[VISIT_FIRMWARE];
	int on = slow_release(fleet);
	bool stale = on >= 0 && fleet->standing[on] == PAST;
	size_t count = 0;

	for (size_t i = 0; i < verdict->finding_count; i++) {
		const struct drift_finding *finding = &verdict->findings[i];
		EXPECT(!finding->path == (finding->type == DRIFT_STALE));
		if (finding->path)
			continue;
		count++;
		EXPECT(stale && strcmp(finding->manifest, ids[on]) == 0);
		EXPECT(!finding->has_new && !finding->has_old);
	}
	EXPECT(count == stale);
	EXPECT(kind->manifest[0] == '\0' || (on >= 0 && strcmp(kind->manifest, ids[on]) == 0));
	EXPECT(kind->manifest[0] != '\0' || !(kind->result == DRIFT_VERIFIED || kind->result == DRIFT_BEHIND));
}

static void try_fleet(const struct fleet *fleet)
{
	const struct drift_scope scope = {.pulls = {[VISIT_FIRMWARE] = true}, .lists = fleet->lists};
	struct visit_report report = lay_device(fleet);
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = {0};

	for (int i = 0; i < fleet->count; i++)
		lay_release(i, fleet);
	EXPECT(drift_compare(&verdict, &report, &scope, baselines, (size_t)fleet->count, world_now) == 0);
	EXPECT(verdict.result == slow_result(fleet));
	check_release(fleet, &verdict);
	for (int i = 0; i < PATHS; i++)
		check_path(fleet, i, find_finding(&verdict, path_names[i]));
}

/* ---- all of them ---------------------------------------------------------------------------- */

START_TEST(every_device_is_judged_against_every_pair_of_releases)
{
	struct fleet fleet = {.count = 2, .lists = true, .standing = {CURRENT, (enum standing)_i}};
	int releases = power(CONTENTS, PATHS);
	int devices = power(SIGHTS, PATHS);

	for (int current = 0; current < releases; current++) {
		fleet.releases[0] = shape_of(current, CONTENTS, PATHS);
		for (int older = 0; older < releases; older++) {
			fleet.releases[1] = shape_of(older, CONTENTS, PATHS);
			for (int device = 0; device < devices; device++) {
				fleet.device = shape_of(device, SIGHTS, PATHS);
				try_fleet(&fleet);
			}
		}
	}
}
END_TEST

static const struct {
	bool lists;
	enum visit_outcome outcome;
} visits[] = {{true, VISIT_OK}, {false, VISIT_OK}, {true, VISIT_CONNECTION_LOST},
	      {false, VISIT_CONNECTION_LOST}};

START_TEST(every_small_device_is_judged_against_three_releases_and_every_visit)
{
	static const enum standing standings[][3] = {
		{CURRENT, ACCEPTED, PAST}, {CURRENT, ACCEPTED, ACCEPTED}, {CURRENT, PAST, PAST}};
	int releases = power(CONTENTS, 2);

	for (int i = 0; i < releases * releases * releases; i++) {
		struct fleet fleet = {.count = 3, .lists = visits[_i].lists, .outcome = visits[_i].outcome};
		fleet.releases[0] = shape_of(i % releases, CONTENTS, 2);
		fleet.releases[1] = shape_of(i / releases % releases, CONTENTS, 2);
		fleet.releases[2] = shape_of(i / releases / releases, CONTENTS, 2);
		for (int device = 0; device < power(SIGHTS, 2); device++) {
			fleet.device = shape_of(device, SIGHTS, 2);
			for (size_t k = 0; k < 3; k++) {
				memcpy(fleet.standing, standings[k], sizeof fleet.standing);
				try_fleet(&fleet);
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("drift, all small worlds");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 300);
	tcase_add_loop_test(tests, every_device_is_judged_against_every_pair_of_releases, ACCEPTED, PAST + 1);
	tcase_add_loop_test(tests, every_small_device_is_judged_against_three_releases_and_every_visit, 0,
			    sizeof visits / sizeof visits[0]);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
