/* A puller that misbehaves in the way that its name says (argv[0]), to see what the pool makes
 * of it. "honest" makes no visit but reports what it was given. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "wire/wire.h"

extern char **environ;

enum { SOCKET = 3 };

static const char *behaviour;

static bool is(const char *name)
{
	return strcmp(behaviour, name) == 0;
}

static void send_bytes(const void *bytes, size_t length)
{
	if (send(SOCKET, bytes, length, MSG_NOSIGNAL) < 0)
		_exit(EXIT_SUCCESS);
}

static void send_message(const struct wire_message *message)
{
	CLEANUP(text_clear) struct text packet;

	text_init(&packet);
	if (wire_write(&packet, message) < 0)
		_exit(EXIT_FAILURE);
	send_bytes(packet.data, packet.length);
}

static void send_ready(void)
{
	send_message(&(struct wire_message){.type = WIRE_READY, .ready = {1, 0, true}});
}

static void send_observation(uint64_t visit, const char *path)
{
	send_message(&(struct wire_message){.type = WIRE_OBSERVATION,
					    .visit = visit,
					    .observation = {.path = (char *)(uintptr_t)path}});
}

static void send_done(uint64_t visit, const char *detail)
{
	struct wire_message message = {.type = WIRE_DONE, .visit = visit};

	snprintf(message.done.detail, sizeof message.done.detail, "%s", detail);
	send_message(&message);
}

/* Receive one message; the secret, if one came, into ret_secret with its seals. */
static bool receive(struct wire_message *ret_message, struct visit_secret *ret_secret, int *ret_seals)
{
	static char bytes[WIRE_MESSAGE_MAX];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec vector = {bytes, sizeof bytes};
	struct msghdr header = {.msg_iov = &vector,
				.msg_iovlen = 1,
				.msg_control = &control,
				.msg_controllen = sizeof control};
	ssize_t length = recvmsg(SOCKET, &header, 0);

	if (length <= 0 || wire_parse(ret_message, bytes, (size_t)length) < 0)
		return false;
	const struct cmsghdr *c = CMSG_FIRSTHDR(&header);
	if (!c)
		return true;
	char secret[4096];
	int fd;
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	*ret_seals = fcntl(fd, F_GET_SEALS);
	ssize_t read_length = pread(fd, secret, sizeof secret, 0);
	if (read_length < 0 || wire_secret_parse(ret_secret, secret, (size_t)read_length) < 0)
		_exit(EXIT_FAILURE);
	close(fd);
	return true;
}

/* What the honest one was given. */
struct given {
	struct visit_secret secret;
	int seals;
	unsigned selectors, names, only;
};

static void report_given(uint64_t visit, const struct given *given)
{
	char detail[256];
	unsigned variables = 0;

	while (environ[variables])
		variables++;
	snprintf(detail, sizeof detail, "password=%s key=%s seals=%d selectors=%u names=%u only=%u "
		 "environment=%u",
		 given->secret.password ? given->secret.password : "none",
		 given->secret.private_key ? given->secret.private_key : "none", given->seals,
		 given->selectors, given->names, given->only, variables);
	send_done(visit, detail);
}

/* What comes back for a visit. */
static void misbehave(uint64_t visit, const struct given *given)
{
	static const char zeros[WIRE_MESSAGE_MAX + 1];

	if (is("honest"))
		report_given(visit, given);
	else if (is("garbage"))
		send_bytes("garbage", 7);
	else if (is("too-long"))
		send_bytes(zeros, sizeof zeros);
	else if (is("empty"))
		send_bytes(zeros, 0);
	else if (is("other-visit"))
		send_done(visit + 1000, "");
	else if (is("done-twice")) {
		send_done(visit, "");
		send_done(visit, "");
	} else if (is("ready-twice"))
		send_ready();
	else if (is("order"))
		send_message(&(struct wire_message){.type = WIRE_GO, .visit = visit});
	else if (is("too-many"))
		for (const char *path = "abcd"; *path; path++)
			send_observation(visit, path);
	else if (is("repeated")) {
		send_observation(visit, "a");
		send_observation(visit, "b");
		send_observation(visit, "a");
		send_done(visit, "");
	} else if (is("exit"))
		_exit(42);
	else if (is("done-and-exit")) {
		send_done(visit, "last words");
		_exit(0);
	} else if (is("signal"))
		raise(SIGKILL);
	else if (is("hang-up"))
		shutdown(SOCKET, SHUT_RDWR);
	/* "hang" and "silent" say nothing. */
}

static void serve(void)
{
	struct given given = {0};
	struct wire_message message;

	while (receive(&message, &given.secret, &given.seals)) {
		if (message.type == WIRE_ALIVE && !is("silent"))
			send_message(&message);
		given.selectors += message.type == WIRE_SELECTOR;
		given.names += message.type == WIRE_NAME && !message.name.only;
		given.only += message.type == WIRE_NAME && message.name.only;
		if (message.type == WIRE_GO) {
			misbehave(message.visit, &given);
			visit_secret_clear(&given.secret);
			given = (struct given){0};
		}
		wire_message_clear(&message);
	}
	if (is("hang-up"))
		pause(); /* it must be ended */
}

int main(int argc, char **argv)
{
	(void)argc;
	behaviour = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	if (is("never-ready"))
		pause();
	if (is("dies-at-start"))
		return 78;
	if (is("lies-at-start"))
		send_done(1, "");
	else
		send_ready();
	serve();
	_exit(EXIT_SUCCESS);
}
