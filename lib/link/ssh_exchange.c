#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/ssh.h"

enum {
	SLICE_MS = 250,	     /* how long libssh may wait before we look around */
	PACKET_FIRST = 36 * 1024, /* enough for an answer of 32 KB */
};

/* ---- the channel ---- */

/* libssh would keep what comes as stderr for ever, and open the window for more. */
static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t length,
		   int is_stderr, void *userdata)
{
	(void)session;
	(void)channel;
	(void)data;
	(void)userdata;
	return is_stderr ? (int)length : 0;
}

static struct link_result no_sftp(struct link_ssh *ssh)
{
	ssh->usable = false;
	return link_failed(VISIT_PROTOCOL_ERROR, "the device lets the user in, but offers no SFTP");
}

static struct link_result until_done(struct link_ssh *ssh, int (*call)(ssh_channel))
{
	for (;;) {
		int rc = call(ssh->channel);
		if (rc == SSH_OK)
			return link_ok();
		if (rc != SSH_AGAIN)
			return ssh_is_connected(ssh->session) ? no_sftp(ssh) : link_ssh_lost(ssh);
		struct link_result result = link_ssh_wait(ssh);
		if (result.outcome != VISIT_OK)
			return result;
	}
}

/* SSH_FXP_INIT and SSH_FXP_VERSION, §4. */
static struct link_result agree_on_version(struct link_ssh *ssh)
{
	struct link_sftp_answer answer = {0};

	ssh->heard_at = link_now();
	link_sftp_add_init(&ssh->outgoing);
	struct link_result result = link_ssh_receive(ssh, &answer);
	if (result.outcome == VISIT_CONNECTION_LOST)
		return no_sftp(ssh);
	if (result.outcome != VISIT_OK)
		return result;
	if (answer.type != LINK_SFTP_HELLO)
		return link_ssh_nonsense(ssh, "an SFTP answer before the version");
	if (answer.id == LINK_SFTP_VERSION)
		return result;
	ssh->usable = false;
	return link_failed(VISIT_PROTOCOL_ERROR, "the device speaks version %u of SFTP, not 3",
			   answer.id);
}

struct link_result link_ssh_open_channel(struct link_ssh *ssh)
{
	ssh->channel = ssh_channel_new(ssh->session);
	if (!ssh->channel)
		return link_failed_memory();
	ssh->callbacks = (struct ssh_channel_callbacks_struct){.channel_data_function = on_data};
	ssh_callbacks_init(&ssh->callbacks);
	if (ssh_set_channel_callbacks(ssh->channel, &ssh->callbacks) != SSH_OK)
		return link_failed_memory();
	struct link_result result = until_done(ssh, ssh_channel_open_session);
	if (result.outcome == VISIT_OK)
		result = until_done(ssh, ssh_channel_request_sftp);
	if (result.outcome == VISIT_OK)
		result = agree_on_version(ssh);
	return result;
}

/* ---- requests out, answers in ---- */

struct link_result link_ssh_nonsense(struct link_ssh *ssh, const char *what)
{
	ssh->usable = false;
	return link_failed(VISIT_PROTOCOL_ERROR, "the device sent %s", what);
}

uint32_t link_ssh_next_id(struct link_ssh *ssh)
{
	return ++ssh->last_id;
}

static struct link_result flush(struct link_ssh *ssh)
{
	struct text *outgoing = &ssh->outgoing;

	if (outgoing->failed)
		return link_failed_memory();
	while (outgoing->length > 0) {
		int sent = ssh_channel_write(ssh->channel, outgoing->data, (uint32_t)outgoing->length);
		if (sent < 0)
			return link_ssh_lost(ssh);
		if (sent == 0)
			break;
		outgoing->length -= (size_t)sent;
		memmove(outgoing->data, outgoing->data + sent, outgoing->length);
	}
	return link_ok();
}

static struct link_result receive_bytes(struct link_ssh *ssh, void *bytes, size_t length)
{
	for (size_t got = 0; got < length;) {
		struct link_result result = flush(ssh);
		if (result.outcome != VISIT_OK)
			return result;
		int n = ssh_channel_read_timeout(ssh->channel, (char *)bytes + got,
						 (uint32_t)(length - got), 0, SLICE_MS);
		if (n > 0) {
			got += (size_t)n;
			continue;
		}
		if ((n < 0 && n != SSH_AGAIN) || ssh_channel_is_eof(ssh->channel))
			return link_ssh_lost(ssh);
		result = link_ssh_pulse(ssh);
		if (result.outcome != VISIT_OK)
			return result;
	}
	return link_ok();
}

/* Room for a packet that the peer announced: it is bounded, and kept for the next. */
static bool make_room(struct link_ssh *ssh, size_t length)
{
	if (length <= ssh->capacity)
		return true;
	size_t capacity = length > PACKET_FIRST ? LINK_SFTP_PACKET_MAX : PACKET_FIRST;
	uint8_t *packet = realloc(ssh->packet, capacity);
	if (!packet)
		return false;
	ssh->packet = packet;
	ssh->capacity = capacity;
	return true;
}

static struct link_result receive_packet(struct link_ssh *ssh, struct link_sftp_answer *ret_answer)
{
	uint32_t length;
	struct link_result result = link_ssh_pulse(ssh);

	if (result.outcome == VISIT_OK)
		result = receive_bytes(ssh, &length, sizeof length);
	if (result.outcome != VISIT_OK)
		return result;
	length = ntohl(length);
	if (length == 0 || length > LINK_SFTP_PACKET_MAX)
		return link_ssh_nonsense(ssh, "an SFTP packet of an impossible length");
	if (!make_room(ssh, length))
		return link_failed_memory();
	result = receive_bytes(ssh, ssh->packet, length);
	if (result.outcome != VISIT_OK)
		return result;
	if (link_sftp_parse(ret_answer, ssh->packet, length) < 0)
		return link_ssh_nonsense(ssh, "an SFTP packet that makes no sense");
	return result;
}

struct link_result link_ssh_receive(struct link_ssh *ssh, struct link_sftp_answer *ret_answer)
{
	struct link_result result = receive_packet(ssh, ret_answer);

	/* Whatever it was, requests and answers are out of step now. */
	if (result.outcome != VISIT_OK)
		ssh->usable = false;
	return result;
}

struct link_result link_ssh_receive_for(struct link_ssh *ssh, uint32_t id,
					enum link_sftp_type type,
					struct link_sftp_answer *ret_answer)
{
	struct link_result result = link_ssh_receive(ssh, ret_answer);

	if (result.outcome != VISIT_OK)
		return result;
	if (ret_answer->id != id)
		return link_ssh_nonsense(ssh, "an SFTP answer to nothing that was asked");
	if (ret_answer->type != type && ret_answer->type != LINK_SFTP_STATUS)
		return link_ssh_nonsense(ssh, "an SFTP answer of the wrong kind");
	return result;
}

/* ---- paths and statuses ---- */

char *link_ssh_path(const struct link_ssh *ssh, const char *path)
{
	const char *root = ssh->link->environment.order->address.root;
	size_t length = root ? strlen(root) : 0;
	char *whole = NULL;

	while (length > 0 && root[length - 1] == '/')
		length--;
	if (path[0] == '\0' && length > 0)
		return strndup(root, length);
	return asprintf(&whole, "%.*s/%s", (int)length, root ? root : "", path) < 0 ? NULL : whole;
}

struct link_result link_ssh_failed_status(uint32_t status, const char *path)
{
	enum visit_outcome outcome;

	switch (status) {
	case LINK_SFTP_NO_SUCH_FILE:
		outcome = VISIT_FILE_NOT_FOUND;
		break;
	case LINK_SFTP_NO_CONNECTION:
	case LINK_SFTP_CONNECTION_LOST:
		outcome = VISIT_CONNECTION_LOST;
		break;
	case LINK_SFTP_UNSUPPORTED:
		outcome = VISIT_LISTING_UNSUPPORTED;
		break;
	default:
		outcome = VISIT_PERMISSION_DENIED;
	}
	return link_failed(outcome, "%s: %s (%u)", path[0] ? path : "the root",
			   link_sftp_status_text(status), status);
}
