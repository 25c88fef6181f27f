#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hex.h"

#include "manifest/list.h"

enum { MD5_HEX = 2 * DIGEST_MD5_SIZE };

/* ---- hashdeep: "%%%% size,md5,filename", then such lines ------------------------------ */

static int read_column(struct list *list, const struct manifest_span *name, struct error *e)
{
	static const struct {
		const char *name;
		enum list_column column;
	} known[] = {
		{"size", LIST_SIZE},	 {"md5", LIST_MD5},	  {"sha256", LIST_SHA256},
		{"sha1", LIST_IGNORED},	 {"tiger", LIST_IGNORED}, {"whirlpool", LIST_IGNORED},
		{"filename", LIST_FILENAME},
	};

	if (list->column_count == LIST_COLUMNS_MAX)
		return manifest_refuse(&list->reader, e, "more than %d columns", LIST_COLUMNS_MAX);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strlen(known[i].name) != name->length || !manifest_span_starts(name, known[i].name))
			continue;
		for (size_t k = 0; k < list->column_count; k++)
			if (known[i].column != LIST_IGNORED && list->columns[k] == known[i].column)
				return manifest_refuse(&list->reader, e, "the column %s is there twice",
						       known[i].name);
		list->columns[list->column_count++] = known[i].column;
		return 0;
	}
	return manifest_refuse(&list->reader, e, "a column has no known name (known: size, md5, sha1, "
						 "sha256, tiger, whirlpool, filename)");
}

static int read_columns(struct list *list, struct manifest_span rest, struct error *e)
{
	struct manifest_span name;
	bool digest = false;

	list->column_count = 0;
	while (manifest_span_take(&rest, ',', &name))
		if (read_column(list, &name, e) < 0)
			return -1;
	if (read_column(list, &rest, e) < 0)
		return -1;
	for (size_t i = 0; i < list->column_count; i++) {
		bool last = i + 1 == list->column_count;
		digest |= list->columns[i] == LIST_MD5 || list->columns[i] == LIST_SHA256;
		if ((list->columns[i] == LIST_FILENAME) != last)
			return manifest_refuse(&list->reader, e, "filename must be the last column");
	}
	return digest ? 0 : manifest_refuse(&list->reader, e, "there is no column md5 or sha256");
}

static int read_field(struct list *list, enum list_column column, const struct manifest_span *field,
		      struct manifest_file *file, struct error *e)
{
	switch (column) {
	case LIST_SIZE:
		file->has_size = manifest_size_parse(&file->size, field) == 0;
		return file->has_size ? 0 : manifest_refuse(&list->reader, e, "the size is not a number");
	case LIST_MD5:
		file->has_md5 = hex_parse(file->digest.md5, sizeof file->digest.md5, field->bytes,
					  field->length) == 0;
		return file->has_md5 ? 0 : manifest_refuse(&list->reader, e, "the MD5 is not %d "
							   "hexadecimal digits", MD5_HEX);
	case LIST_SHA256:
		file->has_sha256 = hex_parse(file->digest.sha256, sizeof file->digest.sha256,
					     field->bytes, field->length) == 0;
		return file->has_sha256 ? 0 : manifest_refuse(&list->reader, e, "the SHA-256 is not %d "
							      "hexadecimal digits", DIGEST_SHA256_HEX);
	case LIST_IGNORED:
	case LIST_FILENAME:
		break;
	}
	return 0;
}

static int read_escaped_path(struct list *list, const struct manifest_span *path,
			     struct manifest_file *file, struct error *e)
{
	CLEANUP(cleanup_free) char *raw = NULL;
	int r = escape_parse(&raw, path->bytes, path->length);

	if (r == -ENOMEM)
		return error_memory(e);
	if (r < 0)
		return manifest_refuse(&list->reader, e, "%% in a path must be followed by two "
							 "hexadecimal digits, and not by 00");
	struct manifest_span taken = {raw, strlen(raw)};
	return list_set_path(list, file, &taken, e);
}

int list_read_hashdeep(struct list *list, const struct manifest_span *line,
		       struct manifest_file *file, struct error *e)
{
	struct manifest_span rest = *line;
	struct manifest_span field;

	if (manifest_span_starts(line, "%%%% HASHDEEP-")) {
		list->escaped = false;
		return 0;
	}
	if (manifest_span_starts(line, "%%%% ")) {
		rest.bytes += strlen("%%%% ");
		rest.length -= strlen("%%%% ");
		return read_columns(list, rest, e);
	}
	if (manifest_span_starts(line, "## pumpwatch-baseline 1"))
		list->escaped = true;
	if (line->bytes[0] == '#')
		return 0;
	if (list->column_count == 0)
		return manifest_refuse(&list->reader, e, "a line such as \"%%%%%%%% size,md5,sha256,"
							 "filename\" must stand first");
	for (size_t i = 0; i + 1 < list->column_count; i++) {
		if (!manifest_span_take(&rest, ',', &field))
			return manifest_refuse(&list->reader, e, "only %zu of %zu columns", i + 1,
					       list->column_count);
		if (read_field(list, list->columns[i], &field, file, e) < 0)
			return -1;
	}
	int r = list->escaped ? read_escaped_path(list, &rest, file, e)
			      : list_set_path(list, file, &rest, e);
	return r < 0 ? -1 : 1;
}

/* ---- GNU and BSD: a leading "\" says that the name has \\, \n and \r in it ------------- */

static int set_backslashed_path(struct list *list, const struct manifest_span *path,
				struct manifest_file *file, struct error *e)
{
	CLEANUP(text_clear) struct text raw;

	text_init(&raw);
	for (size_t i = 0; i < path->length; i++) {
		char c = path->bytes[i];
		if (c == '\\') {
			char next = i + 1 < path->length ? path->bytes[++i] : '\0';
			c = next == '\\' ? '\\' : next == 'n' ? '\n' : next == 'r' ? '\r' : '\0';
			if (c == '\0')
				return manifest_refuse(&list->reader, e, "a backslash is not followed "
									 "by a backslash, n or r");
		}
		text_add_char(&raw, c);
	}
	if (raw.failed)
		return error_memory(e);
	struct manifest_span taken = {raw.data, raw.length};
	return list_set_path(list, file, &taken, e);
}

static int set_path(struct list *list, bool backslashed, const struct manifest_span *path,
		    struct manifest_file *file, struct error *e)
{
	int r = backslashed ? set_backslashed_path(list, path, file, e)
			    : list_set_path(list, file, path, e);
	return r < 0 ? -1 : 1;
}

/* Take a leading backslash off line. */
static bool take_backslash(struct manifest_span *line)
{
	if (!manifest_span_starts(line, "\\"))
		return false;
	line->bytes++;
	line->length--;
	return true;
}

/* Fill in a digest whose kind its length tells. */
static bool set_digest(struct manifest_file *file, const char *digits, size_t length)
{
	if (length == MD5_HEX)
		return file->has_md5 = hex_parse(file->digest.md5, sizeof file->digest.md5, digits,
						 length) == 0;
	return file->has_sha256 = hex_parse(file->digest.sha256, sizeof file->digest.sha256, digits,
					    length) == 0;
}

int list_read_gnu(struct list *list, const struct manifest_span *line, struct manifest_file *file,
		  struct error *e)
{
	struct manifest_span rest = *line;
	bool backslashed = take_backslash(&rest);
	size_t digits = list->format == MANIFEST_LIST_MD5SUM ? MD5_HEX : DIGEST_SHA256_HEX;

	if (rest.length < digits + 2 || !set_digest(file, rest.bytes, digits) ||
	    rest.bytes[digits] != ' ' || (rest.bytes[digits + 1] != ' ' && rest.bytes[digits + 1] != '*'))
		return manifest_refuse(&list->reader, e, "not %zu hexadecimal digits, a space, a space "
							 "or an asterisk, and a name", digits);
	rest.bytes += digits + 2;
	rest.length -= digits + 2;
	return set_path(list, backslashed, &rest, file, e);
}

static const struct bsd_tag {
	const char *text;
	size_t digits;
} bsd_tags[] = {{"MD5 (", MD5_HEX}, {"SHA256 (", DIGEST_SHA256_HEX}};

static const struct bsd_tag *find_bsd_tag(const struct manifest_span *line)
{
	for (size_t i = 0; i < sizeof bsd_tags / sizeof bsd_tags[0]; i++)
		if (manifest_span_starts(line, bsd_tags[i].text))
			return &bsd_tags[i];
	return NULL;
}

int list_read_bsd(struct list *list, const struct manifest_span *line, struct manifest_file *file,
		  struct error *e)
{
	static const char middle[] = ") = ";
	struct manifest_span rest = *line;
	bool backslashed = take_backslash(&rest);
	const struct bsd_tag *tag = find_bsd_tag(&rest);
	size_t before = tag ? strlen(tag->text) : 0;
	size_t after = tag ? strlen(middle) + tag->digits : 0;

	if (!tag || rest.length < before + after)
		return manifest_refuse(&list->reader, e, "not \"MD5 (name) = digits\" or "
							 "\"SHA256 (name) = digits\"");
	struct manifest_span path = {rest.bytes + before, rest.length - before - after};
	const char *end = path.bytes + path.length;
	if (memcmp(end, middle, strlen(middle)) != 0 ||
	    !set_digest(file, end + strlen(middle), tag->digits))
		return manifest_refuse(&list->reader, e, "does not end in \") = \" and %zu hexadecimal "
							 "digits", tag->digits);
	return set_path(list, backslashed, &path, file, e);
}

enum manifest_list_format list_guess(const struct manifest_span *line)
{
	struct manifest_span rest = *line;
	struct manifest_file file;

	if (manifest_span_starts(line, "%%%% "))
		return MANIFEST_LIST_HASHDEEP;
	(void)take_backslash(&rest);
	if (find_bsd_tag(&rest))
		return MANIFEST_LIST_BSD;
	if (rest.length > DIGEST_SHA256_HEX && set_digest(&file, rest.bytes, DIGEST_SHA256_HEX))
		return MANIFEST_LIST_SHA256SUM;
	if (rest.length > MD5_HEX && set_digest(&file, rest.bytes, MD5_HEX))
		return MANIFEST_LIST_MD5SUM;
	return MANIFEST_LIST_GUESS;
}
