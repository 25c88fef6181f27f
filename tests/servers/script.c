#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "tests/servers/script.h"

static int bound_socket(int type, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* What Check does about a SIGTERM is for the test, not for its server. */
static pid_t fork_server(void)
{
	void (*was)(int) = signal(SIGTERM, SIG_DFL);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid > 0) {
		(void)signal(SIGTERM, was);
		return pid;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return 0;
}

void script_start(struct server *server, script_talk *talk, const void *script)
{
	int listener = bound_socket(SOCK_STREAM, server->port);

	ck_assert_int_eq(listen(listener, 8), 0);
	server_write(server, "commands", "%s", "");
	server->pid = fork_server();
	while (server->pid == 0) {
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			_exit(1);
		talk(fd, server, script);
		close(fd);
	}
	close(listener);
}

void script_start_udp(struct server *server, script_talk *talk, const void *script)
{
	int fd = bound_socket(SOCK_DGRAM, server->port);

	server->pid = fork_server();
	if (server->pid == 0) {
		talk(fd, server, script);
		_exit(0);
	}
	close(fd);
}

void script_give(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
		if (sent <= 0)
			return; /* the peer has gone, as it may */
		at += sent;
		length -= (size_t)sent;
	}
}

void script_say(int fd, const char *text)
{
	script_give(fd, text, strlen(text));
}

void script_hang(int fd)
{
	char ignored[4096];

	while (recv(fd, ignored, sizeof ignored, 0) > 0)
		;
}

void script_reset(int fd)
{
	struct linger at_once = {.l_onoff = 1};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	(void)shutdown(fd, SHUT_RD);
}

void script_record(const struct server *server, const char *line)
{
	char path[SERVER_PATH_MAX];

	snprintf(path, sizeof path, "%s/commands", server->folder);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	dprintf(fd, "%s\n", line);
	close(fd);
}

/* One line without its end; false: the peer has gone. */
static bool hear(int fd, char *line, size_t size)
{
	size_t length = 0;

	while (length + 1 < size && recv(fd, line + length, 1, 0) == 1) {
		if (line[length] != '\n') {
			length++;
			continue;
		}
		if (length > 0 && line[length - 1] == '\r')
			length--;
		line[length] = '\0';
		return true;
	}
	return false;
}

/* ---- FTP ---- */

struct session {
	int control;
	int listener; /* PASV, EPSV */
	int data;
	const struct server *server;
};

enum { DECENT_PORT = 0 };

static const struct script_answer decent[] = {
	[DECENT_PORT] = {.verb = "PORT", .reply = "200 Noted\r\n"},
	{.verb = "USER", .reply = "331 Password, please\r\n"},
	{.verb = "PASS", .reply = "230 Come in\r\n"},
	{.verb = "TYPE", .reply = "200 So be it\r\n"},
	{.verb = "PASV", .reply = "227 Entering Passive Mode (127,0,0,1,%1)\r\n"},
	{.verb = "EPSV", .reply = "229 Entering Extended Passive Mode (|||%2|)\r\n"},
	{.verb = "EPRT", .reply = "200 Noted\r\n"},
	{.verb = "PWD", .reply = "257 \"/\" is where you are\r\n"},
	{.verb = "CWD", .reply = "250 There\r\n"},
	{.verb = "LIST", .data = "-rw-r--r-- 1 u g 6 Nov 22 01:00 SAMPLE.TXT\r\n"},
	{.verb = "RETR", .data = "sample"},
	{.verb = "QUIT", .reply = "221 Goodbye\r\n", .then = SCRIPT_CLOSE},
	{.verb = NULL},
};

static bool is_answer_to(const struct script_answer *answer, const char *command)
{
	size_t length = strlen(answer->verb);

	return strncasecmp(answer->verb, command, length) == 0 &&
	       (command[length] == '\0' || command[length] == ' ');
}

static const struct script_answer *find(const struct script_ftp *script, const char *command)
{
	static const struct script_answer unknown = {.verb = "", .reply = "500 What?\r\n"};

	for (size_t i = 0; i < SCRIPT_ANSWERS_MAX && script->answers[i].verb; i++)
		if (is_answer_to(&script->answers[i], command))
			return &script->answers[i];
	for (const struct script_answer *answer = decent; answer->verb; answer++)
		if (is_answer_to(answer, command))
			return answer;
	return &unknown;
}

static unsigned listen_for_data(struct session *session)
{
	struct sockaddr_in address = {0};
	socklen_t length = sizeof address;

	if (session->listener >= 0)
		close(session->listener);
	session->listener = bound_socket(SOCK_STREAM, 0);
	ck_assert_int_eq(listen(session->listener, 1), 0);
	ck_assert_int_eq(getsockname(session->listener, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin_port);
}

/* Say a reply, with a port where it names one. */
static void reply(struct session *session, const struct script_answer *answer)
{
	char text[4096];
	size_t length = 0;
	unsigned port = 0;

	for (const char *at = answer->reply; *at && length + 16 < sizeof text; at++) {
		if (at[0] != '%' || (at[1] != '1' && at[1] != '2')) {
			text[length++] = *at;
			continue;
		}
		port = port ? port : listen_for_data(session);
		char *to = text + length;
		size_t room = sizeof text - length;
		bool halves = *++at == '1';
		length += (size_t)(halves ? snprintf(to, room, "%u,%u", port >> 8, port & 0xFF)
					  : snprintf(to, room, "%u", port));
	}
	if (!answer->drip) {
		script_give(session->control, text, length);
		return;
	}
	for (size_t i = 0;; i = i + 1 < length ? i + 1 : 0) {
		if (send(session->control, text + i, 1, MSG_NOSIGNAL) != 1)
			return;
		poll(NULL, 0, 20);
	}
}

/* "PORT 127,0,0,1,4,5" */
static void connect_data(struct session *session, const char *command)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	const char *at = command + strlen("PORT ");
	uint64_t all = 0; /* four bytes of address, two of port */

	for (unsigned i = 0; i < 6 && *at != '\0'; i++) {
		char *end;
		all = all << 8 | (strtoul(at, &end, 10) & 0xFF);
		at = *end == ',' ? end + 1 : end;
	}
	address.sin_addr.s_addr = htonl((uint32_t)(all >> 16));
	address.sin_port = htons((uint16_t)all);
	session->data = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(session->data, (struct sockaddr *)&address, sizeof address) < 0)
		script_record(session->server, "(could not connect)");
}

static void transfer(struct session *session, const struct script_answer *answer)
{
	if (!answer->reply)
		script_say(session->control, "150 Here it comes\r\n");
	if (session->data < 0 && session->listener >= 0)
		session->data = accept(session->listener, NULL, NULL);
	for (unsigned i = 0; i <= answer->repeat; i++)
		script_say(session->data, answer->data);
}

/* False: the session is over. */
static bool follow(struct session *session, enum script_then then)
{
	switch (then) {
	case SCRIPT_GO_ON:
		return true;
	case SCRIPT_HANG:
		script_hang(session->control);
		return false;
	case SCRIPT_CLOSE:
		return false;
	case SCRIPT_RESET:
		script_reset(session->data >= 0 ? session->data : session->control);
		return false;
	}
	return false;
}

static bool answer_command(struct session *session, const struct script_ftp *script,
			   const char *command)
{
	const struct script_answer *answer = find(script, command);

	if (answer == &decent[DECENT_PORT])
		connect_data(session, command);
	if (answer->reply)
		reply(session, answer);
	if (answer->data)
		transfer(session, answer);
	if (!follow(session, answer->then))
		return false;
	if (session->data >= 0 && answer->data) {
		close(session->data);
		session->data = -1;
		script_say(session->control, answer->end ? answer->end : "226 Done\r\n");
	}
	return true;
}

void script_ftp(int fd, const struct server *server, const void *script)
{
	const struct script_ftp *ftp = script;
	struct session session = {.control = fd, .listener = -1, .data = -1, .server = server};
	char command[4096];

	script_record(server, "(connection)");
	script_say(fd, ftp->greeting ? ftp->greeting : "220 Sample\r\n");
	if (follow(&session, ftp->then))
		while (hear(fd, command, sizeof command)) {
			script_record(server, command);
			if (!answer_command(&session, ftp, command))
				break;
		}
	if (session.listener >= 0)
		close(session.listener);
	if (session.data >= 0)
		close(session.data);
}

/* ---- HTTP ---- */

void script_http(int fd, const struct server *server, const void *script)
{
	char line[4096];

	while (hear(fd, line, sizeof line) && line[0] != '\0')
		script_record(server, line);
	script_say(fd, script);
}
