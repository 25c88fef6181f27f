#pragma once
/* Files of the host: whole reads with a cap, and writes that are there or not there. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

struct error;

/* Append the whole file to text; more than most bytes is an error. missing_code is the class
 * of a file that is not there (ERROR_CONFIG, ERROR_DATA …); one that may not be read is
 * ERROR_PERMISSION. Messages name the path. Returns 0 or -1. */
int file_read(struct text *text, const char *path, size_t most, int missing_code, struct error *e);

/* The same for a file that is open already; name is for messages. Does not close it. */
int file_read_fd(struct text *text, int fd, const char *name, size_t most, struct error *e);

/* Write beside, fsync, rename over path: never half a file. Returns 0 or -1
 * (ERROR_UNAVAILABLE, ERROR_PERMISSION). */
int file_write(const char *path, const void *bytes, size_t length, mode_t mode, struct error *e);

/* The same piece by piece, for what is too large to be held. */
struct file_new {
	char *path, *beside;
	int fd;
};
/* Returns 0 or -1; ret_file is the caller's to clear. */
int file_new_open(struct file_new *ret_file, const char *path, struct error *e);
int file_new_write(struct file_new *file, const void *bytes, size_t length, struct error *e);
/* Put it in place. */
int file_new_keep(struct file_new *file, mode_t mode, struct error *e);
/* What was not kept is gone. Does nothing to a struct of zeros. */
void file_new_clear(struct file_new *file);

/* Make a folder, and its parents, where missing. Returns 0 or -1. */
int file_make_folder(const char *path, mode_t mode, struct error *e);

/* Call on_file for each regular file in folder whose name ends in suffix, in order of name,
 * until it returns less than 0. Returns that, or 0, or -1 when folder cannot be read. */
int file_each(const char *folder, const char *suffix,
	      int (*on_file)(void *userdata, const char *path, struct error *e), void *userdata,
	      struct error *e);

/* Take the lock of a lock file, which is made where missing. Returns 1 and a descriptor that
 * holds it until it is closed, 0 when another process has it, -1 on error. */
int file_lock(const char *path, int *ret_fd, struct error *e);
