/* What config_parse() takes is within its bounds; what it refuses is named by file. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_window(const struct config_window *window)
{
	const int64_t now = INT64_C(1795309200) * TIME_SECOND;
	int64_t opened_at = 0, closes_at = 0;

	expect(window->name && *window->name);
	expect(schedule_window_next(&window->when, now) > now);
	if (schedule_window_open(&window->when, now, &opened_at, &closes_at))
		expect(opened_at <= now && now < closes_at);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CLEANUP(config_clear) struct config config = {0};
	struct error e = {0};

	if (config_parse(&config, "/etc/f", (const char *)bytes, length, &e) < 0) {
		expect(e.code == ERROR_CONFIG && strncmp(e.text, "/etc/f:", 7) == 0);
		expect(!config.site && config.window_count == 0);
		return 0;
	}
	expect(config.site && config.state[0] == '/' && config.models[0] == '/');
	expect(config.visits >= 1 && config.visits <= 256 && config.pullers <= 64 && config.attempts >= 1);
	expect(config.retry_base >= TIME_SECOND && config.retry_base <= config.retry_most);
	for (size_t i = 0; i < config.window_count; i++)
		check_window(&config.windows[i]);
	for (size_t i = 0; i < config.sink_count; i++)
		expect((config.sinks[i].path != NULL) ==
		       (config.sinks[i].type == CONFIG_SINK_SYSLOG || config.sinks[i].type == CONFIG_SINK_SPOOL));
	return 0;
}
