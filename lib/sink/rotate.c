#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sink/internal.h"

int sink_spool_sync_folder(const char *path)
{
	char copy[PATH_MAX];

	if (strlen(path) >= sizeof copy)
		return -ENAMETOOLONG;
	(void)stpcpy(copy, path);
	CLEANUP(cleanup_close) int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 || fsync(folder) < 0 ? -errno : 0;
}

/* PATH.number, or PATH for 0. */
static int write_name(char ret_name[static PATH_MAX], const char *path, unsigned number)
{
	int length = number == 0 ? snprintf(ret_name, PATH_MAX, "%s", path)
				 : snprintf(ret_name, PATH_MAX, "%s.%u", path, number);

	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* The first of the numbers that no file has, or the last one: a run that was cut short leaves a
 * gap, which is filled before another file is given up. */
static int find_place(const char *path, unsigned keep, unsigned *ret_number)
{
	char name[PATH_MAX];
	struct stat status;

	for (*ret_number = 1; *ret_number < keep; ++*ret_number) {
		int r = write_name(name, path, *ret_number);
		if (r < 0)
			return r;
		if (lstat(name, &status) < 0)
			return errno == ENOENT ? 0 : -errno;
	}
	return 0;
}

int sink_spool_rotate(const char *path, unsigned keep)
{
	char from[PATH_MAX];
	char to[PATH_MAX];
	unsigned number = 1;
	int r = find_place(path, keep > 0 ? keep : 1, &number);

	for (; r == 0 && number > 0; number--) {
		r = write_name(to, path, number);
		if (r == 0)
			r = write_name(from, path, number - 1);
		if (r == 0 && rename(from, to) < 0)
			r = -errno;
	}
	return r;
}
