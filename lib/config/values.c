#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "config/config.h"
#include "config/values.h"

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

int config_take_sink_type(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	static const char *const types[] = {
		[CONFIG_SINK_SYSLOG] = "syslog",
		[CONFIG_SINK_JOURNAL] = "journal",
		[CONFIG_SINK_SPOOL] = "spool",
		[CONFIG_SINK_STDOUT] = "stdout",
	};

	(void)key;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(value, types[i]) == 0) {
			*(enum config_sink_type *)field = (enum config_sink_type)i;
			return 0;
		}
	return error_set(e, ERROR_CONFIG, "must be syslog, journal, spool or stdout");
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
