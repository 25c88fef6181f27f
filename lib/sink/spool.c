#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "sink/internal.h"

/* How far back the end of the last whole line is looked for. */
enum { TAIL_MAX = 8 * 1024, SPOOL_MODE = 0640 };

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

static int sync_folder(const char *path)
{
	char copy[PATH_MAX];

	if (strlen(path) >= sizeof copy)
		return -ENAMETOOLONG;
	(void)stpcpy(copy, path);
	CLEANUP(cleanup_close) int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 || fsync(folder) < 0 ? -errno : 0;
}

/* Close the file; what could not be flushed has to be sent again. */
static void drop_file(struct sink *sink)
{
	if (sink->fd >= 0 && sink->unflushed && fdatasync(sink->fd) < 0)
		sink->lost = true;
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
	sink->made |= made;
	sink->fd = fd;
	fd = -1;
	return 0;
}

/* logrotate moves the file away: go on in the one that has the name now. */
static int follow_name(struct sink *sink)
{
	struct stat open_one;
	struct stat named;

	if (sink->fd < 0)
		return open_file(sink);
	if (fstat(sink->fd, &open_one) == 0 && lstat(sink->path, &named) == 0 &&
	    open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino)
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

enum sink_answer sink_spool_send(struct sink *sink, const struct iovec *part, struct error *e)
{
	CLEANUP(text_clear) struct text line;

	text_init(&line);
	text_add_bytes(&line, part->iov_base, part->iov_len);
	text_add_char(&line, '\n');
	if (line.failed)
		return sink_away(sink, e, "out of memory");
	int r = follow_name(sink);
	if (r == -EBADF)
		return sink_away(sink, e, "this is not a regular file");
	if (r == 0 && flock(sink->fd, LOCK_EX | LOCK_NB) < 0)
		r = -errno;
	else if (r == 0) {
		r = append(sink->fd, line.data, line.length);
		(void)flock(sink->fd, LOCK_UN); /* of a file we have locked */
	}
	if (r == -EILSEQ)
		return sink_away(sink, e, "it does not end in a line: is it a spool?");
	if (r < 0)
		return sink_away(sink, e, "%s", words_for(-r));
	sink->unflushed = true;
	return SINK_TAKEN;
}

enum sink_answer sink_spool_flush(struct sink *sink, struct error *e)
{
	int r = 0;

	if (sink->unflushed && sink->fd >= 0 && fdatasync(sink->fd) < 0)
		r = -errno;
	if (r == 0 && sink->made)
		r = sync_folder(sink->path);
	if (r == 0)
		sink->made = false;
	bool lost = sink->lost;
	sink->unflushed = false;
	sink->lost = false;
	if (r < 0)
		return sink_away(sink, e, "%s", words_for(-r));
	if (lost)
		return sink_away(sink, e, "it was moved away and could not be flushed");
	return SINK_TAKEN;
}

void sink_spool_close(struct sink *sink)
{
	drop_file(sink);
}
