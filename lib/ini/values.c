#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/time.h"
#include "ini/ini.h"

enum { BOUND_SIZE = 32 };

struct unit {
	const char *name;
	uint64_t size;
};

/* Write a bound in the largest unit that divides it: "90s", "6h", "4 KiB". */
static void write_bound(char text[static BOUND_SIZE], uint64_t bound, const struct unit *units, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && (bound == 0 || bound % units[i].size != 0))
			continue;
		(void)snprintf(text, BOUND_SIZE, "%" PRIu64 "%s", bound / units[i].size, units[i].name);
		return;
	}
}

static int refuse_bounds(const struct ini_key *key, const struct unit *units, size_t count, struct error *e)
{
	char least[BOUND_SIZE] = "";
	char most[BOUND_SIZE] = "";

	write_bound(least, key->least, units, count);
	write_bound(most, key->most, units, count);
	return error_set(e, ERROR_CONFIG, "must be from %s to %s", least, most);
}

int ini_take_text(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	char **string = field;

	if (*value == '\0')
		return error_set(e, ERROR_CONFIG, "a value is missing");
	if (key->most && strlen(value) > key->most)
		return error_set(e, ERROR_CONFIG, "at most %" PRIu64 " bytes", key->most);
	char *copy = strdup(value);
	if (!copy)
		return error_memory(e);
	free(*string);
	*string = copy;
	return 0;
}

int ini_take_bool(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	(void)key; /* has no bounds */
	return ini_parse_bool(field, value) == 0 ? 0 : error_set(e, ERROR_CONFIG, "must be yes or no");
}

int ini_take_number(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	static const struct unit one = {"", 1};
	uint32_t *number = field;
	uint64_t parsed;

	if (number_parse(&parsed, value, key->least, key->most ? key->most : UINT32_MAX) < 0)
		return key->most ? refuse_bounds(key, &one, 1, e) :
				   error_set(e, ERROR_CONFIG, "must be a whole number");
	*number = (uint32_t)parsed;
	return 0;
}

int ini_take_bytes(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	static const struct unit units[] = {{" GiB", 1 << 30}, {" MiB", 1 << 20}, {" KiB", 1 << 10}, {" bytes", 1}};
	uint64_t parsed;

	if (number_parse_bytes(&parsed, value) < 0)
		return error_set(e, ERROR_CONFIG, "must be a number of bytes such as 4096, 64 KiB, 44 KB or 1 GiB");
	if (key->most && (parsed < key->least || parsed > key->most))
		return refuse_bounds(key, units, sizeof units / sizeof *units, e);
	*(uint64_t *)field = parsed;
	return 0;
}

/* The duration in microseconds, held to the key's bounds in seconds. */
static int take_time(int64_t *ret_duration, const struct ini_key *key, const char *value, struct error *e)
{
	static const struct unit units[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
	int64_t parsed;

	if (number_parse_duration(&parsed, value) < 0)
		return error_set(e, ERROR_CONFIG, "must be a time with a unit, such as 90s, 15m, 6h, 7d or 2w");
	uint64_t seconds = (uint64_t)(parsed / TIME_SECOND);
	if (key->most && (seconds < key->least || seconds > key->most))
		return refuse_bounds(key, units, sizeof units / sizeof *units, e);
	*ret_duration = parsed;
	return 0;
}

int ini_take_duration(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	return take_time(field, key, value, e);
}

int ini_take_seconds(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	int64_t duration = 0;

	if (take_time(&duration, key, value, e) < 0)
		return -1;
	*(uint32_t *)field = (uint32_t)(duration / TIME_SECOND); /* a century, the most there is, fits */
	return 0;
}

int ini_take_milliseconds(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	int64_t duration = 0;

	if (take_time(&duration, key, value, e) < 0)
		return -1;
	if (duration / 1000 > UINT32_MAX)
		return error_set(e, ERROR_CONFIG, "is too long");
	*(uint32_t *)field = (uint32_t)(duration / 1000);
	return 0;
}
