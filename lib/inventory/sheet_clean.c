#include <string.h>

#include "base/text.h"
#include "inventory/sheet_internal.h"

#define DIGITS "0123456789"

bool sheet_is_filler(const char *words)
{
	static const char *const fillers[] = {"n/a", "na", "none", "null", "nil", "unknown", "tbd", "not applicable",
					      "not available"};

	if (words[strspn(words, "-_.?/\\ ")] == '\0')
		return true;
	for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
		if (inventory_model_same(words, fillers[i]))
			return true;
	return false;
}

/* Spaces of every kind that exports leave around a value. */
static size_t space_at(const char *bytes)
{
	static const char *const spaces[] = {" ", "\t", "\r", "\n", "\xC2\xA0", "\xE2\x80\x8B", "\xEF\xBB\xBF"};

	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
		if (strncmp(bytes, spaces[i], strlen(spaces[i])) == 0)
			return strlen(spaces[i]);
	return 0;
}

struct sheet_shown sheet_show(const char *value)
{
	struct sheet_shown shown = {0};

	text_copy(shown.text, sizeof shown.text, value);
	return shown;
}

void sheet_trim(char *value)
{
	size_t start = 0, n;

	while ((n = space_at(value + start)))
		start += n;
	size_t length = strlen(value + start);
	memmove(value, value + start, length + 1);
	for (size_t back = 1; back <= 3 && back <= length;) {
		if (space_at(value + length - back) != back) {
			back++;
			continue;
		}
		length -= back;
		value[length] = '\0';
		back = 1;
	}
}

void sheet_unwrap(char *value)
{
	size_t length = strlen(value);

	if (length < 3 || strncmp(value, "=\"", 2) != 0 || value[length - 1] != '"' ||
	    memchr(value + 2, '"', length - 3))
		return;
	memmove(value, value + 2, length - 3);
	value[length - 3] = '\0';
}

/* Characters that make a spreadsheet program see a formula; the wide ones do, too, in some. */
static bool is_formula(const char *value)
{
	static const char *const starts[] = {"=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (strncmp(value, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

bool sheet_is_rounded(const char *value)
{
	size_t n = strspn(value, DIGITS);

	if (n == 0)
		return false;
	if (value[n] == '.' || value[n] == ',')
		n += 1 + strspn(value + n + 1, DIGITS);
	return (value[n] == 'E' || value[n] == 'e') && value[n + 1] == '+' && value[n + 2] &&
	       value[n + 2 + strspn(value + n + 2, DIGITS)] == '\0';
}

static bool is_special(const char *value)
{
	return is_formula(value) || value[0] == '\'' || sheet_is_filler(value) || sheet_is_rounded(value) ||
	       strcmp(value, SHEET_CLEAR) == 0;
}

bool sheet_drop_apostrophe(char *value)
{
	if (value[0] != '\'' || value[1] == '\0' || (!is_special(value + 1) && !strchr(DIGITS, value[1])))
		return false;
	memmove(value, value + 1, strlen(value));
	return true;
}

void sheet_join_lines(char *value)
{
	char *to = value;

	for (const char *from = value; *from; from++) {
		if (!strchr("\t\r\n", *from))
			*to++ = *from;
		else if (to > value && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
}

bool sheet_has_controls(const char *value)
{
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F || ((unsigned char)*c == 0xC2 && (unsigned char)c[1] < 0xA0))
			return true;
	return false;
}

/* ---- writing ---- */

static void write_cell(struct text *text, const char *value)
{
	const char *apostrophe = value && *value && is_special(value) ? "'" : "";

	if (!value)
		return;
	if (!strpbrk(value, ",\"\r\n;\t|") && value[0] != ' ') {
		text_addf(text, "%s%s", apostrophe, value);
		return;
	}
	text_addf(text, "\"%s", apostrophe);
	for (const char *c = value; *c; c++)
		text_add(text, *c == '"' ? "\"\"" : (char[]){*c, '\0'});
	text_add_char(text, '"');
}

void sheet_write_heading(struct text *text)
{
	for (int field = 0; field < SHEET_STORED; field++)
		text_addf(text, "%s%s", field ? "," : "", sheet_field_name((enum sheet_field)field));
	text_add(text, "\r\n");
}

void sheet_write_device(struct text *text, const struct inventory_device *device)
{
	const char *const values[SHEET_STORED] = {
		[SHEET_ASSET] = device->asset, [SHEET_SERIAL] = device->serial, [SHEET_MAC] = device->mac,
		[SHEET_MODEL] = device->model, [SHEET_NAME] = device->name,
		[SHEET_DEPARTMENT] = device->department, [SHEET_LINK] = device->link,
		[SHEET_CREDENTIAL] = device->credential, [SHEET_PIN] = device->pins,
		[SHEET_STATE] = inventory_state_name(device->state),
	};

	for (int field = 0; field < SHEET_STORED; field++) {
		if (field)
			text_add_char(text, ',');
		write_cell(text, values[field]);
	}
	text_add(text, "\r\n");
}
