#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "sweep/run.h"

/* The subnet of an address, or empty for a host name. */
static void write_prefix(char ret_subnet[static SWEEP_SUBNET_SIZE], const char *host)
{
	uint8_t bytes[16] = {0};
	char shown[INET6_ADDRSTRLEN];
	bool old = inet_pton(AF_INET, host, bytes) == 1;

	ret_subnet[0] = '\0';
	if (!old && inet_pton(AF_INET6, host, bytes) != 1)
		return;
	memset(bytes + (old ? 3 : 8), 0, old ? 1 : 8);
	if (inet_ntop(old ? AF_INET : AF_INET6, bytes, shown, sizeof shown))
		(void)snprintf(ret_subnet, SWEEP_SUBNET_SIZE, "%s/%d", shown, old ? 24 : 64); /* fits */
}

void sweep_subnet_write(char ret_subnet[static SWEEP_SUBNET_SIZE], const char *link)
{
	CLEANUP(visit_address_clear) struct visit_address address = {0};

	ret_subnet[0] = '\0';
	if (!link || visit_address_parse(&address, link, NULL) < 0 || !address.host)
		return;
	write_prefix(ret_subnet, address.host);
	const char *domain = strchr(address.host, '.');
	if (ret_subnet[0] != '\0' || !domain)
		return;
	text_copy(ret_subnet, SWEEP_SUBNET_SIZE, domain + 1);
	for (char *c = ret_subnet; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

void sweep_job_note_subnet(struct sweep_job *job)
{
	CLEANUP(visit_address_clear) struct visit_address address = {0};

	job->subnet[0] = '\0';
	if (!job->device.device.link || visit_address_parse(&address, job->device.device.link, NULL) < 0 ||
	    !address.host)
		return;
	write_prefix(job->subnet, address.host);
	if (job->subnet[0] == '\0')
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
		if (request->since > 0 && devices->items[i].standing.visited_at >= request->since)
			continue;
		if (device->state == INVENTORY_RETIRED || (request->window && !window_has(request->window, device)))
			continue;
		if (ARRAY_APPEND(assets, count, device->asset) < 0)
			return error_memory(e);
	}
	*ret_assets = TAKE(assets);
	*ret_count = count;
	return 0;
}
