#pragma once
/* Cleanup at the end of a scope, and the take that cancels it on the success line. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

/* Define cleanup_<name>() for a destructor that accepts NULL. */
#define CLEANUP_DEFINE(type, destructor)                                       \
	static inline void cleanup_##destructor(type **pointer)                \
	{                                                                      \
		destructor(*pointer);                                          \
	}                                                                      \
	struct cleanup_##destructor##_needs_a_semicolon

/* The value of a pointer, which is NULL afterwards: hands ownership on. */
#define TAKE(pointer)                                                          \
	({                                                                     \
		__typeof__(pointer) taken_ = (pointer);                        \
		(pointer) = NULL;                                              \
		taken_;                                                        \
	})

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing is left to do about a failure here */
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		(void)fclose(*file); /* writers that care flush and check before */
}
