#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "base/number.h"

/* Read the digits at the start of string. */
static int parse_digits(uint64_t *ret_value, const char *string, const char **ret_end)
{
	uint64_t value = 0;
	const char *at = string;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return -ERANGE;
	}
	if (at == string)
		return -EINVAL;
	*ret_value = value;
	*ret_end = at;
	return 0;
}

int number_parse(uint64_t *ret_value, const char *string, uint64_t least, uint64_t most)
{
	uint64_t value;
	const char *end;
	int r = parse_digits(&value, string, &end);

	if (r < 0)
		return r;
	if (*end != '\0')
		return -EINVAL;
	if (value < least || value > most)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int number_parse_bytes(uint64_t *ret_bytes, const char *string)
{
	static const struct {
		const char *name;
		uint64_t factor;
	} units[] = {
		{"", 1},	{"b", 1},		{"kb", 1000},
		{"mb", 1000000}, {"gb", 1000000000},	{"kib", 1024},
		{"mib", 1 << 20}, {"gib", 1 << 30},
	};
	uint64_t value;
	const char *unit;
	int r = parse_digits(&value, string, &unit);

	if (r < 0)
		return r;
	while (*unit == ' ')
		unit++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcasecmp(unit, units[i].name) != 0)
			continue;
		return __builtin_mul_overflow(value, units[i].factor, ret_bytes) ? -ERANGE : 0;
	}
	return -EINVAL;
}

int number_parse_duration(int64_t *ret_duration, const char *string)
{
	static const struct {
		char name;
		int64_t factor;
	} units[] = {
		{'s', TIME_SECOND}, {'m', TIME_MINUTE},	 {'h', TIME_HOUR},
		{'d', TIME_DAY},    {'w', 7 * TIME_DAY},
	};
	uint64_t value;
	const char *unit;
	int r = parse_digits(&value, string, &unit);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (unit[0] != units[i].name || unit[1] != '\0')
			continue;
		if (value > (uint64_t)(36525 * TIME_DAY / units[i].factor))
			return -ERANGE;
		*ret_duration = (int64_t)value * units[i].factor;
		return 0;
	}
	return -EINVAL;
}
