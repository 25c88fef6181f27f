#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void text_init(struct text *text)
{
	*text = (struct text){0};
}

void text_clear(struct text *text)
{
	free(text->data);
	text_init(text);
}

static bool reserve(struct text *text, size_t more)
{
	if (text->failed || more > (size_t)-1 / 2 - text->length - 1) {
		text->failed = true;
		return false;
	}
	size_t need = text->length + more + 1;
	if (text->data && need <= text->capacity)
		return true;
	size_t capacity = text->capacity ? text->capacity : 64;
	while (capacity < need)
		capacity *= 2;
	char *data = realloc(text->data, capacity);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->capacity = capacity;
	return true;
}

void text_add_bytes(struct text *text, const void *bytes, size_t length)
{
	if (!reserve(text, length))
		return;
	if (length > 0)
		memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char c)
{
	text_add_bytes(text, &c, 1);
}

void text_addv(struct text *text, const char *format, va_list arguments)
{
	va_list again;

	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	if (length < 0)
		text->failed = true;
	else if (reserve(text, (size_t)length)) {
		(void)vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
		text->length += (size_t)length;
	}
	va_end(again);
}

void text_addf(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_addv(text, format, arguments);
	va_end(arguments);
}

void text_cut(struct text *text, size_t length)
{
	if (length >= text->length)
		return;
	text->length = length;
	text->data[length] = '\0';
}

char *text_take(struct text *text)
{
	if (!text->data)
		text_add_bytes(text, "", 0);
	char *data = text->failed ? NULL : text->data;
	if (!data)
		free(text->data);
	text_init(text);
	return data;
}

void text_trim(char *string)
{
	size_t end = strlen(string);
	size_t lead = end;

	while (lead > 0 && ((unsigned char)string[lead - 1] & 0xC0) == 0x80)
		lead--;
	if (lead == 0)
		return;
	unsigned char byte = (unsigned char)string[lead - 1];
	size_t need = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
	if (end - (lead - 1) < need)
		string[lead - 1] = '\0';
}

void text_copy(char *ret_copy, size_t size, const char *string)
{
	size_t length = strnlen(string, size - 1);

	memcpy(ret_copy, string, length);
	ret_copy[length] = '\0';
	if (string[length] != '\0')
		text_trim(ret_copy);
}
