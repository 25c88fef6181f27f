#pragma once
/* What went wrong, in words for a person and a class for an exit code. A boundary
 * call fills its last argument where the fault is first seen; callers add context. */

/* The values are those of sysexits.h, so that a program can exit with them. */
enum error_code {
	ERROR_NONE = 0,
	ERROR_USAGE = 64,
	ERROR_DATA = 65,
	ERROR_UNAVAILABLE = 69,
	ERROR_INTERNAL = 70,
	ERROR_PERMISSION = 77,
	ERROR_CONFIG = 78,
};

struct error {
	enum error_code code;
	char text[1024]; /* one line, without a full stop or a trailing newline */
};

/* Fill e (which may be NULL) and return -1, so that a caller can return the call.
 * Text that does not fit is cut at a character of UTF-8. */
int error_set(struct error *e, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "context: " before the text of e, keep its code, return -1. */
int error_prefix(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* error_set() for an allocation that failed. */
int error_memory(struct error *e);

/* The compilers and the analysers see no further than a declaration: this tells them that
 * the result is always -1, so that they know the caller's error path when they meet one. */
#define error_set(...) ({ (void)(error_set)(__VA_ARGS__); -1; })
#define error_prefix(...) ({ (void)(error_prefix)(__VA_ARGS__); -1; })
#define error_memory(e) ({ (void)(error_memory)(e); -1; })
