#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep/sweep.h"

/* HOST/NAMESPACE/PID/START. A number of a process means something in its namespace alone. */

static const char unknown[] = "?";

void sweep_owner_write(char ret_owner[static SWEEP_OWNER_SIZE], const char *host, int64_t now)
{
	char namespace[32];
	ssize_t n = readlink("/proc/self/ns/pid", namespace, sizeof namespace - 1);

	namespace[n > 0 ? n : 0] = '\0';
	(void)snprintf(ret_owner, SWEEP_OWNER_SIZE, "%.64s/%s/%ld/%" PRId64, host, n > 0 ? namespace : unknown,
		       (long)getpid(), now); /* fits */
}

/* The length of HOST/NAMESPACE/ in an owner; 0 where it has none. */
static size_t place_length(const char *owner)
{
	const char *space = strchr(owner, '/');
	const char *end = space ? strchr(space + 1, '/') : NULL;

	if (!end || strncmp(space + 1, unknown, sizeof unknown - 1) == 0)
		return 0;
	return (size_t)(end - owner) + 1;
}

bool sweep_owner_is_gone(const char *owner, const char *ours)
{
	size_t length = place_length(ours);
	char *end;

	if (length == 0 || strncmp(owner, ours, length) != 0 || strcmp(owner, ours) == 0)
		return false;
	long pid = strtol(owner + length, &end, 10);
	if (end == owner + length || *end != '/' || pid <= 0 || pid > INT32_MAX)
		return false;
	/* Whoever had our number before us is gone. */
	return pid == (long)getpid() || (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}
