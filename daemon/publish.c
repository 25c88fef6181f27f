#include <string.h>

#include "base/text.h"
#include "overview/overview.h"
#include "daemon/daemon.h"

#define RETRY_AFTER (10 * TIME_MINUTE)

static void note(struct daemon *daemon, const struct error *e)
{
	char words[sizeof daemon->unpublished];

	text_copy(words, sizeof words, e->text);
	if (strcmp(daemon->unpublished, words) != 0)
		daemon_log(DAEMON_ERROR, "%s; the devices are visited all the same", words);
	memcpy(daemon->unpublished, words, sizeof words);
}

void daemon_publish_tick(struct daemon *daemon)
{
	int64_t now = daemon_now(daemon), every = daemon->setup.config.heartbeat;
	struct error e;

	if (!daemon->publish_due && now < daemon->publish_at && daemon->publish_at - now <= every)
		return;
	daemon->publish_due = false;
	daemon->publish_at = now + every;
	if (overview_publish(&daemon->setup, daemon->baselines, &e) < 0) {
		note(daemon, &e);
		if (every > RETRY_AFTER)
			daemon->publish_at = now + RETRY_AFTER;
		return;
	}
	if (daemon->unpublished[0] != '\0')
		daemon_log(DAEMON_NOTICE, "the page and the metrics are written again");
	daemon->unpublished[0] = '\0';
}
