/* A profile that inventory_model_parse() takes makes an order that the puller will take. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "inventory/inventory.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_order(const struct inventory_model *model)
{
	char asset[] = "PUMP-0001", name[] = "sample", link[] = "tftp://192.0.2.7/", serial[] = "A-17";
	const struct inventory_device device = {.asset = asset, .model = name, .link = link, .serial = serial};
	struct wire_message message = {.type = WIRE_ORDER, .visit = 1};
	struct wire_message back;
	CLEANUP(text_clear) struct text packet;
	struct error e;

	text_init(&packet);
	expect(inventory_order(&message.order, &device, model, "sample-user", &e) == 0);
	for (size_t i = 0; i < message.order.names.count; i++)
		expect(visit_path_is_safe(message.order.names.items[i]));
	expect(wire_write(&packet, &message) == 0);
	expect(wire_parse(&back, packet.data, packet.length) == 0);
	wire_message_clear(&back);
	wire_message_clear(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CLEANUP(inventory_model_clear) struct inventory_model model = {0};
	struct error e = {0};

	if (inventory_model_parse(&model, "/f/sample.ini", (const char *)bytes, length, &e) < 0) {
		expect(e.code == ERROR_CONFIG && strncmp(e.text, "/f/sample.ini:", 14) == 0 && !model.name);
		return 0;
	}
	expect(model.title && strcmp(model.name, "sample") == 0 && model.selector_count > 0);
	expect(model.limits.depth >= 1 && model.limits.file_bytes <= model.limits.visit_bytes);
	check_order(&model);
	return 0;
}
