/* Which rollouts there are, and who counts where, in small fleets written in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "rollout/rollout.h"

#include "suite.h"

enum { MOST = 8 };
static const int64_t now = 1000 * TIME_DAY;

struct world {
	struct store_baseline baselines_of[MOST];
	struct store_baselines baselines;
	struct store_device devices_of[MOST];
	struct store_devices devices;
};

static struct world world;

/* id, then letters: c current, o older and accepted, s older past its date, w withdrawn, n
 * candidate, e expired, f at fault, l drug library, d of device A. The serial is the order. */
static void approve(const char *id, const char *letters)
{
	struct store_baseline *one = &world.baselines_of[world.baselines.count++];

	*one = (struct store_baseline){
		.state = strchr(letters, 'c')	? STORE_CURRENT
			 : strchr(letters, 'w') ? STORE_WITHDRAWN
			 : strchr(letters, 'n') ? STORE_CANDIDATE
						: STORE_OLDER,
		.accept_until = strchr(letters, 'o') ? TIME_NEVER : now,
		.manifest = {
			.scope = strchr(letters, 'd') ? MANIFEST_DEVICE : MANIFEST_MODEL,
			.scope_name = (char *)(strchr(letters, 'd') ? "A" : "Sample-Pump"),
			.kind = strchr(letters, 'l') ? VISIT_DRUG_LIBRARY : VISIT_FIRMWARE,
			.serial = world.baselines.count,
			.expires_at = strchr(letters, 'e') ? now : TIME_NEVER,
		},
	};
	(void)stpcpy(one->id, id);
	if (strchr(letters, 'f'))
		(void)stpcpy(one->fault, "its text is not what its id says");
}

/* on is the id of the firmware it is on, with "?" behind it when that is doubtful. */
static struct inventory_device *enroll(const char *asset, const char *department, const char *on)
{
	struct store_device *one = &world.devices_of[world.devices.count++];
	struct store_release *release = &one->standing.releases[VISIT_FIRMWARE];

	*one = (struct store_device){.device = {.asset = (char *)asset, .department = (char *)department,
						.model = (char *)"sample-pump"}};
	text_copy(release->manifest, sizeof release->manifest, on);
	release->doubtful = strchr(on, '?') != NULL;
	release->manifest[strcspn(on, "?")] = '\0';
	return &one->device;
}

static void begin(void)
{
	world = (struct world){0};
	world.baselines.items = world.baselines_of;
	world.devices.items = world.devices_of;
}

static void add_names(struct text *text, const char *label, const struct rollout_devices *devices)
{
	text_addf(text, "%s:", label);
	for (size_t i = 0; i < devices->count; i++)
		text_addf(text, "%s%s", i > 0 ? "," : "", devices->items[i]->device.asset);
	text_add(text, " ");
}

/* "r2:B r1:A,C lag:A,C ?:D 4; ": who is on which release, who lags, who is not known, how many. */
static void expect(const char *words)
{
	CLEANUP(rollouts_clear) struct rollouts rollouts = {0};
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	ck_assert_int_eq(rollouts_find(&rollouts, &world.baselines, &world.devices, now), 0);
	text_add(&text, "");
	for (size_t i = 0; i < rollouts.count; i++) {
		const struct rollout *rollout = &rollouts.items[i];
		for (size_t k = 0; k < rollout->release_count; k++)
			add_names(&text, rollout->releases[k].baseline->id, &rollout->releases[k].devices);
		add_names(&text, "lag", &rollout->stragglers);
		add_names(&text, "?", &rollout->unknown);
		text_addf(&text, "%zu; ", rollout->device_count);
	}
	ck_assert_str_eq(text.length ? text.data : "", words);
}

START_TEST(each_device_is_on_its_release_or_not_known)
{
	approve("r1", "o");
	approve("r2", "o");
	approve("r3", "c");
	enroll("A", "Ward 2", "r1");
	enroll("B", "Ward 1", "r3");
	enroll("C", "Ward 1", "r2");
	enroll("D", "Ward 1", "r3?");
	enroll("E", "Ward 1", "");
	enroll("F", NULL, "r1");
	enroll("G", "Ward 1", "another");
	enroll("H", "Ward 1", "r1");
	expect("r3:B r2:C r1:H,A,F lag:C,H,A,F ?:D,E,G 8; ");
}
END_TEST

START_TEST(nothing_older_is_no_rollout)
{
	approve("r1", "c");
	approve("l1", "ol"); /* of another kind */
	approve("d1", "od"); /* of another scope */
	approve("r2", "n");
	approve("r0", "w");
	enroll("B", NULL, "r1");
	expect("");
}
END_TEST

START_TEST(older_release_past_its_date_counts_while_a_device_is_on_it)
{
	approve("r1", "s");
	approve("r2", "oe");
	approve("r3", "c");
	enroll("A", NULL, "r3");
	expect("");
	enroll("B", NULL, "r1");
	expect("r3:A r1:B lag:B ?: 2; ");
	world.devices_of[1].device.state = INVENTORY_RETIRED;
	expect("");
	world.devices_of[1].device.state = INVENTORY_STORED;
	expect("r3:A r1:B lag:B ?: 2; ");
	CLEANUP(rollouts_clear) struct rollouts rollouts = {0};
	ck_assert_int_eq(rollouts_find(&rollouts, &world.baselines, &world.devices, now - 1), 0);
	ck_assert(rollouts.items[0].releases[0].accepted);
	ck_assert(rollouts.items[0].releases[1].accepted); /* r2, which has not expired yet */
	ck_assert(rollouts.items[0].releases[2].accepted);
}
END_TEST

START_TEST(device_with_a_release_of_its_own_is_in_no_rollout_of_its_model)
{
	approve("d1", "cd");
	approve("r1", "o");
	approve("r2", "c");
	enroll("A", NULL, "d1");
	enroll("B", NULL, "r1");
	expect("r2: r1:B lag:B ?: 1; ");
	world.baselines_of[0].state = STORE_WITHDRAWN;
	expect("r2: r1:B lag:B ?:A 2; ");
}
END_TEST

START_TEST(device_may_have_a_rollout_of_its_own)
{
	approve("d1", "od");
	approve("d2", "cd");
	enroll("A", NULL, "d1");
	enroll("B", NULL, "d1");
	expect("d2: d1:A lag:A ?: 1; ");
}
END_TEST

START_TEST(what_is_at_fault_is_left_out)
{
	approve("r1", "of");
	approve("r2", "c");
	enroll("A", NULL, "r1");
	expect("");
	approve("l1", "ol");
	approve("l2", "clf");
	expect("");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rollout, found");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, begin, NULL);
	tcase_add_test(cases, each_device_is_on_its_release_or_not_known);
	tcase_add_test(cases, nothing_older_is_no_rollout);
	tcase_add_test(cases, older_release_past_its_date_counts_while_a_device_is_on_it);
	tcase_add_test(cases, device_with_a_release_of_its_own_is_in_no_rollout_of_its_model);
	tcase_add_test(cases, device_may_have_a_rollout_of_its_own);
	tcase_add_test(cases, what_is_at_fault_is_left_out);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
