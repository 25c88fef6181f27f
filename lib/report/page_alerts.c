#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/text.h"
#include "explain/explain.h"
#include "report/html.h"
#include "report/internal.h"

/* Alerts in the order of the page, and once more by the group that they stand under. */
struct index {
	const struct alert **top, **under;
	size_t top_count, under_count;
	size_t room; /* how many may still be shown */
};

static void clear_index(struct index *index)
{
	free(index->top);
	free(index->under);
}

/* The gravest first. Types of one severity in the order of their names here. */
static const enum alert_type order[] = {
	ALERT_FILE_FORGED, ALERT_DEVICE_CHANGED, ALERT_FLEET_DRIFT, ALERT_BASELINE_REJECTED,
	ALERT_FILE_MODIFIED, ALERT_FILE_MISSING, ALERT_FILE_MIXED, ALERT_FILE_ADDED,
	ALERT_DEVICE_ROLLED_BACK, ALERT_FILE_UNREADABLE, ALERT_FLEET_UNREACHABLE,
	ALERT_DEVICE_OVERDUE, ALERT_DEVICE_REFUSED, ALERT_DEVICE_UNREACHABLE, ALERT_FILE_STALE,
};
enum { ORDER_COUNT = sizeof order / sizeof *order };

static unsigned rank(enum alert_type type)
{
	unsigned i = 0;

	while (i < ORDER_COUNT && order[i] != type)
		i++;
	return i;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_rank(const void *a, const void *b)
{
	const struct alert *one = *(const struct alert *const *)a, *other = *(const struct alert *const *)b;
	unsigned first = rank(one->type), second = rank(other->type);

	if (first != second)
		return first < second ? -1 : 1;
	if (one->state != other->state)
		return one->state < other->state ? -1 : 1;
	return compare_numbers(one->number, other->number);
}

static int by_group(const void *a, const void *b)
{
	const struct alert *one = *(const struct alert *const *)a, *other = *(const struct alert *const *)b;

	if (one->under != other->under)
		return compare_numbers(one->under, other->under);
	return compare_numbers(one->number, other->number);
}

static int make_index(struct index *ret, const struct report_fleet *fleet)
{
	size_t count = fleet->alert_count;
	CLEANUP(clear_index) struct index index = {
		.top = calloc(count + 1, sizeof(const struct alert *)),
		.under = calloc(count + 1, sizeof(const struct alert *)),
		.room = REPORT_ALERTS_MAX,
	};

	if (!index.top || !index.under)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct alert *alert = &fleet->alerts[i];
		const struct alert *group = alert->under ? alert_find(fleet->alerts, count, alert->under) : NULL;
		if (group && group->group)
			index.under[index.under_count++] = alert;
		else
			index.top[index.top_count++] = alert;
	}
	qsort(index.top, index.top_count, sizeof *index.top, by_rank);
	qsort(index.under, index.under_count, sizeof *index.under, by_group);
	*ret = index;
	index = (struct index){0};
	return 0;
}

/* ---- one alert ---- */

static void add_digests(struct text *text, const char *term, bool has, uint64_t size,
			const struct digest_pair *pair, const char *otherwise)
{
	char md5[2 * DIGEST_MD5_SIZE + 1], sha256[DIGEST_SHA256_HEX + 1];

	text_addf(text, "<div><dt>%s</dt>", term);
	if (!has) {
		text_addf(text, "<dd>%s</dd></div>", otherwise);
		return;
	}
	hex_write(md5, pair->md5, sizeof pair->md5);
	hex_write(sha256, pair->sha256, sizeof pair->sha256);
	text_add(text, "<dd class=\"n\">");
	page_add_count(text, size, "byte");
	text_addf(text, "</dd><dd><i>MD5</i> <span class=\"digest\">%s</span></dd><dd><i>SHA-256</i> <span class=\"digest\">%s</span></dd></div>",
		  md5, sha256);
}

static void add_content(struct text *text, const struct alert *alert)
{
	if (!alert->has_old && !alert->has_new)
		return;
	text_add(text, "<dl class=\"pair\">");
	add_digests(text, "Approved", alert->has_old, alert->old_size, &alert->old_digest,
		    alert->type == ALERT_FILE_ADDED || alert->members == ALERT_FILE_ADDED ? "no such file" : "not known");
	add_digests(text, "On the device", alert->has_new, alert->new_size, &alert->new_digest,
		    alert->type == ALERT_FILE_MISSING || alert->members == ALERT_FILE_MISSING ? "no such file" : "not known");
	text_add(text, "</dl>");
}

static void add_state(struct text *text, const struct alert *alert)
{
	if (alert->state != ALERT_STATE_ACKNOWLEDGED)
		return;
	text_add(text, "<p class=\"note\">Acknowledged ");
	html_add_time(text, alert->acknowledged_at);
	if (alert->acknowledged_by) {
		text_add(text, " by ");
		html_add_text(text, alert->acknowledged_by);
	}
	if (alert->note) {
		text_add(text, ": ");
		page_add_long(text, alert->note);
	}
	text_add(text, "</p>");
}

/* "drug-library file STORED~1, release 2026-10" */
static void add_subject(struct text *text, const struct alert *alert)
{
	if (alert->has_kind)
		text_addf(text, "%s ", visit_kind_name(alert->kind));
	if (alert->path) {
		text_add(text, "file <code>");
		page_add_long(text, alert->path);
		text_add(text, "</code>");
	} else if (alert->has_kind) {
		text_add(text, "files");
	}
	if (alert->release) {
		text_add(text, alert->path || alert->has_kind ? ", release " : "release ");
		html_add_text(text, alert->release);
	}
}

static void add_why(struct text *text, const struct alert *alert)
{
	enum visit_outcome outcome;
	/* That a login was refused stands in the heading. */
	bool known = alert->outcome && visit_outcome_parse(&outcome, alert->outcome) == 0 &&
		     outcome != VISIT_LOGIN_REFUSED;

	if (!known && !alert->detail)
		return;
	text_add(text, alert->path || alert->has_kind || alert->release ? ". " : "");
	if (known)
		page_add_sentence(text, visit_outcome_text(outcome));
	if (alert->detail) {
		text_add(text, known ? ": " : "");
		page_add_long(text, alert->detail);
	}
}

static void add_since(struct text *text, const struct alert *alert)
{
	text_add(text, "<span class=\"since soft\">since ");
	html_add_time(text, alert->opened_at);
	text_add(text, "</span>");
}

static void add_number(struct text *text, const struct alert *alert)
{
	text_addf(text, "<span class=\"tag soft\">Alert %" PRIu64 "%s</span>", alert->number,
		  alert->state == ALERT_STATE_ACKNOWLEDGED ? ", acknowledged" : "");
}

/* What is known of the cause, the content and the state; words may be NULL. */
static void add_body(struct text *text, const struct alert *alert, const char *words)
{
	text_add(text, "<p>");
	size_t start = text->length;
	if (words) {
		page_add_sentence(text, words);
		text_add(text, ": ");
	}
	add_subject(text, alert);
	add_why(text, alert);
	if (text->length > start)
		text_add(text, "</p>");
	else
		text_cut(text, start - strlen("<p>"));
	add_content(text, alert);
	add_state(text, alert);
}

static void add_single(struct text *text, const struct report_fleet *fleet, const struct alert *alert)
{
	text_addf(text, "<li id=\"alert-%" PRIu64 "\"><p class=\"line\">", alert->number);
	add_number(text, alert);
	text_add(text, "<span>");
	if (alert->asset)
		page_add_asset(text, fleet, alert->asset);
	else if (alert->manifest)
		text_addf(text, "<span class=\"digest\">%.64s</span>", alert->manifest);
	text_add(text, "</span>");
	add_since(text, alert);
	text_add(text, "</p>");
	add_body(text, alert, NULL);
	text_add(text, "</li>\n");
}

/* ---- groups ---- */

static bool same_content(const struct alert *a, const struct alert *b)
{
	return a->has_new == b->has_new && a->has_old == b->has_old &&
	       (!a->has_new || (a->new_size == b->new_size && digest_equal(&a->new_digest, &b->new_digest))) &&
	       (!a->has_old || (a->old_size == b->old_size && digest_equal(&a->old_digest, &b->old_digest)));
}

static void add_member(struct text *text, const struct report_fleet *fleet, const struct alert *group,
		       const struct alert *alert)
{
	text_addf(text, "<tr id=\"alert-%" PRIu64 "\"><td class=\"n\">%" PRIu64 "</td><th scope=\"row\">", alert->number,
		  alert->number);
	page_add_asset(text, fleet, alert->asset);
	text_add(text, "</th><td>");
	html_add_time(text, alert->opened_at);
	text_add(text, "</td><td>");
	text_add(text, alert->state == ALERT_STATE_ACKNOWLEDGED ? "acknowledged" : "open");
	add_state(text, alert);
	if (!same_content(group, alert))
		add_content(text, alert);
	text_add(text, "</td></tr>\n");
}

static const struct alert *const *members_of(const struct index *index, uint64_t group, size_t *ret_count)
{
	size_t low = 0, high = index->under_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->under[middle]->under < group)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < index->under_count && index->under[high]->under == group;)
		high++;
	*ret_count = high - low;
	return (const struct alert *const *)index->under + low;
}

static void add_members(struct text *text, const struct report_fleet *fleet, struct index *index,
			const struct alert *group)
{
	size_t count;
	const struct alert *const *members = members_of(index, group->number, &count);
	size_t shown = count < index->room ? count : index->room;

	if (shown == 0)
		return;
	index->room -= shown;
	text_add(text, "<details><summary>The ");
	page_add_count(text, count, "device");
	text_addf(text, " of alert %" PRIu64 "</summary><table><caption class=\"hidden\">Devices of alert %" PRIu64 "</caption>",
		  group->number, group->number);
	text_add(text, "<thead><tr><th scope=\"col\" class=\"n\">Alert</th><th scope=\"col\">Device</th>"
		       "<th scope=\"col\">Since</th><th scope=\"col\">State</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < shown; i++)
		add_member(text, fleet, group, members[i]);
	text_add(text, "</tbody></table></details>");
}

static void add_group(struct text *text, const struct report_fleet *fleet, struct index *index,
		      const struct alert *group)
{
	text_addf(text, "<li class=\"group\" id=\"alert-%" PRIu64 "\"><p class=\"line\">", group->number);
	add_number(text, group);
	text_add(text, "<span><b>");
	page_add_count(text, group->asset_count, "device");
	text_add(text, group->type == ALERT_FLEET_DRIFT ? "</b> of model " : "</b> of ");
	html_add_text(text, group->group);
	text_add(text, "</span>");
	add_since(text, group);
	text_add(text, "</p>");
	add_body(text, group,
		 group->type == ALERT_FLEET_DRIFT ? explain_words(EXPLAIN_EVENT, alert_type_name(group->members)) : NULL);
	add_members(text, fleet, index, group);
	text_add(text, "</li>\n");
}

/* ---- all of a type ---- */

static void add_type_heading(struct text *text, enum alert_type type, size_t count)
{
	const char *name = alert_type_name(type);
	const char *words = explain_words(EXPLAIN_EVENT, name);
	const struct explain_entry *entry = explain_find(name);

	text_add(text, "<h3>");
	page_add_mark(text, alert_type_severity(type) <= 2 ? PAGE_BAD : PAGE_UNKNOWN);
	text_add(text, "<span>");
	page_add_sentence(text, words);
	text_addf(text, "</span> <span class=\"soft\">(%zu", count);
	if (strcmp(words, name) != 0)
		text_addf(text, ", %s", name);
	text_add(text, ")</span></h3>\n");
	if (!entry)
		return;
	text_add(text, "<p class=\"what\">");
	html_add_words(text, entry->meaning);
	text_add(text, " ");
	html_add_words(text, entry->sure);
	text_add(text, " <b>What to do:</b> ");
	page_add_advice(text, entry->next);
	text_add(text, "</p>\n");
}

static void add_type(struct text *text, const struct report_fleet *fleet, struct index *index, size_t from,
		     size_t count)
{
	add_type_heading(text, index->top[from]->type, count);
	text_add(text, "<ul class=\"alerts\">\n");
	for (size_t i = from; i < from + count && index->room > 0; i++) {
		index->room--;
		if (index->top[i]->group)
			add_group(text, fleet, index, index->top[i]);
		else
			add_single(text, fleet, index->top[i]);
	}
	text_add(text, "</ul>\n");
}

int page_add_alerts(struct text *text, const struct report_fleet *fleet)
{
	CLEANUP(clear_index) struct index index = {0};

	if (make_index(&index, fleet) < 0)
		return -1;
	page_open_section(text, "alerts", "Alerts that are not resolved");
	if (fleet->alert_count == 0)
		text_add(text, "<p>None.</p>\n");
	for (size_t i = 0, same; i < index.top_count && index.room > 0; i += same) {
		for (same = 1; i + same < index.top_count && index.top[i + same]->type == index.top[i]->type;)
			same++;
		add_type(text, fleet, &index, i, same);
	}
	if (fleet->alert_count > REPORT_ALERTS_MAX) {
		text_add(text, "<p><b>");
		html_add_number(text, fleet->alert_count - REPORT_ALERTS_MAX);
		text_add(text, " more alerts are not shown here.</b> <code>pumpwatch alerts --members</code> lists "
			       "all; <code>pumpwatch alert show NUMBER</code> shows one.</p>\n");
	}
	text_add(text, "</section>\n");
	return 0;
}
