#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/number.h"
#include "config/config.h"
#include "config/values.h"
#include "visit/visit.h"

enum { SITE_MAX = 128, ZONE_MAX = 64, SD_ID_MAX = 32 };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

int config_take_site(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	CLEANUP(cleanup_free) char *escaped = escape_string(ESCAPE_DISPLAY, value);

	if (!escaped)
		return error_memory(e);
	if (strlen(value) > SITE_MAX || strcmp(escaped, value) != 0)
		return error_set(e, ERROR_CONFIG, "must be at most %d bytes without \"%%\" and control characters",
				 SITE_MAX);
	return ini_take_text(field, key, value, e);
}

/* The form of a name in the time zone database. It becomes part of a path: no "..", no ":". */
int config_take_timezone(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	size_t length = strspn(value, LETTERS DIGITS "_+-/");
	bool fine = strspn(value, LETTERS) > 0 && value[length] == '\0' && length <= ZONE_MAX &&
		    !strstr(value, "//") && value[length - 1] != '/';

	if (!fine)
		return error_set(e, ERROR_CONFIG,
				 "must be a name of the time zone database, such as Europe/Berlin, America/New_York "
				 "or UTC");
	return ini_take_text(field, key, value, e);
}

/* RFC 5424 §7.2.2: a name, "@" and a private enterprise number, at most 32 characters. */
int config_take_sd_id(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	size_t name = strcspn(value, "@");
	const char *number = value + name + (value[name] == '@');
	bool fine = name > 0 && *number && strlen(value) <= SD_ID_MAX &&
		    number[strspn(number, DIGITS ".")] == '\0' && strspn(number, DIGITS) > 0;

	for (size_t i = 0; fine && i < name; i++)
		fine = value[i] > 0x20 && value[i] < 0x7F && !strchr("=]\"", value[i]);
	if (!fine)
		return error_set(e, ERROR_CONFIG,
				 "must be a name, \"@\" and your enterprise number, such as pumpwatch@32473, at "
				 "most %d characters", SD_ID_MAX);
	return ini_take_text(field, key, value, e);
}

int config_take_window(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	(void)key;
	return schedule_window_parse(field, value, e);
}

/* RFC 5424 §6.2.1, by the names of syslog.h. The kernel's own is not for programs. */
int config_take_facility(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	static const struct {
		const char *name;
		int number;
	} facilities[] = {
		{"user", 1},	{"daemon", 3},	{"auth", 4},	{"authpriv", 10}, {"local0", 16},
		{"local1", 17}, {"local2", 18}, {"local3", 19}, {"local4", 20},	  {"local5", 21},
		{"local6", 22}, {"local7", 23},
	};

	(void)key;
	for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++)
		if (strcasecmp(value, facilities[i].name) == 0) {
			*(int *)field = facilities[i].number;
			return 0;
		}
	return error_set(e, ERROR_CONFIG, "must be user, daemon, auth, authpriv or local0 to local7");
}

int config_take_format(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	(void)key;
	if (alert_format_parse(field, value) < 0)
		return error_set(e, ERROR_CONFIG, "must be rfc5424, cef, leef, ecs or ocsf");
	return 0;
}

/* RFC 5424 §6.2.1, by the names of syslog.conf(5). */
int config_take_severity(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	static const char *const names[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

	(void)key;
	for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
		if (strcasecmp(value, names[i]) == 0 || (value[0] == '0' + i && value[1] == '\0')) {
			*(int *)field = i;
			return 0;
		}
	return error_set(e, ERROR_CONFIG, "must be alert, crit, err, warning, notice or info");
}

/* The types that a word means: its own, or with a star all that begin so. */
static uint64_t events_of(const char *word, size_t length)
{
	bool begins = length > 0 && word[length - 1] == '*';
	uint64_t events = 0;

	for (unsigned type = 0; type < ALERT_TYPE_COUNT; type++) {
		const char *name = alert_type_name((enum alert_type)type);
		bool same = begins ? strncmp(name, word, length - 1) == 0
				   : strlen(name) == length && memcmp(name, word, length) == 0;
		if (same)
			events |= UINT64_C(1) << type;
	}
	return events;
}

int config_take_events(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	uint64_t all = 0;

	(void)key;
	for (const char *at = value; *at;) {
		at += strspn(at, ", ");
		size_t length = strcspn(at, ", ");
		if (length == 0)
			break;
		uint64_t events = events_of(at, length);
		if (events == 0)
			return error_set(e, ERROR_CONFIG,
					 "\"%.*s\" is no event: names such as FILE_FORGED or FILE_*, with commas between",
					 (int)length, at);
		all |= events;
		at += length;
	}
	if (all == 0)
		return error_set(e, ERROR_CONFIG, "a value is missing");
	*(uint64_t *)field = all;
	return 0;
}

int config_take_address(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	struct config_sink *sink = field;
	struct error why;

	(void)key;
	if (visit_host_parse(value, &sink->host, &sink->port, &why) < 0)
		return error_set(e, ERROR_CONFIG, "%s", why.text);
	return 0;
}

int config_take_replay(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	if (strcmp(value, "0") != 0)
		return ini_take_duration(field, key, value, e);
	*(int64_t *)field = 0;
	return 0;
}

int config_take_group(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	uint64_t parsed;

	(void)key;
	if (number_parse(&parsed, value, 0, 100000) < 0 || parsed == 1)
		return error_set(e, ERROR_CONFIG, "must be 0 (never), or from 2 to 100000 devices");
	*(unsigned *)field = (unsigned)parsed;
	return 0;
}
