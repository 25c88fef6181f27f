#pragma once
/* One pump on the service bench: what is asked of it, for the files of this verb. */
#include "cli/cli.h"
#include "report/sheet.h"

enum { BENCH_OUTPUTS_MAX = 3 };

enum bench_format { BENCH_TEXT, BENCH_HTML, BENCH_JSON, BENCH_FORMAT_COUNT };

struct bench {
	struct cli *cli;
	struct inventory_device device; /* to be visited; its asset is a placeholder where none is known */
	bool has_asset, enrolled;
	char *lease;  /* the enrolled device that has this link, serial or asset; NULL: none */
	bool pin_seen;
	const char *work_order, *note;
	const char *meant[VISIT_KIND_COUNT];
	size_t meant_count;
	const char *outputs[BENCH_OUTPUTS_MAX];
	size_t output_count;
	bool has_format;
	enum bench_format format;
};

/* Fill in what is known of the device: a folder's name becomes a link, an enrolled asset or serial
 * gives what was not said. Returns 0, or -1 with what to type instead. */
int bench_find_device(struct bench *bench, struct error *e);

/* After a visit: when the serial that the pump showed is that of an enrolled device which was not
 * known before, it is that one. Returns 1 when it is, 0 or -1. */
int bench_recognize(struct bench *bench, const char *serial, struct error *e);
