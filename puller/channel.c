#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#include "puller/channel.h"

bool channel_is_there(void)
{
	int type = 0;
	int domain = 0;
	socklen_t length = sizeof type;

	return getsockopt(CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
	       getsockopt(CHANNEL_FD, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 &&
	       type == SOCK_SEQPACKET && domain == AF_UNIX;
}

int channel_send(const struct wire_message *message)
{
	CLEANUP(text_clear) struct text packet;

	text_init(&packet);
	int r = wire_write(&packet, message);
	if (r < 0)
		return r;
	while (send(CHANNEL_FD, packet.data, packet.length, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -EPIPE;
	return 0;
}

/* The one descriptor that came with a packet, or -1; others are closed. */
static int take_descriptor(struct msghdr *header)
{
	int taken = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		    c->cmsg_len != CMSG_LEN(sizeof(int)))
			continue;
		if (taken >= 0)
			(void)close(taken);
		memcpy(&taken, CMSG_DATA(c), sizeof taken);
	}
	return taken;
}

static int read_secret(struct visit_secret *ret_secret, int fd)
{
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size <= 0 ||
	    status.st_size > WIRE_SECRET_MAX)
		return -EBADMSG;
	size_t length = (size_t)status.st_size;
	char *bytes = malloc(length);
	if (!bytes)
		return -ENOMEM;
	int r = -EBADMSG;
	if (pread(fd, bytes, length, 0) == (ssize_t)length)
		r = wire_secret_parse(ret_secret, bytes, length);
	explicit_bzero(bytes, length);
	free(bytes);
	return r;
}

int channel_receive(struct wire_message *ret_message, struct visit_secret *ret_secret)
{
	char bytes[WIRE_MESSAGE_MAX];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec vector = {.iov_base = bytes, .iov_len = sizeof bytes};
	struct msghdr header = {.msg_iov = &vector,
				.msg_iovlen = 1,
				.msg_control = &control,
				.msg_controllen = sizeof control};

	ssize_t length = recvmsg(CHANNEL_FD, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (length <= 0)
		return -1;
	CLEANUP(cleanup_close) int fd = take_descriptor(&header);
	if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    wire_parse(ret_message, bytes, (size_t)length) < 0)
		return -1;
	if ((ret_message->type == WIRE_ORDER) != (fd >= 0) ||
	    (fd >= 0 && read_secret(ret_secret, fd) < 0)) {
		wire_message_clear(ret_message);
		return -1;
	}
	return 1;
}
