#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "credential/internal.h"

/* One "key = value" line, pointing into the file. */
struct line {
	const char *key;
	size_t key_length;
	const char *value;
	size_t value_length;
};

static void overwrite(char **string)
{
	if (*string)
		explicit_bzero(*string, strlen(*string));
	free(*string);
	*string = NULL;
}

/* Split a line. What stands in it is never quoted: a forgotten "password =" would show it. */
static bool split(struct line *ret_line, const char *start, size_t length)
{
	const char *equals = memchr(start, '=', length);

	if (!equals)
		return false;
	ret_line->key = start;
	ret_line->key_length = (size_t)(equals - start);
	while (ret_line->key_length > 0 && start[ret_line->key_length - 1] == ' ')
		ret_line->key_length--;
	ret_line->value = equals + 1;
	ret_line->value_length = length - (size_t)(equals + 1 - start);
	if (ret_line->value_length > 0 && *ret_line->value == ' ') {
		ret_line->value++;
		ret_line->value_length--;
	}
	return true;
}

static bool has_control(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)bytes[i] < 0x20 && bytes[i] != '\t') || bytes[i] == 0x7F)
			return true;
	return false;
}

/* The place for a key's value, or NULL for an unknown key. */
static char **place_of(const struct line *line, char **user, struct visit_secret *secret)
{
	const struct {
		const char *key;
		char **place;
	} places[] = {
		{"user", user}, {"password", &secret->password}, {"passphrase", &secret->passphrase},
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (strlen(places[i].key) == line->key_length &&
		    strncmp(places[i].key, line->key, line->key_length) == 0)
			return places[i].place;
	return NULL;
}

static int take_line(const char *start, size_t length, char **user, struct visit_secret *secret,
		     struct error *e)
{
	struct line line;

	if (length > 0 && start[length - 1] == '\r')
		length--;
	if (length == 0 || *start == '#')
		return 0;
	char **place = split(&line, start, length) ? place_of(&line, user, secret) : NULL;
	if (!place)
		return error_set(e, ERROR_CONFIG,
				 "a line is \"user = …\", \"password = …\", \"passphrase = …\" or a comment (# …)");
	if (*place)
		return error_set(e, ERROR_CONFIG, "this is given twice");
	if (has_control(line.value, line.value_length))
		return error_set(e, ERROR_CONFIG, "the value has a control character");
	if (line.value_length > CREDENTIAL_WORD_MAX)
		return error_set(e, ERROR_CONFIG, "the value is longer than %d bytes", CREDENTIAL_WORD_MAX);
	*place = strndup(line.value, line.value_length);
	return *place ? 0 : error_memory(e);
}

int credential_parse(const char *path, const char *bytes, size_t length, char **ret_user,
		     struct visit_secret *ret_secret, struct error *e)
{
	CLEANUP(overwrite) char *user = NULL;
	CLEANUP(visit_secret_clear) struct visit_secret secret = {0};
	const char *end = bytes + length;
	const char *at = bytes;
	int number = 1;

	if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
		at += 3; /* an editor's byte order mark */
	for (; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = (size_t)((newline ? newline : end) - at);
		if (take_line(at, line, &user, &secret, e) < 0)
			return error_prefix(e, "%s:%d", path, number);
		at += line + (newline ? 1 : 0);
	}
	if (!user || *user == '\0')
		return error_set(e, ERROR_CONFIG, "%s: the line \"user = …\" is missing", path);
	*ret_user = TAKE(user);
	*ret_secret = secret;
	secret = (struct visit_secret){0};
	return 0;
}
