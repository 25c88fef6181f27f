#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "content.h"

struct content {
	unsigned references;
	uint64_t size;
	uint64_t seed;	      /* where bytes is NULL */
	unsigned char *bytes;
	size_t mapped; /* length of the mapping; 0: bytes were allocated */
};

static struct content *content_new(uint64_t size)
{
	struct content *content = calloc(1, sizeof *content);

	if (content) {
		content->references = 1;
		content->size = size;
	}
	return content;
}

struct content *content_new_synthetic(const char *name, uint64_t size, uint64_t seed)
{
	struct content *content = content_new(size);

	if (!content)
		return NULL;
	/* FNV-1a of the name, so that two files of a release differ. */
	uint64_t hash = UINT64_C(0xCBF29CE484222325);
	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001B3);
	content->seed = hash ^ (seed * UINT64_C(0x9E3779B97F4A7C15));
	return content;
}

struct content *content_new_bytes(const void *bytes, size_t size)
{
	struct content *content = content_new(size);

	if (!content)
		return NULL;
	content->bytes = malloc(size + 1);
	if (!content->bytes) {
		content_release(content);
		return NULL;
	}
	memcpy(content->bytes, bytes, size);
	return content;
}

struct content *content_new_file(const char *path, struct error *e)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		error_set(e, ERROR_DATA, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (status.st_size == 0)
		return content_new_bytes("", 0);
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		error_set(e, ERROR_DATA, "%s: %s", path, strerror(errno));
		return NULL;
	}
	struct content *content = content_new((uint64_t)status.st_size);
	if (!content) {
		(void)munmap(bytes, (size_t)status.st_size); /* was just mapped */
		error_memory(e);
		return NULL;
	}
	content->bytes = bytes;
	content->mapped = (size_t)status.st_size;
	return content;
}

struct content *content_reference(struct content *content)
{
	content->references++;
	return content;
}

void content_release(struct content *content)
{
	if (!content || --content->references > 0)
		return;
	if (content->mapped)
		(void)munmap(content->bytes, content->mapped); /* was mapped by us */
	else
		free(content->bytes);
	free(content);
}

uint64_t content_size(const struct content *content)
{
	return content->size;
}

/* The finaliser of splitmix64: any word of the stream without those before it. */
static uint64_t word_at(uint64_t seed, uint64_t index)
{
	uint64_t word = seed + index * UINT64_C(0x9E3779B97F4A7C15);

	word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
	return word ^ (word >> 31);
}

void content_read(const struct content *content, uint64_t offset, void *ret_bytes, size_t size)
{
	unsigned char *bytes = ret_bytes;

	if (content->bytes) {
		memcpy(bytes, content->bytes + offset, size);
		return;
	}
	while (size > 0) {
		uint64_t word = word_at(content->seed, offset / sizeof word);
		size_t skip = offset % sizeof word;
		size_t take = sizeof word - skip < size ? sizeof word - skip : size;
		memcpy(bytes, (const unsigned char *)&word + skip, take);
		bytes += take;
		offset += take;
		size -= take;
	}
}
