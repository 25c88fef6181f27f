#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "inventory/inventory.h"

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const char *const states[INVENTORY_STATE_COUNT] = {
	[INVENTORY_ACTIVE] = "active",
	[INVENTORY_STORED] = "stored",
	[INVENTORY_MAINTENANCE] = "maintenance",
	[INVENTORY_RETIRED] = "retired",
};

const char *inventory_state_name(enum inventory_state state)
{
	return (unsigned)state < INVENTORY_STATE_COUNT ? states[state] : "unknown";
}

int inventory_state_parse(enum inventory_state *ret_state, const char *name)
{
	for (int i = 0; i < INVENTORY_STATE_COUNT; i++)
		if (strcmp(name, states[i]) == 0) {
			*ret_state = (enum inventory_state)i;
			return 0;
		}
	return -EINVAL;
}

void inventory_device_clear(struct inventory_device *device)
{
	free(device->asset);
	free(device->serial);
	free(device->mac);
	free(device->model);
	free(device->name);
	free(device->department);
	free(device->link);
	free(device->credential);
	free(device->pins);
	*device = (struct inventory_device){0};
}

int inventory_asset_check(const char *asset, struct error *e)
{
	size_t length = strnlen(asset, INVENTORY_ASSET_MAX + 1);
	bool fine = length > 0 && length <= INVENTORY_ASSET_MAX && asset[0] != '-' && asset[0] != '.';

	for (const char *c = asset; fine && *c; c++)
		fine = *c > ' ' && *c < 0x7F && !strchr("/\\\"'`%", *c);
	if (fine)
		return 0;
	return error_set(e, ERROR_DATA,
			 "an asset tag is 1 to %d printable ASCII characters without spaces, slashes, "
			 "quotes and \"%%\", and begins with neither \"-\" nor \".\"", INVENTORY_ASSET_MAX);
}

/* Whatever a person may read: UTF-8 without control characters and marks that turn text
 * around. */
static int check_text(const char *value, size_t most, struct error *e)
{
	CLEANUP(cleanup_free) char *escaped = escape_string(ESCAPE_DISPLAY, value);

	if (!escaped)
		return error_memory(e);
	if (strlen(value) > most)
		return error_set(e, ERROR_DATA, "at most %zu bytes", most);
	for (const char *c = strchr(escaped, '%'); c; c = strchr(c + 1, '%'))
		if (strncmp(c, "%25", 3) != 0)
			return error_set(e, ERROR_DATA, "has a control character, or is not UTF-8 text");
	return 0;
}

static int check_word(const char *value, struct error *e)
{
	return check_text(value, INVENTORY_WORD_MAX, e);
}

static int check_serial(const char *value, struct error *e)
{
	return check_text(value, INVENTORY_SERIAL_MAX, e);
}

static int check_credential(const char *value, struct error *e)
{
	if (strlen(value) <= INVENTORY_ASSET_MAX && value[0] != '.' && value[0] != '-' &&
	    value[strspn(value, LETTERS_AND_DIGITS "._-")] == '\0')
		return 0;
	return error_set(e, ERROR_DATA,
			 "a credential's name is at most %d letters, digits, \".\", \"_\" and \"-\": the "
			 "name of its file, not the password", INVENTORY_ASSET_MAX);
}

static int check_link(const char *value, struct error *e)
{
	CLEANUP(visit_address_clear) struct visit_address address = {0};

	return visit_address_parse(&address, value, e);
}

static int check_mac(const char *value, struct error *e)
{
	bool fine = strlen(value) == 17;

	for (size_t i = 0; fine && i < 17; i++)
		fine = i % 3 == 2 ? value[i] == ':' : strchr("0123456789abcdef", value[i]) != NULL;
	if (!fine)
		return error_set(e, ERROR_DATA, "a MAC is six pairs of hexadecimal digits, such as 00:1b:21:3a:4f:05");
	if (strcmp(value, "00:00:00:00:00:00") == 0 || strcmp(value, "ff:ff:ff:ff:ff:ff") == 0)
		return error_set(e, ERROR_DATA, "this is a placeholder, not a device's MAC: leave it empty");
	return 0;
}

static bool pin_is_fine(const char *pin, size_t length)
{
	static const char base64[] = LETTERS_AND_DIGITS "+/";
	static const struct {
		const char *start;
		size_t digits; /* base64 of 32 bytes */
		const char *end;
	} forms[] = {{"SHA256:", 43, ""}, {"sha256//", 43, "="}};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		size_t start = strlen(forms[i].start);
		if (length != start + forms[i].digits + strlen(forms[i].end) ||
		    strncmp(pin, forms[i].start, start) != 0)
			continue;
		if (strspn(pin + start, base64) >= forms[i].digits &&
		    strncmp(pin + start + forms[i].digits, forms[i].end, strlen(forms[i].end)) == 0)
			return true;
	}
	return false;
}

static int check_pins(const char *value, struct error *e)
{
	int count = 0;

	for (const char *pin = value; *pin; count++) {
		size_t length = strcspn(pin, " ");
		if (!pin_is_fine(pin, length) || count == INVENTORY_PINS_MAX)
			return error_set(e, ERROR_DATA,
					 "a pin is \"SHA256:\" and 43 characters (SSH host key, as ssh-keygen -l "
					 "prints it) or \"sha256//\" and 44 (certificate's public key); at most "
					 "%d, with one space between", INVENTORY_PINS_MAX);
		pin += length + (pin[length] == ' ' && pin[length + 1] != '\0');
	}
	return 0;
}

/* Every field that is a string, in the order of the manual. */
static const struct field {
	const char *name;
	size_t offset;
	bool required;
	int (*check)(const char *value, struct error *e);
} fields[] = {
	{"serial", offsetof(struct inventory_device, serial), false, check_serial},
	{"mac", offsetof(struct inventory_device, mac), false, check_mac},
	{"model", offsetof(struct inventory_device, model), true, check_word},
	{"name", offsetof(struct inventory_device, name), false, check_word},
	{"department", offsetof(struct inventory_device, department), false, check_word},
	{"link", offsetof(struct inventory_device, link), true, check_link},
	{"credential", offsetof(struct inventory_device, credential), false, check_credential},
	{"pin", offsetof(struct inventory_device, pins), false, check_pins},
};
enum { FIELD_COUNT = sizeof fields / sizeof *fields };

static char **field_of(const struct inventory_device *device, const struct field *field)
{
	return (char **)(void *)((char *)device + field->offset);
}

static int check_field(const struct field *field, const char *value, struct error *e)
{
	if (!value || *value == '\0')
		return field->required ? error_set(e, ERROR_DATA, "%s: must not be empty", field->name) : 0;
	return field->check(value, e) < 0 ? error_prefix(e, "%s", field->name) : 0;
}

int inventory_device_check(const struct inventory_device *device, struct error *e)
{
	if (inventory_asset_check(device->asset ? device->asset : "", e) < 0)
		return error_prefix(e, "asset");
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (check_field(&fields[i], *field_of(device, &fields[i]), e) < 0)
			return -1;
	if ((unsigned)device->state >= INVENTORY_STATE_COUNT)
		return error_set(e, ERROR_DATA, "state: is none of the known ones");
	return 0;
}

/* Lower case with colons, from AA-BB-…, aabb.ccdd.eeff, aabbccddeeff and the like; what is
 * none of these is left as it is, for the check to refuse. */
static void normalise_mac(char **value)
{
	char digits[13] = "";
	size_t count = 0;
	char text[18];

	for (const char *c = *value; *c; c++) {
		if (strchr(":-. ", *c))
			continue;
		if (!isxdigit((unsigned char)*c) || count == 12)
			return;
		digits[count++] = (char)tolower((unsigned char)*c);
	}
	if (count != 12)
		return;
	(void)snprintf(text, sizeof text, "%.2s:%.2s:%.2s:%.2s:%.2s:%.2s", digits, digits + 2, digits + 4,
		       digits + 6, digits + 8, digits + 10); /* always 17 characters */
	char *normal = strdup(text);
	if (!normal)
		return;
	free(*value);
	*value = normal;
}

/* One space between pins. */
static void normalise_pins(char *value)
{
	char *to = value;

	for (const char *from = value; *from; from++)
		if (*from != ' ' || from[1] != ' ')
			*to++ = *from;
	*to = '\0';
}

static int set_state(struct inventory_device *device, const char *value, struct error *e)
{
	if (inventory_state_parse(&device->state, value) == 0)
		return 0;
	return error_set(e, ERROR_DATA, "state: must be active, stored, maintenance or retired");
}

static char *trimmed(const char *value)
{
	size_t length = strlen(value);

	while (*value == ' ' || *value == '\t') {
		value++;
		length--;
	}
	while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
		length--;
	return strndup(value, length);
}

int inventory_device_set(struct inventory_device *device, const char *name, const char *value,
			 struct error *e)
{
	CLEANUP(cleanup_free) char *copy = trimmed(value);
	const struct field *field = NULL;

	if (!copy)
		return error_memory(e);
	if (strcmp(name, "state") == 0)
		return set_state(device, copy, e);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (strcmp(fields[i].name, name) == 0)
			field = &fields[i];
	if (!field)
		return error_set(e, ERROR_DATA,
				 "there is no such field: the fields are serial, mac, model, name, department, "
				 "link, credential, pin and state");
	if (field->check == check_mac)
		normalise_mac(&copy);
	if (field->check == check_pins)
		normalise_pins(copy);
	if (check_field(field, copy, e) < 0)
		return -1;
	char **place = field_of(device, field);
	free(*place);
	*place = *copy ? TAKE(copy) : NULL;
	return 0;
}
