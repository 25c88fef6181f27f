#pragma once
/* What every message must be, whatever its format. */
#include <stdbool.h>
#include <stddef.h>

/* One line of UTF-8 of at most 4,000 bytes without control bytes (C1 and the marks that reorder
 * text too). */
bool line_is_clean(const char *bytes, size_t length);
