#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"

#include "manifest/list.h"

int manifest_list_format_parse(enum manifest_list_format *ret_format, const char *name)
{
	static const char *const names[] = {
		[MANIFEST_LIST_GUESS] = "guess",	 [MANIFEST_LIST_HASHDEEP] = "hashdeep",
		[MANIFEST_LIST_MD5SUM] = "md5sum",	 [MANIFEST_LIST_SHA256SUM] = "sha256sum",
		[MANIFEST_LIST_BSD] = "bsd",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_format = (enum manifest_list_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

int list_set_path(const struct list *list, struct manifest_file *file,
		  const struct manifest_span *path, struct error *e)
{
	size_t skip = manifest_span_starts(path, "./") ? 2 : manifest_span_starts(path, "/") ? 1 : 0;

	if (path->length == skip || memchr(path->bytes, '\0', path->length))
		return manifest_refuse(&list->reader, e, "the path is empty or holds a NUL byte");
	file->path = strndup(path->bytes + skip, path->length - skip);
	if (!file->path)
		return error_memory(e);
	if (visit_path_is_safe(file->path))
		return 0;
	CLEANUP(cleanup_free) char *shown = escape_string(ESCAPE_DISPLAY, file->path);
	return manifest_refuse(&list->reader, e, "the path \"%.300s\" is too long, leaves the folder, "
						 "or holds a line break", shown ? shown : "");
}

/* One line's file; a path may have several until they are put together. */
struct entry {
	struct manifest_file file;
	size_t line;
};

struct entries {
	struct entry *items;
	size_t count;
};

static void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		manifest_file_clear(&entries->items[i].file);
	free(entries->items);
}

static int by_path_and_line(const void *a, const void *b)
{
	const struct entry *left = a;
	const struct entry *right = b;
	int order = strcmp(left->file.path, right->file.path);

	return order ? order : (left->line > right->line) - (left->line < right->line);
}

static int read_line(struct list *list, struct manifest_span *line, struct manifest_file *file,
		     struct error *e)
{
	if (line->length > 0 && line->bytes[line->length - 1] == '\r')
		line->length--;
	if (line->length == 0)
		return 0;
	if (list->format == MANIFEST_LIST_GUESS) {
		if (line->bytes[0] == '#')
			return 0;
		list->format = list_guess(line);
	}
	switch (list->format) {
	case MANIFEST_LIST_HASHDEEP:
		return list_read_hashdeep(list, line, file, e);
	case MANIFEST_LIST_MD5SUM:
	case MANIFEST_LIST_SHA256SUM:
		return line->bytes[0] == '#' ? 0 : list_read_gnu(list, line, file, e);
	case MANIFEST_LIST_BSD:
		return line->bytes[0] == '#' ? 0 : list_read_bsd(list, line, file, e);
	case MANIFEST_LIST_GUESS:
		break;
	}
	return manifest_refuse(&list->reader, e, "looks like no list that is known (hashdeep, md5sum, "
						 "sha256sum, BSD)");
}

static int read_entries(struct entries *entries, struct list *list, struct error *e)
{
	struct manifest_span line;
	bool ended;
	int r;

	while ((r = manifest_reader_next(&list->reader, &line, &ended, e)) > 0) {
		CLEANUP(manifest_file_clear) struct manifest_file file = {0};
		r = read_line(list, &line, &file, e);
		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		if (entries->count >= MANIFEST_FILES_MAX)
			return manifest_refuse(&list->reader, e, "more than %d files", MANIFEST_FILES_MAX);
		struct entry entry = {file, list->reader.line};
		if (ARRAY_APPEND(entries->items, entries->count, entry) < 0)
			return error_memory(e);
		file.path = NULL; /* the array's now */
	}
	return r;
}

/* Put what a later line says of the same path to file. */
static int merge(struct manifest_file *file, const struct entry *first, const struct entry *again,
		 struct manifest_reader *reader, struct error *e)
{
	const struct manifest_file *more = &again->file;

	reader->line = again->line;
	if ((file->has_md5 && more->has_md5) || (file->has_sha256 && more->has_sha256))
		return manifest_refuse(reader, e, "the path stands in line %zu, too", first->line);
	if (file->has_size && more->has_size && file->size != more->size)
		return manifest_refuse(reader, e, "the size is not that in line %zu", first->line);
	if (more->has_size)
		file->size = more->size;
	if (more->has_md5)
		memcpy(file->digest.md5, more->digest.md5, sizeof file->digest.md5);
	if (more->has_sha256)
		memcpy(file->digest.sha256, more->digest.sha256, sizeof file->digest.sha256);
	file->has_size |= more->has_size;
	file->has_md5 |= more->has_md5;
	file->has_sha256 |= more->has_sha256;
	return 0;
}

/* Move the entries, sorted, into the files of manifest: one for each path. */
static int gather(struct manifest *manifest, struct entries *entries, struct manifest_reader *reader,
		  struct error *e)
{
	const struct entry *first = NULL;

	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->items[i];
		struct manifest_file *last = first ? &manifest->files[manifest->file_count - 1] : NULL;
		if (last && strcmp(last->path, entry->file.path) == 0) {
			if (merge(last, first, entry, reader, e) < 0)
				return -1;
			continue;
		}
		if (ARRAY_APPEND(manifest->files, manifest->file_count, entry->file) < 0)
			return error_memory(e);
		entry->file.path = NULL; /* the manifest's now */
		first = entry;
	}
	return 0;
}

int manifest_list_parse(struct manifest *ret_list, enum manifest_list_format format,
			const char *name, const char *bytes, size_t length, struct error *e)
{
	CLEANUP(manifest_clear) struct manifest manifest = {0};
	CLEANUP(entries_clear) struct entries entries = {0};
	struct list list = {.format = format, .reader = {.name = name, .rest = {bytes, length}}};

	if (length > MANIFEST_BYTES_MAX)
		return error_set(e, ERROR_DATA, "%s: larger than %d bytes", name, MANIFEST_BYTES_MAX);
	if (manifest_span_starts(&list.reader.rest, "\xEF\xBB\xBF")) { /* Windows marks UTF-8 so */
		list.reader.rest.bytes += 3;
		list.reader.rest.length -= 3;
	}
	if (read_entries(&entries, &list, e) < 0)
		return -1;
	if (entries.count == 0)
		return error_set(e, ERROR_DATA, "%s: lists no file", name);
	qsort(entries.items, entries.count, sizeof *entries.items, by_path_and_line);
	if (gather(&manifest, &entries, &list.reader, e) < 0)
		return -1;
	*ret_list = manifest;
	manifest = (struct manifest){0};
	return 0;
}
