#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/time.h"

#include "link/ftp.h"

enum { READ_SIZE = 64 * 1024, STRANGERS_MAX = 8 };

struct data {
	struct link_stream stream;
	int listener; /* active mode, until the device has come; else -1 */
};

static void close_data(struct data *data)
{
	link_stream_close(&data->stream);
	cleanup_close(&data->listener);
	data->listener = -1;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

static int64_t connect_patience(const struct link_ftp *ftp)
{
	return link_now() + ftp->link->environment.order->limits.connect_ms * (TIME_SECOND / 1000);
}

/* Ask with one verb for a port to connect to. False in ret_known: the server has no such verb. */
static struct link_result ask_port(struct link_ftp *ftp, const char *verb, int code,
				   bool (*parse)(const struct link_ftp_reply *, uint16_t *),
				   uint16_t *ret_port, bool *ret_known)
{
	struct link_result result = link_ftp_ask(ftp, verb, NULL);

	*ret_known = true;
	if (result.outcome != VISIT_OK)
		return result;
	if (ftp->reply.code == code) {
		if (parse(&ftp->reply, ret_port))
			return link_ok();
		return link_failed(VISIT_PROTOCOL_ERROR, "no port in: %s", ftp->reply.text);
	}
	*ret_known = !link_ftp_is_unknown(ftp) && ftp->reply.code != 522;
	return link_ftp_refusal(ftp);
}

/* PASV is the older: for IPv4 it is tried first. Whatever address stands in a reply, the
 * data connection goes to the device that was enrolled. */
static struct link_result open_passive(struct link_ftp *ftp, struct data *data)
{
	bool is_v6 = strchr(ftp->link->address, ':') != NULL;
	struct link_result result = link_ok();
	uint16_t port = 0;
	bool known;

	if (!is_v6 && !ftp->lacks_pasv) {
		result = ask_port(ftp, "PASV", 227, link_ftp_reply_pasv, &port, &known);
		ftp->lacks_pasv = !known;
	}
	if (is_v6 || ftp->lacks_pasv)
		result = ask_port(ftp, "EPSV", 229, link_ftp_reply_epsv, &port, &known);
	if (result.outcome != VISIT_OK)
		return result;
	result = link_connect(ftp->link, port, &data->stream.fd);
	if (result.outcome == VISIT_OK)
		return result;
	ftp->is_usable = false; /* the device still waits there */
	return link_failed(result.outcome, "the data connection to port %u: %s", port,
			   result.detail);
}

/* PORT or EPRT for the address that a listener is bound to. */
static struct link_result say_where(struct link_ftp *ftp, const union address *local)
{
	char argument[64];

	if (local->any.sa_family == AF_INET) {
		uint32_t host = ntohl(local->v4.sin_addr.s_addr);
		unsigned port = ntohs(local->v4.sin_port);
		snprintf(argument, sizeof argument, "%u,%u,%u,%u,%u,%u", host >> 24,
			 host >> 16 & 0xFF, host >> 8 & 0xFF, host & 0xFF, port >> 8, port & 0xFF);
		return link_ftp_ask(ftp, "PORT", argument);
	}
	char host[INET6_ADDRSTRLEN];
	if (!inet_ntop(AF_INET6, &local->v6.sin6_addr, host, sizeof host))
		return link_failed_errno(errno);
	snprintf(argument, sizeof argument, "|2|%s|%u|", host, ntohs(local->v6.sin6_port));
	return link_ftp_ask(ftp, "EPRT", argument);
}

static struct link_result open_active(struct link_ftp *ftp, struct data *data)
{
	union address local = {0};
	socklen_t length = sizeof local;

	if (getsockname(ftp->control.fd, &local.any, &length) < 0)
		return link_failed_errno(errno);
	if (local.any.sa_family == AF_INET)
		local.v4.sin_port = 0;
	else
		local.v6.sin6_port = 0;
	data->listener = socket(local.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (data->listener < 0)
		return link_failed_errno(errno);
	link_prepare_socket(ftp->link, data->listener); /* inherited by what is accepted */
	if (bind(data->listener, &local.any, length) < 0 || listen(data->listener, 1) < 0 ||
	    getsockname(data->listener, &local.any, &length) < 0)
		return link_failed_errno(errno);
	struct link_result result = say_where(ftp, &local);
	if (result.outcome != VISIT_OK || link_ftp_is_fine(ftp))
		return result;
	return link_ftp_refusal(ftp);
}

static bool is_same_host(const union address *a, const union address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
}

/* Wait for the device to come; a stranger is turned away. */
static struct link_result accept_device(struct link_ftp *ftp, struct data *data)
{
	int64_t until = connect_patience(ftp);
	union address device = {0};
	socklen_t length = sizeof device;

	if (getpeername(ftp->control.fd, &device.any, &length) < 0)
		return link_failed_errno(errno);
	for (unsigned strangers = 0; strangers < STRANGERS_MAX;) {
		union address caller = {0};
		length = sizeof caller;
		enum visit_outcome waited = link_wait(ftp->link, data->listener, POLLIN, until);
		if (waited == VISIT_TIMED_OUT)
			return link_failed(waited, "the device opened no data connection");
		if (waited != VISIT_OK)
			return link_stopped(waited);
		int fd = accept4(data->listener, &caller.any, &length,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			continue;
		if (is_same_host(&caller, &device)) {
			data->stream.fd = fd;
			cleanup_close(&data->listener);
			data->listener = -1;
			return link_ok();
		}
		(void)close(fd); /* nothing was said on it */
		strangers++;
	}
	return link_failed(VISIT_PROTOCOL_ERROR, "others than the device connected");
}

/* Under TLS the data connection resumes the session of the control connection: servers ask
 * for it as the proof that both ends are the same. */
static struct link_result secure_data(struct link_ftp *ftp, struct data *data)
{
	if (!ftp->context)
		return link_ok();
	SSL_SESSION *session = SSL_get1_session(ftp->control.ssl);
	struct link_result result = link_stream_secure(&data->stream, ftp->context, &ftp->tls,
						       session, connect_patience(ftp));
	SSL_SESSION_free(session);
	return result;
}

static struct link_result take_all(struct link_ftp *ftp, struct data *data,
				   struct link_intake *intake)
{
	size_t size = link_piece(ftp->link);
	CLEANUP(cleanup_free) char *bytes = malloc(READ_SIZE);

	if (!bytes)
		return link_failed_memory();
	for (;;) {
		size_t length;
		struct link_result result =
			link_stream_read(&data->stream, ftp->link, bytes,
					 size < READ_SIZE ? size : READ_SIZE,
					 link_ftp_patience(ftp), &length);
		if (result.outcome != VISIT_OK || length == 0)
			return result;
		if (!link_intake_add(intake, bytes, length))
			return link_stopped(intake->stopped);
	}
}

/* The reply that ends a transfer. One that was cut off says so here, if at all. */
static struct link_result hear_end(struct link_ftp *ftp)
{
	struct link_result result = link_ftp_hear(ftp);

	if (result.outcome == VISIT_TIMED_OUT)
		return link_failed(VISIT_TIMED_OUT, "the transfer was never said to be complete");
	if (result.outcome != VISIT_OK || link_ftp_is_fine(ftp))
		return result;
	ftp->is_usable = false;
	return link_failed(VISIT_TRUNCATED, "the device said: %s", ftp->reply.text);
}

/* From the command to the end. A refusal before the first byte leaves the connection good. */
static struct link_result run(struct link_ftp *ftp, struct data *data, const char *verb,
			      const char *argument, struct link_intake *intake,
			      int64_t *ret_announced, bool *ret_torn)
{
	struct link_result result = link_ftp_ask(ftp, verb, argument);

	if (result.outcome != VISIT_OK)
		return result;
	if (ftp->reply.code / 100 != 1)
		return link_ftp_refusal(ftp);
	if (!link_ftp_reply_announced(&ftp->reply, ret_announced))
		*ret_announced = -1;
	ftp->is_usable = false; /* until the end is heard */
	if (data->listener >= 0)
		result = accept_device(ftp, data);
	if (result.outcome == VISIT_OK)
		result = secure_data(ftp, data);
	if (result.outcome == VISIT_OK)
		result = take_all(ftp, data, intake);
	*ret_torn = data->stream.torn;
	close_data(data);
	if (result.outcome != VISIT_OK)
		return result;
	ftp->is_usable = true;
	return hear_end(ftp);
}

struct link_result link_ftp_transfer(struct link_ftp *ftp, const char *verb, const char *argument,
				     struct link_intake *intake, int64_t *ret_announced,
				     bool *ret_torn)
{
	bool active = ftp->link->environment.order->active;
	struct data data = {.stream.fd = -1, .listener = -1};
	struct link_result result =
		active ? open_active(ftp, &data) : open_passive(ftp, &data);

	*ret_announced = -1;
	*ret_torn = false;
	if (result.outcome == VISIT_OK)
		result = run(ftp, &data, verb, argument, intake, ret_announced, ret_torn);
	close_data(&data);
	return result;
}
