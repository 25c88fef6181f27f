#pragma once
/* Gathers what is known of a fleet into report_fleet, as of one moment, and publishes the page and
 * the metrics that the configuration asks for. Reads only; refuses to know how it is shown. */
#include "report/report.h"

struct baseline_memory;
struct error;
struct setup;
struct store;

/* Gather everything, tasks too, in a transaction of its own. memory is that of the process that
 * sweeps, so that what it believes is told; NULL: as a process that begins. Returns 0 or -1;
 * ret_fleet is then untouched. */
int overview_load(struct report_fleet *ret_fleet, const struct setup *setup, struct store *store,
		  const struct baseline_memory *memory, struct error *e);

/* Write [report] page and metrics, where configured, each whole or not at all. The store is read
 * on a connection of its own, so that no writer waits. Returns 0, or -1 naming the file; the other
 * one is written all the same. */
int overview_publish(const struct setup *setup, const struct baseline_memory *memory, struct error *e);
