#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "file/file.h"
#include "overview/internal.h"

enum { MODE = 0644 }; /* web servers and node_exporter read them */

CLEANUP_DEFINE(struct store, store_close);

typedef int render_function(struct text *text, const struct report_fleet *fleet, struct error *e);

static int publish(const char *path, const struct report_fleet *fleet, render_function *render, struct error *e)
{
	CLEANUP(text_clear) struct text text;

	if (!path)
		return 0;
	text_init(&text);
	if (render(&text, fleet, e) < 0)
		return error_prefix(e, "%s", path);
	return file_write(path, text.data, text.length, MODE, e);
}

int overview_publish(const struct setup *setup, const struct baseline_memory *memory, struct error *e)
{
	CLEANUP(cleanup_store_close) struct store *store = NULL;
	CLEANUP(report_fleet_clear) struct report_fleet fleet = {0};
	const struct config *config = &setup->config;

	if (!config->report_page && !config->report_metrics)
		return 0;
	if (store_open(&store, config->state, STORE_READ, false, e) < 0 ||
	    overview_load(&fleet, setup, store, memory, e) < 0)
		return error_prefix(e, "the page and the metrics of [report] could not be made");
	/* The first failure is told; the other file is written all the same. */
	struct error second;
	int page = publish(config->report_page, &fleet, report_page_write, e);
	int metrics = publish(config->report_metrics, &fleet, report_metrics_write, page < 0 ? &second : e);
	return page < 0 || metrics < 0 ? -1 : 0;
}
