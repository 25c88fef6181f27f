/* What wire_parse() and wire_secret_parse() take, their writers give back byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void try_message(const uint8_t *bytes, size_t length)
{
	CLEANUP(text_clear) struct text packet;
	struct wire_message message;

	text_init(&packet);
	if (wire_parse(&message, bytes, length) != 0)
		return;
	expect(wire_write(&packet, &message) == 0);
	expect(packet.length == length && memcmp(packet.data, bytes, length) == 0);
	wire_message_clear(&message);
}

static void try_secret(const uint8_t *bytes, size_t length)
{
	CLEANUP(text_clear) struct text again;
	CLEANUP(visit_secret_clear) struct visit_secret secret = {0};

	text_init(&again);
	if (wire_secret_parse(&secret, bytes, length) != 0)
		return;
	expect(wire_secret_write(&again, &secret) == 0);
	expect(again.length == length && memcmp(again.data, bytes, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	try_message(bytes, length);
	try_secret(bytes, length);
	return 0;
}
