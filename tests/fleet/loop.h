#pragma once
/* One epoll loop for everything that a fleet waits for. Knows descriptors; refuses to know
 * what they are for. */
#include <stdbool.h>
#include <stdint.h>

/* One descriptor that is waited for; part of what it serves. */
struct watch {
	int fd; /* -1: not in the loop */
	void (*on_ready)(struct watch *watch, uint32_t events); /* epoll's event bits */
};

struct loop {
	int epoll;
	bool stopped;
};

int loop_start(struct loop *loop); /* 0 or a negative errno */
void loop_stop(struct loop *loop);

/* Wait for events on fd, which the watch owns from now on. Returns 0 or a negative errno;
 * on failure fd stays the caller's. */
int loop_add(struct loop *loop, struct watch *watch, int fd, uint32_t events);

/* Wait for other events. */
void loop_change(struct loop *loop, const struct watch *watch, uint32_t events);

/* Stop waiting, and close. Nothing happens when it is not in the loop. */
void loop_remove(struct loop *loop, struct watch *watch);

/* Wait once, at most wait_ms (-1: for ever), and serve what is ready. A callback may remove
 * any watch; it may free one only after loop_turn() has returned. */
void loop_turn(struct loop *loop, int wait_ms);
