#include <errno.h>
#include <fcntl.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/time.h"

#include "link/ssh.h"

enum {
	/* libssh makes its socket block; a peer that does not read must not hold a send. */
	SEND_TIMEOUT_US = 250000,
	PACKET_LEAST = 16, /* RFC 4253 §6 */
	UNSENT_MAX = 1 << 20,
	RSA_BITS_MIN = 1024,
};

/* ---- waiting ---- */

/* More than a login can come to; after it, more than a visit's files, their repetition and the
 * protocol's own. */
static uint64_t flood(const struct link_ssh *ssh)
{
	const struct visit_limits *limits = &ssh->link->environment.order->limits;
	uint64_t mebibyte = UINT64_C(1) << 20;

	if (!ssh->logged_in)
		return mebibyte;
	return limits->visit_bytes < UINT64_MAX / 4 ? 2 * limits->visit_bytes + 64 * mebibyte
						    : UINT64_MAX;
}

/* libssh answers whatever a peer may ask, and keeps the answers until they can be sent. */
static bool is_deaf(const struct link_ssh *ssh)
{
	return ssh->packets.out_packets * PACKET_LEAST > ssh->counter.out_bytes + UNSENT_MAX;
}

struct link_result link_ssh_pulse(struct link_ssh *ssh)
{
	const struct visit_limits *limits = &ssh->link->environment.order->limits;
	enum visit_outcome outcome = link_may_go_on(ssh->link);
	int64_t now = link_now();

	if (ssh->counter.in_bytes != ssh->heard_bytes) {
		ssh->heard_bytes = ssh->counter.in_bytes;
		ssh->heard_at = now;
	}
	if (outcome == VISIT_OK && ssh->heard_bytes > flood(ssh))
		return link_ssh_nonsense(ssh, "more than any visit needs");
	if (outcome == VISIT_OK && is_deaf(ssh))
		return link_ssh_nonsense(ssh, "many requests, and reads no answer");
	if (outcome == VISIT_OK && now - ssh->heard_at >= limits->idle_ms * (TIME_SECOND / 1000))
		outcome = VISIT_TIMED_OUT;
	if (outcome != VISIT_OK)
		ssh->usable = false;
	return link_stopped(outcome);
}

struct link_result link_ssh_wait(struct link_ssh *ssh)
{
	const struct visit_limits *limits = &ssh->link->environment.order->limits;
	short events = POLLIN;

	if (!ssh_is_connected(ssh->session))
		return link_ssh_lost(ssh);
	struct link_result result = link_ssh_pulse(ssh);
	if (result.outcome != VISIT_OK)
		return result;
	if (ssh_get_poll_flags(ssh->session) & SSH_WRITE_PENDING)
		events |= POLLOUT;
	enum visit_outcome outcome =
		link_wait(ssh->link, ssh->fd, events,
			  ssh->heard_at + limits->idle_ms * (TIME_SECOND / 1000));
	if (outcome != VISIT_OK)
		ssh->usable = false;
	return link_stopped(outcome);
}

struct link_result link_ssh_lost(struct link_ssh *ssh)
{
	ssh->usable = false;
	if (ssh->logged_in)
		return link_failed(VISIT_CONNECTION_LOST, "the device ended the connection");
	return link_failed(VISIT_PROTOCOL_ERROR, "the device ended the connection before a login");
}

/* ---- connecting ---- */

/* Channels, forwardings and whatever else a server may ask of a client: nothing is granted,
 * and nothing queued. */
static int refuse(ssh_session session, ssh_message message, void *userdata)
{
	(void)session;
	(void)message;
	(void)userdata;
	return 1;
}

/* With no host libssh looks into no known_hosts, and with a user it does not look up ours: no
 * file is opened. The real user goes with each login. */
static int configure(struct link_ssh *ssh, unsigned families)
{
	const struct visit_order *order = ssh->link->environment.order;
	ssh_session session = ssh->session;
	bool off = false;
	int bits = RSA_BITS_MIN;

	ssh_set_blocking(session, 0);
	ssh_set_counters(session, &ssh->counter, &ssh->packets);
	ssh_set_message_callback(session, refuse, NULL);
	if (ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &off) < 0 ||
	    ssh_options_set(session, SSH_OPTIONS_USER, "nobody") < 0 ||
	    ssh_options_set(session, SSH_OPTIONS_SSH_DIR, "/dev/null") < 0 ||
	    ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") < 0 ||
	    ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") < 0 ||
	    ssh_options_set(session, SSH_OPTIONS_RSA_MIN_SIZE, &bits) < 0)
		return -1;
	return link_ssh_set_algorithms(session, families, order->legacy);
}

static void prepare_socket(int fd)
{
	struct timeval limit = {.tv_usec = SEND_TIMEOUT_US};
	int on = 1;

	/* Without these it would be slower, or see a cancel later: not worth a failure. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* libssh closes its descriptor itself on some errors and not on others: it gets one of its
 * own, so that ours is never another thread's. */
static struct link_result give_socket(struct link_ssh *ssh)
{
	int theirs = fcntl(ssh->fd, F_DUPFD_CLOEXEC, 0);

	if (theirs < 0)
		return link_failed_errno(errno);
	if (ssh_options_set(ssh->session, SSH_OPTIONS_FD, &theirs) < 0) {
		close(theirs);
		return link_failed_memory();
	}
	return link_ok();
}

/* "kex error : no match for method <what>: server [<theirs>], client [<ours>]" */
static struct link_result no_match(const char *text, bool *ret_no_host_key)
{
	static const char head[] = "kex error : no match for method ";
	const char *what = text + sizeof head - 1;
	const char *theirs = strstr(what, ": server [");
	const char *ours = theirs ? strstr(theirs, "], client [") : NULL;

	if (!ours)
		return link_failed(VISIT_CRYPTO_INCOMPATIBLE, "%s", text);
	*ret_no_host_key = strncmp(what, "server host key", 15) == 0;
	int what_length = (int)(theirs - what);
	theirs += strlen(": server [");
	int theirs_length = (int)(ours - theirs);
	ours += strlen("], client [");
	return link_failed(VISIT_CRYPTO_INCOMPATIBLE, "no %.*s in common: device %.*s%s; we %s",
			   what_length, what, theirs_length < 110 ? theirs_length : 110, theirs,
			   theirs_length < 110 ? "" : "…", ours);
}

/* Reasons of RFC 4253 §11.1. */
static struct link_result disconnected(unsigned long reason, const char *text)
{
	if (reason == 3)
		return link_failed(VISIT_CRYPTO_INCOMPATIBLE, "%s", text);
	return link_failed(reason == 12 ? VISIT_BUSY : VISIT_PROTOCOL_ERROR, "%s", text);
}

/* Whether the connection just broke. A device that finds nothing in common hangs up, and when
 * that comes while libssh still writes, its words for the reason are lost to this. */
static bool was_cut(const struct link_ssh *ssh)
{
	return ssh_get_serverbanner(ssh->session) &&
	       strncmp(ssh_get_error(ssh->session), "Socket error", 12) == 0;
}

/* What the key exchange failed of. No secret was sent yet, so the peer may have its say. */
static struct link_result exchange_failed(struct link_ssh *ssh, bool *ret_no_host_key)
{
	static const char goodbye[] = "Received SSH_MSG_DISCONNECT: ";
	const char *text = ssh_get_error(ssh->session);

	if (strncmp(text, "kex error : no match", 20) == 0)
		return no_match(text, ret_no_host_key);
	if (strncmp(text, goodbye, sizeof goodbye - 1) == 0)
		return disconnected(strtoul(text + sizeof goodbye - 1, NULL, 10), text);
	if (!ssh_get_serverbanner(ssh->session))
		return link_failed(VISIT_PROTOCOL_ERROR, "what answers is no SSH server %s", text);
	return link_failed(VISIT_PROTOCOL_ERROR, "in the key exchange: %s", text);
}

static void see_greeting(struct link_ssh *ssh)
{
	const char *banner = ssh_get_serverbanner(ssh->session);

	if (banner)
		snprintf(ssh->seen.greeting, sizeof ssh->seen.greeting, "%s", banner);
}

static struct link_result exchange_keys(struct link_ssh *ssh, bool *ret_no_host_key)
{
	for (;;) {
		int rc = ssh_connect(ssh->session);
		see_greeting(ssh);
		if (rc == SSH_OK)
			return link_ok();
		if (rc != SSH_AGAIN)
			return exchange_failed(ssh, ret_no_host_key);
		struct link_result result = link_ssh_wait(ssh);
		bool no_banner = !ssh_get_serverbanner(ssh->session) && ssh->heard_bytes > 0;
		if (!ssh_is_connected(ssh->session) ||
		    (result.outcome == VISIT_TIMED_OUT && no_banner))
			return exchange_failed(ssh, ret_no_host_key);
		if (result.outcome != VISIT_OK)
			return result;
	}
}

static struct link_result connect_once(struct link_ssh *ssh, unsigned families, bool *ret_no_host_key)
{
	uint16_t port = ssh->link->environment.order->address.port;

	*ret_no_host_key = false;
	struct link_result result = link_connect(ssh->link, port, &ssh->fd);
	if (result.outcome != VISIT_OK)
		return result;
	prepare_socket(ssh->fd);
	ssh->session = ssh_new();
	if (!ssh->session)
		return link_failed_memory();
	if (configure(ssh, families) < 0)
		return link_failed(VISIT_CRYPTO_INCOMPATIBLE, "%s", ssh_get_error(ssh->session));
	result = give_socket(ssh);
	if (result.outcome != VISIT_OK)
		return result;
	ssh->counter = (struct ssh_counter_struct){0};
	ssh->packets = (struct ssh_counter_struct){0};
	ssh->heard_bytes = 0;
	ssh->heard_at = link_now();
	result = exchange_keys(ssh, ret_no_host_key);
	if (result.outcome != VISIT_OK)
		return result;
	ssh->seen.grade.encrypted = true;
	ssh->usable = true;
	return result;
}

struct link_result link_ssh_connect(struct link_ssh *ssh, unsigned families,
				    bool *ret_no_host_key)
{
	struct link_result result = connect_once(ssh, families, ret_no_host_key);

	if (result.outcome != VISIT_PROTOCOL_ERROR || !ssh->session || !was_cut(ssh))
		return result;
	link_ssh_disconnect(ssh);
	return connect_once(ssh, families, ret_no_host_key);
}

void link_ssh_disconnect(struct link_ssh *ssh)
{
	/* First of all: with the socket shut nothing in libssh waits for the peer any more. */
	if (ssh->fd >= 0)
		(void)shutdown(ssh->fd, SHUT_RDWR);
	if (ssh->session) {
		ssh_silent_disconnect(ssh->session); /* frees the channel too */
		ssh_free(ssh->session);
	}
	if (ssh->fd >= 0)
		close(ssh->fd);
	ssh->session = NULL;
	ssh->channel = NULL;
	ssh->fd = -1;
	ssh->usable = false;
	ssh->logged_in = false;
}
