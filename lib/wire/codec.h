#pragma once
/* One walk over the fields of a message for both ways, so that what is written and what is
 * read cannot come apart: each call writes its value, or reads it. The first fault is kept
 * and everything after it does nothing. For the files of this room only. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct wire_codec {
	struct text *out;	 /* written to; NULL when reading */
	const uint8_t *at, *end; /* read from */
	int fault;		 /* 0, or the negative errno to return */
};

/* Note a rule of the format that must hold: else -EINVAL when writing, -EBADMSG when reading. */
void wire_demand(struct wire_codec *codec, bool holds);

/* Each returns the value to keep: the one given when writing, the one found when reading. */
uint16_t wire_u16(struct wire_codec *codec, uint16_t value);
uint32_t wire_u32(struct wire_codec *codec, uint32_t value);
uint64_t wire_u64(struct wire_codec *codec, uint64_t value);
bool wire_flag(struct wire_codec *codec, bool value);
unsigned wire_choice(struct wire_codec *codec, unsigned value, unsigned count); /* below count */

/* Bytes of a fixed number. */
void wire_bytes(struct wire_codec *codec, void *bytes, size_t length);

/* A string of at most `most` bytes, which is allocated when reading. */
enum wire_presence { WIRE_REQUIRED, WIRE_OPTIONAL };
void wire_string(struct wire_codec *codec, char **string, size_t most, enum wire_presence presence);

/* A string that lives in an array of size bytes. */
void wire_array(struct wire_codec *codec, char *array, size_t size);
