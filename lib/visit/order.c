#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "visit/visit.h"

const struct visit_limits visit_limits_default = {
	.connect_ms = 10000,
	.idle_ms = 30000,
	.total_seconds = 3600,
	.file_bytes = UINT64_C(1) << 30,
	.visit_bytes = UINT64_C(4) << 30,
	.rate = 0,
	.entries = 20000,
	.depth = 8,
};

int visit_paths_add(struct visit_paths *paths, const char *path)
{
	char *copy = strdup(path);

	if (!copy || ARRAY_APPEND(paths->items, paths->count, copy) < 0) {
		free(copy);
		return -ENOMEM;
	}
	return 0;
}

void visit_paths_clear(struct visit_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i]);
	free(paths->items);
	*paths = (struct visit_paths){0};
}

void visit_order_clear(struct visit_order *order)
{
	free(order->asset);
	visit_address_clear(&order->address);
	free(order->user);
	free(order->pins);
	free(order->identity.path);
	free(order->identity.pattern);
	free(order->identity.serial);
	for (size_t i = 0; i < order->selector_count; i++)
		free(order->selectors[i].pattern);
	free(order->selectors);
	visit_paths_clear(&order->names);
	visit_paths_clear(&order->only);
	*order = (struct visit_order){0};
}

static void overwrite(char **string)
{
	if (*string)
		explicit_bzero(*string, strlen(*string));
	free(*string);
	*string = NULL;
}

void visit_secret_clear(struct visit_secret *secret)
{
	overwrite(&secret->password);
	overwrite(&secret->private_key);
	overwrite(&secret->passphrase);
}
