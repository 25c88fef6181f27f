#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "cli/rollout.h"
#include "cli/table.h"

enum { VALUE_AT = 17 };  /* column */
enum { SHORT_MOST = 8 }; /* devices that are named where there is room for a line */

int cli_rollouts_load(struct cli *cli, struct cli_rollouts *ret_rollouts, struct error *e)
{
	CLEANUP(cli_rollouts_clear) struct cli_rollouts rollouts = {0};

	if (store_baselines_list(cli->store, NULL, NULL, &rollouts.baselines, e) < 0 ||
	    store_devices_list(cli->store, NULL, &rollouts.devices, e) < 0)
		return -1;
	if (rollouts_find(&rollouts.found, &rollouts.baselines, &rollouts.devices, cli_now(cli)) < 0)
		return error_memory(e);
	*ret_rollouts = rollouts;
	rollouts = (struct cli_rollouts){0};
	return 0;
}

void cli_rollouts_clear(struct cli_rollouts *rollouts)
{
	rollouts_clear(&rollouts->found);
	store_devices_clear(&rollouts->devices);
	store_baselines_clear(&rollouts->baselines);
}

/* ---- for people ---- */

static void add_escaped(struct text *text, const char *raw)
{
	escape_add(text, ESCAPE_DISPLAY, raw, strlen(raw));
}

static bool same_department(const struct inventory_device *a, const struct inventory_device *b)
{
	return a->department && b->department ? strcmp(a->department, b->department) == 0
					      : a->department == b->department;
}

static void add_device(struct text *text, const struct inventory_device *device)
{
	add_escaped(text, device->asset);
	if (device->state != INVENTORY_ACTIVE)
		text_addf(text, " (%s)", inventory_state_name(device->state));
}

/* "Ward 1: A, B; Ward 2: C", with what stands between departments, and how many more there are. */
static void add_devices(struct text *text, const struct rollout_devices *devices, size_t most,
			const char *between)
{
	for (size_t i = 0; i < devices->count && i < most; i++) {
		const struct inventory_device *device = &devices->items[i]->device;
		if (i > 0 && same_department(&devices->items[i - 1]->device, device)) {
			text_add(text, ", ");
		} else {
			text_add(text, i > 0 ? between : "");
			add_escaped(text, device->department ? device->department : "no department");
			text_add(text, ": ");
		}
		add_device(text, device);
	}
	if (devices->count > most)
		text_addf(text, " and %zu more", devices->count - most);
}

/* "58 devices, accepted until 2026-12-01" */
static void add_release(struct text *text, const struct cli *cli, const struct rollout_release *release)
{
	char time[CLI_TIME_SIZE];
	int64_t until = release->baseline->accept_until;

	text_addf(text, "%zu %s, ", release->devices.count, release->devices.count == 1 ? "device" : "devices");
	if (release->accepted && until == TIME_NEVER)
		text_add(text, "accepted without end");
	else if (release->accepted)
		text_addf(text, "accepted until %s", cli_time(cli, until, time));
	else if (until <= cli_now(cli))
		text_addf(text, "not accepted since %s", cli_time(cli, until, time));
	else
		text_add(text, "expired");
}

/* "model generic, firmware 7.1: on 5 of 9 devices" */
static void add_heading(struct text *text, const struct rollout *rollout)
{
	const struct manifest *manifest = &rollout->releases[0].baseline->manifest;

	text_add(text, manifest->scope == MANIFEST_DEVICE ? "device " : "model ");
	add_escaped(text, manifest->scope_name);
	text_addf(text, ", %s ", visit_kind_name(manifest->kind));
	add_escaped(text, manifest->release);
	text_addf(text, ": on %zu of %zu %s", rollout->releases[0].devices.count, rollout->device_count,
		  rollout->device_count == 1 ? "device" : "devices");
}

/* Print a line with a label and what was written into text, which is then empty. */
static void print_line(const struct cli *cli, const char *label, struct text *text)
{
	if (text->failed)
		abort(); /* as for a table's cell */
	struct text line;
	text_init(&line);
	text_addf(&line, "%-16s ", label);
	cli_wrap(&line, text->length ? text->data : "", VALUE_AT, cli->width);
	if (line.failed)
		abort(); /* as above */
	printf("%s\n", line.data);
	text_clear(&line);
	text_cut(text, 0);
}

static void print_short(const struct cli *cli, const struct rollout *rollout, bool first)
{
	CLEANUP(text_clear) struct text text;
	CLEANUP(text_clear) struct text label;

	text_init(&text);
	text_init(&label);
	add_heading(&text, rollout);
	print_line(cli, first ? "Rollouts" : "", &text);
	for (size_t i = 1; i < rollout->release_count; i++) {
		text_add(&label, "  ");
		add_escaped(&label, rollout->releases[i].baseline->manifest.release);
		add_release(&text, cli, &rollout->releases[i]);
		print_line(cli, label.failed ? "" : label.data, &text);
		text_cut(&label, 0);
	}
	if (rollout->unknown.count > 0) {
		text_addf(&text, "%zu %s", rollout->unknown.count, rollout->unknown.count == 1 ? "device" : "devices");
		print_line(cli, "  not known", &text);
	}
	if (rollout->stragglers.count > 0) {
		add_devices(&text, &rollout->stragglers, SHORT_MOST, "; ");
		if (rollout->stragglers.count > SHORT_MOST)
			text_add(&text, ": see \"pumpwatch status --rollouts\"");
		print_line(cli, "  still behind", &text);
	}
}

void cli_rollouts_print_short(const struct cli *cli, const struct cli_rollouts *rollouts)
{
	for (size_t i = 0; i < rollouts->found.count; i++)
		print_short(cli, &rollouts->found.items[i], i == 0);
}

static void add_all_devices(struct text *text, const struct rollout_devices *devices)
{
	text_add(text, devices->count > 0 ? "\n    " : "");
	add_devices(text, devices, SIZE_MAX, "\n    ");
}

static void print_whole(const struct cli *cli, const struct rollout *rollout)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	add_heading(&text, rollout);
	for (size_t i = 1; i < rollout->release_count; i++) {
		text_add(&text, "\n  ");
		add_escaped(&text, rollout->releases[i].baseline->manifest.release);
		text_add(&text, ": ");
		add_release(&text, cli, &rollout->releases[i]);
		add_all_devices(&text, &rollout->releases[i].devices);
	}
	if (rollout->unknown.count > 0) {
		text_addf(&text, "\n  not known: %zu %s", rollout->unknown.count,
			  rollout->unknown.count == 1 ? "device" : "devices");
		add_all_devices(&text, &rollout->unknown);
	}
	if (text.failed)
		abort(); /* as for a table's cell */
	printf("%s\n", text.data);
}

void cli_rollouts_print(const struct cli *cli, const struct cli_rollouts *rollouts)
{
	for (size_t i = 0; i < rollouts->found.count; i++) {
		if (i > 0)
			printf("\n");
		print_whole(cli, &rollouts->found.items[i]);
	}
	if (rollouts->found.count == 0 && !cli->quiet)
		printf("No rollout is under way: no older release is accepted beside one in force.\n");
}

/* ---- for programs ---- */

static json_t *json_device(const struct store_device *device)
{
	return json_pack("{so so ss}", "asset", cli_json_string(device->device.asset), "department",
			 cli_json_string(device->device.department), "state",
			 inventory_state_name(device->device.state));
}

static json_t *json_devices(const struct rollout_devices *devices)
{
	json_t *array = json_array();

	for (size_t i = 0; i < devices->count; i++)
		json_array_append_new(array, json_device(devices->items[i]));
	return array;
}

static json_t *json_release(const struct rollout_release *release)
{
	const struct store_baseline *baseline = release->baseline;

	return json_pack("{so sI ss sI}", "release", cli_json_string(baseline->manifest.release), "serial",
			 (json_int_t)baseline->manifest.serial, "id", baseline->id, "devices",
			 (json_int_t)release->devices.count);
}

static json_t *json_older(const struct rollout_release *release)
{
	json_t *object = json_release(release);

	json_object_set_new(object, "accepted", json_boolean(release->accepted));
	json_object_set_new(object, "accept_until",
			    release->baseline->accept_until == TIME_NEVER
				    ? json_string("never") : cli_json_time(release->baseline->accept_until));
	json_object_set_new(object, "stragglers", json_devices(&release->devices));
	return object;
}

static json_t *json_rollout(const struct rollout *rollout)
{
	const struct manifest *manifest = &rollout->releases[0].baseline->manifest;
	json_t *older = json_array();

	for (size_t i = 1; i < rollout->release_count; i++)
		json_array_append_new(older, json_older(&rollout->releases[i]));
	return json_pack("{ss so ss sI so so so}", "scope",
			 manifest_scope_name(manifest->scope), "name",
			 cli_json_string(manifest->scope_name), "kind", visit_kind_name(manifest->kind),
			 "devices", (json_int_t)rollout->device_count, "current",
			 json_release(&rollout->releases[0]), "older", older, "unknown",
			 json_devices(&rollout->unknown));
}

json_t *cli_json_rollouts(const struct cli_rollouts *rollouts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < rollouts->found.count; i++)
		json_array_append_new(array, json_rollout(&rollouts->found.items[i]));
	return array;
}
