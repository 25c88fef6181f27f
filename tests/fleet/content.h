#pragma once
/* What one file holds: bytes that only depend on a seed, a mapped file, or given bytes.
 * Shared by the pumps that hold the same. */
#include <stddef.h>
#include <stdint.h>

struct content;
struct error;

/* Each returns a new content with one reference, or NULL. */
struct content *content_new_synthetic(const char *name, uint64_t size, uint64_t seed);
struct content *content_new_bytes(const void *bytes, size_t size);
struct content *content_new_file(const char *path, struct error *e);

struct content *content_reference(struct content *content);
void content_release(struct content *content); /* NULL is fine */

uint64_t content_size(const struct content *content);

/* Write size bytes from offset on; both lie inside. */
void content_read(const struct content *content, uint64_t offset, void *ret_bytes, size_t size);
