#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/time.h"

#include "link/internal.h"

/* Under a rate cap what the kernel takes in ahead of us must not be a flood of its own. */
enum { CAPPED_RECEIVE_BUFFER = 32 * 1024 };

struct peer {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t length;
};

/* A numeric address and a port as the system wants them; false: not numeric. */
static bool peer_parse(struct peer *ret_peer, const char *address, uint16_t port)
{
	*ret_peer = (struct peer){0};
	if (inet_pton(AF_INET, address, &ret_peer->v4.sin_addr) == 1) {
		ret_peer->v4.sin_family = AF_INET;
		ret_peer->v4.sin_port = htons(port);
		ret_peer->length = sizeof ret_peer->v4;
		return true;
	}
	if (inet_pton(AF_INET6, address, &ret_peer->v6.sin6_addr) == 1) {
		ret_peer->v6.sin6_family = AF_INET6;
		ret_peer->v6.sin6_port = htons(port);
		ret_peer->length = sizeof ret_peer->v6;
		return true;
	}
	return false;
}

struct link_result link_find_address(struct link *link)
{
	const struct link_environment *environment = &link->environment;
	const char *host = environment->order->address.host;
	char address[64] = "";
	struct peer peer;

	if (link->address[0] != '\0')
		return link_ok();
	if (!host)
		return link_failed(VISIT_NAME_NOT_FOUND, "the address has no host");
	if (peer_parse(&peer, host, 0))
		snprintf(address, sizeof address, "%s", host);
	else if (!environment->resolve ||
		 environment->resolve(environment->resolve_userdata, host, address) != 0 ||
		 !peer_parse(&peer, address, 0))
		return link_failed(VISIT_NAME_NOT_FOUND, "no address for the name %s", host);
	memcpy(link->address, address, sizeof link->address);
	return link_ok();
}

void link_prepare_socket(const struct link *link, int fd)
{
	int size = CAPPED_RECEIVE_BUFFER;

	/* Only gentleness is lost when this fails: the rate is kept by the reader. */
	if (link->environment.order->limits.rate > 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

/* The connect that was begun has ended: how? */
static struct link_result connect_result(int fd)
{
	int number = 0;
	socklen_t length = sizeof number;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length) < 0)
		number = errno;
	return number == 0 ? link_ok() : link_failed_errno(number);
}

struct link_result link_connect(struct link *link, uint16_t port, int *ret_fd)
{
	struct link_result result = link_find_address(link);
	struct peer peer;

	if (result.outcome != VISIT_OK)
		return result;
	if (!peer_parse(&peer, link->address, port))
		return link_failed(VISIT_NAME_NOT_FOUND, "no numeric address");
	CLEANUP(cleanup_close) int fd =
		socket(peer.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return link_failed_errno(errno);
	link_prepare_socket(link, fd);
	int64_t until =
		link_now() + link->environment.order->limits.connect_ms * (TIME_SECOND / 1000);
	if (connect(fd, &peer.any, peer.length) < 0) {
		if (errno != EINPROGRESS)
			return link_failed_errno(errno);
		enum visit_outcome waited = link_wait(link, fd, POLLOUT, until);
		if (waited != VISIT_OK)
			return link_stopped(waited);
		result = connect_result(fd);
		if (result.outcome != VISIT_OK)
			return result;
	}
	*ret_fd = fd;
	fd = -1;
	return link_ok();
}
