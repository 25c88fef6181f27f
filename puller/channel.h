#pragma once
/* Packets to and from the parent: one message a packet over the socket it gave. */
#include <stdbool.h>

#include "wire/wire.h"

/* The descriptor at which the parent puts its socket. */
enum { CHANNEL_FD = 3 };

/* Whether that descriptor is a socket of the right kind: if not, a person started us. */
bool channel_is_there(void);

/* Send one message, from any thread; waits while the parent has much to read. Returns 0;
 * -EPIPE when the parent is gone; else what wire_write() says. */
int channel_send(const struct wire_message *message);

/* Take one message, if there is one. ret_secret is filled when it is an order. Returns 1, 0
 * when there is none, or -1 when the parent is gone or does not keep to the format. */
int channel_receive(struct wire_message *ret_message, struct visit_secret *ret_secret);
