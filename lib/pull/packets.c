#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#include "pull/internal.h"

struct pull_packet {
	STAILQ_ENTRY(pull_packet) next;
	struct text secret; /* of an order */
	int secret_fd;	    /* the same in a sealed file, which travels beside it; or -1 */
	size_t length;
	char bytes[];
};

static void clear_secret(struct text *secret)
{
	if (secret->data)
		explicit_bzero(secret->data, secret->length);
	text_clear(secret);
}

static void free_packet(struct pull_packet *packet)
{
	clear_secret(&packet->secret);
	cleanup_close(&packet->secret_fd);
	free(packet);
}

void pull_packets_clear(struct pull_packets *packets)
{
	while (!STAILQ_EMPTY(packets)) {
		struct pull_packet *packet = STAILQ_FIRST(packets);
		STAILQ_REMOVE_HEAD(packets, next);
		free_packet(packet);
	}
}

int pull_packets_add(struct pull_packets *packets, const struct wire_message *message)
{
	CLEANUP(text_clear) struct text bytes;

	text_init(&bytes);
	int r = wire_write(&bytes, message);
	if (r < 0)
		return r;
	struct pull_packet *packet = malloc(sizeof *packet + bytes.length);
	if (!packet)
		return -ENOMEM;
	text_init(&packet->secret);
	packet->secret_fd = -1;
	packet->length = bytes.length;
	memcpy(packet->bytes, bytes.data, bytes.length);
	STAILQ_INSERT_TAIL(packets, packet, next);
	return 0;
}

static int add_names(struct pull_packets *packets, uint64_t number, bool only,
		     const struct visit_paths *paths)
{
	struct wire_message message = {.type = WIRE_NAME, .visit = number, .name = {.only = only}};
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->count; i++) {
		message.name.path = paths->items[i];
		r = pull_packets_add(packets, &message);
	}
	return r;
}

static int add_selectors(struct pull_packets *packets, uint64_t number,
			 const struct visit_order *order)
{
	struct wire_message message = {.type = WIRE_SELECTOR, .visit = number};
	int r = 0;

	for (size_t i = 0; r == 0 && i < order->selector_count; i++) {
		message.selector = order->selectors[i];
		r = pull_packets_add(packets, &message);
	}
	return r;
}

static int add_all(struct pull_packets *packets, uint64_t number, const struct visit_order *order,
		   const struct visit_secret *secret)
{
	static const struct visit_secret none;
	const struct wire_message begin = {.type = WIRE_ORDER, .visit = number, .order = *order};
	const struct wire_message go = {.type = WIRE_GO, .visit = number};

	if (order->selector_count + order->names.count + order->only.count > WIRE_NAMES_MAX)
		return -EMSGSIZE;
	int r = pull_packets_add(packets, &begin);
	if (r == 0)
		r = wire_secret_write(&STAILQ_FIRST(packets)->secret, secret ? secret : &none);
	if (r == 0)
		r = add_selectors(packets, number, order);
	if (r == 0)
		r = add_names(packets, number, false, &order->names);
	if (r == 0)
		r = add_names(packets, number, true, &order->only);
	return r < 0 ? r : pull_packets_add(packets, &go);
}

int pull_packets_add_visit(struct pull_packets *packets, uint64_t number,
			   const struct visit_order *order, const struct visit_secret *secret)
{
	struct pull_packets added = STAILQ_HEAD_INITIALIZER(added);
	int r = add_all(&added, number, order, secret);

	if (r == 0)
		STAILQ_CONCAT(packets, &added);
	pull_packets_clear(&added);
	return r;
}

/* A sealed file in memory. Returns it or a negative errno. */
static int make_sealed(const struct text *secret)
{
	enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
	CLEANUP(cleanup_close) int fd = memfd_create("secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	ssize_t written = write(fd, secret->data, secret->length);
	if (written < 0)
		return -errno;
	if ((size_t)written != secret->length)
		return -EIO;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	int made = fd;
	fd = -1;
	return made;
}

int pull_packets_seal(struct pull_packets *packets)
{
	struct pull_packet *order = STAILQ_FIRST(packets);
	int fd = make_sealed(&order->secret);

	if (fd < 0)
		return fd;
	clear_secret(&order->secret);
	order->secret_fd = fd;
	return 0;
}

static int send_packet(struct pull_packet *packet, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec vector = {.iov_base = packet->bytes, .iov_len = packet->length};
	struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};

	if (packet->secret_fd >= 0) {
		control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
						  .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.header), &packet->secret_fd, sizeof(int));
		header.msg_control = &control;
		header.msg_controllen = sizeof control;
	}
	return sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int pull_packets_send(struct pull_packets *packets, int fd)
{
	while (!STAILQ_EMPTY(packets)) {
		struct pull_packet *packet = STAILQ_FIRST(packets);
		int r = send_packet(packet, fd);
		if (r == -EINTR)
			continue;
		if (r < 0)
			return r;
		STAILQ_REMOVE_HEAD(packets, next);
		free_packet(packet);
	}
	return 0;
}
