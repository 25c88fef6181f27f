#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/codec.h"

#include "wire/wire.h"

static void code_secret(struct wire_codec *codec, struct visit_secret *secret)
{
	wire_demand(codec, wire_u16(codec, WIRE_VERSION) == WIRE_VERSION);
	wire_string(codec, &secret->password, WIRE_SECRET_MAX, WIRE_OPTIONAL);
	wire_string(codec, &secret->private_key, WIRE_SECRET_MAX, WIRE_OPTIONAL);
	wire_string(codec, &secret->passphrase, WIRE_SECRET_MAX, WIRE_OPTIONAL);
}

static size_t size_of(const char *string)
{
	return string ? strnlen(string, WIRE_SECRET_MAX) : 0;
}

/* Grow bytes now: growing while it holds the secret would leave copies in freed memory. */
static void make_room(struct text *bytes, size_t length)
{
	size_t start = bytes->length;

	for (size_t i = 0; i < length; i++)
		text_add_char(bytes, '\0');
	text_cut(bytes, start);
}

int wire_secret_write(struct text *bytes, const struct visit_secret *secret)
{
	struct visit_secret lent = *secret; /* its strings are only read */
	struct wire_codec codec = {.out = bytes};
	size_t start = bytes->length;

	make_room(bytes, 64 + size_of(secret->password) + size_of(secret->private_key) +
				 size_of(secret->passphrase));
	code_secret(&codec, &lent);
	if (codec.fault == 0 && bytes->failed)
		codec.fault = -ENOMEM;
	if (codec.fault == 0 && bytes->length - start > WIRE_SECRET_MAX)
		codec.fault = -EMSGSIZE;
	if (codec.fault != 0 && bytes->data) {
		explicit_bzero(bytes->data + start, bytes->length - start);
		text_cut(bytes, start);
	}
	return codec.fault;
}

int wire_secret_parse(struct visit_secret *ret_secret, const void *bytes, size_t length)
{
	CLEANUP(visit_secret_clear) struct visit_secret secret = {0};
	struct wire_codec codec = {.at = bytes, .end = (const uint8_t *)bytes + length};

	wire_demand(&codec, length <= WIRE_SECRET_MAX);
	code_secret(&codec, &secret);
	wire_demand(&codec, codec.at == codec.end);
	if (codec.fault != 0)
		return codec.fault;
	*ret_secret = secret;
	secret = (struct visit_secret){0};
	return 0;
}
