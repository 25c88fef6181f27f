#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/import.h"
#include "file/file.h"
#include "inventory/sheet.h"

int cli_export(const struct cli *cli, const struct store_devices *devices, const char *path)
{
	CLEANUP(text_clear) struct text text = {0};
	struct error e;

	sheet_write_heading(&text);
	for (size_t i = 0; i < devices->count; i++)
		sheet_write_device(&text, &devices->items[i].device);
	if (text.failed) {
		error_memory(&e);
		return cli_fail(cli, &e);
	}
	if (!path) {
		(void)fwrite(text.data, 1, text.length, stdout); /* whether it was written shows at the end */
		return 0;
	}
	if (file_write(path, text.data, text.length, 0644, &e) < 0)
		return cli_fail(cli, &e);
	if (!cli->quiet)
		printf("%zu %s written to %s.\n", devices->count, devices->count == 1 ? "device was" : "devices were", path);
	return 0;
}
