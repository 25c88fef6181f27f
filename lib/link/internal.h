#pragma once
/* What the protocols of this room share: the dispatch table, waiting and connecting that can
 * be cancelled, and the one way by which a file's bytes come in. Everything here works in
 * the thread of the caller. Times are microseconds of the monotonic clock. */
#include <poll.h>

#include "link/link.h"

struct link_result;

/* What a scheme does. open fills link->state; close frees it, may find it half built, and
 * ends a connection within a second. look adds the grade, the pin and the greeting; the
 * address is filled by link.c. stat may be NULL: this link cannot. */
struct link_protocol {
	struct link_result (*open)(struct link *link);
	void (*look)(const struct link *link, struct link_seen *seen);
	/* NULL where visit_scheme_lists() says no. */
	struct link_result (*list)(struct link *link, const char *folder,
				   struct listing *ret_listing);
	struct link_result (*read)(struct link *link, const char *path, int64_t expected,
				   link_on_bytes *on_bytes, void *userdata,
				   struct link_read *ret_read);
	struct link_result (*stat)(struct link *link, const char *path,
				   struct listing_entry *ret_entry);
	bool (*is_usable)(const struct link *link);
	void (*close)(struct link *link);
};

extern const struct link_protocol link_protocol_ftp;  /* ftp, ftps, ftpes */
extern const struct link_protocol link_protocol_curl; /* http, https, tftp */
extern const struct link_protocol link_protocol_ssh;  /* sftp */
extern const struct link_protocol link_protocol_file;

struct link {
	const struct link_protocol *protocol;
	struct link_environment environment;
	char address[64];    /* numeric; empty until it was resolved */
	int64_t deadline_at; /* the visit's end: too slow */
	int64_t paid_at;     /* when the bytes that have come are paid for by the rate */
	void *state;	     /* the protocol's own */
};

/* ---- results (result.c) ---- */

struct link_result link_ok(void);

/* What the system said about a connection: refused, unreachable, timed out, lost … */
struct link_result link_failed_errno(int number);

struct link_result link_failed_memory(void);

/* ---- time and waiting (wait.c) ---- */

int64_t link_now(void);

/* VISIT_OK, VISIT_CANCELLED, or VISIT_TOO_SLOW past the visit's deadline. */
enum visit_outcome link_may_go_on(const struct link *link);

/* Wait for events (POLLIN, POLLOUT) on fd. VISIT_OK: some are there, or an error to be had by
 * the next call on fd. VISIT_TIMED_OUT: none by until. Else as link_may_go_on(). */
enum visit_outcome link_wait(const struct link *link, int fd, short events, int64_t until);

/* Sleep until then. The same outcomes, VISIT_OK when it is over. */
enum visit_outcome link_sleep(const struct link *link, int64_t until);

/* The words for an outcome of the above. */
struct link_result link_stopped(enum visit_outcome outcome);

/* ---- connecting (connect.c) ---- */

/* Fill link->address: the host itself when it is numeric, else what the environment says. */
struct link_result link_find_address(struct link *link);

/* Connect to a port of the device within connect_ms. ret_fd does not block, and its receive
 * buffer is small where the order caps the rate. */
struct link_result link_connect(struct link *link, uint16_t port, int *ret_fd);

/* Options of every socket to a device: close-on-exec aside, the receive buffer. */
void link_prepare_socket(const struct link *link, int fd);

/* ---- a file's bytes (intake.c) ---- */

/* One file on its way in: counts, keeps the ceilings and the rate, sees the cancel. */
struct link_intake {
	struct link *link;
	link_on_bytes *on_bytes;
	void *userdata;
	uint64_t size;
	uint64_t most; /* the order's file_bytes unless changed after the start */
	enum visit_outcome stopped; /* VISIT_OK while it goes on */
};

void link_intake_start(struct link_intake *intake, struct link *link, link_on_bytes *on_bytes,
		       void *userdata);

/* Take the next bytes, and sleep as the rate cap wants. False: stop, and say
 * link_stopped(intake->stopped). */
bool link_intake_add(struct link_intake *intake, const void *bytes, size_t length);

/* Hold what came against what was announced by the link and listed before (each negative
 * where unknown): truncated, changed while read, or OK and ret_read filled. */
struct link_result link_intake_end(const struct link_intake *intake, int64_t announced,
				   int64_t expected, struct link_read *ret_read);

/* The most bytes to ask for or buffer at once, so that the sleeps for the rate stay short. */
size_t link_piece(const struct link *link);
