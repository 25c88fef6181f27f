#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "outbox/internal.h"

static double megabytes(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

/* Returns 1, 0 or -1. One that is no longer configured holds nothing up. */
static int too_much_waits(struct store *store, const struct config *config, struct error *why)
{
	CLEANUP(store_sinks_clear) struct store_sinks sinks = {0};

	if (store_sinks_list(store, &sinks, why) < 0)
		return -1;
	for (size_t i = 0; i < config->sink_count; i++) {
		const struct store_sink *sink = store_sinks_find(&sinks, config->sinks[i].name);
		if (!sink || sink->waiting_bytes <= config->backlog)
			continue;
		(void)error_set(why, ERROR_UNAVAILABLE,
				OUTBOX_FULL ": %.1f MiB wait for sink %s (backlog = %.1f MiB): see \"pumpwatch sinks\"",
				megabytes(sink->waiting_bytes), sink->name, megabytes(config->backlog)); /* its words */
		return 1;
	}
	return 0;
}

static int too_little_is_free(const struct config *config, struct error *why)
{
	struct statvfs disk;

	if (statvfs(config->state, &disk) < 0)
		return error_set(why, ERROR_UNAVAILABLE, "%s: it cannot be told how much is free there: %s",
				 config->state, strerror(errno));
	uint64_t free = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (free >= config->keep_free)
		return 0;
	(void)error_set(why, ERROR_UNAVAILABLE, OUTBOX_FULL ": %.1f MiB are free (keep-free = %.1f MiB): make room in %s",
			megabytes(free), megabytes(config->keep_free), config->state); /* its words */
	return 1;
}

int outbox_is_full(struct store *store, const struct config *config, struct error *why)
{
	int r = too_much_waits(store, config, why);

	return r != 0 ? r : too_little_is_free(config, why);
}
