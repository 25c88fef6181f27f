#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "sink/internal.h"

/* How far back the end of the last whole line is looked for. */
enum { TAIL_MAX = 8 * 1024, SPOOL_MODE = 0640 };

#define LOCK_WAIT TIME_SECOND
#define LOCK_STEP (TIME_SECOND / 500)

static const char *words_for(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return "the disk or the quota is full";
	case ELOOP:
		return "this is a symbolic link, which is not written to";
	case EWOULDBLOCK:
		return "another process is writing to it";
	default:
		return strerrordesc_np(number);
	}
}

/* ---- the file ---- */

/* Close the file; what could not be flushed has to be sent again. */
static void drop_file(struct sink *sink)
{
	if (sink->fd >= 0 && sink->spool.unflushed && fdatasync(sink->fd) < 0)
		sink->spool.lost = true;
	cleanup_close(&sink->fd);
	sink->fd = -1;
}

static int open_file(struct sink *sink)
{
	const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	CLEANUP(cleanup_close) int fd = open(sink->path, flags);
	bool made = false;
	struct stat status;

	if (fd < 0 && errno == ENOENT) {
		fd = open(sink->path, flags | O_CREAT | O_EXCL, SPOOL_MODE);
		made = fd >= 0;
	}
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EBADF;
	if (made && fchmod(fd, SPOOL_MODE) < 0) /* the collector reads it by its group */
		return -errno;
	sink->spool.made |= made;
	sink->fd = fd;
	fd = -1;
	return 0;
}

static bool has_the_name(const struct sink *sink)
{
	struct stat open_one;
	struct stat named;

	return fstat(sink->fd, &open_one) == 0 && lstat(sink->path, &named) == 0 &&
	       open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

/* logrotate moves the file away, and so does another writer: go on in the one that has the name now. */
static int follow_name(struct sink *sink)
{
	if (sink->fd < 0)
		return open_file(sink);
	if (has_the_name(sink))
		return 0;
	drop_file(sink);
	return open_file(sink);
}

/* ---- lines ---- */

/* Where the last whole line ends: what follows it was left by a writer that died, and is sent
 * again by whoever it belonged to. Returns -EILSEQ where no line ends near the end. */
static int find_end(int fd, off_t size, off_t *ret_end)
{
	char tail[TAIL_MAX];
	size_t length = size < TAIL_MAX ? (size_t)size : TAIL_MAX;

	if (size == 0) {
		*ret_end = 0;
		return 0;
	}
	if (pread(fd, tail, 1, size - 1) == 1 && tail[0] == '\n') {
		*ret_end = size;
		return 0;
	}
	if (pread(fd, tail, length, size - (off_t)length) != (ssize_t)length)
		return -EIO;
	const char *last = memrchr(tail, '\n', length);
	if (!last && (off_t)length < size)
		return -EILSEQ;
	*ret_end = last ? size - (off_t)length + (last - tail) + 1 : 0;
	return 0;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* With the file locked: append a line, or leave the file as it was. */
static int append(int fd, const char *line, size_t length)
{
	struct stat status;
	off_t end;

	if (fstat(fd, &status) < 0)
		return -errno;
	int r = find_end(fd, status.st_size, &end);
	if (r < 0)
		return r;
	if (end < status.st_size && ftruncate(fd, end) < 0)
		return -errno;
	r = write_all(fd, line, length);
	/* Where this fails, too, the next line takes the rest off. */
	int undone = r < 0 ? ftruncate(fd, end) : 0;
	(void)undone;
	return r;
}

/* ---- a message ---- */

/* Lock the file that has the name now. Another writer holds it for a line's time: wait that long. */
static int lock_file(struct sink *sink)
{
	const int64_t until = sink_now() + LOCK_WAIT;

	for (;;) {
		int r = follow_name(sink);
		if (r < 0)
			return r;
		if (flock(sink->fd, LOCK_EX | LOCK_NB) == 0) {
			if (has_the_name(sink))
				return 0;
			(void)flock(sink->fd, LOCK_UN); /* it was moved away meanwhile */
			continue;
		}
		if (errno != EWOULDBLOCK)
			return -errno;
		if (sink_now() >= until || sink_wait(-1, 0, sink->cancel, sink_now() + LOCK_STEP) == SINK_CANCELLED)
			return -EWOULDBLOCK;
	}
}

/* With the file locked: whether it was full and has been moved away. Its lock goes with it. */
static int rotate_if_full(struct sink *sink)
{
	struct stat status;

	if (sink->spool.rotate == 0)
		return 0;
	if (fstat(sink->fd, &status) < 0)
		return -errno;
	if (status.st_size == 0 || (uint64_t)status.st_size < sink->spool.rotate)
		return 0;
	int r = sink_spool_rotate(sink->path, sink->spool.keep);
	if (r < 0)
		return r;
	drop_file(sink);
	sink->spool.made = true; /* the names are on disk when the folder is */
	return 1;
}

static int take_line(struct sink *sink, const struct text *line)
{
	int r;

	do {
		r = lock_file(sink);
		if (r == 0)
			r = rotate_if_full(sink);
	} while (r == 1);
	if (sink->fd < 0)
		return r;
	if (r == 0)
		r = append(sink->fd, line->data, line->length);
	(void)flock(sink->fd, LOCK_UN); /* of a file that is ours */
	return r;
}

static enum sink_answer spool_send(struct sink *sink, const struct iovec *part, size_t count, struct error *e)
{
	CLEANUP(text_clear) struct text line;

	(void)count; /* one message */
	text_init(&line);
	text_add_bytes(&line, part->iov_base, part->iov_len);
	text_add_char(&line, '\n');
	if (line.failed)
		return sink_away(sink, e, "out of memory");
	int r = take_line(sink, &line);
	if (r == -EBADF)
		return sink_away(sink, e, "this is not a regular file");
	if (r == -EILSEQ)
		return sink_away(sink, e, "it does not end in a line: is it a spool?");
	if (r < 0)
		return sink_away(sink, e, "%s", words_for(-r));
	sink->spool.unflushed = true;
	return SINK_TAKEN;
}

static enum sink_answer spool_flush(struct sink *sink, size_t *ret_delivered, struct error *e)
{
	int r = 0;

	*ret_delivered = 0;
	if (sink->spool.unflushed && sink->fd >= 0 && fdatasync(sink->fd) < 0)
		r = -errno;
	if (r == 0 && sink->spool.made)
		r = sink_spool_sync_folder(sink->path);
	if (r == 0)
		sink->spool.made = false;
	bool lost = sink->spool.lost;
	sink->spool.unflushed = false;
	sink->spool.lost = false;
	if (r < 0)
		return sink_away(sink, e, "%s", words_for(-r));
	if (lost)
		return sink_away(sink, e, "it was moved away and could not be flushed");
	*ret_delivered = sink->taken;
	return SINK_TAKEN;
}

const struct sink_transport sink_spool = {
	.proof = SINK_ACKNOWLEDGED,
	.send = spool_send,
	.flush = spool_flush,
	.close = drop_file,
};
