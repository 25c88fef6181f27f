#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sweep/internal.h"

/* Of the configured sink that is furthest behind. */
static int count_waiting(const struct sweep_environment *environment, uint64_t *ret_waiting, struct error *e)
{
	CLEANUP(store_sinks_clear) struct store_sinks sinks = {0};
	const struct config *config = environment->config;
	uint64_t most = 0;

	if (store_sinks_list(environment->store, &sinks, e) < 0)
		return -1;
	for (size_t i = 0; i < config->sink_count; i++) {
		const struct store_sink *sink = store_sinks_find(&sinks, config->sinks[i].name);
		if (sink && sink->waiting > most)
			most = sink->waiting;
	}
	*ret_waiting = most;
	return 0;
}

static int count(const struct sweep_environment *environment, struct alert_counts *ret_counts, struct error *e)
{
	struct store_summary summary;
	struct alert_counts counts = {.approvals = environment->config->approvals};

	if (store_summarise(environment->store, sweep_now(environment), environment->config->overdue_after,
			    &summary, e) < 0 ||
	    count_waiting(environment, &counts.waiting, e) < 0)
		return -1;
	counts.devices = summary.states[INVENTORY_ACTIVE];
	counts.overdue = summary.overdue;
	counts.open_alerts = summary.open_alerts;
	memcpy(counts.results, summary.results, sizeof counts.results);
	*ret_counts = counts;
	return 0;
}

int sweep_tell_heartbeat(const struct sweep_environment *environment, struct error *e)
{
	CLEANUP(alert_event_clear) struct alert_event event = {0};
	const struct config *config = environment->config;
	struct alert_counts counts;

	if (count(environment, &counts, e) < 0)
		return -1;
	if (alert_event_heartbeat(&event, config->site, &counts, (uint64_t)(config->heartbeat / TIME_SECOND),
				  sweep_now(environment)) < 0)
		return error_memory(e);
	if (sweep_add_serials(&event, environment, e) < 0)
		return -1;
	return store_event_append(environment->store, &event, e);
}
