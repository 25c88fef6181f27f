/* A pattern, a NUL, and what a device shows: a serial that is found stands there as the pattern
 * says, and is one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "puller/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char of_serials[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789._-";
	const uint8_t *end = memchr(bytes, '\0', length);
	CLEANUP(text_clear) struct text shown;
	char serial[IDENTITY_SERIAL_SIZE];

	text_init(&shown);
	if (!end)
		return 0;
	const char *pattern = (const char *)bytes;
	const char *place = strstr(pattern, "%s");
	size_t rest = length - (size_t)(end + 1 - bytes);
	if (!identity_find(serial, pattern, end + 1, rest))
		return 0;
	expect(place && serial[0] != '\0' && serial[strspn(serial, of_serials)] == '\0');
	text_add_bytes(&shown, pattern, (size_t)(place - pattern));
	text_add(&shown, serial);
	text_add(&shown, place + 2);
	expect(memmem(end + 1, rest, shown.data, shown.length) != NULL);
	return 0;
}
