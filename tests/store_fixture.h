#pragma once
/* What the suites of the store share: an empty store in a folder of its own, and sample data. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/internal.h"

static char folder[256], path[300];
static struct store *store;
static struct error e;

/* A call that must succeed; its value. */
#define must(call)                                                                        \
	({                                                                                \
		__typeof__(call) result_ = (call);                                        \
		ck_assert_msg(result_ >= 0, "%s: %s", #call, e.text);                     \
		result_;                                                                  \
	})

/* A call that must fail so, with words that say so. */
#define must_refuse(call, expected, words)                                                \
	do {                                                                              \
		e = (struct error){0};                                                    \
		ck_assert_int_eq((call), -1);                                             \
		ck_assert_msg(e.code == (expected), "code %d: %s", (int)e.code, e.text);  \
		ck_assert_msg(strstr(e.text, (words)) != NULL, "\"%s\": %s", words, e.text); \
	} while (0)

static inline void make_folder(void)
{
	const char *parent = getenv("TMPDIR");

	(void)snprintf(folder, sizeof folder, "%s/pumpwatch-store.XXXXXX", parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/pumpwatch.db", folder);
}

static inline void remove_folder(void)
{
	char name[600];
	DIR *entries = opendir(folder);

	for (struct dirent *entry; entries && (entry = readdir(entries));) {
		(void)snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			(void)unlink(name);
	}
	if (entries)
		(void)closedir(entries);
	(void)rmdir(folder);
}

/* Names in the folder, but for "." and "..". */
static inline int count_files(void)
{
	int count = -2;
	DIR *entries = opendir(folder);

	while (readdir(entries))
		count++;
	(void)closedir(entries);
	return count;
}

static inline void open_store(void)
{
	must(store_open(&store, folder, STORE_WRITE, true, &e));
}

static inline void close_store(void)
{
	store_close(store);
	store = NULL;
}

static inline void set_up(void)
{
	make_folder();
	open_store();
}

static inline void tear_down(void)
{
	close_store();
	remove_folder();
}

/* A group of cases that each have a store of their own. */
static inline TCase *cases(Suite *suite, const char *name)
{
	TCase *group = tcase_create(name);

	tcase_add_checked_fixture(group, set_up, tear_down);
	tcase_set_timeout(group, 60);
	suite_add_tcase(suite, group);
	return group;
}

/* Run SQL behind the store's back. */
static inline void tamper(const char *sql)
{
	sqlite3 *database;
	char *words = NULL;

	ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(database, sql, NULL, NULL, &words) == SQLITE_OK, "%s: %s", sql, words);
	sqlite3_close(database);
}

/* The first column of the first row. */
static inline int64_t ask(const char *sql)
{
	struct statement statement = store_prepare(store, sql);

	ck_assert_msg(store_step(&statement, &e) == 1, "%s: %s", sql, e.text);
	int64_t number = store_read_integer(&statement);
	store_finish(&statement);
	return number;
}

/* Whether every record stands where the chain has it, and its head is the store's. Not an
 * assertion for each: Check writes those to a file, and the disk may be full. */
static inline bool chain_holds(void)
{
	struct store_records records;
	char head[DIGEST_SHA256_HEX + 1], hash[DIGEST_SHA256_HEX + 1];
	bool holds = true;
	uint64_t seq;

	if (store_event_head(store, &seq, head, &e) < 0 ||
	    store_records_list(store, 0, SIZE_MAX, &records, &e) < 0)
		return false;
	(void)strcpy(hash, store->genesis);
	for (size_t i = 0; i < records.count; i++) {
		const struct store_record *record = &records.items[i];
		holds &= record->number == i + 1 &&
			 store_chain_hash(hash, hash, record->text, record->length, &e) == 0 &&
			 strcmp(record->hash, hash) == 0;
	}
	store_records_clear(&records);
	return holds && strcmp(hash, head) == 0;
}

#define must_verify() ck_assert_msg(chain_holds(), "the chain does not hold")

/* ---- sample data: nothing of it is owned ---- */

struct sample_device {
	char asset[32], serial[32], mac[32], link[64];
	struct inventory_device device;
};

static inline const struct inventory_device *sample_device(struct sample_device *sample, int number)
{
	(void)snprintf(sample->asset, sizeof sample->asset, "SAMPLE-%04d", number);
	(void)snprintf(sample->serial, sizeof sample->serial, "S%06d", number);
	(void)snprintf(sample->mac, sizeof sample->mac, "02:00:00:00:%02x:%02x", number / 256, number % 256);
	(void)snprintf(sample->link, sizeof sample->link, "ftp://pump-%d.example/", number);
	sample->device = (struct inventory_device){
		.asset = sample->asset,
		.serial = sample->serial,
		.mac = sample->mac,
		.model = "sample-pump",
		.name = "A sample",
		.department = "Ward 3",
		.link = sample->link,
		.credential = "sample",
		.pins = "SHA256:AAAA",
		.state = INVENTORY_ACTIVE,
		.enrolled_at = 1000,
	};
	return &sample->device;
}

static inline void enroll(int count)
{
	struct sample_device sample;

	for (int number = 1; number <= count; number++)
		must(store_device_save(store, sample_device(&sample, number), &e));
}

/* Digests that are the same for the same seed. */
static inline struct digest_pair sample_digest(int seed)
{
	struct digest_pair pair;

	memset(pair.md5, seed, sizeof pair.md5);
	memset(pair.sha256, seed + 1, sizeof pair.sha256);
	pair.sha256[0] = (uint8_t)(seed >> 8);
	return pair;
}

enum { SAMPLE_FILES = 4 };
struct sample_visit {
	struct visit_observation observations[SAMPLE_FILES];
	struct drift_finding finding;
	struct visit_report report;
	struct drift_verdict verdict;
};

/* A visit that read four files; drifted with one finding when so said. */
static inline void sample_visit(struct sample_visit *sample, int64_t at, bool drifted)
{
	static char *const paths[SAMPLE_FILES] = { "CONFIG.XML", "HEAD_C~1", "HEAD_F~1", "STORED~1" };

	*sample = (struct sample_visit){0};
	for (int i = 0; i < SAMPLE_FILES; i++)
		sample->observations[i] = (struct visit_observation){
			.path = paths[i],
			.kind = (enum visit_kind)i,
			.size = 1000 + (uint64_t)i,
			.digest = sample_digest(i),
			.length_verified = i % 2 == 0,
		};
	sample->finding = (struct drift_finding){
		.type = DRIFT_MODIFIED,
		.kind = VISIT_DRUG_LIBRARY,
		.path = paths[1],
		.has_new = true,
		.new_size = 1001,
		.new_digest = sample_digest(1),
		.has_old = true,
		.old_size = 900,
		.old_digest = sample_digest(9),
		.release = "2026-10",
		.manifest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};
	sample->report = (struct visit_report){
		.grade = { .encrypted = true, .authenticated = true, .identified = true },
		.seen_pin = "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
		.seen_serial = "S000001",
		.seen_address = "192.0.2.17",
		.observations = sample->observations,
		.observation_count = SAMPLE_FILES,
		.left_out = 1,
		.not_covered = 2,
		.bytes = 501775,
		.started_at = at,
		.ended_at = at + 12 * INT64_C(1000000),
	};
	sample->verdict = (struct drift_verdict){
		.result = drifted ? DRIFT_DRIFTED : DRIFT_VERIFIED,
		.findings = &sample->finding,
		.finding_count = drifted ? 1 : 0,
		.files = SAMPLE_FILES,
	};
}

static inline struct alert sample_alert(char *asset, char *file)
{
	return (struct alert){
		.asset = asset,
		.type = ALERT_FILE_MODIFIED,
		.has_kind = true,
		.kind = VISIT_DRUG_LIBRARY,
		.path = file,
		.has_new = true,
		.new_size = 1001,
		.new_digest = sample_digest(1),
		.release = "2026-10",
		.opened_at = 10,
		.seen_at = 20,
		.told_at = 10,
	};
}

static inline struct alert_event sample_event(char *asset, int64_t at)
{
	return (struct alert_event){
		.type = ALERT_FILE_MODIFIED,
		.action = ALERT_OPENED,
		.at = at,
		.site = "sample-site",
		.asset = asset,
		.model = "sample-pump",
		.path = "HEAD_C~1",
	};
}
