#include <stdio.h>
#include <string.h>

#include "inventory/inventory.h"

enum { NAME_MAX = 96, NEAR = 2 };

/* The next letter of a model's name as it counts: lower case, "+" spelt out; NUL at the end.
 * spelt is how much of a "plus" was given already. */
static char next_letter(const char **name, size_t *spelt)
{
	static const char plus[] = "plus";

	for (; **name; (*name)++) {
		char c = **name;
		if (c == '+') {
			char letter = plus[(*spelt)++];
			if (*spelt == sizeof plus - 1) {
				*spelt = 0;
				(*name)++;
			}
			return letter;
		}
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80) {
			(*name)++;
			return c;
		}
	}
	return '\0';
}

bool inventory_model_same(const char *a, const char *b)
{
	size_t a_spelt = 0;
	size_t b_spelt = 0;
	char letter;

	do {
		letter = next_letter(&a, &a_spelt);
		if (letter != next_letter(&b, &b_spelt))
			return false;
	} while (letter);
	return true;
}

/* A name as it counts, cut at NAME_MAX. */
static size_t plain(char ret_plain[static NAME_MAX + 1], const char *name)
{
	size_t spelt = 0, length = 0;
	char letter;

	while (length < NAME_MAX && (letter = next_letter(&name, &spelt)))
		ret_plain[length++] = letter;
	ret_plain[length] = '\0';
	return length;
}

/* Whether a is the beginning of b, as names count, or b of a: "Hospira" and "Hospira Inc.". */
static bool begins_alike(const char *a, const char *b)
{
	char plain_a[NAME_MAX + 1], plain_b[NAME_MAX + 1];
	size_t a_length = plain(plain_a, a);
	size_t b_length = plain(plain_b, b);

	return strncmp(plain_a, plain_b, a_length < b_length ? a_length : b_length) == 0;
}

/* Whether maker and words together are name. */
static bool is_joined(const char *maker, const char *words, const char *name)
{
	char joined[2 * NAME_MAX + 2];

	int length = maker && name ? snprintf(joined, sizeof joined, "%s %s", maker, words) : -1;
	return length > 0 && (size_t)length < sizeof joined && inventory_model_same(joined, name);
}

static bool is_called(const struct inventory_model *model, const char *maker, const char *words)
{
	if (inventory_model_same(model->name, words) || (model->title && inventory_model_same(model->title, words)) ||
	    is_joined(maker, words, model->name) || is_joined(maker, words, model->title))
		return true;
	/* The maker is left out, or written otherwise: "Plum A+" of "Hospira, Inc.". */
	if (maker && (!model->manufacturer || !begins_alike(maker, model->manufacturer)))
		return false;
	return is_joined(model->manufacturer, words, model->title) || is_joined(model->manufacturer, words, model->name);
}

const struct inventory_model *inventory_model_find(const struct inventory_model *models, size_t count,
						   const char *maker, const char *words)
{
	const struct inventory_model *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (inventory_model_same(models[i].name, words))
			return &models[i];
		if (!is_called(&models[i], maker, words))
			continue;
		if (found)
			return NULL; /* two profiles answer to it */
		found = &models[i];
	}
	return found;
}

/* How many letters must be changed, added or dropped (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX + 1];
	size_t length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0];
		row[0] = i + 1;
		for (size_t j = 1; j <= length; j++) {
			size_t changed = corner + (a[i] != b[j - 1]);
			size_t shorter = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			corner = row[j];
			row[j] = changed < shorter ? changed : shorter;
		}
	}
	return row[length];
}

/* How far words are from a name; one within the other is far, but not too far. */
static size_t unlikeness(const char *words, const char *name)
{
	char plain_words[NAME_MAX + 1], plain_name[NAME_MAX + 1];
	size_t words_length = plain(plain_words, words);
	size_t name_length = plain(plain_name, name);
	size_t far = distance(plain_words, plain_name);

	if (far <= NEAR && far < words_length)
		return far;
	if (words_length >= 4 && name_length >= 4 && (strstr(plain_words, plain_name) || strstr(plain_name, plain_words)))
		return NEAR + 1;
	return NEAR + 2;
}

/* The title without its maker's name: what is left of "Hospira Plum A+". */
static const char *short_title(const struct inventory_model *model)
{
	size_t length = model->manufacturer ? strlen(model->manufacturer) : 0;

	if (length > 0 && strncmp(model->title, model->manufacturer, length) == 0 && model->title[length] == ' ')
		return model->title + length + 1;
	return model->title;
}

const struct inventory_model *inventory_model_near(const struct inventory_model *models, size_t count,
						   const char *words)
{
	const struct inventory_model *near = NULL;
	size_t least = NEAR + 2;

	for (size_t i = 0; i < count; i++) {
		const char *const names[] = {models[i].name, models[i].title, models[i].title ? short_title(&models[i]) : NULL};
		for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
			size_t far = names[k] ? unlikeness(words, names[k]) : least;
			if (far >= least)
				continue;
			least = far;
			near = &models[i];
		}
	}
	return near;
}
