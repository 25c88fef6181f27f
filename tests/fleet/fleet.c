#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/number.h"

#include "session.h"

/* How often waiting sessions are looked at. */
enum { TICK_MS = 10, BACKLOG = 64, ACCEPTS_A_TURN = 16 };

#define PUMP_OF(watch_pointer)                                                 \
	((struct fleet_pump *)(void *)((char *)(watch_pointer)-offsetof(struct fleet_pump, listener)))

int fleet_socket(const struct pump *pump, uint16_t port)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* bind says if it matters */
	if (inet_pton(AF_INET, pump->address, &name.sin_addr) != 1 ||
	    bind(fd, (const struct sockaddr *)&name, sizeof name) < 0) {
		int failure = errno;
		(void)close(fd); /* was just made */
		return failure ? -failure : -EINVAL;
	}
	return fd;
}

void fleet_fill(char *ret_text, size_t size, const char *form, const char *word)
{
	const char *place = strstr(form, "%s");
	int before = place ? (int)(place - form) : (int)strlen(form);

	(void)snprintf(ret_text, size, "%.*s%s%s", before, form, place ? word : "",
		       place ? place + 2 : ""); /* what does not fit is cut */
}

static void on_listener(struct watch *watch, uint32_t events)
{
	(void)events; /* accept says what is the matter */
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		session_open(PUMP_OF(watch), fd);
	}
}

int fleet_listen(struct fleet_pump *owner, struct error *e)
{
	struct pump *pump = &owner->pump;
	struct sockaddr_in name = {0};
	socklen_t length = sizeof name;

	if (pump->faults.refuse) {
		loop_remove(&owner->fleet->loop, &owner->listener);
		return 0;
	}
	if (owner->listener.fd >= 0)
		return 0;
	int fd = fleet_socket(pump, pump->port);
	if (fd < 0)
		return error_set(e, ERROR_UNAVAILABLE, "pump %u cannot have %s port %u: %s",
				 pump->number, pump->address, pump->port, strerror(-fd));
	owner->listener.on_ready = on_listener;
	if (listen(fd, BACKLOG) < 0 || getsockname(fd, (struct sockaddr *)&name, &length) < 0 ||
	    loop_add(&owner->fleet->loop, &owner->listener, fd, EPOLLIN) < 0) {
		(void)close(fd); /* the failure is told already */
		return error_set(e, ERROR_UNAVAILABLE, "pump %u cannot listen: %s", pump->number,
				 strerror(errno));
	}
	pump->port = ntohs(name.sin_port);
	return 0;
}

/* The files that all pumps share. */
static int prepare_files(struct fleet *fleet, const char *const *files_extra, struct error *e)
{
	const struct fleet_options *options = &fleet->options;

	if (options->content_each)
		return 0;
	if (options->content)
		return pump_files_load(&fleet->files, options->content, e);
	if (!*files_extra)
		return pump_files_medfusion(&fleet->files, options->seed) < 0 ? error_memory(e) : 0;
	for (; *files_extra; files_extra++) {
		const char *equals = strrchr(*files_extra, '=');
		uint64_t size;
		if (!equals || number_parse_bytes(&size, equals + 1) < 0)
			return error_set(e, ERROR_USAGE, "\"%s\" is not NAME=SIZE", *files_extra);
		CLEANUP(cleanup_free) char *name = strndup(*files_extra, (size_t)(equals - *files_extra));
		if (!name || pump_files_add(&fleet->files, name, size, options->seed) < 0)
			return error_memory(e);
	}
	return 0;
}

static int prepare_pump(struct fleet *fleet, unsigned index, uint32_t first_address, struct error *e)
{
	const struct fleet_options *options = &fleet->options;
	struct fleet_pump *owner = &fleet->pumps[index];
	struct pump *pump = &owner->pump;
	struct in_addr address = {htonl(first_address + (options->each_address ? index : 0))};
	char folder[PATH_MAX];
	char number[16];

	owner->fleet = fleet;
	pump->number = index + 1;
	if (options->port)
		pump->port = (uint16_t)(options->port + (options->each_address ? 0 : index));
	(void)inet_ntop(AF_INET, &address, pump->address, sizeof pump->address); /* fits */
	(void)snprintf(number, sizeof number, "%05u", index + 1);
	fleet_fill(pump->original_serial, sizeof pump->original_serial, options->serial, number);
	pump->original_listing = options->listing;
	pump->original_files = &fleet->files;
	if (options->content_each) {
		(void)snprintf(folder, sizeof folder, "%s/%u", options->content, index + 1);
		if (pump_files_load(&owner->own, folder, e) < 0)
			return -1;
		pump->original_files = &owner->own;
	}
	if (pump_heal(pump) < 0)
		return error_memory(e);
	return fleet_listen(owner, e);
}

int fleet_start(struct fleet *fleet, const struct fleet_options *options,
		const char *const *files_extra, struct error *e)
{
	struct in_addr first;

	fleet->options = *options;
	if (inet_pton(AF_INET, options->address, &first) != 1 || ntohl(first.s_addr) >> 24 != 127)
		return error_set(e, ERROR_USAGE, "%s is no IPv4 address of loopback", options->address);
	if (loop_start(&fleet->loop) < 0)
		return error_set(e, ERROR_UNAVAILABLE, "epoll: %s", strerror(errno));
	fleet->pumps = calloc(options->pumps, sizeof *fleet->pumps);
	if (!fleet->pumps)
		return error_memory(e);
	for (unsigned i = 0; i < options->pumps; i++)
		fleet->pumps[i].listener.fd = -1;
	if (prepare_files(fleet, files_extra, e) < 0)
		return -1;
	for (unsigned i = 0; i < options->pumps; i++)
		if (prepare_pump(fleet, i, ntohl(first.s_addr), e) < 0)
			return -1;
	return 0;
}

void fleet_stop(struct fleet *fleet)
{
	while (fleet->sessions)
		session_close(fleet->sessions);
	session_bury(fleet);
	for (unsigned i = 0; fleet->pumps && i < fleet->options.pumps; i++) {
		loop_remove(&fleet->loop, &fleet->pumps[i].listener);
		pump_clear(&fleet->pumps[i].pump);
		pump_files_clear(&fleet->pumps[i].own);
	}
	free(fleet->pumps);
	fleet->pumps = NULL;
	pump_files_clear(&fleet->files);
	loop_stop(&fleet->loop);
}

void fleet_turn(struct fleet *fleet, int wait_ms)
{
	if (fleet->throttled > 0)
		wait_ms = TICK_MS;
	loop_turn(&fleet->loop, wait_ms);
	session_bury(fleet);
	if (fleet->throttled > 0)
		for (struct session *session = fleet->sessions; session; session = session->next)
			transfer_tick(session);
}
