#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "cli/bench.h"

/* The asset that stands in an order for a pump of which none is known. */
static const char unknown_asset[] = "bench";

/* ---- the link ---- */

/* A folder as a file: link, absolute, with what a link cannot hold as %XX. */
static char *link_of_folder(const char *folder)
{
	static const char odd[] = "%?#";
	CLEANUP(cleanup_free) char *path = realpath(folder, NULL);
	struct text link;

	if (!path)
		return NULL;
	text_init(&link);
	text_add(&link, "file://");
	for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
		if (*c <= ' ' || *c == 0x7F || strchr(odd, *c))
			text_addf(&link, "%%%02X", *c);
		else
			text_add_char(&link, (char)*c);
	}
	return text_take(&link);
}

static int find_link(struct inventory_device *device, struct error *e)
{
	CLEANUP(cleanup_free) char *link = NULL;

	if (!device->link || strstr(device->link, "://"))
		return 0;
	link = link_of_folder(device->link);
	if (!link && errno == ENOENT)
		return error_set(e, ERROR_USAGE, "there is no folder \"%s\": --link wants a folder, or a link such as "
						 "ftp://192.0.2.10/", device->link);
	if (!link)
		return error_set(e, ERROR_UNAVAILABLE, "%s: %s", device->link, strerror(errno));
	return inventory_device_set(device, "link", link, e);
}

static bool same_place(const char *a, const char *b)
{
	CLEANUP(visit_address_clear) struct visit_address one = {0};
	CLEANUP(visit_address_clear) struct visit_address other = {0};

	if (!a || !b || visit_address_parse(&one, a, NULL) < 0 || visit_address_parse(&other, b, NULL) < 0)
		return false;
	return one.scheme == other.scheme && one.port == other.port && strcmp(one.root, other.root) == 0 &&
	       (one.host == other.host || (one.host && other.host && strcasecmp(one.host, other.host) == 0));
}

static bool same_serial(const struct inventory_device *a, const struct inventory_device *b)
{
	return a->serial && b->serial && strcmp(a->serial, b->serial) == 0 &&
	       (!a->model || inventory_model_same(a->model, b->model));
}

/* ---- what is enrolled ---- */

static int take(struct inventory_device *device, const char *field, const char *given, const char *known,
		struct error *e)
{
	return given || !known ? 0 : inventory_device_set(device, field, known, e);
}

/* What was not said is as enrolled. A folder is opened by nobody's key. */
static int take_enrolled(struct bench *bench, const struct inventory_device *known, struct error *e)
{
	struct inventory_device *device = &bench->device;

	if (device->model && !inventory_model_same(device->model, known->model))
		return error_set(e, ERROR_USAGE, "%s is enrolled as %s, not as %s", known->asset, known->model,
				 device->model);
	if (device->serial && known->serial && strcmp(device->serial, known->serial) != 0)
		return error_set(e, ERROR_USAGE, "%s is enrolled with the serial %s, not %s", known->asset, known->serial,
				 device->serial);
	if (take(device, "model", device->model, known->model, e) < 0 ||
	    take(device, "link", device->link, known->link, e) < 0 ||
	    take(device, "serial", device->serial, known->serial, e) < 0)
		return -1;
	bool is_folder = strncmp(device->link, "file:", 5) == 0;
	if (!is_folder && !bench->pin_seen && (take(device, "credential", device->credential, known->credential, e) < 0 ||
			   take(device, "pin", device->pins, known->pins, e) < 0))
		return -1;
	free(device->asset);
	device->asset = strdup(known->asset);
	bench->has_asset = bench->enrolled = true;
	return device->asset ? 0 : error_memory(e);
}

static const struct inventory_device *find(const struct store_devices *devices, const struct inventory_device *like,
					   bool (*is_like)(const struct inventory_device *, const struct inventory_device *))
{
	for (size_t i = 0; i < devices->count; i++)
		if (devices->items[i].device.state != INVENTORY_RETIRED && is_like(like, &devices->items[i].device))
			return &devices->items[i].device;
	return NULL;
}

static bool has_asset(const struct inventory_device *like, const struct inventory_device *device)
{
	return like->asset && strcmp(like->asset, device->asset) == 0;
}

static bool has_link(const struct inventory_device *like, const struct inventory_device *device)
{
	return same_place(like->link, device->link);
}

static int note_lease(struct bench *bench, const struct inventory_device *device, struct error *e)
{
	free(bench->lease);
	bench->lease = device ? strdup(device->asset) : NULL;
	return device && !bench->lease ? error_memory(e) : 0;
}

static int find_enrolled(struct bench *bench, struct error *e)
{
	CLEANUP(store_devices_clear) struct store_devices devices = {0};
	struct inventory_device *device = &bench->device;

	if (store_devices_list(bench->cli->store, &(struct store_device_filter){0}, &devices, e) < 0)
		return -1;
	const struct inventory_device *by_asset = find(&devices, device, has_asset);
	const struct inventory_device *by_serial = find(&devices, device, same_serial);
	const struct inventory_device *known = by_asset ? by_asset : by_serial;
	if (by_serial && device->asset && by_serial != by_asset)
		return error_set(e, ERROR_USAGE, "the serial %s is enrolled as %s, not as %s", device->serial,
				 by_serial->asset, device->asset);
	if (known && take_enrolled(bench, known, e) < 0)
		return -1;
	return note_lease(bench, known ? known : find(&devices, device, has_link), e);
}

static int use_profile(struct bench *bench, struct error *e)
{
	struct inventory_device *device = &bench->device;

	if (!device->model || !device->link)
		return error_set(e, ERROR_USAGE, "\"bench\" wants %s%s%s: see \"pumpwatch bench --help\"",
				 device->model ? "" : "--model", !device->model && !device->link ? " and " : "",
				 device->link ? "" : "--link");
	const struct inventory_model *model = cli_find_model(bench->cli, device->model, e);
	if (!model || inventory_device_set(device, "model", model->name, e) < 0)
		return -1;
	if (!device->asset && !(device->asset = strdup(unknown_asset)))
		return error_memory(e);
	return inventory_device_check(device, e);
}

int bench_find_device(struct bench *bench, struct error *e)
{
	bench->has_asset = bench->device.asset != NULL;
	return find_link(&bench->device, e) < 0 || find_enrolled(bench, e) < 0 || use_profile(bench, e) < 0 ? -1 : 0;
}

int bench_recognize(struct bench *bench, const char *serial, struct error *e)
{
	CLEANUP(store_devices_clear) struct store_devices devices = {0};
	CLEANUP(inventory_device_clear) struct inventory_device like = {0};

	if (bench->enrolled || bench->has_asset || !serial[0])
		return 0;
	if (store_devices_list(bench->cli->store, &(struct store_device_filter){0}, &devices, e) < 0)
		return -1;
	like.serial = strdup(serial);
	like.model = strdup(bench->device.model);
	if (!like.serial || !like.model)
		return error_memory(e);
	const struct inventory_device *known = find(&devices, &like, same_serial);
	if (!known)
		return 0;
	/* The link, key and credential that led there are those of this check. */
	free(bench->device.asset);
	bench->device.asset = strdup(known->asset);
	if (!bench->device.asset)
		return error_memory(e);
	bench->has_asset = bench->enrolled = true;
	return note_lease(bench, known, e) < 0 ? -1 : 1;
}
