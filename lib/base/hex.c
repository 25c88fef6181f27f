#include <errno.h>

#include "base/hex.h"

void hex_write(char *ret_digits, const uint8_t *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		ret_digits[2 * i] = digits[bytes[i] >> 4];
		ret_digits[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_digits[2 * length] = '\0';
}

static int value_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_parse(uint8_t *ret_bytes, size_t length, const char *digits, size_t digit_count)
{
	if (digit_count != 2 * length)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if (value_of(digits[2 * i]) < 0 || value_of(digits[2 * i + 1]) < 0)
			return -EINVAL;
	for (size_t i = 0; i < length; i++)
		ret_bytes[i] = (uint8_t)(value_of(digits[2 * i]) << 4 | value_of(digits[2 * i + 1]));
	return 0;
}
