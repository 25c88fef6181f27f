#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "file/file.h"

static int fail(struct error *e, int number, const char *path, const char *act)
{
	bool denied = number == EACCES || number == EPERM;

	if (number == EISDIR)
		error_set(e, ERROR_DATA, "%s is a folder: name a file in it", path);
	else
		error_set(e, denied ? ERROR_PERMISSION : ERROR_UNAVAILABLE, "%s: cannot %s: %s", path, act,
			  strerror(number));
	return -1;
}

int file_read_fd(struct text *text, int fd, const char *name, size_t most, struct error *e)
{
	char buffer[16384];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, buffer, sizeof buffer)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(e, errno, name, "read");
		total += (size_t)n;
		if (total > most)
			return error_set(e, ERROR_DATA, "%s: larger than %zu bytes", name, most);
		text_add_bytes(text, buffer, (size_t)n);
	}
	return text->failed ? error_memory(e) : 0;
}

int file_read(struct text *text, const char *path, size_t most, int missing_code, struct error *e)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(e, (enum error_code)missing_code, "%s: there is no such file", path);
	if (fd < 0)
		return fail(e, errno, path, "open");
	return file_read_fd(text, fd, path, most, e);
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Make a rename durable; a file system that cannot sync a folder is left as it is. */
static void sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(cleanup_free) char *folder =
		slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	CLEANUP(cleanup_close) int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0)
		(void)fsync(fd);
}

int file_new_open(struct file_new *ret_file, const char *path, struct error *e)
{
	struct file_new file CLEANUP(file_new_clear) = {.path = strdup(path), .fd = -1};

	if (!file.path || asprintf(&file.beside, "%s.XXXXXX", path) < 0) {
		file.beside = NULL; /* asprintf leaves it undefined */
		return error_memory(e);
	}
	file.fd = mkostemp(file.beside, O_CLOEXEC);
	if (file.fd < 0) {
		int number = errno;
		free(file.beside);
		file.beside = NULL;
		return fail(e, number, path, "be written beside");
	}
	*ret_file = file;
	file = (struct file_new){0};
	return 0;
}

int file_new_write(struct file_new *file, const void *bytes, size_t length, struct error *e)
{
	int r = write_all(file->fd, bytes, length);

	return r < 0 ? fail(e, -r, file->path, "be written") : 0;
}

int file_new_keep(struct file_new *file, mode_t mode, struct error *e)
{
	if (fchmod(file->fd, mode) < 0 || fsync(file->fd) < 0 || rename(file->beside, file->path) < 0)
		return fail(e, errno, file->path, "be written");
	free(file->beside);
	file->beside = NULL;
	sync_folder_of(file->path);
	return 0;
}

void file_new_clear(struct file_new *file)
{
	if (file->path && file->fd >= 0)
		(void)close(file->fd); /* what was kept is synced */
	if (file->beside)
		(void)unlink(file->beside); /* the first failure is the one that was told */
	free(file->beside);
	free(file->path);
	*file = (struct file_new){0};
}

int file_write(const char *path, const void *bytes, size_t length, mode_t mode, struct error *e)
{
	struct file_new file CLEANUP(file_new_clear) = {0};

	if (file_new_open(&file, path, e) < 0 || file_new_write(&file, bytes, length, e) < 0)
		return -1;
	return file_new_keep(&file, mode, e);
}

int file_make_folder(const char *path, mode_t mode, struct error *e)
{
	CLEANUP(cleanup_free) char *partial = strdup(path);
	struct stat status;

	if (!partial)
		return error_memory(e);
	for (char *slash = partial + 1; *partial && (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(partial, mode) < 0 && errno != EEXIST)
			return fail(e, errno, partial, "be made");
		*slash = '/';
	}
	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return fail(e, errno, path, "be made");
	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
		return error_set(e, ERROR_UNAVAILABLE, "%s: is there, but is no folder", path);
	return 0;
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name);
	size_t tail = strlen(suffix);

	return length > tail && strcmp(name + length - tail, suffix) == 0;
}

static void free_names(struct dirent ***names)
{
	for (size_t i = 0; *names && (*names)[i]; i++)
		free((*names)[i]);
	free(*names);
}

/* Every name in folder, sorted, NULL at the end. */
static int list_names(const char *folder, struct dirent ***ret_names, struct error *e)
{
	struct dirent **names = NULL;
	int count = scandir(folder, &names, NULL, alphasort);

	if (count < 0) {
		(void)fail(e, errno, folder, "be listed");
		return -1; /* said here, where the compilers see it */
	}
	struct dirent **grown = realloc(names, ((size_t)count + 1) * sizeof *names);
	if (!grown) {
		for (int i = 0; i < count; i++)
			free(names[i]);
		free(names);
		return error_memory(e);
	}
	grown[count] = NULL;
	*ret_names = grown;
	return 0;
}

int file_each(const char *folder, const char *suffix,
	      int (*on_file)(void *userdata, const char *path, struct error *e), void *userdata,
	      struct error *e)
{
	CLEANUP(free_names) struct dirent **names = NULL;

	if (list_names(folder, &names, e) < 0)
		return -1;
	for (size_t i = 0; names[i]; i++) {
		CLEANUP(cleanup_free) char *path = NULL;
		struct stat status;
		if (!ends_in(names[i]->d_name, suffix))
			continue;
		if (asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0) {
			path = NULL; /* asprintf leaves it undefined */
			return error_memory(e);
		}
		if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
			continue;
		int r = on_file(userdata, path, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int file_lock(const char *path, int *ret_fd, struct error *e)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd < 0)
		return fail(e, errno, path, "be opened");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : fail(e, errno, path, "be locked");
	*ret_fd = fd;
	fd = -1;
	return 1;
}
