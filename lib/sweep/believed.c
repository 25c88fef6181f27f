#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "sweep/internal.h"

static bool is_about(const struct alert *alert, const char *manifest)
{
	if (alert->type != ALERT_BASELINE_REJECTED)
		return false;
	return manifest ? alert->manifest && strcmp(alert->manifest, manifest) == 0 : !alert->manifest;
}

static const struct alert *find_alert(const struct store_alerts *open, const char *manifest)
{
	for (size_t i = 0; i < open->count; i++)
		if (is_about(&open->items[i], manifest))
			return &open->items[i];
	return NULL;
}

static int record(const struct sweep_environment *environment, const struct alert_rejection *rejection,
		  const struct alert *open, struct error *e)
{
	const struct alert_pace pace = sweep_pace(environment);
	CLEANUP(alert_change_clear) struct alert_change change = {0};

	if (!alert_rejected(&change, rejection, open, &pace, sweep_now(environment)))
		return 0;
	return sweep_record_change(environment, &change, NULL, NULL, 0, e);
}

static int record_end(const struct sweep_environment *environment, const struct alert *open, const char *why,
		      struct error *e)
{
	CLEANUP(alert_change_clear) struct alert_change change = {0};

	if (alert_resolve(&change, open, why, sweep_now(environment)) < 0)
		return error_memory(e);
	return sweep_record_change(environment, &change, NULL, NULL, 0, e);
}

static int record_signers(const struct sweep_environment *environment, const char *why, const struct alert *open,
			  struct error *e)
{
	const struct alert_rejection rejection = {.why = why, .kept = true};

	if (why[0] != '\0')
		return record(environment, &rejection, open, e);
	return open ? record_end(environment, open, "the file was read again and has no fault", e) : 0;
}

static int record_rejected(const struct sweep_environment *environment, const struct store_alerts *open,
			   const struct baseline_rejections *rejections, struct error *e)
{
	for (size_t i = 0; i < rejections->count; i++) {
		const struct baseline_rejection *one = &rejections->items[i];
		const struct alert_rejection rejection = {
			.manifest = one->id, .scope = one->scope, .has_kind = one->has_kind, .kind = one->kind,
			.release = one->release, .why = one->why, .kept = one->kept,
		};
		if (record(environment, &rejection, find_alert(open, one->id), e) < 0)
			return -1;
	}
	return record_signers(environment, rejections->signers, find_alert(open, NULL), e);
}

static bool is_rejected(const struct baseline_rejections *rejections, const char *manifest)
{
	for (size_t i = 0; i < rejections->count; i++)
		if (strcmp(rejections->items[i].id, manifest) == 0)
			return true;
	return false;
}

/* What ended the rejection of a baseline, in words. */
static int say_mended(struct text *why, struct store *store, const char *id, struct error *e)
{
	CLEANUP(store_baseline_clear) struct store_baseline baseline = {0};
	CLEANUP(store_acts_clear) struct store_acts acts = {0};
	int r = store_baseline_load(store, id, &baseline, e);

	if (r < 0 || store_acts_list(store, id, 1, &acts, e) < 0)
		return -1;
	const char *by = acts.count > 0 ? acts.items[0].by : NULL;
	if (r == 0)
		text_add(why, "it is not in the store any more");
	else if (baseline.state == STORE_WITHDRAWN)
		text_addf(why, "it was withdrawn by %s", by ? by : "somebody");
	else if (baseline.state == STORE_CANDIDATE)
		text_add(why, "it is a candidate, and in force no more");
	else
		text_add(why, "its text, its place and its approvals are good again");
	return why->failed ? error_memory(e) : 0;
}

static int mend(const struct sweep_environment *environment, const struct alert *alert, struct error *e)
{
	CLEANUP(text_clear) struct text why;

	text_init(&why);
	if (say_mended(&why, environment->store, alert->manifest, e) < 0)
		return -1;
	return record_end(environment, alert, why.data, e);
}

static int record_mended(const struct sweep_environment *environment, const struct store_alerts *open,
			 const struct baseline_rejections *rejections, struct error *e)
{
	for (size_t i = 0; i < open->count; i++) {
		const struct alert *alert = &open->items[i];
		if (alert->type == ALERT_BASELINE_REJECTED && alert->manifest &&
		    !is_rejected(rejections, alert->manifest) && mend(environment, alert, e) < 0)
			return -1;
	}
	return 0;
}

static int record_all(const struct sweep_environment *environment, const struct baseline_rejections *rejections,
		      struct error *e)
{
	CLEANUP(store_alerts_clear) struct store_alerts open = {0};

	if (store_alerts_list(environment->store, NULL, false, &open, e) < 0 ||
	    record_rejected(environment, &open, rejections, e) < 0)
		return -1;
	return record_mended(environment, &open, rejections, e);
}

int sweep_check_baselines(struct baselines *ret_baselines, const struct sweep_environment *environment,
			  struct error *e)
{
	CLEANUP(baseline_rejections_clear) struct baseline_rejections rejections = {0};
	CLEANUP(baselines_clear) struct baselines believed = {0};
	struct store *store = environment->store;

	if (baseline_refresh(&believed, &rejections, environment->baselines, store, environment->config,
			     sweep_now(environment), e) < 0 ||
	    store_begin(store, e) < 0)
		return -1;
	if (record_all(environment, &rejections, e) < 0 || store_commit(store, e) < 0) {
		store_rollback(store);
		return -1;
	}
	*ret_baselines = believed;
	believed = (struct baselines){0};
	return (int)rejections.count;
}

/* ---- serials ---- */

/* The entries of a summary, each with a scope of its own. */
struct entries {
	struct alert_serial *items;
	char **scopes;
	size_t count;
};

static void clear_entries(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->scopes[i]);
	free(entries->scopes);
	free(entries->items);
}

static int add_entries(struct entries *entries, const struct store_serials *serials, enum manifest_scope scope,
		       struct error *e)
{
	for (size_t i = 0; i < serials->count; i++) {
		const struct store_serial *one = &serials->items[i];
		if (one->scope != scope)
			continue;
		if (asprintf(&entries->scopes[entries->count], "%s %s", manifest_scope_name(scope),
			     one->name) < 0) {
			entries->scopes[entries->count] = NULL; /* asprintf leaves it undefined */
			return error_memory(e);
		}
		entries->items[entries->count] = (struct alert_serial){
			.scope = entries->scopes[entries->count], .kind = one->kind, .serial = one->serial,
		};
		entries->count++;
	}
	return 0;
}

int sweep_add_serials(struct alert_event *summary, const struct sweep_environment *environment,
		      struct error *e)
{
	CLEANUP(store_serials_clear) struct store_serials serials = {0};
	CLEANUP(clear_entries) struct entries entries = {0};

	if (store_serials_list(environment->store, &serials, e) < 0)
		return -1;
	entries.items = calloc(serials.count + 1, sizeof *entries.items);
	entries.scopes = calloc(serials.count + 1, sizeof *entries.scopes);
	if (!entries.items || !entries.scopes)
		return error_memory(e);
	/* Where the list must be cut, what holds for many devices stays. */
	if (add_entries(&entries, &serials, MANIFEST_MODEL, e) < 0 ||
	    add_entries(&entries, &serials, MANIFEST_DEVICE, e) < 0)
		return -1;
	return alert_event_add_serials(summary, entries.items, entries.count) < 0 ? error_memory(e) : 0;
}
