#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "inventory/inventory.h"

static int copy_string(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -1 : 0;
}

static int copy_selectors(struct visit_order *order, const struct inventory_model *model)
{
	for (size_t i = 0; i < model->selector_count; i++) {
		struct visit_selector selector = model->selectors[i];
		selector.pattern = strdup(selector.pattern);
		if (!selector.pattern || ARRAY_APPEND(order->selectors, order->selector_count, selector) < 0) {
			free(selector.pattern);
			return -1;
		}
		bool decides = visit_select(order->selectors, order->selector_count, selector.pattern) ==
			       &order->selectors[i];
		if (decides && !selector.leave_out && visit_pattern_is_literal(selector.pattern) &&
		    visit_paths_add(&order->names, selector.pattern) < 0)
			return -1;
	}
	return 0;
}

static int set_login(struct visit_order *order, const struct inventory_device *device,
		     const struct inventory_model *model, const char *user, struct error *e)
{
	order->login = user ? VISIT_LOGIN_CREDENTIAL : model->login;
	bool needs_user = order->login == VISIT_LOGIN_CREDENTIAL || order->address.scheme == VISIT_SFTP;
	if (order->address.scheme == VISIT_FILE) {
		order->login = VISIT_LOGIN_NONE;
		return 0;
	}
	if (needs_user && !user)
		return error_set(e, ERROR_DATA, "%s: %s needs a login: name its credential (pumpwatch edit %s credential=NAME)",
				 device->asset, model->login == VISIT_LOGIN_CREDENTIAL ? "its model" : "SFTP",
				 device->asset);
	return copy_string(&order->user, user) < 0 ? error_memory(e) : 0;
}

/* The serial can only be demanded where the profile says where it stands, and be compared
 * only in the characters that a visit takes for a serial's. */
static int set_identity(struct visit_order *order, const struct inventory_device *device,
			const struct inventory_model *model, struct error *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (model->identity.source == VISIT_IDENTITY_NONE)
		return 0;
	order->identity.source = model->identity.source;
	if (device->serial && device->serial[strspn(device->serial, letters)] != '\0')
		return error_set(e, ERROR_DATA,
				 "%s: its model's profile reads the serial from the device, where it has only "
				 "letters, digits, \".\", \"_\" and \"-\": enter it so", device->asset);
	if (copy_string(&order->identity.path, model->identity.path) < 0 ||
	    copy_string(&order->identity.pattern, model->identity.pattern) < 0 ||
	    copy_string(&order->identity.serial, device->serial) < 0)
		return error_memory(e);
	return 0;
}

int inventory_order(struct visit_order *ret_order, const struct inventory_device *device,
		    const struct inventory_model *model, const char *user, struct error *e)
{
	CLEANUP(visit_order_clear) struct visit_order order = {
		.active = model->active,
		.legacy = model->legacy,
		.limits = model->limits,
	};

	if (inventory_asset_check(device->asset ? device->asset : "", e) < 0)
		return error_prefix(e, "asset");
	if (inventory_device_check(device, e) < 0)
		return error_prefix(e, "%s", device->asset);
	if (visit_address_parse(&order.address, device->link, e) < 0)
		return error_prefix(e, "%s: link", device->asset);
	if (copy_string(&order.asset, device->asset) < 0 || copy_string(&order.pins, device->pins) < 0 ||
	    copy_selectors(&order, model) < 0)
		return error_memory(e);
	if (set_login(&order, device, model, user, e) < 0 || set_identity(&order, device, model, e) < 0)
		return -1;
	*ret_order = order;
	order = (struct visit_order){0};
	return 0;
}
