#pragma once
/* Numbers with units as people write them in a configuration. */
#include <stdint.h>

/* Read a whole decimal number in [least, most]; no sign, space or leading "+".
 * Returns 0, -EINVAL when it is none, -ERANGE when it is out of bounds. */
int number_parse(uint64_t *ret_value, const char *string, uint64_t least, uint64_t most);

/* Read a count of bytes with an optional unit: B, KB, MB, GB (powers of 1,000), KiB, MiB,
 * GiB (powers of 1,024). Returns 0, -EINVAL or -ERANGE. */
int number_parse_bytes(uint64_t *ret_bytes, const char *string);

/* Read a duration such as "90s", "15m", "6h", "7d", "2w" into microseconds.
 * Returns 0, -EINVAL or -ERANGE (more than 100 years). */
int number_parse_duration(int64_t *ret_duration, const char *string);
