#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/codec.h"

/* The length that stands for a string that is not there. */
#define ABSENT UINT32_MAX

void wire_demand(struct wire_codec *codec, bool holds)
{
	if (codec->fault == 0 && !holds)
		codec->fault = codec->out ? -EINVAL : -EBADMSG;
}

void wire_bytes(struct wire_codec *codec, void *bytes, size_t length)
{
	if (!codec->out)
		wire_demand(codec, length <= (size_t)(codec->end - codec->at));
	if (codec->fault != 0 || length == 0)
		return;
	if (codec->out) {
		text_add_bytes(codec->out, bytes, length);
		return;
	}
	memcpy(bytes, codec->at, length);
	codec->at += length;
}

static uint64_t number(struct wire_codec *codec, uint64_t value, size_t size)
{
	uint8_t bytes[8] = {0};
	uint64_t found = 0;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	if (!codec->out)
		memset(bytes, 0, sizeof bytes);
	wire_bytes(codec, bytes, size);
	for (size_t i = 0; i < size; i++)
		found |= (uint64_t)bytes[i] << (8 * i);
	return found;
}

uint16_t wire_u16(struct wire_codec *codec, uint16_t value)
{
	return (uint16_t)number(codec, value, sizeof value);
}

uint32_t wire_u32(struct wire_codec *codec, uint32_t value)
{
	return (uint32_t)number(codec, value, sizeof value);
}

uint64_t wire_u64(struct wire_codec *codec, uint64_t value)
{
	return number(codec, value, sizeof value);
}

bool wire_flag(struct wire_codec *codec, bool value)
{
	return wire_choice(codec, value, 2) == 1;
}

unsigned wire_choice(struct wire_codec *codec, unsigned value, unsigned count)
{
	wire_demand(codec, !codec->out || value < count);
	value = (unsigned)number(codec, value, 1);
	wire_demand(codec, value < count);
	return codec->fault == 0 ? value : 0;
}

/* The length of the string that comes next, or ABSENT; 0 after a fault. */
static uint32_t string_length(struct wire_codec *codec, const char *string, size_t most,
			      enum wire_presence presence)
{
	uint32_t length = ABSENT;

	if (codec->out && string)
		length = (uint32_t)strnlen(string, most + 1);
	length = wire_u32(codec, length);
	wire_demand(codec, length == ABSENT ? presence == WIRE_OPTIONAL : length <= most);
	return codec->fault == 0 ? length : 0;
}

/* Read length bytes, none of them NUL, and end them. */
static void read_string(struct wire_codec *codec, char *string, size_t length)
{
	wire_bytes(codec, string, length);
	string[codec->fault == 0 ? length : 0] = '\0';
	wire_demand(codec, strlen(string) == length);
}

void wire_string(struct wire_codec *codec, char **string, size_t most, enum wire_presence presence)
{
	uint32_t length = string_length(codec, *string, most, presence);

	if (codec->fault != 0 || length == ABSENT)
		return;
	if (codec->out) {
		wire_bytes(codec, *string, length);
		return;
	}
	*string = malloc((size_t)length + 1);
	if (!*string)
		codec->fault = -ENOMEM;
	else
		read_string(codec, *string, length);
}

void wire_array(struct wire_codec *codec, char *array, size_t size)
{
	uint32_t length = string_length(codec, array, size - 1, WIRE_REQUIRED);

	if (codec->fault != 0)
		return;
	if (codec->out)
		wire_bytes(codec, array, length);
	else
		read_string(codec, array, length);
}
