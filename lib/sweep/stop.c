#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "file/file.h"
#include "sweep/sweep.h"

enum { REASON_MAX = 4096 };

static char *stop_path(const char *state_folder)
{
	struct text path;

	text_init(&path);
	text_addf(&path, "%s/stop", state_folder);
	return text_take(&path);
}

int sweep_stop_read(const char *state_folder, char **ret_reason, struct error *e)
{
	CLEANUP(cleanup_free) char *path = stop_path(state_folder);
	CLEANUP(text_clear) struct text bytes;
	CLEANUP(text_clear) struct text reason;

	text_init(&bytes);
	text_init(&reason);
	if (!path)
		return error_memory(e);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	/* Anyone on duty may have made it by hand, perhaps empty, perhaps unreadable to us: the
	 * stop is in force all the same. */
	if (file_read(&bytes, path, REASON_MAX, ERROR_DATA, NULL) == 0 && bytes.length > 0)
		escape_add(&reason, ESCAPE_DISPLAY, bytes.data, strcspn(bytes.data, "\n"));
	if (reason.length == 0)
		text_add(&reason, "no reason given");
	*ret_reason = text_take(&reason);
	return *ret_reason ? 1 : error_memory(e);
}

int sweep_stop_write(const char *state_folder, const char *reason, struct error *e)
{
	CLEANUP(cleanup_free) char *path = stop_path(state_folder);
	CLEANUP(text_clear) struct text line;

	text_init(&line);
	text_addf(&line, "%s\n", reason);
	if (!path || line.failed)
		return error_memory(e);
	if (file_write(path, line.data, line.length, 0644, e) == 0)
		return 0;
	/* On a full disk there may be room for a name at least: an empty file stops as well. */
	CLEANUP(cleanup_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : 0;
}

int sweep_stop_remove(const char *state_folder, struct error *e)
{
	CLEANUP(cleanup_free) char *path = stop_path(state_folder);

	if (!path)
		return error_memory(e);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set(e, errno == EACCES ? ERROR_PERMISSION : ERROR_UNAVAILABLE,
				 "%s: cannot be removed: %s", path, strerror(errno));
	return 0;
}
