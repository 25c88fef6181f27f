#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/filter.h"

enum { LISTED_MOST = 8 }; /* departments that a message names */

static void clear_values(struct cli_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		free(values->items[i]);
	free(values->items);
	*values = (struct cli_values){0};
}

void cli_filter_clear(struct cli_filter *filter)
{
	clear_values(&filter->departments);
	clear_values(&filter->models);
	clear_values(&filter->assets);
}

static void add_value(struct cli_values *values, const char *words, size_t length)
{
	char *copy = strndup(words, length);

	if (!copy || ARRAY_APPEND(values->items, values->count, copy) < 0)
		abort(); /* as for a table's cell */
}

/* The next of the words between commas, without the blanks around it; false after the last. */
static bool next_word(const char **rest, const char **ret_word, size_t *ret_length)
{
	if (!*rest)
		return false;
	const char *word = *rest + strspn(*rest, " ");
	size_t length = strcspn(word, ",");
	*rest = word[length] == ',' ? word + length + 1 : NULL;
	while (length > 0 && word[length - 1] == ' ')
		length--;
	*ret_word = word;
	*ret_length = length;
	return true;
}

static void add_words(struct cli_values *values, const char *words)
{
	size_t length;

	for (const char *word, *rest = words; next_word(&rest, &word, &length);)
		add_value(values, word, length);
}

/* ---- reading ---- */

/* Set the bits of the words that are given. */
static int take_codes(struct cli *cli, const char *what, const char *value, const char *const *names, size_t count,
		      uint64_t *bits)
{
	CLEANUP(clear_values) struct cli_values words = {0};

	add_words(&words, value);
	for (size_t i = 0; i < words.count; i++) {
		int index = cli_choose(cli, what, words.items[i], names, count);
		if (index < 0)
			return ERROR_USAGE;
		*bits |= UINT64_C(1) << index;
	}
	return 0;
}

static int take_states(struct cli *cli, const char *value, unsigned *states)
{
	const char *names[INVENTORY_STATE_COUNT];
	uint64_t bits = *states;

	for (int i = 0; i < INVENTORY_STATE_COUNT; i++)
		names[i] = inventory_state_name((enum inventory_state)i);
	int r = take_codes(cli, "a state", value, names, INVENTORY_STATE_COUNT, &bits);
	*states = (unsigned)bits;
	return r;
}

/* By code, or by the words that the table shows. */
static int take_results(struct cli *cli, const char *value, unsigned *results)
{
	const char *names[DRIFT_RESULT_COUNT + 1];
	CLEANUP(clear_values) struct cli_values words = {0};

	for (int i = 0; i < DRIFT_RESULT_COUNT; i++)
		names[i] = drift_result_name((enum drift_result)i);
	names[CLI_NOT_VISITED] = "not-visited";
	add_words(&words, value);
	for (size_t i = 0; i < words.count; i++) {
		int index = -1;
		for (int k = 0; k <= CLI_NOT_VISITED; k++)
			if (strcasecmp(words.items[i], cli_result_words(k)) == 0)
				index = k;
		if (index < 0)
			index = cli_choose(cli, "a result", words.items[i], names, DRIFT_RESULT_COUNT + 1);
		if (index < 0)
			return ERROR_USAGE;
		*results |= 1U << index;
	}
	return 0;
}

static int take_types(struct cli *cli, const char *value, uint64_t *types)
{
	const char *names[ALERT_SWEEP_SUMMARY]; /* those before it are of alerts */

	for (int i = 0; i < ALERT_SWEEP_SUMMARY; i++)
		names[i] = alert_type_name((enum alert_type)i);
	return take_codes(cli, "an alert's type", value, names, ALERT_SWEEP_SUMMARY, types);
}

static int take_alert_states(struct cli *cli, const char *value, unsigned *states)
{
	static const char *const names[] = {"open", "acknowledged", "resolved"};
	static const enum alert_state values[] = {
		ALERT_STATE_OPEN, ALERT_STATE_ACKNOWLEDGED, ALERT_STATE_RESOLVED,
	};
	uint64_t bits = 0;
	int r = take_codes(cli, "an alert's state", value, names, sizeof names / sizeof *names, &bits);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (bits & UINT64_C(1) << i)
			*states |= 1U << values[i];
	return r;
}

static const char *const severities[] = {
	"emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug",
};

const char *cli_severity_name(int severity)
{
	return severity >= 0 && severity < (int)(sizeof severities / sizeof *severities) ? severities[severity] : "?";
}

static int take_severity(struct cli *cli, const char *value, struct cli_filter *filter)
{
	uint64_t number;
	int index;

	if (number_parse(&number, value, 0, 7) == 0)
		index = (int)number;
	else
		index = cli_choose(cli, "a severity", value, severities, sizeof severities / sizeof *severities);
	filter->severity = index;
	filter->has_severity = true;
	return index < 0 ? ERROR_USAGE : 0;
}

static int take_models(struct cli *cli, const char *value, struct cli_values *models)
{
	CLEANUP(clear_values) struct cli_values words = {0};
	struct error e;

	add_words(&words, value);
	for (size_t i = 0; i < words.count; i++) {
		/* Names of models are compared without case and punctuation: the profile's own counts. */
		const struct inventory_model *model = cli_find_model(cli, words.items[i], &e);
		if (!model)
			return cli_fail(cli, &e);
		add_value(models, model->name, strlen(model->name));
	}
	return 0;
}

static int take_age(struct cli *cli, const char *value, int64_t *age)
{
	if (number_parse_duration(age, value) < 0 || *age <= 0)
		return cli_usage(cli, "an age is a number with a unit, as in 7d (days), 12h (hours) or 2w (weeks), not \"%s\"",
				 value);
	return 0;
}

static int take_sort(struct cli *cli, const char *value, const char *const *keys, int *sort)
{
	size_t count = 0;

	while (keys[count])
		count++;
	*sort = cli_choose(cli, "a sort key", value, keys, count);
	return *sort < 0 ? ERROR_USAGE : 0;
}

int cli_filter_take(struct cli *cli, struct cli_filter *filter, int letter, const char *value,
		    const char *const *keys)
{
	switch (letter) {
	/* A department's name may have a comma in it: see cli_filter_check(). */
	case 'D': add_value(&filter->departments, value, strlen(value)); return 0;
	case 'M': return take_models(cli, value, &filter->models);
	case 'A': return take_age(cli, value, &filter->age);
	case 'S': filter->search = value; return 0;
	case 'O': return take_sort(cli, value, keys, &filter->sort);
	case 'R': filter->reverse = true; return 0;
	case 's': return take_states(cli, value, &filter->states);
	case 'r': return take_results(cli, value, &filter->results);
	case 'd': add_words(&filter->assets, value); return 0;
	case 't': return take_types(cli, value, &filter->types);
	case 'v': return take_severity(cli, value, filter);
	case 'e': return take_alert_states(cli, value, &filter->alert_states);
	default: return 1;
	}
}

/* ---- what is there ---- */

const struct store_device *cli_find_device(const struct store_devices *devices, const char *asset)
{
	size_t low = 0, high = devices->count;

	while (asset && low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(asset, devices->items[middle].device.asset);
		if (order == 0)
			return &devices->items[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool has_department(const struct store_devices *devices, const char *name)
{
	for (size_t i = 0; i < devices->count; i++)
		if (devices->items[i].device.department && strcasecmp(devices->items[i].device.department, name) == 0)
			return true;
	return false;
}

static bool is_among(const struct cli_values *values, const char *word)
{
	for (size_t i = 0; i < values->count; i++)
		if (strcasecmp(values->items[i], word) == 0)
			return true;
	return false;
}

/* Name what is like it, or what there is. */
static int refuse_department(const struct store_devices *devices, const char *name, struct error *e)
{
	CLEANUP(clear_values) struct cli_values known = {0};
	CLEANUP(text_clear) struct text list;
	struct cli_guess guess = {0};

	text_init(&list);
	for (size_t i = 0; i < devices->count; i++) {
		const char *department = devices->items[i].device.department;
		if (!department || is_among(&known, department))
			continue;
		add_value(&known, department, strlen(department));
		cli_guess_add(&guess, name, department);
		if (known.count <= LISTED_MOST)
			text_addf(&list, "%s\"%s\"", list.length ? ", " : "", department);
	}
	if (guess.word)
		return error_set(e, ERROR_USAGE, "no device is in the department \"%s\": did you mean \"%s\"?", name,
				 guess.word);
	if (known.count == 0)
		return error_set(e, ERROR_USAGE, "no device has a department: \"pumpwatch edit ASSET department=%s\" gives it one",
				 name);
	return error_set(e, ERROR_USAGE, "no device is in the department \"%s\": there %s %s%s", name,
			 known.count == 1 ? "is" : "are", list.data ? list.data : "", known.count > LISTED_MOST ? " …" : "");
}

static int check_departments(struct cli_filter *filter, const struct store_devices *devices, struct error *e)
{
	CLEANUP(clear_values) struct cli_values given = filter->departments;

	filter->departments = (struct cli_values){0};
	for (size_t i = 0; i < given.count; i++) {
		if (has_department(devices, given.items[i]))
			add_value(&filter->departments, given.items[i], strlen(given.items[i]));
		else
			add_words(&filter->departments, given.items[i]);
	}
	for (size_t i = 0; i < filter->departments.count && devices->count > 0; i++)
		if (!has_department(devices, filter->departments.items[i]))
			return refuse_department(devices, filter->departments.items[i], e);
	return 0;
}

static int check_assets(const struct cli_filter *filter, const struct store_devices *devices, struct error *e)
{
	for (size_t i = 0; i < filter->assets.count; i++) {
		struct cli_guess guess = {0};
		if (cli_find_device(devices, filter->assets.items[i]))
			continue;
		for (size_t k = 0; k < devices->count; k++)
			cli_guess_add(&guess, filter->assets.items[i], devices->items[k].device.asset);
		if (guess.word)
			return error_set(e, ERROR_USAGE, "no device \"%s\" is enrolled: did you mean \"%s\"?",
					 filter->assets.items[i], guess.word);
		return error_set(e, ERROR_USAGE, "no device \"%s\" is enrolled: see \"pumpwatch devices\"",
				 filter->assets.items[i]);
	}
	return 0;
}

int cli_filter_check(struct cli_filter *filter, const struct store_devices *devices, struct error *e)
{
	return check_departments(filter, devices, e) < 0 || check_assets(filter, devices, e) < 0 ? -1 : 0;
}

/* ---- passing ---- */

bool cli_filter_is_of_devices(const struct cli_filter *filter)
{
	return filter->departments.count > 0 || filter->assets.count > 0 || filter->search || filter->states ||
	       filter->results;
}

static bool has_words(const struct inventory_device *device, const char *words)
{
	const char *const fields[] = {
		device->asset, device->name, device->serial, device->mac, device->department, device->model, device->link,
	};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i] && strcasestr(fields[i], words))
			return true;
	return false;
}

bool cli_filter_passes(const struct cli_filter *filter, const struct store_device *one)
{
	const struct inventory_device *device = &one->device;
	int result = one->standing.has_result ? (int)one->standing.result : CLI_NOT_VISITED;

	if (filter->departments.count && !(device->department && is_among(&filter->departments, device->department)))
		return false;
	if (filter->models.count && !is_among(&filter->models, device->model))
		return false;
	if (filter->assets.count && !is_among(&filter->assets, device->asset))
		return false;
	return (!filter->states || filter->states & 1U << device->state) &&
	       (!filter->results || filter->results & 1U << result) &&
	       (!filter->search || has_words(device, filter->search));
}

bool cli_filter_is_aged(const struct cli_filter *filter, const struct store_device *device, int64_t now)
{
	return !filter->age || device->standing.verified_at == 0 || now - device->standing.verified_at > filter->age;
}

int cli_alert_severity(const struct alert *alert)
{
	return alert->under ? ALERT_SEVERITY_UNDER : alert_type_severity(alert->type);
}

bool cli_filter_passes_alert(const struct cli_filter *filter, const struct alert *alert,
			     const struct store_device *device, int64_t now)
{
	if ((filter->types && !(filter->types & UINT64_C(1) << alert->type)) ||
	    (filter->alert_states && !(filter->alert_states & 1U << alert->state)) ||
	    (filter->has_severity && cli_alert_severity(alert) > filter->severity) ||
	    (filter->age && now - alert->opened_at <= filter->age))
		return false;
	if (device)
		return cli_filter_passes(filter, device);
	/* What is of no device passes where nothing is asked of devices; a group has a model at most. */
	if (cli_filter_is_of_devices(filter))
		return false;
	return filter->models.count == 0 || (alert->group && is_among(&filter->models, alert->group));
}

/* ---- words ---- */

const char *cli_result_code(const struct store_standing *standing)
{
	return standing->has_result ? drift_result_name(standing->result) : "not visited";
}

const char *cli_result_words(int result)
{
	switch (result) {
	case DRIFT_VERIFIED: return "as approved";
	case DRIFT_BEHIND: return "older release";
	case DRIFT_SKIPPED: return "skipped";
	case DRIFT_UNTRUSTED: return "nothing approved";
	case DRIFT_PARTIAL: return "partly checked";
	case DRIFT_UNREACHABLE: return "did not answer";
	case DRIFT_REFUSED: return "refused login";
	case DRIFT_WRONG_DEVICE: return "other device";
	case DRIFT_DRIFTED: return "files changed";
	default: return "not visited";
	}
}

const char *cli_state_words(enum inventory_state state)
{
	return state == INVENTORY_MAINTENANCE ? "in maintenance" : inventory_state_name(state);
}

const char *cli_standing_words(const struct store_device *device)
{
	if (device->device.state != INVENTORY_ACTIVE)
		return cli_state_words(device->device.state);
	return cli_result_words(device->standing.has_result ? (int)device->standing.result : CLI_NOT_VISITED);
}
