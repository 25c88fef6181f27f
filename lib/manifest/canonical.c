#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/text.h"

#include "manifest/internal.h"

static void add_file(struct text *text, const struct manifest_file *file)
{
	char md5[2 * DIGEST_MD5_SIZE + 1];
	char sha256[DIGEST_SHA256_HEX + 1];

	hex_write(md5, file->digest.md5, sizeof file->digest.md5);
	hex_write(sha256, file->digest.sha256, sizeof file->digest.sha256);
	text_addf(text, "%llu,%s,%s,", (unsigned long long)file->size, md5, sha256);
	escape_add(text, ESCAPE_PATH, file->path, strlen(file->path));
}

/* Take one field up to a comma as exactly length bytes in hexadecimal. */
static bool take_digest(struct manifest_span *line, uint8_t *ret_bytes, size_t length)
{
	struct manifest_span field;

	return manifest_span_take(line, ',', &field) &&
	       hex_parse(ret_bytes, length, field.bytes, field.length) == 0;
}

static int parse_file(struct manifest_file *file, const struct manifest_span *line,
		      const struct manifest_reader *reader, struct error *e)
{
	struct manifest_span rest = *line;
	struct manifest_span size;

	*file = (struct manifest_file){.has_size = true, .has_md5 = true, .has_sha256 = true};
	if (manifest_span_starts(line, "##"))
		return manifest_refuse(reader, e, "a header line that is unknown, a second one, or out of its place");
	if (!manifest_span_take(&rest, ',', &size) || manifest_size_parse(&file->size, &size) < 0)
		return manifest_refuse(reader, e, "a size in bytes must stand first");
	if (!take_digest(&rest, file->digest.md5, sizeof file->digest.md5))
		return manifest_refuse(reader, e, "an MD5 must follow the size");
	if (!take_digest(&rest, file->digest.sha256, sizeof file->digest.sha256))
		return manifest_refuse(reader, e, "a SHA-256 must follow the MD5");
	int r = escape_parse(&file->path, rest.bytes, rest.length);
	if (r == -ENOMEM)
		return error_memory(e);
	if (r < 0)
		return manifest_refuse(reader, e, "%% in a path must be followed by two hexadecimal "
						  "digits, and not by 00");
	if (!visit_path_is_safe(file->path))
		return manifest_refuse(reader, e, "the path is empty, too long, absolute, or leaves "
						  "the folder");
	return 0;
}

/* Hold a line against what would be written for the file that was read from it. */
static int check_form(struct text *scratch, const struct manifest_file *file,
		      const struct manifest_span *line, const struct manifest_reader *reader,
		      struct error *e)
{
	text_cut(scratch, 0);
	add_file(scratch, file);
	if (scratch->failed)
		return error_memory(e);
	if (scratch->length == line->length && memcmp(scratch->data, line->bytes, line->length) == 0)
		return 0;
	CLEANUP(cleanup_free) char *form = escape_string(ESCAPE_DISPLAY, scratch->data);
	return manifest_refuse(reader, e, "must be written: %s", form ? form : "otherwise");
}

static int check_order(const struct manifest *manifest, const struct manifest_file *file,
		       const struct manifest_reader *reader, struct error *e)
{
	if (manifest->file_count >= MANIFEST_FILES_MAX)
		return manifest_refuse(reader, e, "more than %d files", MANIFEST_FILES_MAX);
	if (manifest->file_count == 0)
		return 0;
	int order = strcmp(manifest->files[manifest->file_count - 1].path, file->path);
	if (order == 0)
		return manifest_refuse(reader, e, "the path stands in the line before, too");
	if (order > 0)
		return manifest_refuse(reader, e, "the path must stand before that of the line before");
	return 0;
}

static int parse_files(struct manifest *manifest, struct manifest_reader *reader, struct error *e)
{
	CLEANUP(text_clear) struct text scratch;
	struct manifest_span line;
	bool ended;
	int r;

	text_init(&scratch);
	while ((r = manifest_reader_next(reader, &line, &ended, e)) > 0) {
		CLEANUP(manifest_file_clear) struct manifest_file file = {0};
		if (parse_file(&file, &line, reader, e) < 0 ||
		    check_form(&scratch, &file, &line, reader, e) < 0 ||
		    check_order(manifest, &file, reader, e) < 0)
			return -1;
		if (!ended)
			return manifest_refuse(reader, e, "the line has no end");
		if (ARRAY_APPEND(manifest->files, manifest->file_count, file) < 0)
			return error_memory(e);
		file.path = NULL; /* the array's now */
	}
	return r;
}

int manifest_parse(struct manifest *ret_manifest, const char *name, const char *bytes,
		   size_t length, struct error *e)
{
	CLEANUP(manifest_clear) struct manifest manifest = {0};
	struct manifest_reader reader = {.name = name, .rest = {bytes, length}};

	if (length > MANIFEST_BYTES_MAX)
		return error_set(e, ERROR_DATA, "%s: larger than %d bytes", name, MANIFEST_BYTES_MAX);
	if (manifest_header_parse(&manifest, &reader, e) < 0 || parse_files(&manifest, &reader, e) < 0)
		return -1;
	*ret_manifest = manifest;
	manifest = (struct manifest){0};
	return 0;
}

static int check_file(const struct manifest_file *file, const struct manifest_file *before,
		      struct error *e)
{
	const char *problem = NULL;

	if (!file->has_size || !file->has_md5 || !file->has_sha256)
		problem = "has not both digests and a size";
	else if (file->size > MANIFEST_SIZE_MAX)
		problem = "is too large";
	else if (!visit_path_is_safe(file->path))
		problem = "has a path that is empty, too long, absolute, or leaves the folder";
	else if (before && strcmp(before->path, file->path) == 0)
		problem = "is there twice";
	if (!problem)
		return 0;
	CLEANUP(cleanup_free) char *path = escape_string(ESCAPE_DISPLAY, file->path);
	return error_set(e, ERROR_DATA, "\"%s\" %s", path ? path : "", problem);
}

static int write_all(struct text *text, const struct manifest *manifest, struct error *e)
{
	size_t start = text->length;

	if (manifest_header_write(text, manifest, e) < 0)
		return -1;
	if (manifest->file_count > MANIFEST_FILES_MAX)
		return error_set(e, ERROR_DATA, "more than %d files", MANIFEST_FILES_MAX);
	for (size_t i = 0; i < manifest->file_count; i++) {
		const struct manifest_file *file = &manifest->files[i];
		if (check_file(file, i > 0 ? file - 1 : NULL, e) < 0)
			return -1;
		add_file(text, file);
		text_add_char(text, '\n');
		if (text->length - start > MANIFEST_BYTES_MAX)
			return error_set(e, ERROR_DATA, "larger than %d bytes", MANIFEST_BYTES_MAX);
	}
	return text->failed ? error_memory(e) : 0;
}

int manifest_write(struct text *text, struct manifest *manifest, struct error *e)
{
	size_t start = text->length;

	manifest_sort(manifest);
	if (write_all(text, manifest, e) == 0)
		return 0;
	text_cut(text, start);
	return error_prefix(e, "the manifest cannot be written");
}
