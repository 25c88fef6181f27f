#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "wire/wire.h"

#include "puller/targets.h"

/* A folder that waits to be listed. */
struct folder {
	char *path;
	uint32_t depth; /* 1: the root itself */
};

struct collection {
	struct targets *targets;
	struct session *session;
	const struct visit_order *order;
	struct folder *folders; /* breadth first: those before next are listed */
	size_t folder_count;
	size_t next;
};

/* Note why not everything is listed, with the folder where it is so; the first reason stays. */
static void note_incomplete(struct targets *targets, const char *folder,
			    const struct link_result *why)
{
	CLEANUP(text_clear) struct text text;
	struct link_result *noted = &targets->incomplete;
	unsigned point;

	text_init(&text);
	if (noted->outcome != VISIT_OK)
		return;
	*noted = (struct link_result){.outcome = why->outcome};
	text_add(&text, "folder /");
	escape_add(&text, ESCAPE_DISPLAY, folder, strlen(folder));
	text_addf(&text, ": %s", why->detail[0] ? why->detail : visit_outcome_text(why->outcome));
	if (text.failed)
		return;
	/* Whole characters, as many as fit. */
	size_t length = 0;
	while (length < text.length) {
		size_t step = escape_utf8_length(text.data + length, text.length - length, &point);
		if (step == 0 || length + step >= sizeof noted->detail)
			break;
		length += step;
	}
	memcpy(noted->detail, text.data, length);
}

static void fail_for_memory(struct session *session)
{
	struct link_result why = link_failed(VISIT_PULLER_FAILED, "out of memory");

	session_end(session, &why);
}

/* Take path, which is given, as a target if a selector wants it; known may be NULL. */
static int add_target(struct targets *targets, const struct visit_order *order, char *path,
		      const struct listing_entry *known)
{
	const struct visit_selector *selector =
		visit_select(order->selectors, order->selector_count, path);
	struct target target = {.path = path, .kind = selector ? selector->kind : VISIT_OTHER};
	bool asked_for = order->only.count > 0;

	if (!asked_for && (!selector || selector->leave_out)) {
		*(selector ? &targets->left_out : &targets->not_covered) += 1;
		free(path);
		return 0;
	}
	if (known) {
		target.has_size = known->has_size;
		target.size = known->size;
		memcpy(target.modified, known->modified, sizeof target.modified);
	}
	int r = ARRAY_APPEND(targets->items, targets->count, target);
	if (r < 0)
		free(path);
	return r;
}

/* ---- by name ---- */

static void collect_names(struct collection *collection, const struct visit_paths *names)
{
	for (size_t i = 0; i < names->count; i++) {
		char *path = strdup(names->items[i]);
		if (!path || add_target(collection->targets, collection->order, path, NULL) < 0) {
			fail_for_memory(collection->session);
			return;
		}
	}
}

/* ---- by listing ---- */

/* The path of an entry of folder; NULL without memory. */
static char *join(const char *folder, const char *name)
{
	struct text path;

	text_init(&path);
	text_add(&path, folder);
	if (folder[0] != '\0')
		text_add_char(&path, '/');
	text_add(&path, name);
	return text_take(&path);
}

/* A folder, whose path is given, waits for its turn, unless it lies too deep: then it is left
 * out, or what lies in it is not known. */
static int add_folder(struct collection *collection, char *path, uint32_t depth)
{
	const struct visit_order *order = collection->order;
	struct folder folder = {path, depth};

	if (depth > order->limits.depth) {
		const struct visit_selector *selector =
			visit_select(order->selectors, order->selector_count, path);
		struct link_result why = link_failed(VISIT_TOO_MANY_FILES,
						     "lies deeper than %u folders",
						     order->limits.depth);
		if (selector && selector->leave_out)
			collection->targets->left_out++;
		else
			note_incomplete(collection->targets, path, &why);
		free(path);
		return 0;
	}
	int r = ARRAY_APPEND(collection->folders, collection->folder_count, folder);
	if (r < 0)
		free(path);
	return r;
}

/* Returns 0, -ENOMEM, or -EBADMSG for a path that cannot be asked for. */
static int add_entry(struct collection *collection, const struct folder *folder,
		     const struct listing_entry *entry)
{
	char *path = join(folder->path, entry->name);

	if (!path)
		return -ENOMEM;
	if (!visit_path_is_safe(path)) {
		free(path);
		return -EBADMSG;
	}
	switch (entry->type) {
	case LISTING_FOLDER:
		return add_folder(collection, path, folder->depth + 1);
	case LISTING_FILE:
		return add_target(collection->targets, collection->order, path, entry);
	case LISTING_LINK:
	case LISTING_OTHER:
		break;
	}
	collection->targets->not_covered++;
	free(path);
	return 0;
}

/* Returns false when nothing more is to be listed. */
static bool add_entries(struct collection *collection, const struct folder *folder,
			const struct listing *listing)
{
	struct targets *targets = collection->targets;
	uint32_t most = collection->order->limits.entries;
	struct link_result why;

	if (most > WIRE_OBSERVATIONS_MAX)
		most = WIRE_OBSERVATIONS_MAX;
	for (size_t i = 0; i < listing->count; i++) {
		if (targets->entries >= most) {
			why = link_failed(VISIT_TOO_MANY_FILES, "more than %u files and folders",
					  most);
			note_incomplete(targets, folder->path, &why);
			return false;
		}
		targets->entries++;
		int r = add_entry(collection, folder, &listing->entries[i]);
		if (r == -ENOMEM) {
			fail_for_memory(collection->session);
			return false;
		}
		if (r < 0) {
			why = link_failed(VISIT_LISTING_NOT_UNDERSTOOD, "the path of %s is too long",
					  listing->entries[i].name);
			note_incomplete(targets, folder->path, &why);
		}
	}
	return true;
}

/* List one folder, a second time where the connection broke. Returns as above. */
static bool list_folder(struct collection *collection, const struct folder *folder)
{
	struct session *session = collection->session;
	struct link_result result = {.outcome = VISIT_OK};
	bool again = true;

	for (unsigned attempt = 0; attempt < 2 && again; attempt++) {
		CLEANUP(listing_clear) struct listing listing = {0};
		if (!session_is_ready(session))
			return false;
		result = link_list(session->link, folder->path, &listing);
		again = session_settle(session, &result);
		if (result.outcome == VISIT_OK)
			return add_entries(collection, folder, &listing);
	}
	if (again)
		result = session_as_lost(session, &result);
	note_incomplete(collection->targets, folder->path, &result);
	return session->ended.outcome == VISIT_OK;
}

static void collect_listed(struct collection *collection)
{
	char *root = strdup("");
	bool more = true;

	if (!root || add_folder(collection, root, 1) < 0)
		fail_for_memory(collection->session);
	for (; more && collection->next < collection->folder_count; collection->next++) {
		/* By value: the array moves when folders are added. */
		struct folder folder = collection->folders[collection->next];
		more = list_folder(collection, &folder);
	}
	for (size_t i = 0; i < collection->folder_count; i++)
		free(collection->folders[i].path);
	free(collection->folders);
}

/* ---- both ---- */

static int by_path(const void *a, const void *b)
{
	const struct target *left = a;
	const struct target *right = b;

	return strcmp(left->path, right->path);
}

static void sort(struct targets *targets)
{
	if (targets->count > 1)
		qsort(targets->items, targets->count, sizeof *targets->items, by_path);
}

/* Drop what is there twice. Returns whether something was. */
static bool drop_repeated(struct targets *targets)
{
	size_t kept = 0;

	for (size_t i = 0; i < targets->count; i++) {
		if (kept > 0 && strcmp(targets->items[kept - 1].path, targets->items[i].path) == 0)
			free(targets->items[i].path);
		else
			targets->items[kept++] = targets->items[i];
	}
	bool repeated = kept < targets->count;
	targets->count = kept;
	return repeated;
}

void targets_collect(struct targets *ret_targets, struct session *session)
{
	const struct visit_order *order = session->environment.link.order;
	struct collection collection = {
		.targets = ret_targets, .session = session, .order = order};
	bool by_listing = order->only.count == 0 && visit_scheme_lists(order->address.scheme);

	*ret_targets = (struct targets){0};
	if (by_listing)
		collect_listed(&collection);
	else
		collect_names(&collection, order->only.count > 0 ? &order->only : &order->names);
	sort(ret_targets);
	/* Names may come from several lists; a listing has no right to say a thing twice. */
	if (drop_repeated(ret_targets) && by_listing) {
		struct link_result why = link_failed(VISIT_LISTING_NOT_UNDERSTOOD,
						     "a file is listed twice");
		note_incomplete(ret_targets, "", &why);
	}
}

void targets_clear(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		free(targets->items[i].path);
	free(targets->items);
	*targets = (struct targets){0};
}
