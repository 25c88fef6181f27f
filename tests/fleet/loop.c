#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "loop.h"

enum { EVENTS_A_TURN = 256 };

int loop_start(struct loop *loop)
{
	*loop = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	return loop->epoll < 0 ? -errno : 0;
}

void loop_stop(struct loop *loop)
{
	if (loop->epoll >= 0)
		(void)close(loop->epoll); /* only ever read */
	loop->epoll = -1;
}

int loop_add(struct loop *loop, struct watch *watch, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	watch->fd = fd;
	return 0;
}

void loop_change(struct loop *loop, const struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = (void *)(uintptr_t)watch};

	if (watch->fd >= 0)
		(void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event); /* it is in */
}

void loop_remove(struct loop *loop, struct watch *watch)
{
	if (watch->fd < 0)
		return;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL); /* it is in */
	(void)close(watch->fd); /* a simulated peer may go in any way */
	watch->fd = -1;
}

void loop_turn(struct loop *loop, int wait_ms)
{
	struct epoll_event events[EVENTS_A_TURN];
	int count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, wait_ms);

	for (int i = 0; i < count; i++) {
		struct watch *watch = events[i].data.ptr;
		/* An earlier callback of this turn may have removed it. */
		if (watch->fd >= 0)
			watch->on_ready(watch, events[i].events);
	}
}
