#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/text.h"
#include "sweep/run.h"

void sweep_job_note_subnet(struct sweep_job *job)
{
	CLEANUP(visit_address_clear) struct visit_address address = {0};
	uint8_t bytes[16];

	job->subnet[0] = '\0';
	if (!job->device.device.link || visit_address_parse(&address, job->device.device.link, NULL) < 0 ||
	    !address.host)
		return;
	if (inet_pton(AF_INET, address.host, bytes) == 1)
		hex_write(job->subnet, bytes, 3);
	else if (inet_pton(AF_INET6, address.host, bytes) == 1)
		hex_write(job->subnet, bytes, 8);
	else
		text_copy(job->subnet, sizeof job->subnet, address.host);
}

static bool window_has(const struct config_window *window, const struct inventory_device *device)
{
	if (window->model && !inventory_model_same(window->model, device->model))
		return false;
	return !window->department ||
	       (device->department && strcasecmp(window->department, device->department) == 0);
}

static const struct store_device *find_device(const struct store_devices *devices, const char *asset)
{
	for (size_t i = 0; i < devices->count; i++)
		if (strcmp(devices->items[i].device.asset, asset) == 0)
			return &devices->items[i];
	return NULL;
}

static int choose_named(const char ***assets, size_t *count, const struct store_devices *devices,
			const struct sweep_request *request, struct error *e)
{
	for (size_t i = 0; i < request->asset_count; i++) {
		const struct store_device *device = find_device(devices, request->assets[i]);
		if (!device)
			return error_set(e, ERROR_USAGE,
					 "no device \"%s\" is enrolled: see \"pumpwatch devices\"",
					 request->assets[i]);
		bool named_before = false;
		for (size_t k = 0; k < *count; k++)
			named_before |= strcmp((*assets)[k], device->device.asset) == 0;
		if (!named_before && ARRAY_APPEND(*assets, *count, device->device.asset) < 0)
			return error_memory(e);
	}
	return 0;
}

int sweep_choose(const char ***ret_assets, size_t *ret_count, const struct store_devices *devices,
		 const struct sweep_request *request, struct error *e)
{
	CLEANUP(cleanup_free) const char **assets = NULL;
	size_t count = 0;

	if (request->asset_count > 0 && choose_named(&assets, &count, devices, request, e) < 0)
		return -1;
	for (size_t i = 0; request->asset_count == 0 && i < devices->count; i++) {
		const struct inventory_device *device = &devices->items[i].device;
		if (device->state == INVENTORY_RETIRED || (request->window && !window_has(request->window, device)))
			continue;
		if (ARRAY_APPEND(assets, count, device->asset) < 0)
			return error_memory(e);
	}
	*ret_assets = TAKE(assets);
	*ret_count = count;
	return 0;
}
