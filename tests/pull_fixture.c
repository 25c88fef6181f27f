#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "pull/pull.h"

#include "tests/pull_fixture.h"
#include "tests/suite.h"

/* ---- a pool, its loop and what came of its visits ---- */

sd_event *event;
struct pull_pool *pool;
char folder[] = PULL_FOLDER;

int64_t wall_clock(void *userdata)
{
	struct timespec at;

	(void)userdata;
	clock_gettime(CLOCK_REALTIME, &at);
	return (int64_t)at.tv_sec * TIME_SECOND + at.tv_nsec / 1000;
}

static const char *puller_program(void)
{
	static char path[4096];
	const char *builddir = getenv("builddir");

	snprintf(path, sizeof path, "%s/pumpwatch-puller", builddir ? builddir : ".");
	return path;
}

struct pull_options options_for(unsigned pullers, unsigned visits)
{
	return (struct pull_options){.program = puller_program(),
				     .pullers = pullers,
				     .visits = visits,
				     .clock = {.now = wall_clock}};
}

void make_pool(const struct pull_options *options)
{
	struct error e;

	ck_assert_int_ge(sd_event_new(&event), 0);
	if (pull_pool_new(&pool, event, options, &e) < 0)
		ck_abort_msg("no pool: %s", e.text);
}

void free_pool(void)
{
	pull_pool_free(pool);
	pool = NULL;
	event = sd_event_unref(event);
}

static void on_done(void *userdata, struct visit_report *report)
{
	struct outcome *outcome = userdata;

	outcome->done++;
	visit_report_clear(&outcome->report);
	outcome->report = *report;
	*report = (struct visit_report){0};
}

static void on_progress(void *userdata, uint64_t bytes, uint32_t files)
{
	struct outcome *outcome = userdata;

	(void)files;
	ck_assert_uint_eq(outcome->done, 0);
	outcome->progress_bytes = bytes;
}

struct pull_handlers handlers_for(struct outcome *outcome)
{
	return (struct pull_handlers){
		.on_progress = on_progress, .on_done = on_done, .userdata = outcome};
}

/* Let the loop run until count reaches least. */
void run_until(const unsigned *count, unsigned least)
{
	time_t last = time(NULL) + WAIT_SECONDS;

	while (*count < least) {
		ck_assert_int_ge(sd_event_run(event, 100000), 0);
		ck_assert_msg(time(NULL) < last, "nothing came for %d s", WAIT_SECONDS);
	}
}

/* Let the loop have its turn for a while. */
void run_for(unsigned ms)
{
	for (unsigned i = 0; i < ms / 10; i++)
		ck_assert_int_ge(sd_event_run(event, 10000), 0);
}

struct pull_visit *start(const struct visit_order *order, struct outcome *outcome)
{
	const struct pull_handlers handlers = handlers_for(outcome);
	struct pull_visit *visit = NULL;
	struct error e;

	if (pull_start(&visit, pool, order, NULL, &handlers, &e) < 0)
		ck_abort_msg("not started: %s", e.text);
	return visit;
}

/* ---- a folder as the device ---- */

void put(const char *path, const char *content)
{
	char whole[256];

	snprintf(whole, sizeof whole, "%s/%s", folder, path);
	FILE *file = fopen(whole, "w");
	ck_assert_ptr_nonnull(file);
	fputs(content, file);
	ck_assert_int_eq(fclose(file), 0);
}

void make_folder(void)
{
	char path[256];

	strcpy(folder + sizeof folder - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/lib", folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	put("A.BIN", "abc");
	put("lib/B.LIB", "");
	put("lib/C.LOG", "volatile");
	put("notes", "unmatched");
}

void remove_folder(void)
{
	char command[256];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static struct visit_selector selectors[] = {
	{"**/*.LOG", VISIT_OTHER, true},
	{"lib/**", VISIT_DRUG_LIBRARY, false},
	{"*.BIN", VISIT_FIRMWARE, false},
};

struct visit_order file_order(void)
{
	return (struct visit_order){
		.asset = "bench",
		.address = {.scheme = VISIT_FILE, .root = folder},
		.selectors = selectors,
		.selector_count = sizeof selectors / sizeof *selectors,
		.limits = visit_limits_default,
	};
}

/* ---- processes ---- */

static bool is_child(const char *pid_text, char *ret_state)
{
	char path[300], line[512];
	int parent = 0;

	snprintf(path, sizeof path, "/proc/%s/stat", pid_text);
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "r");
	if (!file || !fgets(line, sizeof line, file))
		return false;
	const char *after = strrchr(line, ')');
	return after && sscanf(after, ") %c %d", ret_state, &parent) == 2 && parent == getpid();
}

/* How many children of this process live; *ret_last is one of them. */
static unsigned find_children(pid_t *ret_last)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	unsigned count = 0;
	char state;

	*ret_last = 0;
	while ((entry = readdir(processes))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9' ||
		    !is_child(entry->d_name, &state) || state == 'Z')
			continue;
		*ret_last = (pid_t)strtol(entry->d_name, NULL, 10);
		count++;
	}
	closedir(processes);
	return count;
}

unsigned count_children(void)
{
	pid_t unused;

	return find_children(&unused);
}

pid_t only_child(void)
{
	pid_t pid;

	ck_assert_uint_eq(find_children(&pid), 1);
	return pid;
}

void expect_no_children(void)
{
	ck_assert_uint_eq(count_children(), 0);
}

/* ---- a device on the network that is not there: a port that nobody listens on ---- */

static uint16_t closed_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	CLEANUP(cleanup_close) int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin_port);
}

struct visit_order network_order(void)
{
	struct visit_order order = file_order();

	order.address = (struct visit_address){VISIT_FTP, "127.0.0.1", closed_port(), "/"};
	return order;
}

/* One that answers nothing: a visit of it lasts until it is stopped. */
int silent_listener;

struct visit_order silent_order(void)
{
	struct visit_order order = file_order();
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;

	silent_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(silent_listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(silent_listener, 512), 0);
	ck_assert_int_eq(getsockname(silent_listener, (struct sockaddr *)&address, &length), 0);
	order.address = (struct visit_address){VISIT_FTP, "127.0.0.1", ntohs(address.sin_port), "/"};
	order.limits.idle_ms = 1000 * 1000;
	return order;
}

/* Until the device has been connected to. */
void await_connection(void)
{
	struct pollfd watched = {.fd = silent_listener, .events = POLLIN};

	for (int i = 0; i < WAIT_SECONDS * 100; i++) {
		ck_assert_int_ge(sd_event_run(event, 10000), 0);
		if (poll(&watched, 1, 0) == 1)
			return;
	}
	ck_abort_msg("nobody connected");
}

/* The outcome that a pool, however it was treated, must still give. */
void expect_pool_works(void)
{
	const struct visit_order order = network_order();
	struct outcome outcome = {0};

	start(&order, &outcome);
	run_until(&outcome.done, 1);
	ck_assert_msg(outcome.report.outcome == VISIT_CONNECTION_REFUSED, "%s: %s",
		      visit_outcome_name(outcome.report.outcome), outcome.report.detail);
	ck_assert_str_eq(outcome.report.seen_address, "127.0.0.1");
	visit_report_clear(&outcome.report);
}

void expect_failed(struct outcome *outcome, const char *words)
{
	run_until(&outcome->done, 1);
	ck_assert_int_eq(outcome->report.outcome, VISIT_PULLER_FAILED);
	ck_assert_msg(strstr(outcome->report.detail, words), "%s", outcome->report.detail);
	ck_assert_uint_eq(outcome->report.observation_count, 0);
}
