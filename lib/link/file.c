#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/time.h"

#include "link/internal.h"

enum { LOOK_EVERY = 256 /* entries between two looks at the cancel */ };

struct local {
	int root;
};

static void close_folder(DIR **folder)
{
	if (*folder)
		(void)closedir(*folder); /* was only read */
}

/* ---- opening below the root ---- */

/* For kernels without openat2 (before 5.6): each segment by itself, none through a link. */
static int open_by_segments(int root, const char *path, int flags)
{
	char segment[LISTING_NAME_MAX + 1];
	CLEANUP(cleanup_close) int folder = -1;

	for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
		size_t length = (size_t)(slash - path);
		if (length >= sizeof segment) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(segment, path, length);
		segment[length] = '\0';
		int next = openat(folder >= 0 ? folder : root, segment,
				  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -1;
		cleanup_close(&folder);
		folder = next;
	}
	return openat(folder >= 0 ? folder : root, path, flags | O_NOFOLLOW);
}

static int open_below(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_NOFOLLOW | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	/* A folder given as "" is the root itself. */
	const char *name = path[0] != '\0' ? path : ".";
	long fd = syscall(SYS_openat2, root, name, &how, sizeof how);

	if (fd < 0 && errno == ENOSYS)
		fd = open_by_segments(root, name, (int)how.flags);
	return (int)fd;
}

/* To read, leaving no trace where we may: only a file's owner may keep its access time. */
static int open_to_read(int root, const char *path, int flags)
{
	int plain = O_RDONLY | O_NONBLOCK | O_NOCTTY | flags;
	int fd = open_below(root, path, plain | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = open_below(root, path, plain);
	return fd;
}

static struct link_result failed(int number, const char *path)
{
	static const struct {
		int number;
		enum visit_outcome outcome;
	} known[] = {
		{ENOENT, VISIT_FILE_NOT_FOUND},	   {ENOTDIR, VISIT_FILE_NOT_FOUND},
		{ELOOP, VISIT_FILE_NOT_FOUND},	   {EXDEV, VISIT_FILE_NOT_FOUND},
		{EACCES, VISIT_PERMISSION_DENIED}, {EPERM, VISIT_PERMISSION_DENIED},
		{EIO, VISIT_CONNECTION_LOST},	   {ESTALE, VISIT_CONNECTION_LOST},
		{ETIMEDOUT, VISIT_TIMED_OUT},	   {ENAMETOOLONG, VISIT_FILE_NOT_FOUND},
	};
	enum visit_outcome outcome = VISIT_PULLER_FAILED;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].number == number)
			outcome = known[i].outcome;
	return link_failed(outcome, "%s: %s", path[0] ? path : "the root", strerrordesc_np(number));
}

/* ---- listing ---- */

static enum listing_type type_of(mode_t mode)
{
	return S_ISREG(mode)   ? LISTING_FILE
	       : S_ISDIR(mode) ? LISTING_FOLDER
	       : S_ISLNK(mode) ? LISTING_LINK
			       : LISTING_OTHER;
}

static void write_modified(char ret_text[static 32], const struct stat *status)
{
	char text[TIME_TEXT_SIZE];

	time_write_micro(text, status->st_mtim.tv_sec * TIME_SECOND + status->st_mtim.tv_nsec / 1000);
	memcpy(ret_text, text, 31);
	ret_text[31] = '\0';
}

static struct link_result add_entry(struct listing *listing, DIR *folder, const char *name)
{
	struct stat status;
	char modified[32];

	if (fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? link_ok() /* gone since */ : failed(errno, name);
	write_modified(modified, &status);
	enum listing_type type = type_of(status.st_mode);
	int rc = listing_add(listing, name, strlen(name), type, type == LISTING_FILE,
			     type == LISTING_FILE ? (uint64_t)status.st_size : 0, modified);
	if (rc == -EINVAL)
		return link_failed(VISIT_LISTING_NOT_UNDERSTOOD, "a name that is not safe: %s", name);
	if (rc == -E2BIG)
		return link_failed(VISIT_TOO_MANY_FILES, "too many in one folder");
	return rc < 0 ? link_failed_memory() : link_ok();
}

static struct link_result add_entries(const struct link *link, struct listing *listing, DIR *folder,
				      const char *path)
{
	uint32_t most = link->environment.order->limits.entries;
	struct link_result result = link_ok();

	for (unsigned seen = 1; result.outcome == VISIT_OK; seen++) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry)
			return errno == 0 ? result : failed(errno, path);
		result = add_entry(listing, folder, entry->d_name);
		if (listing->count > most)
			return link_failed(VISIT_TOO_MANY_FILES, "more than %u in one folder", most);
		if (result.outcome == VISIT_OK && seen % LOOK_EVERY == 0)
			result = link_stopped(link_may_go_on(link));
	}
	return result;
}

static struct link_result list(struct link *link, const char *path, struct listing *ret_listing)
{
	const struct local *local = link->state;
	struct listing listing = {0};
	int fd = open_to_read(local->root, path, O_DIRECTORY);

	if (fd < 0)
		return failed(errno, path);
	CLEANUP(close_folder) DIR *folder = fdopendir(fd);
	if (!folder) {
		close(fd);
		return link_failed_memory();
	}
	struct link_result result = add_entries(link, &listing, folder, path);
	if (result.outcome != VISIT_OK)
		listing_clear(&listing);
	else
		*ret_listing = listing;
	return result;
}

static struct link_result stat_entry(struct link *link, const char *path,
				     struct listing_entry *ret_entry)
{
	const struct local *local = link->state;
	const char *slash = strrchr(path, '/');
	struct stat status;
	CLEANUP(cleanup_close) int fd = open_below(local->root, path, O_PATH);

	if (fd < 0 || fstat(fd, &status) < 0)
		return failed(errno, path);
	ret_entry->name = strdup(slash ? slash + 1 : path);
	if (!ret_entry->name)
		return link_failed_memory();
	ret_entry->type = type_of(status.st_mode);
	ret_entry->has_size = ret_entry->type == LISTING_FILE;
	ret_entry->size = ret_entry->has_size ? (uint64_t)status.st_size : 0;
	write_modified(ret_entry->modified, &status);
	return link_ok();
}

/* ---- reading ---- */

/* A first look by a descriptor that reads nothing: opening a device can set it to work. */
static struct link_result open_file(const struct local *local, const char *path, int *ret_fd,
				    struct stat *ret_status)
{
	CLEANUP(cleanup_close) int seen = open_below(local->root, path, O_PATH);
	struct stat status;

	if (seen < 0 || fstat(seen, &status) < 0)
		return failed(errno, path);
	if (!S_ISREG(status.st_mode))
		return link_failed(VISIT_FILE_NOT_FOUND, "%s is not a file", path);
	CLEANUP(cleanup_close) int fd = open_to_read(local->root, path, 0);
	if (fd < 0 || fstat(fd, ret_status) < 0)
		return failed(errno, path);
	if (ret_status->st_dev != status.st_dev || ret_status->st_ino != status.st_ino)
		return link_failed(VISIT_CHANGED_WHILE_READ, "%s", path);
	*ret_fd = fd;
	fd = -1;
	return link_ok();
}

static struct link_result take_in(struct link_intake *intake, int fd, const char *path)
{
	size_t piece = link_piece(intake->link);
	CLEANUP(cleanup_free) char *bytes = malloc(piece);

	if (!bytes)
		return link_failed_memory();
	for (;;) {
		ssize_t n = read(fd, bytes, piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(errno, path);
		if (n == 0 || !link_intake_add(intake, bytes, (size_t)n))
			return link_ok();
	}
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static struct link_result read_file(struct link *link, const char *path, int64_t expected,
				    link_on_bytes *on_bytes, void *userdata,
				    struct link_read *ret_read)
{
	const struct local *local = link->state;
	CLEANUP(cleanup_close) int fd = -1;
	struct link_intake intake;
	struct stat before = {0};
	struct stat after;
	struct link_result result = open_file(local, path, &fd, &before);

	if (result.outcome != VISIT_OK)
		return result;
	if ((uint64_t)before.st_size > link->environment.order->limits.file_bytes)
		return link_failed(VISIT_TOO_LARGE, "%lld bytes", (long long)before.st_size);
	link_intake_start(&intake, link, on_bytes, userdata);
	result = take_in(&intake, fd, path);
	if (result.outcome != VISIT_OK)
		return result;
	if (fstat(fd, &after) < 0)
		return failed(errno, path);
	if (intake.stopped == VISIT_OK && (before.st_size != after.st_size ||
					   !is_same_time(&before.st_mtim, &after.st_mtim) ||
					   !is_same_time(&before.st_ctim, &after.st_ctim)))
		return link_failed(VISIT_CHANGED_WHILE_READ, "%s", path);
	return link_intake_end(&intake, before.st_size, expected, ret_read);
}

/* ---- the protocol ---- */

static struct link_result open_root(struct link *link)
{
	const char *root = link->environment.order->address.root;
	struct local *local = calloc(1, sizeof *local);

	if (!local)
		return link_failed_memory();
	link->state = local;
	local->root = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (local->root >= 0)
		return link_ok();
	/* A folder that is not mounted is a device that is not there. */
	return link_failed(VISIT_HOST_UNREACHABLE, "%s: %s", root, strerrordesc_np(errno));
}

static void look(const struct link *link, struct link_seen *seen)
{
	(void)link;
	(void)seen; /* a folder shows no identity, and nothing is encrypted */
}

static bool is_usable(const struct link *link)
{
	(void)link;
	return true;
}

static void close_root(struct link *link)
{
	struct local *local = link->state;

	if (!local)
		return;
	cleanup_close(&local->root);
	free(local);
	link->state = NULL;
}

const struct link_protocol link_protocol_file = {
	.open = open_root,
	.look = look,
	.list = list,
	.read = read_file,
	.stat = stat_entry,
	.is_usable = is_usable,
	.close = close_root,
};
