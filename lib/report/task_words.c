#include <ctype.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/time.h"
#include "report/tasks.h"

void task_add_name(struct text *text, const char *raw)
{
	CLEANUP(cleanup_free) char *escaped = escape_string(ESCAPE_DISPLAY, raw);

	if (!escaped) {
		text->failed = true;
		return;
	}
	bool cut = strlen(escaped) > TASK_PATH_MAX;
	if (cut) {
		escaped[TASK_PATH_MAX] = '\0';
		text_trim(escaped);
	}
	text_addf(text, "%s%s", escaped, cut ? "..." : "");
}

void task_add_words(struct text *text, const char *words)
{
	for (const char *part = words; *part;) {
		size_t length = strcspn(part, "%");
		escape_add(text, ESCAPE_DISPLAY, part, length);
		part += length;
		if (*part == '%') {
			text_add_char(text, '%');
			part++;
		}
	}
}

void task_add_device(struct text *text, const char *asset, const struct report_device *device)
{
	const char *name = device ? device->device.name : NULL;
	const char *department = device ? device->device.department : NULL;

	task_add_name(text, asset ? asset : "a device");
	if (!name && !department)
		return;
	text_add(text, " (");
	if (name)
		task_add_name(text, name);
	if (name && department)
		text_add(text, ", ");
	if (department)
		task_add_name(text, department);
	text_add(text, ")");
}

void task_add_time(struct text *text, int64_t at)
{
	time_t seconds = (time_t)(at / TIME_SECOND);
	char buffer[32];
	struct tm tm;

	if (at == TIME_NEVER || !localtime_r(&seconds, &tm) || strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M", &tm) == 0)
		text_add(text, "an unknown time");
	else
		text_add(text, buffer);
}

const char *task_kind_words(enum visit_kind kind)
{
	static const char *const words[] = {"firmware", "drug library", "configuration", "other files"};

	return kind < VISIT_KIND_COUNT ? words[kind] : "files";
}

/* Letters beyond ASCII mean nothing to a shell, nor does what a name of a ward has in it. */
static bool is_plain(const char *raw)
{
	for (const char *c = raw; *c; c++)
		if (!isalnum((unsigned char)*c) && !((unsigned char)*c & 0x80) && !strchr(" ._-+/:()#&", *c))
			return false;
	return true;
}

bool task_add_argument(struct text *text, const char *option, const char *raw)
{
	CLEANUP(cleanup_free) char *escaped = escape_string(ESCAPE_DISPLAY, raw);

	if (!escaped) {
		text->failed = true;
		return false;
	}
	if (strcmp(escaped, raw) != 0 || !is_plain(raw) || *raw == '\0' || *raw == '-')
		return false;
	if (strpbrk(raw, " ()#&:"))
		text_addf(text, " %s '%s'", option, raw);
	else
		text_addf(text, " %s %s", option, raw);
	return true;
}

void task_add_release(struct text *text, const char *scope, enum visit_kind kind, const char *release)
{
	task_add_name(text, scope ? scope : "an unknown model");
	text_addf(text, ", %s ", task_kind_words(kind));
	task_add_name(text, release ? release : "of an unknown release");
}
