#pragma once
/* Finds the serial that a device shows in its greeting or in a small file. Pure. */
#include <stdbool.h>
#include <stddef.h>

enum { IDENTITY_SERIAL_SIZE = 64 };

/* Search bytes for pattern as in struct visit_identity: the first place where the text before
 * "%s", a serial of [A-Za-z0-9._-]+ and the text after "%s" follow one another. Where the
 * serial could end in several places the shortest counts; with no text after it, the longest.
 * Returns whether there is one; ret_serial is untouched when not. */
bool identity_find(char ret_serial[static IDENTITY_SERIAL_SIZE], const char *pattern,
		   const void *bytes, size_t length);
