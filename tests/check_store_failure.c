/* What the store is like after a kill or a full disk, and with several processes at it: whole. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/store_fixture.h"
#include "tests/suite.h"

/* In a child, where Check's assertions do not reach: say what and end. */
#define child_must(call)                                                           \
	do {                                                                       \
		if ((call) < 0) {                                                  \
			(void)fprintf(stderr, "%s: %s\n", #call, e.text);          \
			_exit(1);                                                  \
		}                                                                  \
	} while (0)

static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* One transaction as a sweep makes it: a visit with new observations and a finding, its alert
 * and its event, whose number is that of the visit. */
static int add_drift(int seed, uint64_t *ret_visit, struct error *failure)
{
	char name[32];
	struct sample_visit sample;
	struct alert alert = sample_alert("SAMPLE-0001", name);
	struct alert_event event = sample_event("SAMPLE-0001", seed);
	struct store_standing standing = { .visited_at = seed, .failures = (unsigned)seed };

	(void)snprintf(name, sizeof name, "FILE-%d", seed);
	sample_visit(&sample, seed, true);
	sample.observations[0].digest = sample_digest(seed);
	sample.finding.new_digest = sample_digest(seed);
	if (store_begin(store, failure) < 0 ||
	    store_visit_add(store, 0, "SAMPLE-0001", &sample.report, &sample.verdict, ret_visit, failure) < 0 ||
	    store_standing_save(store, "SAMPLE-0001", &standing, failure) < 0 ||
	    store_alert_save(store, &alert, failure) < 0 ||
	    store_event_append(store, &event, failure) < 0 || store_commit(store, failure) < 0) {
		store_rollback(store);
		return -1;
	}
	return 0;
}

/* Every visit has its alert and its event, and the chain holds. Returns how many. */
static int64_t check_whole(void)
{
	int64_t visits = ask("SELECT count(*) FROM visit");

	ck_assert_int_eq(ask("SELECT count(*) FROM record"), visits);
	ck_assert_int_eq(ask("SELECT count(*) FROM alert"), visits);
	ck_assert_int_eq(ask("SELECT count(*) FROM finding_set"), visits);
	ck_assert_int_eq(ask("SELECT count(*) FROM observation"), visits * SAMPLE_FILES);
	ck_assert_int_eq(ask("SELECT seq FROM chain"), visits);
	must_verify();
	return visits;
}

/* ---- kill -9 ---- */

static void add_until_killed(int report, int first)
{
	uint64_t visit;

	child_must(store_open(&store, folder, STORE_WRITE, false, &e));
	for (int seed = first;; seed++) {
		child_must(add_drift(seed, &visit, &e));
		if (write(report, &visit, sizeof visit) != sizeof visit)
			_exit(1);
	}
}

/* Let a child commit until a moment that differs each round; the last visit it reported. */
static uint64_t kill_a_writer(int round)
{
	int ends[2];
	uint64_t visit = 0, next;

	ck_assert_int_eq(pipe(ends), 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)close(ends[0]);
		add_until_killed(ends[1], round * 10000 + 1);
	}
	(void)close(ends[1]);
	for (int i = 0; i <= round % 4; i++)
		ck_assert_int_eq(read(ends[0], &visit, sizeof visit), sizeof visit);
	/* Anywhere in the transactions that follow. */
	(void)nanosleep(&(struct timespec){ .tv_nsec = (round * 7919 % 4001) * 1000L }, NULL);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(wait_for(child), 128 + SIGKILL);
	while (read(ends[0], &next, sizeof next) == sizeof next)
		visit = next;
	(void)close(ends[0]);
	return visit;
}

START_TEST(a_killed_writer_loses_nothing_that_it_reported)
{
	int64_t least = 0;

	open_store();
	enroll(1);
	close_store();
	for (int round = 0; round < 20; round++) {
		uint64_t reported = kill_a_writer(round);

		open_store();
		int64_t visits = check_whole();
		ck_assert_uint_ge((uint64_t)visits, reported);
		ck_assert_uint_le((uint64_t)visits, reported + 1);
		ck_assert_int_gt(visits, least);
		least = visits;
		close_store();
	}
}
END_TEST

/* ---- full disk ---- */

static rlim_t largest_file(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	off_t largest = 0;
	char name[400];

	for (size_t i = 0; i < 3; i++) {
		struct stat status = {0};
		(void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		if (stat(name, &status) == 0 && status.st_size > largest)
			largest = status.st_size;
	}
	return (rlim_t)largest;
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Add until there is no room left; how many were kept. */
static int64_t add_until_full(int *seed)
{
	uint64_t visit;

	for (int tries = 0; tries < 2000; tries++) {
		struct error failure = {0};
		if (add_drift(++*seed, &visit, &failure) == 0)
			continue;
		ck_assert_msg(failure.code == ERROR_UNAVAILABLE, "%s", failure.text);
		ck_assert_msg(strstr(failure.text, "nothing was changed") != NULL, "%s", failure.text);
		return check_whole();
	}
	ck_abort_msg("the disk did not fill");
}

/* Room for some more bytes than there are, in each round others, so that each statement is
 * the one that fails. */
static int fill_and_make_room(void)
{
	int seed = 0;
	uint64_t visit;

	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	open_store();
	enroll(1);
	for (rlim_t round = 0; round < 40; round++) {
		limit_files(largest_file() + 20000 + round * 1117);
		int64_t kept = add_until_full(&seed);
		must_refuse(add_drift(++seed, &visit, &e), ERROR_UNAVAILABLE, "nothing was changed");
		ck_assert_int_eq(check_whole(), kept);
		limit_files(RLIM_INFINITY);
		must(add_drift(++seed, &visit, &e));
		ck_assert_int_eq(check_whole(), kept + 1);
		must(store_execute(store, "PRAGMA wal_checkpoint(TRUNCATE)", &e));
	}
	close_store();
	open_store();
	(void)check_whole();
	close_store();
	return 0;
}

START_TEST(a_full_disk_fails_calls_cleanly_until_there_is_room)
{
	ck_assert_int_eq(fill_and_make_room(), 0);
}
END_TEST

START_TEST(a_store_that_may_not_grow_says_so_too)
{
	int seed = 0;
	uint64_t visit;
	char sql[64];

	open_store();
	enroll(1);
	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)ask("PRAGMA page_count") + 3);
	must(store_execute(store, sql, &e));
	int64_t kept = add_until_full(&seed);
	must(store_execute(store, "PRAGMA max_page_count = 1000000", &e));
	must(add_drift(++seed, &visit, &e));
	ck_assert_int_eq(check_whole(), kept + 1);
	close_store();
}
END_TEST

START_TEST(a_transaction_that_lost_its_beginning_is_not_committed)
{
	struct sample_visit sample;
	struct sample_device device;
	struct alert_event event = sample_event("SAMPLE-0001", 1);
	uint64_t visit;

	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	open_store();
	enroll(1);
	sample_visit(&sample, 1, true);
	/* More than the page cache holds, so that pages are written before the commit. */
	must(store_execute(store, "PRAGMA cache_size = 10", &e));
	must(store_begin(store, &e));
	must(store_visit_add(store, 0, "SAMPLE-0001", &sample.report, &sample.verdict, &visit, &e));
	limit_files(largest_file());
	e = (struct error){0};
	int number = 2;
	while (number < 5000 && store_device_save(store, sample_device(&device, number), &e) == 0)
		number++;
	ck_assert_int_eq(e.code, ERROR_UNAVAILABLE);
	limit_files(RLIM_INFINITY);
	/* A caller that does not look at results must not write the rest alone. */
	must_refuse(store_event_append(store, &event, &e), ERROR_UNAVAILABLE, "nothing of it was kept");
	must_refuse(store_commit(store, &e), ERROR_UNAVAILABLE, "nothing of it was kept");
	ck_assert_int_eq(check_whole(), 0);
	must(store_event_append(store, &event, &e));
	close_store();
}
END_TEST

START_TEST(a_store_is_not_half_made_on_a_full_disk)
{
	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	for (rlim_t limit = 0; limit < 64 * 1024; limit += 8192) {
		limit_files(limit);
		must_refuse(store_open(&store, folder, STORE_WRITE, true, &e), ERROR_UNAVAILABLE, "nothing was changed");
		ck_assert_int_eq(count_files(), 0);
		limit_files(RLIM_INFINITY);
	}
	open_store();
	close_store();
}
END_TEST

/* ---- several processes ---- */

enum { TURNS = 30 };

/* Hold the lease and a file that no other holder may have made. */
static void contend(const char *owner)
{
	char marker[400];

	(void)snprintf(marker, sizeof marker, "%s/held", folder);
	child_must(store_open(&store, folder, STORE_WRITE, false, &e));
	for (int turns = 0; turns < TURNS;) {
		int taken = store_lease_take(store, "SAMPLE-0001", owner, 1, 2, &e);
		child_must(taken);
		if (taken == 0)
			continue;
		int fd = open(marker, O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (fd < 0 || close(fd) < 0 || unlink(marker) < 0)
			_exit(2);
		child_must(store_lease_drop(store, "SAMPLE-0001", owner, &e));
		turns++;
	}
	_exit(0);
}

static void append_events(const char *owner)
{
	child_must(store_open(&store, folder, STORE_WRITE, false, &e));
	for (int i = 0; i < TURNS; i++) {
		struct alert_event event = sample_event("SAMPLE-0001", i);
		event.detail = (char *)owner;
		child_must(store_event_append(store, &event, &e));
	}
	_exit(0);
}

static void run_two(void (*act)(const char *owner))
{
	pid_t children[2];

	for (int i = 0; i < 2; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i] == 0)
			act(i == 0 ? "daemon" : "cli");
	}
	ck_assert_int_eq(wait_for(children[0]), 0);
	ck_assert_int_eq(wait_for(children[1]), 0);
}

START_TEST(two_processes_never_hold_one_lease)
{
	open_store();
	enroll(1);
	close_store();
	run_two(contend);
}
END_TEST

START_TEST(two_processes_append_to_one_chain)
{
	struct store_events events;
	size_t by_daemon = 0;

	open_store();
	close_store();
	run_two(append_events);
	open_store();
	must_verify();
	must(store_events_list(store, 0, SIZE_MAX, &events, &e));
	ck_assert_uint_eq(events.count, 2 * TURNS);
	for (size_t i = 0; i < events.count; i++)
		by_daemon += strcmp(events.items[i].detail, "daemon") == 0;
	ck_assert_uint_eq(by_daemon, TURNS);
	store_events_clear(&events);
	close_store();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store, failure");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, make_folder, remove_folder);
	tcase_set_timeout(all, 120);
	tcase_add_test(all, a_killed_writer_loses_nothing_that_it_reported);
	tcase_add_test(all, a_full_disk_fails_calls_cleanly_until_there_is_room);
	tcase_add_test(all, a_store_that_may_not_grow_says_so_too);
	tcase_add_test(all, a_transaction_that_lost_its_beginning_is_not_committed);
	tcase_add_test(all, a_store_is_not_half_made_on_a_full_disk);
	tcase_add_test(all, two_processes_never_hold_one_lease);
	tcase_add_test(all, two_processes_append_to_one_chain);
	suite_add_tcase(suite, all);
	return suite_run(suite);
}
