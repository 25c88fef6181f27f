#pragma once
/* Bytes to lower-case hexadecimal and back. */
#include <stddef.h>
#include <stdint.h>

/* Write 2 × length digits and a NUL. */
void hex_write(char *ret_digits, const uint8_t *bytes, size_t length);

/* Read exactly 2 × length digits, of either case, from a string of digit_count bytes.
 * Returns 0, or -EINVAL when the count or a digit is wrong. */
int hex_parse(uint8_t *ret_bytes, size_t length, const char *digits, size_t digit_count);
