#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/servers/ssh_server.h"

enum { PACKET_MAX = 64 * 1024, HELD_MAX = 16, EARLY = 100000, LOADED_NAMES = 100 };

enum { INIT = 1, OPEN = 3, CLOSE = 4, READ = 5, LSTAT = 7, FSTAT = 8, OPENDIR = 11, READDIR = 12 };
enum { HELLO = 2, STATUS = 101, HANDLE = 102, DATA = 103, NAME = 104, ATTRS = 105 };

struct conversation {
	const struct server *server;
	enum ssh_server_trick trick;
	ssh_session session;
	ssh_channel channel;
	unsigned reads;
	unsigned listings;
	struct text held[HELD_MAX]; /* answers that wait for their turn */
	unsigned held_count;
};

static _Noreturn void fall_silent(void)
{
	for (;;)
		pause();
}

/* ---- SFTP ---- */

unsigned char ssh_server_byte(uint64_t offset)
{
	return (unsigned char)(offset * 31 + (offset >> 8) * 7);
}

static void add32(struct text *text, uint32_t value)
{
	uint32_t bytes = htonl(value);

	text_add_bytes(text, &bytes, 4);
}

static void add64(struct text *text, uint64_t value)
{
	add32(text, (uint32_t)(value >> 32));
	add32(text, (uint32_t)value);
}

static void add_string(struct text *text, const char *bytes, size_t length)
{
	add32(text, (uint32_t)length);
	text_add_bytes(text, bytes, length);
}

static uint32_t get32(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, 4);
	return ntohl(value);
}

static void send_bytes(struct conversation *c, const char *bytes, size_t length)
{
	while (length > 0) {
		int sent = ssh_channel_write(c->channel, bytes, (uint32_t)length);
		if (sent <= 0)
			_exit(0);
		bytes += sent;
		length -= (size_t)sent;
	}
}

static void send_packet(struct conversation *c, const struct text *body)
{
	uint32_t announced = (uint32_t)body->length;
	struct text head;

	if (c->trick == SSH_SERVER_HUGE_LENGTH)
		announced = 0x7fffffff;
	if (c->trick == SSH_SERVER_ZERO_LENGTH)
		announced = 0;
	if (c->trick == SSH_SERVER_TORN_PACKET)
		announced += 1000;
	text_init(&head);
	add32(&head, announced);
	send_bytes(c, head.data, head.length);
	send_bytes(c, body->data, body->length);
	text_clear(&head);
	if (c->trick == SSH_SERVER_TORN_PACKET)
		_exit(0);
}

static void begin(struct text *body, const struct conversation *c, int type, uint32_t id)
{
	text_init(body);
	if (c->trick == SSH_SERVER_WRONG_TYPE && type == HANDLE)
		type = 55;
	if (c->trick == SSH_SERVER_WRONG_ID && (type == DATA || type == NAME))
		id += 1000;
	text_add_char(body, (char)type);
	add32(body, id);
}

static void finish(struct conversation *c, struct text *body)
{
	send_packet(c, body);
	text_clear(body);
}

static void send_status(struct conversation *c, uint32_t id, uint32_t status)
{
	struct text body;

	begin(&body, c, STATUS, id);
	add32(&body, status);
	if (c->trick != SSH_SERVER_BARE_STATUS) {
		add_string(&body, "sample words", 12);
		add_string(&body, "", 0);
	}
	finish(c, &body);
}

static void send_handle(struct conversation *c, uint32_t id)
{
	char handle[300] = "h";
	struct text body;

	begin(&body, c, HANDLE, id);
	add_string(&body, handle, c->trick == SSH_SERVER_LONG_HANDLE ? sizeof handle : 1);
	finish(c, &body);
}

static void add_attributes(struct text *body, const struct conversation *c, bool after)
{
	uint64_t size = SSH_SERVER_FILE;

	if (c->trick == SSH_SERVER_NO_ATTRIBUTES) {
		add32(body, 0);
		return;
	}
	if (c->trick == SSH_SERVER_LIES_LARGE)
		size = UINT64_C(1) << 63;
	if (c->trick == SSH_SERVER_GROWS && after)
		size++;
	add32(body, 0x8000000f); /* everything, and something extended */
	add64(body, size);
	add32(body, 0);
	add32(body, 0);
	add32(body, c->trick == SSH_SERVER_TYPE_IN_LONG_NAME ? 0644 : 0100644);
	add32(body, 1700000000);
	add32(body, c->trick == SSH_SERVER_TOUCHES && after ? 1700000001 : 1700000000);
	add32(body, 1);
	add_string(body, "sample@example.org", 18);
	add_string(body, "data", 4);
}

static void send_attributes(struct conversation *c, uint32_t id, bool after)
{
	struct text body;

	if ((c->trick == SSH_SERVER_NO_LSTAT && !after) || (c->trick == SSH_SERVER_NO_FSTAT && after)) {
		send_status(c, id, 8);
		return;
	}
	begin(&body, c, ATTRS, id);
	add_attributes(&body, c, after);
	finish(c, &body);
}

static void add_name(struct text *body, const struct conversation *c, const char *name, size_t length)
{
	add_string(body, name, length);
	add_string(body, "drwxr-xr-x 2 tech tech", 22);
	add_attributes(body, c, false);
}

static void add_many(struct text *body, const struct conversation *c, bool dots)
{
	char name[32];

	add32(body, LOADED_NAMES);
	for (unsigned i = 0; i < LOADED_NAMES; i++) {
		snprintf(name, sizeof name, "%u-%u", c->listings, i);
		if (dots)
			snprintf(name, sizeof name, ".");
		add_name(body, c, name, strlen(name));
	}
}

static void add_names(struct text *body, const struct conversation *c)
{
	switch (c->trick) {
	case SSH_SERVER_ENDLESS_LISTING:
	case SSH_SERVER_ENDLESS_DOTS:
		add_many(body, c, c->trick == SSH_SERVER_ENDLESS_DOTS);
		return;
	case SSH_SERVER_EMPTY_NAMES:
		add32(body, 0);
		return;
	case SSH_SERVER_HUGE_COUNT:
		add32(body, 0xffffffff);
		break;
	default:
		add32(body, 2);
	}
	add_name(body, c, ".", 1);
	if (c->trick == SSH_SERVER_NAME_WITH_SLASH)
		add_name(body, c, "a/b", 3);
	else if (c->trick == SSH_SERVER_NAME_WITH_NUL)
		add_name(body, c, "fi\0le", 5);
	else
		add_name(body, c, "file", 4);
}

static void list(struct conversation *c, uint32_t id)
{
	bool goes_on = c->trick == SSH_SERVER_ENDLESS_LISTING ||
		       c->trick == SSH_SERVER_ENDLESS_DOTS || c->trick == SSH_SERVER_EMPTY_NAMES;
	unsigned batches = c->trick == SSH_SERVER_NAME_TWICE ? 2 : 1;
	struct text body;

	if (c->trick == SSH_SERVER_SILENT_IN_LISTING)
		fall_silent();
	if (!goes_on && c->listings >= batches) {
		send_status(c, id, 1);
		return;
	}
	c->listings++;
	begin(&body, c, NAME, id);
	add_names(&body, c);
	finish(c, &body);
}

static void release(struct conversation *c)
{
	while (c->held_count > 0) {
		struct text *body = &c->held[--c->held_count];
		send_packet(c, body);
		text_clear(body);
	}
}

/* Hold the answers back until the client has nothing more to ask. */
static void send_backwards(struct conversation *c, struct text *body)
{
	c->held[c->held_count++] = *body;
	if (c->held_count == HELD_MAX || ssh_channel_poll_timeout(c->channel, 100, 0) <= 0)
		release(c);
}

static void send_data(struct conversation *c, uint32_t id, uint64_t offset, uint32_t length)
{
	struct text body;

	begin(&body, c, DATA, id);
	add32(&body, length);
	for (uint32_t i = 0; i < length; i++)
		text_add_char(&body, (char)ssh_server_byte(offset + i));
	if (c->trick == SSH_SERVER_BACKWARDS || c->trick == SSH_SERVER_BACKWARDS_AND_SHORT)
		send_backwards(c, &body);
	else
		finish(c, &body);
}

/* Where the file ends for this request, or what else becomes of it. */
static bool spoil(struct conversation *c, uint32_t id, uint64_t offset)
{
	c->reads++;
	if (c->reads == 3 && c->trick == SSH_SERVER_SILENT_IN_FILE)
		fall_silent();
	if (c->reads == 3 && c->trick == SSH_SERVER_HANGS_UP_IN_FILE)
		_exit(0);
	if ((c->trick == SSH_SERVER_DATA_AFTER_END && c->reads == 2) ||
	    (c->trick == SSH_SERVER_ENDS_EARLY && offset >= EARLY))
		send_status(c, id, 1);
	else if (c->trick == SSH_SERVER_FAILS_EARLY && offset >= EARLY)
		send_status(c, id, 4);
	else
		return false;
	return true;
}

static void read_file(struct conversation *c, uint32_t id, uint64_t offset, uint32_t length)
{
	if (spoil(c, id, offset))
		return;
	if (offset >= SSH_SERVER_FILE) {
		release(c);
		send_status(c, id, 1);
		return;
	}
	if (length > SSH_SERVER_FILE - offset)
		length = (uint32_t)(SSH_SERVER_FILE - offset);
	if ((c->trick == SSH_SERVER_SHORT_READS || c->trick == SSH_SERVER_BACKWARDS_AND_SHORT) &&
	    length > 5000)
		length = 5000;
	if (c->trick == SSH_SERVER_TOO_MUCH_DATA)
		length++;
	if (c->trick == SSH_SERVER_EMPTY_DATA)
		length = 0;
	send_data(c, id, offset, length);
}

static void flood(struct conversation *c)
{
	static char bytes[16 * 1024];

	memset(bytes, 'x', sizeof bytes - 1);
	for (int i = 0; c->trick == SSH_SERVER_STDERR_FLOOD && i < 200; i++)
		if (ssh_channel_write_stderr(c->channel, bytes, sizeof bytes) <= 0)
			_exit(0);
	while (c->trick == SSH_SERVER_DEAF) {
		ssh_channel channel = ssh_channel_new(c->session);
		ssh_set_blocking(c->session, 0);
		(void)ssh_channel_open_x11(channel, "127.0.0.1", 1); /* is always refused */
		if (!channel || ssh_blocking_flush(c->session, -1) == SSH_ERROR)
			_exit(0);
	}
	while (c->trick == SSH_SERVER_IGNORE_FLOOD)
		if (ssh_send_ignore(c->session, bytes) != SSH_OK ||
		    ssh_blocking_flush(c->session, -1) == SSH_ERROR)
			_exit(0);
}

static void greet(struct conversation *c)
{
	struct text body;

	if (c->trick == SSH_SERVER_SILENT_AT_VERSION)
		fall_silent();
	if (c->trick == SSH_SERVER_TEXT_FOR_VERSION)
		send_bytes(c, "Welcome to the sample pump\r\n", 28);
	text_init(&body);
	text_add_char(&body, HELLO);
	add32(&body, c->trick == SSH_SERVER_VERSION_6 ? 6 : 3);
	add_string(&body, "sample@example.org", 18);
	add_string(&body, "1", 1);
	enum ssh_server_trick trick = c->trick;
	c->trick = SSH_SERVER_HONEST; /* the tricks begin after it */
	finish(c, &body);
	c->trick = trick;
}

static void answer(struct conversation *c, const unsigned char *packet)
{
	uint32_t id = get32(packet + 1);

	switch (packet[0]) {
	case INIT:
		greet(c);
		break;
	case OPENDIR:
		c->listings = 0;
		send_handle(c, id);
		break;
	case OPEN:
		c->reads = 0;
		flood(c);
		send_handle(c, id);
		break;
	case READDIR:
		list(c, id);
		break;
	case READ: {
		const unsigned char *at = packet + 5 + 4 + get32(packet + 5);
		read_file(c, id, (uint64_t)get32(at) << 32 | get32(at + 4), get32(at + 8));
		break;
	}
	case LSTAT:
	case FSTAT:
		send_attributes(c, id, packet[0] == FSTAT);
		break;
	case CLOSE:
		send_status(c, id, 0);
		break;
	default: /* what could change a device: the client must not know such words */
		server_write(c->server, "forbidden", "%d\n", packet[0]);
		_exit(1);
	}
}

static void receive(struct conversation *c, unsigned char *bytes, uint32_t length)
{
	while (length > 0) {
		int n = ssh_channel_read(c->channel, bytes, length, 0);
		if (n <= 0)
			_exit(0);
		bytes += n;
		length -= (uint32_t)n;
	}
}

static void serve_sftp(struct conversation *c)
{
	static unsigned char packet[PACKET_MAX];

	for (;;) {
		receive(c, packet, 4);
		uint32_t length = get32(packet);
		if (length < 5 || length > sizeof packet)
			_exit(1);
		receive(c, packet, length);
		answer(c, packet);
	}
}

/* ---- the login ---- */

static void note_login(const struct conversation *c, const char *method, const char *secret)
{
	char path[SERVER_PATH_MAX];

	snprintf(path, sizeof path, "%s/logins", c->server->folder);
	FILE *file = fopen(path, "ae");
	if (file) {
		fprintf(file, "%s %s\n", method, secret ? secret : "");
		fclose(file);
	}
}

static bool is_right(ssh_message message, const char *password)
{
	return strcmp(ssh_message_auth_user(message), "tech") == 0 && password &&
	       strcmp(password, "sample") == 0;
}

/* Keyboard-interactive: one question, or another number of them. */
static bool ask(struct conversation *c, ssh_message message)
{
	static const char *questions[] = {"Password: ", "Token: "};
	char echo[] = {0, 0};

	if (ssh_message_auth_kbdint_is_response(message)) {
		const char *given = ssh_userauth_kbdint_getanswer(c->session, 0);
		note_login(c, "question", given);
		if (c->trick != SSH_SERVER_ENDLESS_QUESTIONS)
			return given && strcmp(given, "sample") == 0;
	}
	echo[0] = c->trick == SSH_SERVER_OPEN_QUESTION;
	ssh_message_auth_interactive_request(message, "sample", "sample",
					     c->trick == SSH_SERVER_MANY_QUESTIONS ? 2 : 1,
					     questions, echo);
	return false;
}

static bool is_questions(enum ssh_server_trick trick)
{
	return trick == SSH_SERVER_QUESTIONS || trick == SSH_SERVER_MANY_QUESTIONS ||
	       trick == SSH_SERVER_OPEN_QUESTION || trick == SSH_SERVER_ENDLESS_QUESTIONS;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* the callbacks would be longer */

/* Returns whether the user is in. */
static bool answer_login(struct conversation *c, ssh_message message)
{
	int subtype = ssh_message_subtype(message);

	if (subtype == SSH_AUTH_METHOD_NONE && c->trick == SSH_SERVER_NO_LOGIN)
		return true;
	if (subtype == SSH_AUTH_METHOD_INTERACTIVE && is_questions(c->trick)) {
		unsigned before = (unsigned)ssh_message_auth_kbdint_is_response(message);
		if (ask(c, message))
			return true;
		if (!before || c->trick == SSH_SERVER_ENDLESS_QUESTIONS)
			return false;
	}
	if (subtype == SSH_AUTH_METHOD_PASSWORD) {
		const char *password = ssh_message_auth_password(message);
		note_login(c, "password", password);
		if (c->trick == SSH_SERVER_SILENT_AT_LOGIN)
			fall_silent();
		if (c->trick == SSH_SERVER_HANGS_UP_AT_LOGIN)
			_exit(0);
		if (is_right(message, password) && c->trick == SSH_SERVER_WANTS_MORE) {
			ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_PUBLICKEY);
			ssh_message_auth_reply_success(message, 1);
			return false;
		}
		if (is_right(message, password))
			return true;
	}
	ssh_message_auth_set_methods(message, is_questions(c->trick) ? SSH_AUTH_METHOD_INTERACTIVE
								     : SSH_AUTH_METHOD_PASSWORD);
	ssh_message_reply_default(message);
	return false;
}

static void let_in(struct conversation *c)
{
	for (bool in = false; !in;) {
		ssh_message message = ssh_message_get(c->session);
		if (!message)
			_exit(0);
		if (ssh_message_type(message) == SSH_REQUEST_AUTH) {
			in = answer_login(c, message);
			if (in)
				ssh_message_auth_reply_success(message, 0);
		} else {
			ssh_message_reply_default(message);
		}
		ssh_message_free(message);
	}
}

#pragma GCC diagnostic pop

static void open_channel(struct conversation *c)
{
	bool subsystem = false;

	while (!subsystem) {
		ssh_message message = ssh_message_get(c->session);
		if (!message)
			_exit(0);
		int type = ssh_message_type(message);
		if (type == SSH_REQUEST_CHANNEL_OPEN && c->trick == SSH_SERVER_SILENT_AT_CHANNEL)
			fall_silent();
		if (type == SSH_REQUEST_CHANNEL && c->trick == SSH_SERVER_SILENT_AT_SUBSYSTEM)
			fall_silent();
		if (type == SSH_REQUEST_CHANNEL_OPEN && c->trick != SSH_SERVER_NO_CHANNEL) {
			c->channel = ssh_message_channel_request_open_reply_accept(message);
		} else if (type == SSH_REQUEST_CHANNEL && c->trick != SSH_SERVER_NO_SUBSYSTEM) {
			ssh_message_channel_request_reply_success(message);
			subsystem = true;
		} else {
			ssh_message_reply_default(message);
		}
		ssh_message_free(message);
	}
}

/* ---- the socket ---- */

static void send_raw(int fd, const char *bytes, size_t length)
{
	if (send(fd, bytes, length, MSG_NOSIGNAL) < 0)
		_exit(0);
}

static void drain_input(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof bytes) > 0)
		;
	_exit(0);
}

static void play_on_socket(int fd, enum ssh_server_trick trick)
{
	static const char banner[] = "SSH-2.0-Sample\r\n";

	switch (trick) {
	case SSH_SERVER_SILENT:
		drain_input(fd);
		break;
	case SSH_SERVER_HANGS_UP:
		_exit(0);
	case SSH_SERVER_IS_FTP:
		send_raw(fd, "220 sample FTP\r\n", 16);
		drain_input(fd);
		break;
	case SSH_SERVER_BANNER_ONLY:
		send_raw(fd, banner, sizeof banner - 1);
		drain_input(fd);
		break;
	case SSH_SERVER_BANNER_WITHOUT_END:
		for (;;)
			send_raw(fd, "sample words\r\n", 14);
	case SSH_SERVER_GARBAGE_AFTER_BANNER:
		send_raw(fd, banner, sizeof banner - 1);
		send_raw(fd, "\0\0\0\14\4\24sample words", 18);
		drain_input(fd);
		break;
	case SSH_SERVER_HUGE_PACKET_AFTER_BANNER:
		send_raw(fd, banner, sizeof banner - 1);
		send_raw(fd, "\x7f\xff\xff\xff\4\24sample words", 18);
		drain_input(fd);
		break;
	default:
		return;
	}
}

/* Whether something was passed on. */
static bool pass_on(int from, int to)
{
	char bytes[16 * 1024];
	ssize_t length = read(from, bytes, sizeof bytes);

	return length > 0 && send(to, bytes, (size_t)length, MSG_NOSIGNAL) == length;
}

/* Between the client and a server that would read: after some time the client is not heard
 * any more. Returns the server's end. */
static int grow_deaf(int client)
{
	int ends[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		_exit(1);
	if (fork() > 0) {
		close(ends[0]);
		return ends[1];
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(ends[1]);
	for (unsigned rounds = 0; getppid() == parent; rounds++) {
		struct pollfd sides[] = {{.fd = ends[0], .events = POLLIN},
					 {.fd = rounds < 10000 ? client : -1, .events = POLLIN}};
		(void)poll(sides, 2, -1);
		if (sides[0].revents && !pass_on(ends[0], client))
			_exit(0);
		if (sides[1].revents && !pass_on(client, ends[0]))
			_exit(0);
	}
	_exit(0);
}

static ssh_session shake_hands(const struct server *server, int fd)
{
	char key[SERVER_PATH_MAX];
	bool off = false;
	ssh_session session = ssh_new();
	ssh_bind host = ssh_bind_new();

	snprintf(key, sizeof key, "%s/host_key", server->folder);
	if (!session || !host ||
	    ssh_bind_options_set(host, SSH_BIND_OPTIONS_PROCESS_CONFIG, &off) < 0 ||
	    ssh_bind_options_set(host, SSH_BIND_OPTIONS_HOSTKEY, key) < 0 ||
	    ssh_bind_accept_fd(host, session, fd) != SSH_OK ||
	    ssh_handle_key_exchange(session) != SSH_OK)
		_exit(0);
	return session;
}

static _Noreturn void converse(const struct server *server, enum ssh_server_trick trick, int fd)
{
	struct conversation c = {.server = server, .trick = trick};

	play_on_socket(fd, trick);
	if (trick == SSH_SERVER_DEAF)
		fd = grow_deaf(fd);
	c.session = shake_hands(server, fd);
	if (trick == SSH_SERVER_SILENT_AFTER_KEX)
		fall_silent();
	if (trick == SSH_SERVER_HANGS_UP_AFTER_KEX)
		_exit(0);
	let_in(&c);
	open_channel(&c);
	serve_sftp(&c);
	_exit(0);
}

/* A child for each connection: what one holds does not hold the next. */
static _Noreturn void serve(const struct server *server, enum ssh_server_trick trick, int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pid_t parent = getpid();
		if (fd < 0)
			_exit(1);
		pid_t child = fork();
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() == parent)
				converse(server, trick, fd);
			_exit(0);
		}
		close(fd);
	}
}

void ssh_server_start(struct server *server, enum ssh_server_trick trick)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(server->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t parent = getpid();
	int on = 1;

	server_shell(server, "ssh-keygen -q -t ed25519 -N '' -f host_key");
	ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	server->pid = fork();
	ck_assert_int_ge(server->pid, 0);
	if (server->pid == 0) {
		/* The handlers of Check would end the test with us. */
		signal(SIGTERM, SIG_DFL);
		signal(SIGCHLD, SIG_IGN);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			serve(server, trick, listener);
		_exit(0);
	}
	close(listener);
}

void ssh_server_pin(const struct server *server, char ret_pin[static 128])
{
	server_shell(server, "ssh-keygen -lf host_key | cut -d' ' -f2 | tr -d '\\n' >pin");
	char *pin = server_read(server, "pin");
	snprintf(ret_pin, 128, "%s", pin ? pin : "");
	free(pin);
}
