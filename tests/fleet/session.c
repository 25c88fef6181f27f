#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session.h"

#define SESSION_OF(watch_pointer, member)                                      \
	((struct session *)(void *)((char *)(watch_pointer)-offsetof(struct session, member)))

void session_reply(struct session *session, const char *format, ...)
{
	char line[SESSION_LINE_MAX + 128];
	va_list arguments;

	if (session->control.fd < 0)
		return;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof line - 2, format, arguments);
	va_end(arguments);
	if (length > (int)sizeof line - 3)
		length = (int)sizeof line - 3;
	line[length++] = '\r';
	line[length++] = '\n';
	/* A peer that does not read its replies loses them. */
	(void)!send(session->control.fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Run the complete lines that have come. */
static void run_lines(struct session *session)
{
	char *newline;

	while (session->control.fd >= 0 &&
	       (newline = memchr(session->line, '\n', session->line_length)) != NULL) {
		char line[SESSION_LINE_MAX];
		size_t length = (size_t)(newline - session->line);
		memcpy(line, session->line, length);
		line[length] = '\0';
		if (length > 0 && line[length - 1] == '\r')
			line[length - 1] = '\0';
		session->line_length -= length + 1;
		memmove(session->line, newline + 1, session->line_length);
		command_run(session, line);
	}
}

static void on_control(struct watch *watch, uint32_t events)
{
	struct session *session = SESSION_OF(watch, control);
	size_t room = sizeof session->line - session->line_length;

	(void)events; /* the read says what is the matter */
	ssize_t length = recv(watch->fd, session->line + session->line_length, room, MSG_DONTWAIT);
	if (length < 0 && errno == EAGAIN)
		return;
	if (length <= 0) {
		session_close(session);
		return;
	}
	session->line_length += (size_t)length;
	run_lines(session);
	if (session->line_length == sizeof session->line) {
		session_reply(session, "500 line too long");
		session_close(session);
	}
}

void session_open(struct fleet_pump *owner, int fd)
{
	struct fleet *fleet = owner->fleet;
	struct pump *pump = &owner->pump;
	struct session *session = calloc(1, sizeof *session);
	int on = 1;
	char count[16];
	char greeting[256];

	if (session)
		session->control.on_ready = on_control;
	if (!session || loop_add(&fleet->loop, &session->control, fd, EPOLLIN) < 0) {
		free(session);
		(void)close(fd); /* the peer sees a pump that is full */
		return;
	}
	/* Replies go out at once, or "226" would wait for the peer's acknowledgement of "150". */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	session->fleet = fleet;
	session->pump = owner;
	session->passive.fd = session->data.fd = -1;
	session->ascii = true; /* RFC 959 §3.1.1.1 */
	session->next = fleet->sessions;
	if (session->next)
		session->next->previous = session;
	fleet->sessions = session;
	if (++pump->connections > pump->most)
		pump->most = pump->connections;
	(void)snprintf(count, sizeof count, "%u", pump->connections);
	record_add(&fleet->record, pump->number, "connect", count);
	session->silent = pump->faults.hang_connect;
	if (session->silent)
		return;
	pump_visited(pump);
	fleet_fill(greeting, sizeof greeting, fleet->options.greeting, pump->serial);
	session_reply(session, "220 %s", greeting);
}

void session_close(struct session *session)
{
	struct fleet *fleet = session->fleet;

	if (session->control.fd < 0)
		return;
	record_add(&fleet->record, session->pump->pump.number, "disconnect", NULL);
	transfer_drop(session);
	loop_remove(&fleet->loop, &session->control);
	session->pump->pump.connections--;
	if (session->next)
		session->next->previous = session->previous;
	if (session->previous)
		session->previous->next = session->next;
	else
		fleet->sessions = session->next;
	session->next = fleet->closed;
	fleet->closed = session;
}

void session_reset(struct session *session)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	/* Closing with a linger of nothing sends RST. */
	if (session->data.fd >= 0)
		(void)setsockopt(session->data.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	if (session->control.fd >= 0)
		(void)setsockopt(session->control.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	session_close(session);
}

void session_bury(struct fleet *fleet)
{
	while (fleet->closed) {
		struct session *session = fleet->closed;
		fleet->closed = session->next;
		free(session);
	}
}
