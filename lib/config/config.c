#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "config/config.h"
#include "config/internal.h"
#include "config/values.h"

enum {
	WORD_MAX = 128,
	WEEK = 7 * 24 * 60 * 60,   /* in seconds */
	YEAR = 366 * 24 * 60 * 60, /* in seconds */
};

static void window_clear(struct config_window *window)
{
	free(window->name);
	free(window->model);
	free(window->department);
}

void config_clear(struct config *config)
{
	free(config->site);
	free(config->state);
	free(config->models);
	free(config->credentials);
	free(config->puller);
	free(config->ca_file);
	free(config->signers);
	free(config->timezone);
	free(config->sd_id);
	for (size_t i = 0; i < SHEET_FIELD_COUNT; i++)
		free(config->columns[i]);
	free(config->report_page);
	free(config->report_metrics);
	for (size_t i = 0; i < config->window_count; i++)
		window_clear(&config->windows[i]);
	free(config->windows);
	for (size_t i = 0; i < config->sink_count; i++)
		config_sink_clear(&config->sinks[i]);
	free(config->sinks);
	*config = (struct config){0};
}

/* ---- defaults ---- */

static const struct config numbers_by_default = {
	.approvals = 2,
	.overdue_after = 7 * TIME_DAY,
	.remind_after = TIME_DAY,
	.remind_most = 30 * TIME_DAY,
	.group = 5,
	.heartbeat = TIME_HOUR,
	.backlog = UINT64_C(1) << 30,
	.keep_free = UINT64_C(256) << 20,
	.pullers = 0,
	.visits = 64,
	.subnet_visits = 32,
	.attempts = 3,
	.retry_base = 5 * TIME_MINUTE,
	.retry_most = TIME_HOUR,
	.breaker = 5,
};

static const struct {
	size_t offset;
	const char *value;
} strings_by_default[] = {
	{offsetof(struct config, state), PUMPWATCH_STATE},
	{offsetof(struct config, models), "models.d"},
	{offsetof(struct config, credentials), "credentials"},
	{offsetof(struct config, signers), "allowed_signers"},
	{offsetof(struct config, puller), PUMPWATCH_LIBEXEC "/pumpwatch-puller"},
	{offsetof(struct config, sd_id), "pumpwatch@32473"},
};

static char **string_at(struct config *config, size_t offset)
{
	return (char **)(void *)((char *)config + offset);
}

static int set_defaults(struct config *config)
{
	*config = numbers_by_default;
	for (size_t i = 0; i < sizeof strings_by_default / sizeof *strings_by_default; i++) {
		char **string = string_at(config, strings_by_default[i].offset);
		*string = strdup(strings_by_default[i].value);
		if (!*string)
			return -1;
	}
	return 0;
}

/* ---- the sections ---- */

bool config_name_is_fine(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return length > 0 && length <= CONFIG_NAME_MAX && name[length] == '\0';
}

int config_refuse_name(struct error *e)
{
	return error_set(e, ERROR_CONFIG, "a name is at most %d letters, digits, \".\", \"_\" and \"-\"", CONFIG_NAME_MAX);
}

static void *open_window(void *userdata, const char *word, struct error *e)
{
	struct config *config = userdata;
	struct config_window window = {0};

	for (size_t i = 0; i < config->window_count; i++)
		if (strcmp(config->windows[i].name, word) == 0) {
			error_set(e, ERROR_CONFIG, "this name is taken");
			return NULL;
		}
	if (!config_name_is_fine(word)) {
		config_refuse_name(e);
		return NULL;
	}
	window.name = strdup(word);
	if (!window.name || ARRAY_APPEND(config->windows, config->window_count, window) < 0) {
		window_clear(&window);
		error_memory(e);
		return NULL;
	}
	return &config->windows[config->window_count - 1];
}

#define FIELD(name) .offset = offsetof(struct config, name)
#define PATH .take = ini_take_text, .most = CONFIG_PATH_BYTES_MAX
#define DURATION .take = ini_take_duration, .least = 1, .most = YEAR
#define BYTES(least_, most_) .take = ini_take_bytes, .least = (least_), .most = (most_)
#define NUMBER(least_, most_) .take = ini_take_number, .least = (least_), .most = (most_)

static const struct ini_key pumpwatch_keys[] = {
	{.name = "site", .take = config_take_site, FIELD(site), .required = true},
	{.name = "state", PATH, FIELD(state)},
	{.name = "models", PATH, FIELD(models)},
	{.name = "credentials", PATH, FIELD(credentials)},
	{.name = "puller", PATH, FIELD(puller)},
	{.name = "ca-file", PATH, FIELD(ca_file)},
	{.name = "approvals", NUMBER(0, CONFIG_APPROVALS_MAX), FIELD(approvals)},
	{.name = "signers", PATH, FIELD(signers)},
	{.name = "verify-required", .take = ini_take_bool, FIELD(verify_required)},
	{.name = "overdue-after", DURATION, FIELD(overdue_after)},
	{.name = "keep-free", BYTES(0, UINT64_C(1) << 50), FIELD(keep_free)},
};

static const struct ini_key pull_keys[] = {
	{.name = "pullers", NUMBER(0, 64), FIELD(pullers)},
	{.name = "visits", NUMBER(1, 256), FIELD(visits)},
	{.name = "visits-per-subnet", NUMBER(0, 10000), FIELD(subnet_visits)},
};

static const struct ini_key sweep_keys[] = {
	{.name = "timezone", .take = config_take_timezone, FIELD(timezone)},
	{.name = "attempts", NUMBER(1, 20), FIELD(attempts)},
	{.name = "retry-base", DURATION, FIELD(retry_base)},
	{.name = "retry-most", DURATION, FIELD(retry_most)},
	{.name = "breaker", NUMBER(0, 10000), FIELD(breaker)},
};

static const struct ini_key alerts_keys[] = {
	{.name = "remind-after", DURATION, FIELD(remind_after)},
	{.name = "remind-most", DURATION, FIELD(remind_most)},
	{.name = "group", .take = config_take_group, FIELD(group)},
	{.name = "heartbeat", .take = ini_take_duration, .least = 10, .most = WEEK, FIELD(heartbeat)},
	{.name = "backlog", BYTES(UINT64_C(1) << 20, UINT64_C(1) << 50), FIELD(backlog)},
	{.name = "sd-id", .take = config_take_sd_id, FIELD(sd_id)},
};

#define COLUMN(name_, field)                                                                     \
	{.name = (name_), .take = ini_take_text, .most = WORD_MAX, .offset = offsetof(struct config, columns[field])}
static const struct ini_key columns_keys[] = {
	COLUMN("asset", SHEET_ASSET),
	COLUMN("serial", SHEET_SERIAL),
	COLUMN("mac", SHEET_MAC),
	COLUMN("model", SHEET_MODEL),
	COLUMN("name", SHEET_NAME),
	COLUMN("department", SHEET_DEPARTMENT),
	{.name = "link", .take = ini_take_text, .most = CONFIG_PATH_BYTES_MAX,
	 .offset = offsetof(struct config, columns[SHEET_LINK])},
	COLUMN("credential", SHEET_CREDENTIAL),
	COLUMN("pin", SHEET_PIN),
	COLUMN("state", SHEET_STATE),
	COLUMN("manufacturer", SHEET_MANUFACTURER),
	COLUMN("address", SHEET_ADDRESS),
};

static const struct ini_key report_keys[] = {
	{.name = "page", PATH, FIELD(report_page)},
	{.name = "metrics", PATH, FIELD(report_metrics)},
};

#undef FIELD
#define FIELD(name) .offset = offsetof(struct config_window, name)
static const struct ini_key window_keys[] = {
	{.name = "when", .take = config_take_window, FIELD(when), .required = true},
	{.name = "model", .take = ini_take_text, .most = WORD_MAX, FIELD(model)},
	{.name = "department", .take = ini_take_text, .most = WORD_MAX, FIELD(department)},
};

#define KEYS(array) .keys = (array), .key_count = sizeof(array) / sizeof *(array)

static int close_sweep(void *userdata, const void *target, struct error *e)
{
	const struct config *config = target;

	(void)userdata;
	if (config->retry_base > config->retry_most)
		return error_set(e, ERROR_CONFIG, "retry-base is longer than retry-most");
	return 0;
}

static int close_alerts(void *userdata, const void *target, struct error *e)
{
	const struct config *config = target;

	(void)userdata;
	if (config->remind_after > config->remind_most)
		return error_set(e, ERROR_CONFIG, "remind-after is longer than remind-most");
	return 0;
}

static int close_columns(void *userdata, const void *target, struct error *e)
{
	const struct config *config = target;
	const char *link = config->columns[SHEET_LINK];

	(void)userdata;
	if (link && strstr(link, "://") && sheet_link_check(link, e) < 0)
		return -1;
	return 0;
}

static int close_report(void *userdata, const void *target, struct error *e)
{
	const struct config *config = target;

	(void)userdata;
	if (config->report_page && config->report_metrics && strcmp(config->report_page, config->report_metrics) == 0)
		return error_set(e, ERROR_CONFIG, "page and metrics are the same file");
	return 0;
}

static const struct ini_section sections[] = {
	{.name = "pumpwatch", KEYS(pumpwatch_keys)},
	{.name = "pull", KEYS(pull_keys)},
	{.name = "sweep", .close = close_sweep, KEYS(sweep_keys)},
	{.name = "alerts", .close = close_alerts, KEYS(alerts_keys)},
	{.name = "columns", .close = close_columns, KEYS(columns_keys)},
	{.name = "report", .close = close_report, KEYS(report_keys)},
	{.name = "window", .named = true, .open = open_window, KEYS(window_keys)},
	{.name = "sink", .named = true, .open = config_sink_open, .close = config_sink_close,
	 .keys = config_sink_keys, .key_count = CONFIG_SINK_KEYS},
};

/* ---- paths ---- */

/* A relative path is meant from the folder of the configuration, wherever the program runs. */
int config_resolve(char **path, const char *name, struct error *e)
{
	const char *slash = strrchr(name, '/');
	struct text joined;

	if (!*path || **path == '/' || !slash)
		return 0;
	text_init(&joined);
	text_add_bytes(&joined, name, (size_t)(slash - name) + 1);
	text_add(&joined, *path);
	char *absolute = text_take(&joined);
	if (!absolute)
		return error_memory(e);
	free(*path);
	*path = absolute;
	return 0;
}

static int resolve_paths(struct config *config, const char *name, struct error *e)
{
	static const size_t paths[] = {
		offsetof(struct config, state),	 offsetof(struct config, models),
		offsetof(struct config, credentials), offsetof(struct config, puller),
		offsetof(struct config, ca_file),     offsetof(struct config, signers),
		offsetof(struct config, report_page), offsetof(struct config, report_metrics),
	};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (config_resolve(string_at(config, paths[i]), name, e) < 0)
			return -1;
	return config_sinks_fill(config, name, e);
}

int config_parse(struct config *ret_config, const char *name, const char *bytes, size_t length,
		 struct error *e)
{
	CLEANUP(config_clear) struct config config = {0};

	if (set_defaults(&config) < 0)
		return error_memory(e);
	if (ini_read_table(name, bytes, length, ERROR_CONFIG, sections, sizeof sections / sizeof *sections,
			   &config, e) < 0)
		return -1;
	if (!config.site)
		return error_set(e, ERROR_CONFIG, "%s: the section [pumpwatch] is missing", name);
	if (resolve_paths(&config, name, e) < 0)
		return -1;
	*ret_config = config;
	config = (struct config){0};
	return 0;
}
