#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "file/file.h"
#include "setup/setup.h"
#include "store/store.h"

#include "suite.h"

#define PROFILE "[model]\ntitle = Sample\n[files]\nother = **\n"

static char folder[64];
static char path[128];

static void put(const char *name, const char *bytes)
{
	char file[192];
	struct error e = {0};

	snprintf(file, sizeof file, "%s/%s", folder, name);
	ck_assert_msg(file_write(file, bytes, strlen(bytes), 0600, &e) == 0, "%s", e.text);
}

static void make_folder(void)
{
	char models[128];

	strcpy(folder, "/tmp/pumpwatch-setup-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/pumpwatch.conf", folder);
	snprintf(models, sizeof models, "%s/models.d", folder);
	ck_assert_int_eq(file_make_folder(models, 0700, NULL), 0);
	put("models.d/sample.ini", PROFILE);
	ck_assert_int_eq(unsetenv("PUMPWATCH_CONFIG"), 0);
	ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void remove_folder(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(everything_is_reached_from_the_configuration)
{
	struct setup setup;
	struct error e = {0};

	put("pumpwatch.conf", "[pumpwatch]\nsite = sample-site\n");
	ck_assert_int_eq(setenv("PUMPWATCH_CONFIG", path, 1), 0);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/sample", 1), 0);
	ck_assert_msg(setup_load(&setup, NULL, &e) == 0, "%s", e.text);
	ck_assert_str_eq(setup.path, path);
	ck_assert_str_eq(setup.config.site, "sample-site");
	ck_assert_uint_eq(setup.models.count, 1);
	ck_assert_str_eq(setup.credentials.given, "/run/credentials/sample");
	ck_assert_int_eq(strncmp(setup.credentials.configured, folder, strlen(folder)), 0);
	setup_clear(&setup);
}
END_TEST

START_TEST(the_zone_of_the_windows_is_set)
{
	const time_t winter = 1795309200; /* 2026-11-22 01:00 UTC */
	struct setup setup;
	struct error e = {0};
	struct tm tm;

	put("pumpwatch.conf", "[pumpwatch]\nsite = sample-site\n[sweep]\ntimezone = America/New_York\n");
	ck_assert_msg(setup_load(&setup, path, &e) == 0, "%s", e.text);
	ck_assert_int_eq(setup_use_timezone(&setup, "Asia/Tokyo", &e), 0);
	ck_assert_ptr_nonnull(localtime_r(&winter, &tm));
	ck_assert_int_eq(tm.tm_hour, 20);
	setup_clear(&setup);

	/* A reload that takes the zone away goes back to what was there at the start. */
	put("pumpwatch.conf", "[pumpwatch]\nsite = sample-site\n");
	ck_assert_msg(setup_load(&setup, path, &e) == 0, "%s", e.text);
	ck_assert_int_eq(setup_use_timezone(&setup, "Asia/Tokyo", &e), 0);
	ck_assert_ptr_nonnull(localtime_r(&winter, &tm));
	ck_assert_int_eq(tm.tm_hour, 10);
	setup_clear(&setup);
}
END_TEST

/* The C library would take it for UTC. */
START_TEST(a_zone_that_the_host_does_not_know_is_refused)
{
	struct setup setup = {0};
	struct error e = {0};

	put("pumpwatch.conf", "[pumpwatch]\nsite = sample-site\n[sweep]\ntimezone = Europe/Atlantis\n");
	ck_assert_int_eq(setup_load(&setup, path, &e), -1);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "pumpwatch.conf: [sweep] timezone = Europe/Atlantis: this host has no such"));
	ck_assert_ptr_null(setup.path);
}
END_TEST

START_TEST(what_cannot_be_loaded_is_named)
{
	struct setup setup = {0};
	struct error e = {0};

	ck_assert_int_eq(setup_load(&setup, path, &e), -1);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, path));
	put("pumpwatch.conf", "[pumpwatch]\nsite = sample-site\n");
	put("models.d/SAMPLE.ini", PROFILE);
	ck_assert_int_eq(setup_load(&setup, path, &e), -1);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "rename one of the two"));
	put("models.d/SAMPLE.ini", "[model]\n");
	ck_assert_int_eq(setup_load(&setup, path, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "models.d/SAMPLE.ini:1: [model] needs the key \"title\""));
}
END_TEST

/* ---- what was loaded ---- */

static void load(struct setup *setup)
{
	struct error e = {0};

	ck_assert_msg(setup_load(setup, path, &e) == 0, "%s", e.text);
}

START_TEST(what_was_loaded_is_known_by_its_digests)
{
	struct setup first, again, other;

	put("pumpwatch.conf", "[pumpwatch]\nsite = sample-site\nsigners = who\n");
	load(&first);
	load(&again);
	ck_assert_str_eq(first.loaded, again.loaded);
	ck_assert_ptr_nonnull(strstr(first.loaded, "configuration "));
	ck_assert_ptr_nonnull(strstr(first.loaded, ", signers none, profiles "));
	put("who", "# nobody\n");
	load(&other);
	/* sha256sum of that line */
	ck_assert_ptr_nonnull(strstr(other.loaded, "signers 935796ba9a9a7ce044e9c04a86e0f2c1"
						   "b88308b8e3af367f2b9df7362baa404c"));
	setup_clear(&other);
	put("models.d/other.ini", PROFILE);
	load(&other);
	ck_assert_str_ne(strstr(other.loaded, "profiles "), strstr(first.loaded, "profiles "));
	setup_clear(&other);
	setup_clear(&first);
	setup_clear(&again);
}
END_TEST

START_TEST(a_load_is_recorded_when_it_differs_or_always)
{
	struct store *store = NULL;
	struct store_acts acts;
	struct setup setup;
	struct error e = {0};

	put("pumpwatch.conf", "[pumpwatch]\nsite = sample-site\n");
	load(&setup);
	ck_assert_msg(store_open(&store, folder, STORE_WRITE, false, &e) == 0, "%s", e.text);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(setup_record_load(&setup, store, "a person", i == 2, &e), 0);
	ck_assert_int_eq(store_acts_list(store, path, 9, &acts, &e), 0);
	ck_assert_uint_eq(acts.count, 2);
	ck_assert_str_eq(acts.items[0].verb, "configuration load");
	ck_assert_str_eq(acts.items[0].by, "a person");
	ck_assert_str_eq(acts.items[0].detail, setup.loaded);
	store_acts_clear(&acts);
	setup_clear(&setup);
	put("pumpwatch.conf", "[pumpwatch]\nsite = another-site\n");
	load(&setup);
	ck_assert_int_eq(setup_record_load(&setup, store, "a person", false, &e), 0);
	ck_assert_int_eq(store_acts_list(store, path, 9, &acts, &e), 0);
	ck_assert_uint_eq(acts.count, 3);
	store_acts_clear(&acts);
	setup_clear(&setup);
	store_close(store);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("setup");
	TCase *cases = tcase_create("setup");

	tcase_add_checked_fixture(cases, make_folder, remove_folder);
	tcase_add_test(cases, everything_is_reached_from_the_configuration);
	tcase_add_test(cases, the_zone_of_the_windows_is_set);
	tcase_add_test(cases, a_zone_that_the_host_does_not_know_is_refused);
	tcase_add_test(cases, what_cannot_be_loaded_is_named);
	tcase_add_test(cases, what_was_loaded_is_known_by_its_digests);
	tcase_add_test(cases, a_load_is_recorded_when_it_differs_or_always);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
