#include <stdlib.h>
#include <string.h>

#include "tests/fake_link.h"

struct fake_device fake_device;

struct link {
	const struct link_environment *environment;
	bool broken;
	struct link_seen seen;
};

static struct link_result ok(void)
{
	return (struct link_result){.outcome = VISIT_OK};
}

static struct fake_entry *find_entry(const char *path)
{
	for (size_t i = 0; i < FAKE_ITEMS_MAX && fake_device.entries[i].path; i++)
		if (strcmp(fake_device.entries[i].path, path) == 0)
			return &fake_device.entries[i];
	return NULL;
}

/* Count a call, and see whether a fault strikes it: then the result is other than VISIT_OK. */
static struct link_result count(struct link *link, enum fake_call call, const char *path)
{
	struct fake_entry *entry = find_entry(path);
	unsigned nth = entry ? ++entry->calls[call] : call == FAKE_LIST ? ++fake_device.root_lists : 1;
	unsigned all = ++fake_device.calls[call];

	for (size_t i = 0; i < FAKE_ITEMS_MAX; i++) {
		const struct fake_fault *fault = &fake_device.faults[i];
		unsigned number = fault->path ? nth : all;
		if (fault->times == 0 || fault->call != call || number < fault->first ||
		    number >= fault->first + fault->times ||
		    (fault->path && strcmp(fault->path, path) != 0))
			continue;
		if (link)
			link->broken |= fault->breaks;
		return link_failed(fault->outcome, "fault");
	}
	return ok();
}

/* What has become of a file by now. */
static const struct fake_change *find_change(const struct fake_entry *entry)
{
	const struct fake_change *found = NULL;

	for (size_t i = 0; i < FAKE_ITEMS_MAX; i++) {
		const struct fake_change *change = &fake_device.changes[i];
		if (change->path && strcmp(change->path, entry->path) == 0 &&
		    entry->calls[FAKE_READ] >= change->reads)
			found = change;
	}
	return found;
}

int link_start(const char *ca_bundle, struct error *e)
{
	(void)ca_bundle;
	(void)e;
	return 0;
}

struct link_result link_open(struct link **ret_link, const struct link_environment *environment,
			     struct link_seen *ret_seen)
{
	struct link_result result = count(NULL, FAKE_OPEN, "");
	bool later = fake_device.calls[FAKE_OPEN] > 1 && fake_device.greeting_later;
	const char *greeting = later ? fake_device.greeting_later : fake_device.greeting;

	*ret_seen = (struct link_seen){.address = "192.0.2.1"};
	if (result.outcome != VISIT_OK)
		return result;
	if (greeting)
		strncpy(ret_seen->greeting, greeting, sizeof ret_seen->greeting - 1);
	struct link *link = calloc(1, sizeof *link);
	if (!link)
		abort();
	link->environment = environment;
	link->seen = *ret_seen;
	fake_device.open_now++;
	if (fake_device.open_now > fake_device.open_most)
		fake_device.open_most = fake_device.open_now;
	*ret_link = link;
	return result;
}

void link_look(const struct link *link, struct link_seen *ret_seen)
{
	*ret_seen = link->seen;
	/* As with HTTPS: known after the first transfer. */
	if (fake_device.calls[FAKE_READ] > 0)
		strcpy(ret_seen->pin, "sha256//later");
}

struct link_result link_list(struct link *link, const char *folder, struct listing *ret_listing)
{
	size_t length = strlen(folder);
	struct link_result result = count(link, FAKE_LIST, folder);

	*ret_listing = (struct listing){0};
	if (result.outcome != VISIT_OK)
		return result;
	for (size_t i = 0; i < FAKE_ITEMS_MAX && fake_device.entries[i].path; i++) {
		const struct fake_entry *entry = &fake_device.entries[i];
		const char *name = entry->path + length + (length > 0);
		if (strncmp(entry->path, folder, length) != 0 ||
		    (length > 0 && entry->path[length] != '/') || strchr(name, '/'))
			continue;
		if (listing_add(ret_listing, name, strlen(name), entry->type, !entry->no_size,
				entry->content ? strlen(entry->content) : 0,
				entry->modified ? entry->modified : "") != 0)
			abort();
	}
	return result;
}

struct link_result link_read(struct link *link, const char *path, int64_t expected,
			     link_on_bytes *on_bytes, void *userdata, struct link_read *ret_read)
{
	struct fake_entry *entry = find_entry(path);
	const struct fake_change *change = entry ? find_change(entry) : NULL;
	const char *content = change ? change->content : entry ? entry->content : NULL;
	struct link_result result = count(link, FAKE_READ, path);

	*ret_read = (struct link_read){0};
	if (!entry)
		return link_failed(VISIT_FILE_NOT_FOUND, "fault");
	size_t length = strlen(content);
	size_t half = length / 2;
	bool more = on_bytes(userdata, content, half);
	if (fake_device.on_read)
		fake_device.on_read();
	if (result.outcome != VISIT_OK)
		return result;
	if (link->environment->cancelled && atomic_load(link->environment->cancelled))
		return link_failed(VISIT_CANCELLED, "fault");
	if (!more || !on_bytes(userdata, content + half, length - half)) {
		link->broken = true;
		return link_failed(VISIT_TOO_LARGE, "fault");
	}
	if (expected >= 0 && (uint64_t)expected != length)
		return link_failed((uint64_t)expected > length ? VISIT_TRUNCATED
							       : VISIT_CHANGED_WHILE_READ,
				   "fault");
	*ret_read = (struct link_read){.size = length, .length_verified = expected >= 0};
	return result;
}

struct link_result link_stat(struct link *link, const char *path, struct listing_entry *ret_entry)
{
	struct link_result result = count(link, FAKE_STAT, path);
	const struct fake_entry *entry = find_entry(path);

	*ret_entry = (struct listing_entry){0};
	if (fake_device.lacks_stat)
		return link_failed(VISIT_LISTING_UNSUPPORTED, "fault");
	if (result.outcome != VISIT_OK)
		return result;
	if (!entry)
		return link_failed(VISIT_FILE_NOT_FOUND, "fault");
	const struct fake_change *change = find_change(entry);
	const char *asked = entry->asked ? entry->asked : entry->modified;
	const char *content = change ? change->content : entry->content;
	asked = change ? change->asked : asked;
	ret_entry->name = strdup(path);
	ret_entry->has_size = true;
	ret_entry->size = strlen(content);
	strncpy(ret_entry->modified, asked ? asked : "", sizeof ret_entry->modified - 1);
	return result;
}

bool link_is_usable(const struct link *link)
{
	return !link->broken;
}

void link_close(struct link *link)
{
	if (!link)
		return;
	fake_device.open_now--;
	free(link);
}
