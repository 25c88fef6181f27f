#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/number.h"
#include "ini/ini.h"
#include "inventory/inventory.h"

enum { MODEL_NAME_MAX = 64, TEXT_MAX = 1024, ITEMS_MAX = 64, SERIAL_PATTERN_MAX = 255 };
#define TIB (UINT64_C(1) << 40)

void inventory_model_clear(struct inventory_model *model)
{
	free(model->name);
	free(model->title);
	free(model->manufacturer);
	free(model->versions);
	visit_paths_clear(&model->advisories);
	visit_paths_clear(&model->closed_ports);
	visit_paths_clear(&model->not_covered);
	for (size_t i = 0; i < model->selector_count; i++)
		free(model->selectors[i].pattern);
	free(model->selectors);
	free(model->identity.path);
	free(model->identity.pattern);
	free(model->identity.serial);
	*model = (struct inventory_model){0};
}

/* ---- takers of values ---- */

static int add_item(struct visit_paths *items, const char *item, struct error *e)
{
	if (items->count == ITEMS_MAX)
		return error_set(e, ERROR_CONFIG, "more than %d of them", ITEMS_MAX);
	return visit_paths_add(items, item) < 0 ? error_memory(e) : 0;
}

static int take_line(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	(void)key;
	if (*value == '\0')
		return error_set(e, ERROR_CONFIG, "a value is missing");
	return add_item(field, value, e);
}

/* Words with commas between them. */
static int take_list(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	CLEANUP(cleanup_free) char *copy = strdup(value);
	char *rest = copy;

	(void)key;
	if (!copy)
		return error_memory(e);
	for (char *item = strsep(&rest, ","); item; item = strsep(&rest, ",")) {
		item += strspn(item, " ");
		size_t length = strlen(item);
		while (length > 0 && item[length - 1] == ' ')
			item[--length] = '\0';
		if (length == 0)
			return error_set(e, ERROR_CONFIG, "a word is missing beside a comma");
		if (add_item(field, item, e) < 0)
			return -1;
	}
	return 0;
}

/* "23/tcp Telnet": a number, a protocol, and what it is known as. */
static bool port_is_fine(const char *port)
{
	char digits[6] = "";
	uint64_t number;
	size_t length = strcspn(port, "/");

	if (length >= sizeof digits)
		return false;
	memcpy(digits, port, length);
	const char *protocol = port + length;
	return number_parse(&number, digits, 1, UINT16_MAX) == 0 &&
	       (strncmp(protocol, "/tcp", 4) == 0 || strncmp(protocol, "/udp", 4) == 0) &&
	       (protocol[4] == '\0' || protocol[4] == ' ');
}

static int take_ports(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	struct visit_paths *ports = field;

	if (take_list(field, key, value, e) < 0)
		return -1;
	for (size_t i = 0; i < ports->count; i++)
		if (!port_is_fine(ports->items[i]))
			return error_set(e, ERROR_CONFIG,
					 "a port is a number and a protocol, and may have a name: 23/tcp Telnet");
	return 0;
}

static int take_login(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	static const char *const logins[] = {
		[VISIT_LOGIN_NONE] = "none",
		[VISIT_LOGIN_ANONYMOUS] = "anonymous",
		[VISIT_LOGIN_CREDENTIAL] = "credential",
	};

	(void)key;
	for (size_t i = 0; i < sizeof logins / sizeof *logins; i++)
		if (strcmp(value, logins[i]) == 0) {
			*(enum visit_login *)field = (enum visit_login)i;
			return 0;
		}
	return error_set(e, ERROR_CONFIG, "must be none, anonymous or credential");
}

static int take_source(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	enum visit_identity_source *source = field;

	(void)key;
	if (strcmp(value, "greeting") == 0)
		*source = VISIT_IDENTITY_GREETING;
	else if (strcmp(value, "file") == 0)
		*source = VISIT_IDENTITY_FILE;
	else
		return error_set(e, ERROR_CONFIG, "must be greeting or file");
	return 0;
}

static int take_path(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	if (!visit_path_is_safe(value))
		return error_set(e, ERROR_CONFIG,
				 "must be a path below the link's folder, without a leading \"/\" and without "
				 "empty, \".\" and \"..\" parts");
	return ini_take_text(field, key, value, e);
}

static int take_serial_pattern(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	const char *percent = strchr(value, '%');

	if (!percent || percent[1] != 's' || strchr(percent + 1, '%'))
		return error_set(e, ERROR_CONFIG, "must hold one %%s, where the serial stands, such as SN=%%s;");
	if (percent == value && percent[2] == '\0')
		return error_set(e, ERROR_CONFIG, "must have some text before or after %%s");
	return ini_take_text(field, key, value, e);
}

static bool brackets_are_closed(const char *pattern)
{
	for (const char *open = strchr(pattern, '['); open; open = strchr(open, '[')) {
		const char *first = open + 1 + (open[1] == '!' || open[1] == '^');
		const char *close = *first ? strchr(first + 1, ']') : NULL;
		if (!close)
			return false;
		open = close;
	}
	return true;
}

static int check_pattern(const struct inventory_model *model, const char *pattern, struct error *e)
{
	size_t bytes = strlen(pattern);

	if (!visit_path_is_safe(pattern))
		return error_set(e, ERROR_CONFIG,
				 "a pattern is a path below the link's folder, without a leading \"/\" and "
				 "without empty, \".\" and \"..\" parts");
	if (!brackets_are_closed(pattern))
		return error_set(e, ERROR_CONFIG, "a \"[\" is not closed: write [[] for the character itself");
	for (size_t i = 0; i < model->selector_count; i++) {
		const char *earlier = model->selectors[i].pattern;
		bytes += strlen(earlier);
		if (strcmp(earlier, pattern) == 0 || strcmp(earlier, "**") == 0)
			return error_set(e, ERROR_CONFIG, "can never match: \"%s\" stands before it", earlier);
	}
	if (model->selector_count == INVENTORY_SELECTORS_MAX || bytes > INVENTORY_PATTERNS_MAX)
		return error_set(e, ERROR_CONFIG, "more than %d patterns, or than %d bytes of them",
				 INVENTORY_SELECTORS_MAX, INVENTORY_PATTERNS_MAX);
	return 0;
}

enum { LEAVE_OUT = VISIT_KIND_COUNT };

static int take_pattern(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	struct inventory_model *model = field;
	struct visit_selector selector = {.kind = VISIT_OTHER};

	if (check_pattern(model, value, e) < 0)
		return -1;
	selector.leave_out = key->tag == LEAVE_OUT;
	if (!selector.leave_out)
		selector.kind = (enum visit_kind)key->tag;
	selector.pattern = strdup(value);
	if (!selector.pattern || ARRAY_APPEND(model->selectors, model->selector_count, selector) < 0) {
		free(selector.pattern);
		return error_memory(e);
	}
	return 0;
}

/* ---- the profile ---- */

#define FIELD(name) .offset = offsetof(struct inventory_model, name)
#define TEXT(most_) .take = ini_take_text, .most = (most_)

static const struct ini_key model_keys[] = {
	{.name = "title", TEXT(INVENTORY_WORD_MAX), FIELD(title), .required = true},
	{.name = "manufacturer", TEXT(INVENTORY_WORD_MAX), FIELD(manufacturer)},
	{.name = "versions", TEXT(TEXT_MAX), FIELD(versions)},
	{.name = "advisories", .take = take_list, FIELD(advisories), .repeats = true},
	{.name = "closed-ports", .take = take_ports, FIELD(closed_ports), .repeats = true},
	{.name = "not-covered", .take = take_line, FIELD(not_covered), .repeats = true},
	{.name = "example", .take = ini_take_bool, FIELD(example)},
};

static const struct ini_key link_keys[] = {
	{.name = "login", .take = take_login, FIELD(login)},
	{.name = "active", .take = ini_take_bool, FIELD(active)},
	{.name = "legacy", .take = ini_take_bool, FIELD(legacy)},
	{.name = "connect-timeout", .take = ini_take_milliseconds, FIELD(limits.connect_ms), .least = 1, .most = 300},
	{.name = "idle-timeout", .take = ini_take_milliseconds, FIELD(limits.idle_ms), .least = 1, .most = 3600},
	{.name = "total-time", .take = ini_take_seconds, FIELD(limits.total_seconds), .least = 1, .most = 86400},
	{.name = "file-size", .take = ini_take_bytes, FIELD(limits.file_bytes), .least = 1, .most = TIB},
	{.name = "visit-size", .take = ini_take_bytes, FIELD(limits.visit_bytes), .least = 1, .most = TIB},
	{.name = "rate", .take = ini_take_bytes, FIELD(limits.rate), .least = 0, .most = TIB},
	{.name = "entries", .take = ini_take_number, FIELD(limits.entries), .least = 1, .most = 65536},
	{.name = "depth", .take = ini_take_number, FIELD(limits.depth), .least = 1, .most = 64},
};

static const struct ini_key identity_keys[] = {
	{.name = "source", .take = take_source, FIELD(identity.source), .required = true},
	{.name = "path", .take = take_path, FIELD(identity.path)},
	{.name = "pattern", .take = take_serial_pattern, .most = SERIAL_PATTERN_MAX, FIELD(identity.pattern),
	 .required = true},
};

static const struct ini_key files_keys[] = {
	{.name = "firmware", .take = take_pattern, .repeats = true, .tag = VISIT_FIRMWARE},
	{.name = "drug-library", .take = take_pattern, .repeats = true, .tag = VISIT_DRUG_LIBRARY},
	{.name = "config", .take = take_pattern, .repeats = true, .tag = VISIT_CONFIG},
	{.name = "other", .take = take_pattern, .repeats = true, .tag = VISIT_OTHER},
	{.name = "leave-out", .take = take_pattern, .repeats = true, .tag = LEAVE_OUT},
};

#define KEYS(array) .keys = (array), .key_count = sizeof(array) / sizeof *(array)

static int close_link(void *userdata, const void *target, struct error *e)
{
	const struct inventory_model *model = target;

	(void)userdata;
	if (model->limits.file_bytes > model->limits.visit_bytes)
		return error_set(e, ERROR_CONFIG, "file-size is larger than visit-size");
	return 0;
}

static int close_identity(void *userdata, const void *target, struct error *e)
{
	const struct inventory_model *model = target;
	bool needs_path = model->identity.source == VISIT_IDENTITY_FILE;

	(void)userdata;
	if (needs_path && !model->identity.path)
		return error_set(e, ERROR_CONFIG, "the source \"file\" needs the key \"path\"");
	if (!needs_path && model->identity.path)
		return error_set(e, ERROR_CONFIG, "the key \"path\" is for the source \"file\" alone");
	return 0;
}

static int close_files(void *userdata, const void *target, struct error *e)
{
	const struct inventory_model *model = target;

	(void)userdata;
	for (size_t i = 0; i < model->selector_count; i++)
		if (!model->selectors[i].leave_out)
			return 0;
	return error_set(e, ERROR_CONFIG, "nothing is read: give at least one pattern");
}

static const struct ini_section sections[] = {
	{.name = "model", KEYS(model_keys)},
	{.name = "link", .close = close_link, KEYS(link_keys)},
	{.name = "identity", .close = close_identity, KEYS(identity_keys)},
	{.name = "files", .close = close_files, KEYS(files_keys)},
};

/* The file's name without its folder and ".ini". */
static char *name_of(const char *path, struct error *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = strlen(base);

	if (length > 4 && strcmp(base + length - 4, ".ini") == 0)
		length -= 4;
	CLEANUP(cleanup_free) char *name = strndup(base, length);
	if (!name) {
		error_memory(e);
		return NULL;
	}
	if (length == 0 || length > MODEL_NAME_MAX || strchr("._+-", name[0]) || name[strspn(name, letters)] != '\0') {
		error_set(e, ERROR_CONFIG,
			  "%s: a profile's file name is at most %d letters, digits, \".\", \"_\", \"+\" and "
			  "\"-\", and begins with a letter or digit", path, MODEL_NAME_MAX);
		return NULL;
	}
	return TAKE(name);
}

int inventory_model_parse(struct inventory_model *ret_model, const char *name, const char *bytes,
			  size_t length, struct error *e)
{
	CLEANUP(inventory_model_clear) struct inventory_model model = {.limits = visit_limits_default};

	model.name = name_of(name, e);
	if (!model.name)
		return -1;
	if (ini_read_table(name, bytes, length, ERROR_CONFIG, sections, sizeof sections / sizeof *sections,
			   &model, e) < 0)
		return -1;
	if (!model.title || model.selector_count == 0)
		return error_set(e, ERROR_CONFIG, "%s: the section [%s] is missing", name,
				 model.title ? "files" : "model");
	*ret_model = model;
	model = (struct inventory_model){0};
	return 0;
}

bool inventory_model_has_kind(const struct inventory_model *model, enum visit_kind kind)
{
	for (size_t i = 0; i < model->selector_count; i++)
		if (!model->selectors[i].leave_out && model->selectors[i].kind == kind)
			return true;
	return false;
}
