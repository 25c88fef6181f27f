#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

#include "pump.h"

/* 1980-01-01 00:00 UTC, where a clock without a battery starts. */
#define PUMP_EPOCH INT64_C(315532800)
/* What the log of the published listing was, grew by, and came to. */
enum { LOG_FIRST = 1086, LOG_STEP = 551, LOG_LAST = 17616 };

int pump_listing_parse(enum pump_listing *ret_listing, const char *name)
{
	static const char *const names[PUMP_LISTING_COUNT] = {
		[PUMP_LISTING_ODD] = "odd",	     [PUMP_LISTING_UNIX] = "unix",
		[PUMP_LISTING_DOS] = "dos",	     [PUMP_LISTING_VXWORKS] = "vxworks",
		[PUMP_LISTING_ENDLESS] = "endless",  [PUMP_LISTING_GARBAGE] = "garbage",
	};

	for (size_t i = 0; i < PUMP_LISTING_COUNT; i++)
		if (strcmp(names[i], name) == 0) {
			*ret_listing = (enum pump_listing)i;
			return 0;
		}
	return -EINVAL;
}

static void file_clear(struct pump_file *file)
{
	free(file->path);
	content_release(file->content);
}

void pump_files_clear(struct pump_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		file_clear(&files->items[i]);
	free(files->items);
	*files = (struct pump_files){0};
}

void pump_clear(struct pump *pump)
{
	pump_files_clear(&pump->files);
}

/* Where path is, or would be put. */
static size_t position(const struct pump_files *files, const char *path, bool *ret_found)
{
	size_t low = 0;
	size_t high = files->count;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(files->items[middle].path, path);
		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Takes the reference to content, also on failure. */
static int put(struct pump_files *files, const char *path, struct content *content, int64_t modified)
{
	bool found;
	size_t at = position(files, path, &found);
	struct pump_file file = {.content = content, .modified = modified};

	if (!content)
		return -ENOMEM;
	file.path = strdup(path);
	if (!file.path || (!found && array_reserve(&files->items, files->count, sizeof file) < 0)) {
		file_clear(&file);
		return -ENOMEM;
	}
	if (found) {
		file_clear(&files->items[at]);
	} else {
		memmove(files->items + at + 1, files->items + at,
			(files->count - at) * sizeof *files->items);
		files->count++;
	}
	files->items[at] = file;
	return 0;
}

int pump_put(struct pump *pump, const char *path, struct content *content)
{
	return put(&pump->files, path, content, PUMP_EPOCH);
}

bool pump_remove(struct pump *pump, const char *path)
{
	struct pump_files *files = &pump->files;
	bool found;
	size_t at = position(files, path, &found);

	if (!found)
		return false;
	file_clear(&files->items[at]);
	files->count--;
	memmove(files->items + at, files->items + at + 1, (files->count - at) * sizeof *files->items);
	return true;
}

struct pump_file *pump_find(struct pump *pump, const char *path)
{
	bool found;
	size_t at = position(&pump->files, path, &found);

	return found ? &pump->files.items[at] : NULL;
}

bool pump_has_folder(const struct pump *pump, const char *path)
{
	size_t length = strlen(path);

	if (length == 0)
		return true;
	for (size_t i = 0; i < pump->files.count; i++) {
		const char *other = pump->files.items[i].path;
		if (strncmp(other, path, length) == 0 && other[length] == '/')
			return true;
	}
	return false;
}

static int copy(struct pump_files *ret_files, const struct pump_files *from)
{
	struct pump_files files = {0};

	for (size_t i = 0; i < from->count; i++) {
		struct pump_file file = from->items[i];
		file.path = strdup(file.path);
		if (!file.path || ARRAY_APPEND(files.items, files.count, file) < 0) {
			free(file.path);
			pump_files_clear(&files);
			return -ENOMEM;
		}
		(void)content_reference(file.content); /* the copy's own */
	}
	*ret_files = files;
	return 0;
}

int pump_heal(struct pump *pump)
{
	struct pump_files files;

	if (copy(&files, pump->original_files) < 0)
		return -ENOMEM;
	pump_files_clear(&pump->files);
	pump->files = files;
	pump->faults = (struct pump_faults){.listing = pump->original_listing};
	memcpy(pump->serial, pump->original_serial, sizeof pump->serial);
	return 0;
}

void pump_visited(struct pump *pump)
{
	pump->visits++;
	for (size_t i = 0; i < pump->files.count; i++) {
		struct pump_file *file = &pump->files.items[i];
		if (file->grows && file->grown + LOG_STEP <= content_size(file->content))
			file->grown += LOG_STEP;
	}
}

uint64_t pump_file_size(const struct pump_file *file)
{
	return file->grows ? file->grown : content_size(file->content);
}

void pump_file_read(const struct pump_file *file, uint64_t offset, unsigned char *ret_bytes,
		    size_t size)
{
	content_read(file->content, offset, ret_bytes, size);
	if ((!file->flipped && !file->unstable) || file->flip_at < offset || file->flip_at - offset >= size)
		return;
	unsigned mask = file->unstable ? 1 + file->readings % 255 : 1;
	ret_bytes[file->flip_at - offset] ^= (unsigned char)mask;
}

int pump_files_add(struct pump_files *files, const char *path, uint64_t size, uint64_t seed)
{
	return put(files, path, content_new_synthetic(path, size, seed), PUMP_EPOCH);
}

int pump_files_medfusion(struct pump_files *ret_files, uint64_t seed)
{
	static const struct {
		const char *path;
		uint64_t size;
	} published[] = {
		{"CONFIG.XML", 1764}, {"HEAD_C~1", 6224},      {"HEAD_F~1", 491648},
		{"STORED~1", 2140},   {"WIFI_LOG", LOG_LAST},
	};
	struct pump_files files = {0};

	for (size_t i = 0; i < sizeof published / sizeof *published; i++)
		if (pump_files_add(&files, published[i].path, published[i].size, seed) < 0) {
			pump_files_clear(&files);
			return -ENOMEM;
		}
	struct pump_file *log = &files.items[files.count - 1];
	log->grows = true;
	log->grown = LOG_FIRST - LOG_STEP; /* the first visit makes it what was published */
	*ret_files = files;
	return 0;
}
