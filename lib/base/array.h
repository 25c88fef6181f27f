#pragma once
/* Growth of plain arrays, doubling. */
#include <stddef.h>

/* Make room for one more item of size bytes in *items, which holds count items, in
 * steps of powers of two derived from count. Returns 0 or -ENOMEM; *items stays valid. */
int array_reserve(void *items, size_t count, size_t size);

/* Append value to an array kept as pointer and count. Returns 0 or -ENOMEM. */
#define ARRAY_APPEND(items, count, value)                                      \
	({                                                                     \
		int appended_ = array_reserve(&(items), (count), sizeof *(items)); \
		if (appended_ == 0)                                            \
			(items)[(count)++] = (value);                          \
		appended_;                                                     \
	})
