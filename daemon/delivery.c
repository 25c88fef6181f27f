#include <string.h>

#include "base/text.h"
#include "daemon/daemon.h"

#define RETRY_AFTER (10 * TIME_SECOND)

/* ---- a full outbox ---- */

/* Once full it stays so until an eighth is free again, so that sweeps do not begin and end by turns. */
static struct config limits(const struct daemon *daemon)
{
	struct config config = daemon->setup.config;

	if (daemon->full[0] != '\0') {
		config.backlog -= config.backlog / 8;
		config.keep_free += config.keep_free / 8;
	}
	return config;
}

/* A store that cannot tell fails elsewhere, too, and is told there. */
static void heed_full(struct daemon *daemon)
{
	const struct config config = limits(daemon);
	struct error why;
	int r = outbox_is_full(daemon->store, &config, &why);

	if (r > 0 && daemon->full[0] == '\0')
		daemon_log(DAEMON_ERROR, "%s; nothing is visited until there is room, and nothing is dropped", why.text);
	if (r == 0 && daemon->full[0] != '\0')
		daemon_log(DAEMON_NOTICE, "the outbox has room again: visits go on");
	daemon->publish_due |= r >= 0 && (r > 0) != (daemon->full[0] != '\0');
	if (r >= 0)
		text_copy(daemon->full, sizeof daemon->full, r > 0 ? why.text : "");
}

/* ---- the heartbeat ---- */

/* Not while the outbox is full: its silence says enough, and what it has must not grow. One that
 * was due then comes when there is room. */
static void beat(struct daemon *daemon, int64_t now)
{
	const struct sweep_environment environment = daemon_environment(daemon);
	int64_t every = daemon->setup.config.heartbeat;
	struct error e;

	if (daemon->full[0] != '\0' || (now < daemon->beat_at && daemon->beat_at - now <= every))
		return;
	if (sweep_tell_heartbeat(&environment, &e) < 0) {
		daemon_trouble(daemon, &e);
		daemon->beat_failed = true;
		daemon->beat_at = now + RETRY_AFTER;
		return;
	}
	daemon->beat_at = now + every;
	if (daemon->beat_failed)
		daemon_mend(daemon);
	daemon->beat_failed = false;
}

void daemon_delivery_tick(struct daemon *daemon)
{
	heed_full(daemon);
	beat(daemon, daemon_now(daemon));
}

/* ---- the sinks ---- */

void daemon_delivery_log(struct daemon *daemon)
{
	const struct outbox_state *states;
	size_t count = outbox_states(daemon->outbox, &states);

	for (size_t i = 0; i < count; i++) {
		if (states[i].away && !daemon->away[i])
			daemon_log(DAEMON_WARNING, "sink %s is away: %s; what waits stays in the store", states[i].name,
				   states[i].why);
		if (!states[i].away && daemon->away[i])
			daemon_log(DAEMON_NOTICE, "sink %s is back: %llu events wait", states[i].name,
				   (unsigned long long)states[i].waiting);
		daemon->away[i] = states[i].away;
	}
}

bool daemon_delivery_goes_on(struct daemon *daemon)
{
	const struct outbox_state *states;
	size_t count = outbox_states(daemon->outbox, &states);
	int64_t now = daemon_now(daemon);

	for (size_t i = 0; i < count; i++)
		if (now - states[i].seen_at > states[i].silence_most)
			return false;
	return true;
}
