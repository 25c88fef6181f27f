#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { FIRST_CAPACITY = 8 };

int array_reserve(void *items, size_t count, size_t size)
{
	/* The capacity is 0, 8, 16, 32 …: it is full just at those counts. */
	if (count != 0 && (count < FIRST_CAPACITY || (count & (count - 1)) != 0))
		return 0;
	size_t capacity = count ? count * 2 : FIRST_CAPACITY;
	if (capacity > SIZE_MAX / size)
		return -ENOMEM;
	void *old;
	memcpy(&old, items, sizeof old); /* items is a pointer to a pointer of any type */
	void *grown = realloc(old, capacity * size);
	if (!grown)
		return -ENOMEM;
	memcpy(items, &grown, sizeof grown);
	return 0;
}
