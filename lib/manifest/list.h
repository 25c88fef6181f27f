#pragma once
/* Lists of digests by other tools, line by line. */
#include "manifest/internal.h"

enum { LIST_COLUMNS_MAX = 8 };

enum list_column {
	LIST_SIZE,
	LIST_MD5,
	LIST_SHA256,
	LIST_IGNORED,
	LIST_FILENAME,
};

struct list {
	enum manifest_list_format format; /* GUESS until the first line that tells */
	enum list_column columns[LIST_COLUMNS_MAX]; /* hashdeep's, file name last */
	size_t column_count;
	bool escaped; /* a manifest of our own: paths have %XX */
	struct manifest_reader reader;
};

/* Read one line of each format into file. Returns 1 with a file, 0 when the line holds none,
 * or -1. The path is checked and without its leading "./" or "/". */
int list_read_hashdeep(struct list *list, const struct manifest_span *line,
		       struct manifest_file *file, struct error *e);
int list_read_gnu(struct list *list, const struct manifest_span *line,
		  struct manifest_file *file, struct error *e);
int list_read_bsd(struct list *list, const struct manifest_span *line,
		  struct manifest_file *file, struct error *e);

/* The format that a line looks like, or MANIFEST_LIST_GUESS. */
enum manifest_list_format list_guess(const struct manifest_span *line);

/* Give file a copy of a path as it stands in a list. */
int list_set_path(const struct list *list, struct manifest_file *file,
		  const struct manifest_span *path, struct error *e);
