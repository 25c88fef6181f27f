#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "sweep/internal.h"

void sweep_look_clear(struct sweep_look *look)
{
	sweep_preparation_clear(&look->preparation);
	visit_report_clear(&look->report);
	free(look->baselines);
	*look = (struct sweep_look){0};
}

int sweep_look_prepare(struct sweep_look *ret_look, const struct sweep_environment *environment,
		       const struct inventory_device *device, const struct baselines *believed, struct error *e)
{
	*ret_look = (struct sweep_look){0};
	if (sweep_baselines_select(&ret_look->baselines, &ret_look->baseline_count, believed, device) < 0)
		return error_memory(e);
	int r = sweep_prepare(&ret_look->preparation, environment, device, ret_look->baselines,
			      ret_look->baseline_count, e);
	if (r > 0) {
		ret_look->report.outcome = ret_look->preparation.outcome;
		text_copy(ret_look->report.detail, sizeof ret_look->report.detail, ret_look->preparation.detail);
		ret_look->report.started_at = ret_look->report.ended_at =
			sweep_now(environment);
	}
	return r;
}

static int take(struct sweep_look *look, struct visit_report *report, struct error *e)
{
	if (!look->again) {
		look->report = *report;
		*report = (struct visit_report){0};
		return 0;
	}
	if (drift_merge_second(&look->report, report, &look->preparation.order) < 0)
		return error_memory(e);
	look->report.bytes += report->bytes;
	look->report.ended_at = report->ended_at;
	return 0;
}

/* What would be said is read a second time before it is. */
static int look_again(struct sweep_look *look, const struct drift_verdict *verdict, struct error *e)
{
	struct visit_paths *paths = &look->preparation.order.only;

	if (look->again || visit_outcome_contact(look->report.outcome) != VISIT_CONTACT_MADE)
		return 0;
	if (drift_second_look(paths, verdict) < 0)
		return error_memory(e);
	look->again = paths->count > 0;
	return look->again;
}

int sweep_look_take(struct sweep_look *look, const struct sweep_environment *environment,
		    const struct inventory_device *device, struct visit_report *report,
		    struct drift_verdict *ret_verdict, struct error *e)
{
	CLEANUP(visit_report_clear) struct visit_report taken = *report;

	*report = (struct visit_report){0};
	if (take(look, &taken, e) < 0 || sweep_look_judge(look, environment, device, ret_verdict, e) < 0)
		return -1;
	return look_again(look, ret_verdict, e);
}

int sweep_look_judge(const struct sweep_look *look, const struct sweep_environment *environment,
		     const struct inventory_device *device, struct drift_verdict *ret_verdict, struct error *e)
{
	const struct visit_order *order = &look->preparation.order;
	struct drift_scope scope = {
		.lists = visit_scheme_lists(order->address.scheme),
		.selectors = order->selectors,
		.selector_count = order->selector_count,
	};
	const struct inventory_model *model = sweep_models_find(environment->models, device->model);

	for (int kind = 0; model && kind < VISIT_KIND_COUNT; kind++)
		scope.pulls[kind] = inventory_model_has_kind(model, (enum visit_kind)kind);
	if (drift_compare(ret_verdict, &look->report, &scope, look->baselines, look->baseline_count,
			  sweep_now(environment)) < 0)
		return error_memory(e);
	return 0;
}
