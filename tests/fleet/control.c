#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/number.h"
#include "base/text.h"

#include "fleet.h"

enum { CONTROL_LINE_MAX = 4096, CONTROL_WORDS = 4 };

const char control_usage[] =
	"PUMPS is N, N-M or all; %XX stands for a byte in FILE and TEXT; bytes count from 0.\n"
	"  PUMPS heal                  no faults, own files and serial\n"
	"  PUMPS refuse | accept       close the port, open it\n"
	"  PUMPS hang connect|listing  say nothing, stop half-way through a listing\n"
	"  PUMPS hang FILE N           stop after N bytes\n"
	"  PUMPS slow RATE             bytes a second, 0 for no limit\n"
	"  PUMPS truncate FILE N       end after N bytes as if complete\n"
	"  PUMPS cut FILE N            close both connections after N bytes\n"
	"  PUMPS reset FILE N          reset both connections after N bytes\n"
	"  PUMPS change FILE [N]       another byte at N, or in the middle\n"
	"  PUMPS unstable FILE [N]     another one at each reading\n"
	"  PUMPS replace FILE PATH     the bytes of a file of this host\n"
	"  PUMPS text FILE TEXT        these bytes\n"
	"  PUMPS add FILE SIZE         a new file\n"
	"  PUMPS remove FILE\n"
	"  PUMPS deny FILE             550\n"
	"  PUMPS release SEED          the bytes of another release in every file\n"
	"  PUMPS serial TEXT\n"
	"  PUMPS listing odd|unix|dos|vxworks|endless|garbage\n"
	"  PUMPS lie                   PASV names another host\n"
	"  PUMPS most                  tell: PUMP, control connections at once at most, now\n";

struct words {
	const char *items[CONTROL_WORDS]; /* "" where there are no more */
	size_t count;
};

static int number_of(uint64_t *ret_number, const char *word, uint64_t otherwise, struct error *e)
{
	*ret_number = otherwise;
	if (*word && number_parse(ret_number, word, 0, INT64_MAX) < 0)
		return error_set(e, ERROR_USAGE, "\"%s\" is no number", word);
	return 0;
}

static int want_file(struct pump_file **ret_file, struct pump *pump, const char *path, struct error *e)
{
	*ret_file = pump_find(pump, path);
	return *ret_file ? 0 : error_set(e, ERROR_USAGE, "pump %u has no \"%s\"", pump->number, path);
}

static int end_at(struct pump *pump, enum pump_end end, const struct words *words, struct error *e)
{
	struct pump_file *file;

	if (want_file(&file, pump, words->items[0], e) < 0 ||
	    number_of(&file->end_at, words->items[1], 0, e) < 0)
		return -1;
	file->end = end;
	return 0;
}

static int do_heal(struct pump *pump, const struct words *words, struct error *e)
{
	(void)words;
	return pump_heal(pump) < 0 ? error_memory(e) : 0;
}

static int do_refuse(struct pump *pump, const struct words *words, struct error *e)
{
	(void)words;
	(void)e;
	pump->faults.refuse = true;
	return 0;
}

static int do_accept(struct pump *pump, const struct words *words, struct error *e)
{
	(void)words;
	(void)e;
	pump->faults.refuse = false;
	return 0;
}

static int do_hang(struct pump *pump, const struct words *words, struct error *e)
{
	if (words->count == 2)
		return end_at(pump, PUMP_END_HANG, words, e);
	if (strcmp(words->items[0], "connect") == 0)
		pump->faults.hang_connect = true;
	else if (strcmp(words->items[0], "listing") == 0)
		pump->faults.hang_listing = true;
	else
		return error_set(e, ERROR_USAGE, "hang wants connect, listing, or FILE N");
	return 0;
}

static int do_slow(struct pump *pump, const struct words *words, struct error *e)
{
	return number_of(&pump->faults.rate, words->items[0], 0, e);
}

static int do_truncate(struct pump *pump, const struct words *words, struct error *e)
{
	return end_at(pump, PUMP_END_TRUNCATED, words, e);
}

static int do_cut(struct pump *pump, const struct words *words, struct error *e)
{
	return end_at(pump, PUMP_END_CUT, words, e);
}

static int do_reset(struct pump *pump, const struct words *words, struct error *e)
{
	return end_at(pump, PUMP_END_RESET, words, e);
}

static int flip(struct pump_file **ret_file, struct pump *pump, const struct words *words,
		struct error *e)
{
	struct pump_file *file;
	uint64_t at;

	if (want_file(&file, pump, words->items[0], e) < 0 ||
	    number_of(&at, words->items[1], pump_file_size(file) / 2, e) < 0)
		return -1;
	if (at >= pump_file_size(file))
		return error_set(e, ERROR_USAGE, "\"%s\" has no byte %llu", file->path,
				 (unsigned long long)at);
	file->flip_at = at;
	*ret_file = file;
	return 0;
}

static int do_change(struct pump *pump, const struct words *words, struct error *e)
{
	struct pump_file *file;

	if (flip(&file, pump, words, e) < 0)
		return -1;
	file->flipped = true;
	return 0;
}

static int do_unstable(struct pump *pump, const struct words *words, struct error *e)
{
	struct pump_file *file;

	if (flip(&file, pump, words, e) < 0)
		return -1;
	file->unstable = true;
	return 0;
}

static int do_replace(struct pump *pump, const struct words *words, struct error *e)
{
	struct content *content = content_new_file(words->items[1], e);

	if (!content)
		return -1;
	return pump_put(pump, words->items[0], content) < 0 ? error_memory(e) : 0;
}

static int do_text(struct pump *pump, const struct words *words, struct error *e)
{
	const char *text = words->items[1];

	return pump_put(pump, words->items[0], content_new_bytes(text, strlen(text))) < 0 ?
		       error_memory(e) :
		       0;
}

static int do_add(struct pump *pump, const struct words *words, struct error *e)
{
	const char *path = words->items[0];
	uint64_t size;

	if (number_parse_bytes(&size, words->items[1]) < 0)
		return error_set(e, ERROR_USAGE, "add wants FILE SIZE");
	return pump_put(pump, path, content_new_synthetic(path, size, 1)) < 0 ? error_memory(e) : 0;
}

static int do_remove(struct pump *pump, const struct words *words, struct error *e)
{
	if (!pump_remove(pump, words->items[0]))
		return error_set(e, ERROR_USAGE, "pump %u has no \"%s\"", pump->number, words->items[0]);
	return 0;
}

static int do_deny(struct pump *pump, const struct words *words, struct error *e)
{
	struct pump_file *file;

	if (want_file(&file, pump, words->items[0], e) < 0)
		return -1;
	file->denied = true;
	return 0;
}

static int do_release(struct pump *pump, const struct words *words, struct error *e)
{
	uint64_t seed;

	if (number_of(&seed, words->items[0], 1, e) < 0)
		return -1;
	for (size_t i = 0; i < pump->files.count; i++) {
		struct pump_file *file = &pump->files.items[i];
		if (file->grows)
			continue;
		struct content *content =
			content_new_synthetic(file->path, content_size(file->content), seed);
		if (!content)
			return error_memory(e);
		content_release(file->content);
		file->content = content;
	}
	return 0;
}

static int do_serial(struct pump *pump, const struct words *words, struct error *e)
{
	(void)e;
	(void)snprintf(pump->serial, sizeof pump->serial, "%s", words->items[0]); /* may be cut */
	return 0;
}

static int do_listing(struct pump *pump, const struct words *words, struct error *e)
{
	if (pump_listing_parse(&pump->faults.listing, words->items[0]) < 0)
		return error_set(e, ERROR_USAGE, "\"%s\" is no shape of a listing", words->items[0]);
	return 0;
}

static int do_lie(struct pump *pump, const struct words *words, struct error *e)
{
	(void)words;
	(void)e;
	pump->faults.lying_pasv = true;
	return 0;
}

static const struct command {
	const char *name;
	size_t least;
	size_t most;
	int (*run)(struct pump *pump, const struct words *words, struct error *e); /* NULL: tell */
} commands[] = {
	{"heal", 0, 0, do_heal},	 {"refuse", 0, 0, do_refuse},	{"accept", 0, 0, do_accept},
	{"hang", 1, 2, do_hang},	 {"slow", 1, 1, do_slow},	{"truncate", 2, 2, do_truncate},
	{"cut", 2, 2, do_cut},		 {"reset", 2, 2, do_reset},	{"change", 1, 2, do_change},
	{"unstable", 1, 2, do_unstable}, {"replace", 2, 2, do_replace}, {"text", 2, 2, do_text},
	{"add", 2, 2, do_add},		 {"remove", 1, 1, do_remove},	{"deny", 1, 1, do_deny},
	{"release", 1, 1, do_release},	 {"serial", 1, 1, do_serial},	{"listing", 1, 1, do_listing},
	{"lie", 0, 0, do_lie},		 {"most", 0, 0, NULL},
};

/* "3", "3-7" or "all" as pumps counted from 1. */
static int parse_range(const struct fleet *fleet, char *word, uint64_t *ret_first,
		       uint64_t *ret_last, struct error *e)
{
	uint64_t most = fleet->options.pumps;
	char *dash = strchr(word, '-');

	if (strcmp(word, "all") == 0) {
		*ret_first = 1;
		*ret_last = most;
		return 0;
	}
	if (dash)
		*dash++ = '\0';
	if (number_parse(ret_first, word, 1, most) < 0 ||
	    number_parse(ret_last, dash ? dash : word, *ret_first, most) < 0)
		return error_set(e, ERROR_USAGE, "pumps are N, N-M or all, from 1 to %llu",
				 (unsigned long long)most);
	return 0;
}

/* The words after the fault, with %XX undone in place (they only get shorter). */
static int parse_words(struct words *ret_words, char *rest, struct error *e)
{
	char *word;

	*ret_words = (struct words){.items = {"", "", "", ""}};
	while ((word = strsep(&rest, " ")) != NULL) {
		CLEANUP(cleanup_free) char *plain = NULL;
		if (!*word)
			continue;
		if (ret_words->count == CONTROL_WORDS)
			return error_set(e, ERROR_USAGE, "too many words");
		if (escape_parse(&plain, word, strlen(word)) < 0)
			return error_set(e, ERROR_USAGE, "\"%s\" has a bad %%XX", word);
		memcpy(word, plain, strlen(plain) + 1);
		ret_words->items[ret_words->count++] = word;
	}
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; name && i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int control_apply(struct fleet *fleet, char *line, struct text *answer, struct error *e)
{
	char *rest = line;
	char *pumps = strsep(&rest, " ");
	const struct command *command = find_command(strsep(&rest, " "));
	struct words words;
	uint64_t first;
	uint64_t last;

	if (!command)
		return error_set(e, ERROR_USAGE, "no such fault");
	if (parse_range(fleet, pumps, &first, &last, e) < 0 || parse_words(&words, rest, e) < 0)
		return -1;
	if (words.count < command->least || words.count > command->most)
		return error_set(e, ERROR_USAGE, "%s: too few or too many words", command->name);
	for (uint64_t number = first; number <= last; number++) {
		struct fleet_pump *owner = &fleet->pumps[number - 1];
		struct pump *pump = &owner->pump;
		if (!command->run)
			text_addf(answer, "%u %u %u\n", pump->number, pump->most, pump->connections);
		else if (command->run(pump, &words, e) < 0 || fleet_listen(owner, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- the socket ---- */

#define FLEET_OF(watch_pointer)                                                \
	((struct fleet *)(void *)((char *)(watch_pointer)-offsetof(struct fleet, control)))

/* Read up to a line feed, which is taken away. */
static bool read_line(int fd, char *line, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = recv(fd, line + length, size - length, 0);
		if (n <= 0)
			return false;
		length += (size_t)n;
		if (line[length - 1] == '\n') {
			line[length - 1] = '\0';
			return true;
		}
	}
	return false;
}

static void on_control(struct watch *watch, uint32_t events)
{
	struct fleet *fleet = FLEET_OF(watch);
	CLEANUP(cleanup_close) int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);
	/* A test sends its line at once; one that does not is not waited for. */
	struct timeval patience = {.tv_sec = 1};
	CLEANUP(text_clear) struct text answer;
	char line[CONTROL_LINE_MAX];
	struct error e;

	(void)events; /* accept says what is the matter */
	text_init(&answer);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
	    !read_line(fd, line, sizeof line))
		return;
	if (control_apply(fleet, line, &answer, &e) < 0)
		text_addf(&answer, "error: %s\n", e.text);
	else
		text_add(&answer, "ok\n");
	if (!answer.failed)
		(void)!send(fd, answer.data, answer.length, MSG_NOSIGNAL); /* who asked may be gone */
}

static int socket_name(struct sockaddr_un *ret_name, const char *path, struct error *e)
{
	*ret_name = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof ret_name->sun_path)
		return error_set(e, ERROR_USAGE, "%s: too long for a socket", path);
	memcpy(ret_name->sun_path, path, strlen(path));
	return 0;
}

int control_start(struct fleet *fleet, const char *path, struct error *e)
{
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un name;

	fleet->control.on_ready = on_control;
	if (socket_name(&name, path, e) < 0)
		return -1;
	if (fd < 0 || bind(fd, (const struct sockaddr *)&name, sizeof name) < 0 ||
	    listen(fd, 16) < 0 || loop_add(&fleet->loop, &fleet->control, fd, EPOLLIN) < 0)
		return error_set(e, ERROR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	fleet->control_path = path;
	fd = -1;
	return 0;
}

void control_stop(struct fleet *fleet)
{
	loop_remove(&fleet->loop, &fleet->control);
	if (fleet->control_path)
		(void)unlink(fleet->control_path); /* may be gone with its folder */
}

int control_tell(const char *path, const char *line)
{
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un name;
	struct error e;
	char bytes[4096];
	char last[3] = "";
	ssize_t n;

	if (socket_name(&name, path, &e) < 0) {
		(void)fprintf(stderr, "pumps: %s\n", e.text);
		return ERROR_USAGE;
	}
	if (fd < 0 || connect(fd, (const struct sockaddr *)&name, sizeof name) < 0 ||
	    send(fd, line, strlen(line), MSG_NOSIGNAL) < 0 || send(fd, "\n", 1, MSG_NOSIGNAL) < 0) {
		(void)fprintf(stderr, "pumps: %s: %s\n", path, strerror(errno));
		return ERROR_UNAVAILABLE;
	}
	while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) {
		(void)fwrite(bytes, 1, (size_t)n, stdout); /* the caller looks at the exit code */
		if (n >= 3)
			memcpy(last, bytes + n - 3, sizeof last);
	}
	return memcmp(last, "ok\n", sizeof last) == 0 ? EXIT_SUCCESS : ERROR_USAGE;
}
