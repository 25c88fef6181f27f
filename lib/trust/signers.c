#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"

#include "trust/internal.h"

static void signer_clear(struct trust_signer *signer)
{
	free(signer->principals);
	free(signer->namespaces);
	free(signer->key);
	*signer = (struct trust_signer){0};
}

void trust_signers_clear(struct trust_signers *signers)
{
	for (size_t i = 0; i < signers->count; i++)
		signer_clear(&signers->items[i]);
	free(signers->items);
	*signers = (struct trust_signers){0};
}

/* Take the first word off a line, in place: up to white space, or with a quote in it, up to
 * the next quote. OpenSSH asks for no space behind a quote, and knows no escape. */
static char *take_principals(char **line, struct error *e)
{
	char *start = *line;
	char *end = start + strcspn(start, " \t\r\n\"");

	if (*end == '"') {
		memmove(end, end + 1, strlen(end));
		end += strcspn(end, "\"");
		if (*end == '\0') {
			(void)error_set(e, ERROR_CONFIG, "the names lack their closing quote");
			return NULL;
		}
	}
	*line = end;
	if (*end != '\0') {
		*end = '\0';
		*line = end + 1 + strspn(end + 1, " \t\r\n");
	}
	return start;
}

static int check_principals(const char *principals, struct error *e)
{
	if (strlen(principals) > TRUST_PRINCIPALS_MAX)
		return error_set(e, ERROR_CONFIG, "the names are longer than %d bytes", TRUST_PRINCIPALS_MAX);
	for (const char *c = principals; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			return error_set(e, ERROR_CONFIG, "there is a control character in the names");
	if (!trust_patterns_name_somebody(principals))
		return error_set(e, ERROR_CONFIG, "the line names nobody");
	return 0;
}

/* Where the options of a line end: at white space outside of quotes. NULL when there is none. */
static char *options_end(char *text)
{
	bool quoted = false;

	for (; *text != '\0' && (quoted || (*text != ' ' && *text != '\t')); text++)
		if (text[0] == '\\' && text[1] == '"')
			text++;
		else if (*text == '"')
			quoted = !quoted;
	return *text != '\0' ? text : NULL;
}

static int take_options(struct trust_signer *signer, char **text, struct error *e)
{
	struct trust_options options;
	char *end = options_end(*text);

	/* Without a key behind them the options are looked at all the same, for better words. */
	if (end)
		*end = '\0';
	int r = trust_options_parse(&options, *text, e);
	signer->namespaces = options.namespaces;
	signer->valid_after = options.valid_after;
	signer->valid_before = options.valid_before;
	if (r < 0)
		return -1;
	if (!end)
		return error_set(e, ERROR_CONFIG, "there is no key behind the options");
	*text = end + 1 + strspn(end + 1, " \t");
	return 0;
}

static bool begins_with_key(const char *text)
{
	enum trust_key_type type;
	size_t length = strcspn(text, " \t");

	return trust_key_type_parse(&type, (struct trust_span){(const uint8_t *)text, length});
}

/* Read the options and the key of a line. */
static int take_key(struct trust_signer *signer, char *text, struct error *e)
{
	signer->valid_before = TIME_NEVER;
	if (text[strspn(text, " \t\r\n")] == '\0')
		return error_set(e, ERROR_CONFIG, "there is no key behind the names");
	if (!begins_with_key(text) && take_options(signer, &text, e) < 0)
		return -1;
	const char *rest = text;
	if (trust_key_text_parse(&signer->type, &signer->key, &signer->key_length, &rest, e) < 0)
		return -1;
	struct trust_span wire = {signer->key, signer->key_length};
	return trust_key_fingerprint(signer->fingerprint, wire, e);
}

/* Read one line, which is changed by it. Returns 1 for a signer, 0 for none, or -1. */
static int parse_line(struct trust_signer *signer, char *line, struct error *e)
{
	line += strspn(line, " \t");
	if (*line == '#' || line[strspn(line, " \t\r\n")] == '\0')
		return 0;
	const char *principals = take_principals(&line, e);
	if (!principals || check_principals(principals, e) < 0)
		return -1;
	signer->principals = strdup(principals);
	if (!signer->principals)
		return error_memory(e);
	return take_key(signer, line, e) < 0 ? -1 : 1;
}

static int add_line(struct trust_signers *signers, const char *line, size_t length, unsigned number,
		    struct error *e)
{
	CLEANUP(signer_clear) struct trust_signer signer = {.line = number};

	if (length > TRUST_SIGNERS_LINE_MAX)
		return error_set(e, ERROR_CONFIG, "longer than %d bytes", TRUST_SIGNERS_LINE_MAX);
	if (memchr(line, '\0', length))
		return error_set(e, ERROR_CONFIG, "there is a NUL in the line: this is not text");
	CLEANUP(cleanup_free) char *copy = strndup(line, length);
	if (!copy)
		return error_memory(e);
	int r = parse_line(&signer, copy, e);
	if (r <= 0)
		return r;
	if (signers->count == TRUST_SIGNERS_MAX)
		return error_set(e, ERROR_CONFIG, "more than %d signers", TRUST_SIGNERS_MAX);
	if (ARRAY_APPEND(signers->items, signers->count, signer) < 0)
		return error_memory(e);
	signer = (struct trust_signer){0};
	return 0;
}

static int parse_lines(struct trust_signers *signers, const char *name, const char *bytes, size_t length,
		       struct error *e)
{
	const char *end = bytes + length;
	unsigned number = 1;

	for (const char *at = bytes; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = (size_t)((newline ? newline : end) - at);
		if (add_line(signers, at, line, number, e) < 0) {
			if (e && e->code == ERROR_DATA)
				e->code = ERROR_CONFIG; /* a key is a file's fault here */
			return error_prefix(e, "%s:%u", name, number);
		}
		at += line + (newline ? 1 : 0);
	}
	return 0;
}

int trust_signers_parse(struct trust_signers *ret_signers, const char *name, const char *bytes,
			size_t length, struct error *e)
{
	static const char byte_order_mark[] = "\xEF\xBB\xBF";
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};

	if (length > TRUST_SIGNERS_BYTES_MAX)
		return error_set(e, ERROR_CONFIG, "%s: larger than %d bytes", name, TRUST_SIGNERS_BYTES_MAX);
	if (length >= 3 && memcmp(bytes, byte_order_mark, 3) == 0)
		return error_set(e, ERROR_CONFIG, "%s: begins with a byte order mark, which OpenSSH takes for a "
				 "part of the first name", name);
	if (parse_lines(&signers, name, bytes, length, e) < 0)
		return -1;
	*ret_signers = signers;
	signers = (struct trust_signers){0};
	return 0;
}
