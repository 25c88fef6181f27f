#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/number.h"
#include "base/text.h"
#include "base/time.h"

#include "manifest/internal.h"

/* The years that four digits write. */
static const int64_t last_writable = INT64_C(253402300800) * TIME_SECOND - 1;

static bool is_word(const char *word)
{
	size_t length = word ? strlen(word) : 0;

	if (length == 0 || length > MANIFEST_WORD_MAX || word[0] == ' ' || word[length - 1] == ' ')
		return false;
	CLEANUP(cleanup_free) char *escaped = escape_string(ESCAPE_DISPLAY, word);
	return escaped && strcmp(escaped, word) == 0;
}

static bool take_word(char **ret_word, const char *value)
{
	if (!is_word(value))
		return false;
	*ret_word = strdup(value);
	return *ret_word != NULL;
}

static bool add_word(struct text *text, const char *word)
{
	if (!is_word(word))
		return false;
	text_add(text, word);
	return true;
}

static bool add_time(struct text *text, int64_t at)
{
	char time[TIME_TEXT_SIZE];

	if (at < 0 || (at > last_writable && at != TIME_NEVER))
		return false;
	time_write(time, at);
	text_add(text, time);
	return true;
}

static bool parse_site(struct manifest *manifest, const char *value)
{
	return take_word(&manifest->site, value);
}

static bool write_site(struct text *text, const struct manifest *manifest)
{
	return add_word(text, manifest->site);
}

const char *manifest_scope_name(enum manifest_scope scope)
{
	return scope == MANIFEST_DEVICE ? "device" : "model";
}

static bool parse_scope(struct manifest *manifest, const char *value)
{
	for (int i = MANIFEST_MODEL; i <= MANIFEST_DEVICE; i++) {
		const char *name = manifest_scope_name((enum manifest_scope)i);
		size_t length = strlen(name);
		if (strncmp(value, name, length) == 0 && value[length] == ' ') {
			manifest->scope = (enum manifest_scope)i;
			return take_word(&manifest->scope_name, value + length + 1);
		}
	}
	return false;
}

static bool write_scope(struct text *text, const struct manifest *manifest)
{
	text_addf(text, "%s ", manifest_scope_name(manifest->scope));
	return add_word(text, manifest->scope_name);
}

static bool parse_kind(struct manifest *manifest, const char *value)
{
	return visit_kind_parse(&manifest->kind, value) == 0;
}

static bool write_kind(struct text *text, const struct manifest *manifest)
{
	text_add(text, visit_kind_name(manifest->kind));
	return true;
}

static bool parse_release(struct manifest *manifest, const char *value)
{
	return take_word(&manifest->release, value);
}

static bool write_release(struct text *text, const struct manifest *manifest)
{
	return add_word(text, manifest->release);
}

static bool parse_serial(struct manifest *manifest, const char *value)
{
	return number_parse(&manifest->serial, value, 1, MANIFEST_SERIAL_MAX) == 0;
}

static bool write_serial(struct text *text, const struct manifest *manifest)
{
	text_addf(text, "%llu", (unsigned long long)manifest->serial);
	return manifest->serial >= 1 && manifest->serial <= MANIFEST_SERIAL_MAX;
}

static bool is_id(const char *id)
{
	uint8_t bytes[DIGEST_SHA256_SIZE];

	return hex_parse(bytes, sizeof bytes, id, strlen(id)) == 0;
}

static bool add_id(struct text *text, const char id[static MANIFEST_ID_SIZE])
{
	char lower[MANIFEST_ID_SIZE];
	uint8_t bytes[DIGEST_SHA256_SIZE];

	if (hex_parse(bytes, sizeof bytes, id, strnlen(id, MANIFEST_ID_SIZE)) < 0)
		return false;
	hex_write(lower, bytes, sizeof bytes);
	text_add(text, lower);
	return true;
}

static bool parse_previous(struct manifest *manifest, const char *value)
{
	bool none = strcmp(value, "none") == 0;

	if (!none && !is_id(value))
		return false;
	(void)snprintf(manifest->previous, sizeof manifest->previous, "%s", none ? "" : value);
	return true;
}

static bool write_previous(struct text *text, const struct manifest *manifest)
{
	if (manifest->previous[0] != '\0')
		return add_id(text, manifest->previous);
	text_add(text, "none");
	return true;
}

static bool parse_created(struct manifest *manifest, const char *value)
{
	return time_parse(&manifest->created_at, value) == 0;
}

static bool write_created(struct text *text, const struct manifest *manifest)
{
	return manifest->created_at != TIME_NEVER && add_time(text, manifest->created_at);
}

static bool parse_expires(struct manifest *manifest, const char *value)
{
	return time_parse(&manifest->expires_at, value) == 0;
}

static bool write_expires(struct text *text, const struct manifest *manifest)
{
	return add_time(text, manifest->expires_at);
}

/* As ssh-keygen -l prints it: 32 bytes in base64 without padding, so that of the last character
 * four bits count and two are zero. */
static bool is_fingerprint(const char *fingerprint)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char prefix[] = "SHA256:";
	enum { PREFIX = sizeof prefix - 1, DIGITS = 43 };

	return strlen(fingerprint) == PREFIX + DIGITS && strncmp(fingerprint, prefix, PREFIX) == 0 &&
	       strspn(fingerprint + PREFIX, alphabet) == DIGITS &&
	       strchr("AEIMQUYcgkosw048", fingerprint[PREFIX + DIGITS - 1]);
}

static bool has_learner(const struct manifest *manifest)
{
	return manifest->learner[0] != '\0';
}

static bool parse_learner(struct manifest *manifest, const char *value)
{
	if (!is_fingerprint(value))
		return false;
	memcpy(manifest->learner, value, strlen(value) + 1);
	return true;
}

static bool write_learner(struct text *text, const struct manifest *manifest)
{
	text_add(text, manifest->learner);
	return is_fingerprint(manifest->learner);
}

static bool has_list(const struct manifest *manifest)
{
	return manifest->list_sha256[0] != '\0' || manifest->list_name;
}

static bool parse_list(struct manifest *manifest, const char *value)
{
	char id[MANIFEST_ID_SIZE];

	text_copy(id, sizeof id, value);
	if (!is_id(id) || value[MANIFEST_ID_SIZE - 1] != ' ')
		return false;
	memcpy(manifest->list_sha256, id, sizeof id);
	return take_word(&manifest->list_name, value + MANIFEST_ID_SIZE);
}

static bool write_list(struct text *text, const struct manifest *manifest)
{
	if (!add_id(text, manifest->list_sha256))
		return false;
	text_add_char(text, ' ');
	return add_word(text, manifest->list_name);
}

#define PLAIN_WORD "a word of 1 to 128 bytes of plain text"
#define PLAIN_TIME "a time in UTC such as 2026-11-22T01:00:00Z"

/* All lines in their order. Those without functions stand as they are; those that some
 * manifests have not say whether this one has. */
static const struct header_line {
	const char *prefix;
	const char *what, *form; /* "the what must be form" */
	bool (*parse)(struct manifest *manifest, const char *value);
	bool (*write)(struct text *text, const struct manifest *manifest);
	bool (*is_there)(const struct manifest *manifest);
} header_lines[] = {
	{"%%%% HASHDEEP-1.0", NULL, NULL, NULL, NULL, NULL},
	{"%%%% size,md5,sha256,filename", NULL, NULL, NULL, NULL, NULL},
	{"## pumpwatch-baseline 1", NULL, NULL, NULL, NULL, NULL},
	{"## site: ", "site", PLAIN_WORD, parse_site, write_site, NULL},
	{"## scope: ", "scope", "model or device, and " PLAIN_WORD, parse_scope, write_scope, NULL},
	{"## kind: ", "kind", "firmware, drug-library, config or other", parse_kind, write_kind, NULL},
	{"## release: ", "release", PLAIN_WORD, parse_release, write_release, NULL},
	{"## serial: ", "serial", "a whole number from 1", parse_serial, write_serial, NULL},
	{"## previous: ", "previous", "a manifest's id (64 lower-case digits), or none",
	 parse_previous, write_previous, NULL},
	{"## created: ", "created", PLAIN_TIME, parse_created, write_created, NULL},
	{"## expires: ", "expires", PLAIN_TIME ", or never", parse_expires, write_expires, NULL},
	{"## learner: ", "learner", "the fingerprint of a key (SHA256: and 43 characters of base64)",
	 parse_learner, write_learner, has_learner},
	{"## list: ", "list", "a SHA-256 (64 lower-case digits), and " PLAIN_WORD,
	 parse_list, write_list, has_list},
};
enum { HEADER_LINES = sizeof header_lines / sizeof header_lines[0] };

static int write_line(struct text *text, const struct header_line *line,
		      const struct manifest *manifest, struct error *e)
{
	text_add(text, line->prefix);
	if (line->write && !line->write(text, manifest))
		return error_set(e, ERROR_DATA, "the %s must be %s", line->what, line->form);
	return 0;
}

int manifest_header_write(struct text *text, const struct manifest *manifest, struct error *e)
{
	for (size_t i = 0; i < HEADER_LINES; i++) {
		if (header_lines[i].is_there && !header_lines[i].is_there(manifest))
			continue;
		if (write_line(text, &header_lines[i], manifest, e) < 0)
			return -1;
		text_add_char(text, '\n');
	}
	return 0;
}

/* Read one line, and hold it against what would be written for what was read. */
static int parse_line(struct manifest *manifest, const struct header_line *header,
		      const struct manifest_span *line, const struct manifest_reader *reader,
		      struct error *e)
{
	CLEANUP(text_clear) struct text again;
	size_t prefix = strlen(header->prefix);

	text_init(&again);
	if (!manifest_span_starts(line, header->prefix))
		return manifest_refuse(reader, e, "\"%s\" must stand here", header->prefix);
	if (header->parse) {
		CLEANUP(cleanup_free) char *value = strndup(line->bytes + prefix, line->length - prefix);
		if (!value)
			return error_memory(e);
		if (!header->parse(manifest, value))
			return manifest_refuse(reader, e, "the %s must be %s", header->what, header->form);
	}
	if (write_line(&again, header, manifest, NULL) == 0 && !again.failed &&
	    again.length == line->length && memcmp(again.data, line->bytes, line->length) == 0)
		return 0;
	if (!header->what)
		return manifest_refuse(reader, e, "nothing may follow \"%s\"", header->prefix);
	return manifest_refuse(reader, e, "the %s must be %s, written in just that form",
			       header->what, header->form);
}

int manifest_header_parse(struct manifest *manifest, struct manifest_reader *reader, struct error *e)
{
	for (size_t i = 0; i < HEADER_LINES; i++) {
		const struct manifest_reader before = *reader;
		struct manifest_span line;
		bool ended;
		int r = manifest_reader_next(reader, &line, &ended, e);
		if (r < 0)
			return -1;
		if (header_lines[i].is_there &&
		    (r == 0 || !manifest_span_starts(&line, header_lines[i].prefix))) {
			*reader = before;
			continue;
		}
		if (r == 0)
			return error_set(e, ERROR_DATA, "%s: ends before its line \"%s\"",
					 reader->name, header_lines[i].prefix);
		if (parse_line(manifest, &header_lines[i], &line, reader, e) < 0)
			return -1;
		if (!ended)
			return manifest_refuse(reader, e, "the line has no end");
	}
	return 0;
}
