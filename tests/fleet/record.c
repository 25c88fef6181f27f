#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

#include "record.h"

int64_t record_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

int record_start(struct record *record, const char *path)
{
	*record = (struct record){.fd = -1, .started_at = record_now()};
	if (!path)
		return 0;
	record->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	return record->fd < 0 ? -errno : 0;
}

void record_stop(struct record *record)
{
	if (record->fd >= 0)
		(void)close(record->fd); /* each line was written whole */
	record->fd = -1;
}

void record_add(const struct record *record, unsigned pump, const char *command,
		const char *argument)
{
	char line[1200];
	int64_t since = record_now() - record->started_at;

	if (record->fd < 0)
		return;
	int length = snprintf(line, sizeof line - 1, "%u %d.%06d %s %s", pump,
			      (int)(since / TIME_SECOND), (int)(since % TIME_SECOND), command,
			      argument ? argument : "");
	if (length > (int)sizeof line - 2)
		length = (int)sizeof line - 2;
	for (int i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = '?';
	line[length++] = '\n';
	(void)!write(record->fd, line, (size_t)length); /* the test that reads it sees what lacks */
}
