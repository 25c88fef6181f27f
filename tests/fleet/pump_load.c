#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"

#include "pump.h"

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct pump_file *)a)->path, ((const struct pump_file *)b)->path);
}

static int add(struct pump_files *files, const FTSENT *entry, size_t root_length, struct error *e)
{
	struct pump_file file = {.modified = entry->fts_statp->st_mtime};

	file.content = content_new_file(entry->fts_accpath, e);
	if (!file.content)
		return -1;
	file.path = strdup(entry->fts_path + root_length + 1);
	if (!file.path || ARRAY_APPEND(files->items, files->count, file) < 0) {
		free(file.path);
		content_release(file.content);
		return error_memory(e);
	}
	return 0;
}

static void cleanup_fts(FTS **tree)
{
	if (*tree)
		(void)fts_close(*tree); /* only read */
}

int pump_files_load(struct pump_files *ret_files, const char *folder, struct error *e)
{
	char *paths[] = {(char *)(uintptr_t)folder, NULL}; /* only read */
	CLEANUP(cleanup_fts) FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	struct pump_files files = {0};
	FTSENT *entry;

	if (!tree)
		return error_set(e, ERROR_DATA, "%s: %s", folder, strerror(errno));
	while ((errno = 0, entry = fts_read(tree)) != NULL) {
		if (entry->fts_info == FTS_F && add(&files, entry, strlen(folder), e) < 0) {
			pump_files_clear(&files);
			return -1;
		}
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
		    entry->fts_info == FTS_NS) {
			pump_files_clear(&files);
			return error_set(e, ERROR_DATA, "%s: %s", entry->fts_path,
					 strerror(entry->fts_errno));
		}
	}
	if (files.count > 0)
		qsort(files.items, files.count, sizeof *files.items, by_path);
	*ret_files = files;
	return 0;
}
