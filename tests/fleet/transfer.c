#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"

#include "session.h"

enum { CHUNK = 65536, ENDLESS_LINES = 200 };

#define SESSION_OF(watch_pointer, member)                                      \
	((struct session *)(void *)((char *)(watch_pointer)-offsetof(struct session, member)))

static struct loop *loop_of(struct session *session)
{
	return &session->fleet->loop;
}

static void set_waiting(struct session *session, bool waiting)
{
	struct transfer *transfer = &session->transfer;

	if (transfer->waiting == waiting)
		return;
	transfer->waiting = waiting;
	session->fleet->throttled += waiting ? 1U : -1U;
	loop_change(loop_of(session), &session->data, waiting ? 0 : EPOLLOUT);
}

void transfer_drop(struct session *session)
{
	set_waiting(session, false);
	loop_remove(loop_of(session), &session->passive);
	loop_remove(loop_of(session), &session->data);
	text_clear(&session->transfer.text);
	content_release(session->transfer.file.content);
	session->transfer = (struct transfer){0};
	session->connecting = false;
}

static void finish(struct session *session)
{
	switch (session->transfer.ending) {
	case PUMP_END_WELL:
	case PUMP_END_TRUNCATED:
		transfer_drop(session);
		session_reply(session, "226 Transfer complete");
		break;
	case PUMP_END_CUT:
		session_close(session);
		break;
	case PUMP_END_RESET:
		session_reset(session);
		break;
	case PUMP_END_HANG:
		session->silent = true;
		loop_change(loop_of(session), &session->data, 0);
		break;
	}
}

static void fail(struct session *session)
{
	transfer_drop(session);
	session_reply(session, "426 Connection closed; transfer aborted");
}

/* How many bytes the pump's rate allows now. */
static size_t allowance(struct session *session)
{
	uint64_t rate = session->pump->pump.faults.rate;
	struct transfer *transfer = &session->transfer;
	int64_t now = record_now();

	if (rate == 0)
		return CHUNK;
	int64_t most = (int64_t)rate / 10 + 1;
	transfer->tokens += (now - transfer->tokens_at) * (int64_t)rate / TIME_SECOND;
	transfer->tokens_at = now;
	if (transfer->tokens > most)
		transfer->tokens = most;
	return transfer->tokens > CHUNK ? CHUNK : (size_t)transfer->tokens;
}

/* The next bytes to send, at most size. */
static size_t next_bytes(struct session *session, unsigned char *ret_bytes, size_t size)
{
	struct transfer *transfer = &session->transfer;

	if (transfer->kind == TRANSFER_ENDLESS && transfer->offset == transfer->end) {
		text_cut(&transfer->text, 0);
		for (uint64_t i = 0; i < ENDLESS_LINES; i++)
			folder_endless(&transfer->text, session->endless++);
		transfer->offset = 0;
		transfer->end = transfer->text.length;
	}
	if (size > transfer->end - transfer->offset)
		size = (size_t)(transfer->end - transfer->offset);
	if (transfer->kind == TRANSFER_FILE)
		pump_file_read(&transfer->file, transfer->offset, ret_bytes, size);
	else if (size > 0)
		memcpy(ret_bytes, transfer->text.data + transfer->offset, size);
	return size;
}

static void send_some(struct session *session)
{
	struct transfer *transfer = &session->transfer;
	unsigned char bytes[CHUNK];
	size_t size = allowance(session);

	if (size == 0) {
		set_waiting(session, true);
		return;
	}
	size = next_bytes(session, bytes, size);
	ssize_t sent = size ? send(session->data.fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
	if (sent < 0) {
		if (errno != EAGAIN)
			fail(session);
		return;
	}
	transfer->tokens -= sent;
	transfer->offset += (uint64_t)sent;
	if (transfer->offset == transfer->end && transfer->kind != TRANSFER_ENDLESS)
		finish(session);
}

static void take_some(struct session *session)
{
	unsigned char bytes[CHUNK];
	ssize_t length = recv(session->data.fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (length == 0)
		finish(session);
	else if (length < 0 && errno != EAGAIN)
		fail(session);
}

static void begin(struct session *session)
{
	struct transfer *transfer = &session->transfer;

	transfer->begun = true;
	transfer->tokens_at = record_now();
	session_reply(session, "150 Opening data connection");
	loop_change(loop_of(session), &session->data,
		    transfer->kind == TRANSFER_STORE ? EPOLLIN : EPOLLOUT);
}

static void on_data(struct watch *watch, uint32_t events)
{
	struct session *session = SESSION_OF(watch, data);
	int failure = 0;
	socklen_t length = sizeof failure;

	if (session->connecting) {
		session->connecting = false;
		if (getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &failure, &length) < 0 || failure) {
			transfer_drop(session);
			session_reply(session, "425 Cannot open data connection");
			return;
		}
		begin(session);
	} else if (session->transfer.kind == TRANSFER_STORE) {
		take_some(session);
	} else if (events & (EPOLLERR | EPOLLHUP)) {
		if (session->transfer.begun && !session->silent)
			fail(session);
		else
			loop_remove(loop_of(session), watch);
	} else if (session->transfer.begun && !session->silent) {
		send_some(session);
	}
}

static void on_passive(struct watch *watch, uint32_t events)
{
	struct session *session = SESSION_OF(watch, passive);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events; /* accept says what is the matter */
	if (fd < 0)
		return;
	loop_remove(loop_of(session), watch);
	session->data.on_ready = on_data;
	if (loop_add(loop_of(session), &session->data, fd, 0) < 0) {
		(void)close(fd); /* the peer sees a pump that is full */
		return;
	}
	if (session->transfer.kind != TRANSFER_NONE)
		begin(session);
}

void transfer_passive(struct session *session)
{
	const struct pump *pump = &session->pump->pump;
	struct sockaddr_in name = {0};
	socklen_t length = sizeof name;
	unsigned char a[4];

	loop_remove(loop_of(session), &session->passive);
	loop_remove(loop_of(session), &session->data);
	session->active.sin_port = 0;
	int fd = fleet_socket(pump, 0);
	session->passive.on_ready = on_passive;
	if (fd < 0 || listen(fd, 1) < 0 || getsockname(fd, (struct sockaddr *)&name, &length) < 0 ||
	    loop_add(loop_of(session), &session->passive, fd, EPOLLIN) < 0) {
		if (fd >= 0)
			(void)close(fd); /* nothing is left to do about it */
		session_reply(session, "425 Cannot listen");
		return;
	}
	memcpy(a, &name.sin_addr, sizeof a);
	if (pump->faults.lying_pasv)
		memcpy(a, (const unsigned char[]){192, 0, 2, 1}, sizeof a);
	unsigned port = ntohs(name.sin_port);
	if (session->fleet->options.plain_pasv)
		session_reply(session, "227 Entering Passive Mode (%u,%u,%u,%u,%u,%u).", a[0], a[1], a[2],
			      a[3], port >> 8, port & 255);
	else
		session_reply(session, "227 Entering passive mode.  %u,%u,%u,%u, %u,%u", a[0], a[1], a[2],
			      a[3], port >> 8, port & 255);
}

bool transfer_active(struct session *session, const char *argument)
{
	unsigned long n[6];
	char *rest = (char *)(uintptr_t)argument; /* only read */

	for (size_t i = 0; i < 6; i++) {
		n[i] = strtoul(rest, &rest, 10);
		if (n[i] > 255 || *rest != (i < 5 ? ',' : '\0'))
			return false;
		rest++;
	}
	/* Nothing but loopback is ever connected to. */
	if (n[0] != 127)
		return false;
	loop_remove(loop_of(session), &session->passive);
	loop_remove(loop_of(session), &session->data);
	session->active = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(n[4] << 8 | n[5])),
		.sin_addr.s_addr = htonl((uint32_t)(n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3])),
	};
	return session->active.sin_port != 0;
}

static bool connect_back(struct session *session)
{
	struct sockaddr_in to = session->active;
	int fd = fleet_socket(&session->pump->pump, 0);

	session->active.sin_port = 0; /* one PORT is for one transfer */
	session->data.on_ready = on_data;
	if (fd < 0)
		return false;
	if ((connect(fd, (const struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) ||
	    loop_add(loop_of(session), &session->data, fd, EPOLLOUT) < 0) {
		(void)close(fd); /* the caller says so */
		return false;
	}
	session->connecting = true;
	return true;
}

void transfer_start(struct session *session)
{
	if (session->data.fd >= 0) {
		begin(session);
	} else if (session->active.sin_port != 0 ? !connect_back(session) : session->passive.fd < 0) {
		transfer_drop(session);
		session_reply(session, "425 Cannot open data connection");
	}
}

void transfer_to_ascii(struct transfer *transfer)
{
	unsigned char bytes[CHUNK];

	while (transfer->offset < transfer->end) {
		size_t size = transfer->end - transfer->offset > CHUNK ?
				      CHUNK :
				      (size_t)(transfer->end - transfer->offset);
		pump_file_read(&transfer->file, transfer->offset, bytes, size);
		transfer->offset += size;
		for (size_t i = 0; i < size; i++) {
			if (bytes[i] == '\n')
				text_add_char(&transfer->text, '\r');
			text_add_char(&transfer->text, (char)bytes[i]);
		}
	}
	transfer->kind = TRANSFER_TEXT;
	transfer->offset = 0;
	transfer->end = transfer->text.length;
}

void transfer_tick(struct session *session)
{
	if (session->transfer.waiting && allowance(session) > 0)
		set_waiting(session, false);
}
