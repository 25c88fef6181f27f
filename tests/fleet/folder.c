#include <stdio.h>
#include <string.h>
#include <time.h>

#include "session.h"

/* One name of a folder. */
struct row {
	char name[SESSION_PATH_MAX];
	bool folder;
	uint64_t size;
	struct tm modified;
};

/* As small servers have it: a total and an empty line before, no names of owners, days with
 * zeros, years for times, uneven gaps, and no line end after the last. */
static void write_odd(struct text *text, const struct row *row)
{
	char date[32];

	if (text->length == 0)
		text_add(text, "total 5\r\n\r\n");
	else
		text_add(text, "\r\n");
	(void)strftime(date, sizeof date, "%b %d  %Y", &row->modified);
	text_addf(text, "%crwxrwxrwx  1 0  0 %11llu %s %s", row->folder ? 'd' : '-',
		  (unsigned long long)row->size, date, row->name);
}

static void write_unix(struct text *text, const struct row *row)
{
	char date[32];

	(void)strftime(date, sizeof date, "%b %e  %Y", &row->modified);
	text_addf(text, "%s   1 root     root     %10llu %s %s\r\n",
		  row->folder ? "drwxr-xr-x" : "-rw-r--r--", (unsigned long long)row->size, date,
		  row->name);
}

static void write_dos(struct text *text, const struct row *row)
{
	char date[32];

	(void)strftime(date, sizeof date, "%I:%M%p", &row->modified);
	text_addf(text, "%02d-%02d-%02d  %s ", row->modified.tm_mon + 1, row->modified.tm_mday,
		  row->modified.tm_year % 100, date);
	if (row->folder)
		text_addf(text, "      <DIR>          %s\r\n", row->name);
	else
		text_addf(text, "%20llu %s\r\n", (unsigned long long)row->size, row->name);
}

static void write_vxworks(struct text *text, const struct row *row)
{
	char date[32];

	if (text->length == 0)
		text_add(text, "  size          date       time       name\r\n"
			       "--------       ------     ------    --------\r\n");
	(void)strftime(date, sizeof date, "%b-%d-%Y  %H:%M:%S", &row->modified);
	text_addf(text, "%8llu    %s   %s%s\r\n", (unsigned long long)row->size, date, row->name,
		  row->folder ? "    <DIR>" : "");
}

static void write_row(struct text *text, enum pump_listing listing, const struct row *row)
{
	switch (listing) {
	case PUMP_LISTING_UNIX:
		write_unix(text, row);
		break;
	case PUMP_LISTING_DOS:
		write_dos(text, row);
		break;
	case PUMP_LISTING_VXWORKS:
		write_vxworks(text, row);
		break;
	case PUMP_LISTING_ODD:
	case PUMP_LISTING_ENDLESS:
	case PUMP_LISTING_GARBAGE:
	case PUMP_LISTING_COUNT:
		write_odd(text, row);
		break;
	}
}

/* Give each name in the folder (or the one file) at path to write. */
static void each(struct text *text, struct pump *pump, const char *path,
		 void (*write)(struct text *text, enum pump_listing listing, const struct row *row))
{
	size_t length = strlen(path);
	char last[SESSION_PATH_MAX] = "";

	for (size_t i = 0; i < pump->files.count; i++) {
		const struct pump_file *file = &pump->files.items[i];
		const char *name = file->path;
		struct row row = {.size = pump_file_size(file)};
		if (strcmp(name, path) == 0) {
			const char *slash = strrchr(name, '/');
			name = slash ? slash + 1 : name;
		} else if (length > 0) {
			if (strncmp(name, path, length) != 0 || name[length] != '/')
				continue;
			name += length + 1;
		}
		const char *end = strchrnul(name, '/');
		row.folder = *end == '/';
		(void)snprintf(row.name, sizeof row.name, "%.*s", (int)(end - name), name);
		/* Sorted by path, the files of a folder come one after the other. */
		if (row.folder && strcmp(row.name, last) == 0)
			continue;
		if (row.folder) {
			memcpy(last, row.name, sizeof last);
			row.size = 512;
		}
		time_t modified = file->modified;
		(void)gmtime_r(&modified, &row.modified); /* such years fit */
		write(text, pump->faults.listing, &row);
	}
}

void folder_list(struct text *text, struct pump *pump, const char *path)
{
	each(text, pump, path, write_row);
}

static void write_name(struct text *text, enum pump_listing listing, const struct row *row)
{
	(void)listing; /* names have one shape */
	text_addf(text, "%s\r\n", row->name);
}

void folder_names(struct text *text, struct pump *pump, const char *path)
{
	each(text, pump, path, write_name);
}

void folder_garbage(struct text *text, unsigned number)
{
	uint32_t state = 2463534242U ^ number;

	for (int i = 0; i < 4096; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		text_add_char(text, (char)(i % 80 == 79 ? '\n' : (int)(state & 0xFF)));
	}
}

void folder_endless(struct text *text, uint64_t number)
{
	text_addf(text, "-rwxrwxrwx  1 0  0        1024 Jan 01  1980 FILE%llu.BIN\r\n",
		  (unsigned long long)number);
}
