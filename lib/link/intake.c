#include "base/time.h"

#include "link/internal.h"

enum { PIECE_MAX = 64 * 1024, PIECE_MIN = 1024 };

void link_intake_start(struct link_intake *intake, struct link *link, link_on_bytes *on_bytes,
		       void *userdata)
{
	*intake = (struct link_intake){
		.link = link,
		.on_bytes = on_bytes,
		.userdata = userdata,
		.most = link->environment.order->limits.file_bytes,
	};
}

/* The bytes are paid for one after another; time in which none came is not saved up. */
static enum visit_outcome pay(struct link *link, size_t length)
{
	uint64_t rate = link->environment.order->limits.rate;
	int64_t now = link_now();

	if (rate == 0)
		return link_may_go_on(link);
	if (link->paid_at < now)
		link->paid_at = now;
	link->paid_at += (int64_t)((double)length * (double)TIME_SECOND / (double)rate);
	enum visit_outcome outcome = link_sleep(link, link->paid_at);
	return outcome == VISIT_OK ? link_may_go_on(link) : outcome;
}

bool link_intake_add(struct link_intake *intake, const void *bytes, size_t length)
{
	if (intake->stopped != VISIT_OK)
		return false;
	if (length > intake->most - intake->size ||
	    !intake->on_bytes(intake->userdata, bytes, length)) {
		intake->stopped = VISIT_TOO_LARGE;
		return false;
	}
	intake->size += length;
	intake->stopped = pay(intake->link, length);
	return intake->stopped == VISIT_OK;
}

struct link_result link_intake_end(const struct link_intake *intake, int64_t announced,
				   int64_t expected, struct link_read *ret_read)
{
	int64_t known = announced >= 0 ? announced : expected;

	if (intake->stopped != VISIT_OK)
		return link_stopped(intake->stopped);
	if (known >= 0 && intake->size < (uint64_t)known)
		return link_failed(VISIT_TRUNCATED, "%llu of %lld bytes came",
				   (unsigned long long)intake->size, (long long)known);
	if (known >= 0 && intake->size > (uint64_t)known)
		return link_failed(VISIT_CHANGED_WHILE_READ, "%llu bytes came instead of %lld",
				   (unsigned long long)intake->size, (long long)known);
	if (expected >= 0 && known != expected)
		return link_failed(VISIT_CHANGED_WHILE_READ, "listed with %lld bytes, %lld now",
				   (long long)expected, (long long)known);
	*ret_read = (struct link_read){.size = intake->size, .length_verified = announced >= 0};
	return link_ok();
}

size_t link_piece(const struct link *link)
{
	uint64_t quarter = link->environment.order->limits.rate / 4;

	if (quarter == 0 || quarter > PIECE_MAX)
		return PIECE_MAX;
	return quarter < PIECE_MIN ? PIECE_MIN : (size_t)quarter;
}
