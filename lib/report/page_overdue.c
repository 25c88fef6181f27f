#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "explain/explain.h"
#include "report/html.h"
#include "report/internal.h"

enum { UNFOLDED = 25 }; /* so many devices are shown without being asked for */

static const char *department_of(const struct report_device *device)
{
	return device->device.department ? device->device.department : "";
}

/* Those without a department last; the longest unverified first, never before all. */
static int by_department(const void *a, const void *b)
{
	const struct report_device *one = *(const struct report_device *const *)a;
	const struct report_device *other = *(const struct report_device *const *)b;
	const char *first = department_of(one), *second = department_of(other);

	if (!*first != !*second)
		return *first ? -1 : 1;
	int order = strcmp(first, second);
	if (order != 0)
		return order;
	if (one->verified_at != other->verified_at)
		return one->verified_at < other->verified_at ? -1 : 1;
	return strcmp(one->device.asset, other->device.asset);
}

static void add_device(struct text *text, const struct report_device *device, int64_t now)
{
	text_add(text, "<tr><th scope=\"row\"><b>");
	html_add_text(text, device->device.asset);
	text_add(text, "</b> ");
	html_add_text(text, device->device.name);
	text_add(text, "</th><td>");
	html_add_text(text, device->device.model);
	text_add(text, "</td><td>");
	html_add_text(text, device->device.serial ? device->device.serial : "–");
	text_add(text, "</td><td>");
	page_add_ago(text, device->verified_at, now);
	if (device->verified_at) {
		text_add(text, "<br><span class=\"soft\">");
		html_add_day(text, device->verified_at);
		text_add(text, "</span>");
	}
	text_add(text, "</td><td>");
	if (device->has_result) {
		page_add_mark(text, page_mark_of(device->result));
		text_add(text, "<span>");
		html_add_words(text, explain_words(EXPLAIN_RESULT, drift_result_name(device->result)));
		if (device->result == DRIFT_UNREACHABLE) {
			text_add(text, " (");
			html_add_words(text, visit_outcome_text(device->outcome));
			text_add(text, ")");
		}
		text_add(text, "</span>");
	} else {
		text_add(text, "never visited");
	}
	text_add(text, "</td></tr>\n");
}

static void add_department(struct text *text, const struct report_device *const *devices, size_t count, bool open,
			   int64_t now)
{
	const char *name = devices[0]->device.department;

	text_addf(text, "<details%s><summary>", open ? " open" : "");
	html_add_text(text, name ? name : "No department");
	text_add(text, ": ");
	page_add_count(text, count, "device");
	text_add(text, "</summary>\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Overdue devices of ");
	html_add_text(text, name ? name : "no department");
	text_add(text, "\"><table><caption class=\"hidden\">Overdue devices of ");
	html_add_text(text, name ? name : "no department");
	text_add(text, "</caption>\n<thead><tr><th scope=\"col\">Device</th><th scope=\"col\">Model</th>"
		       "<th scope=\"col\">Serial number</th><th scope=\"col\">Last verified</th>"
		       "<th scope=\"col\">Last visit</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < count; i++)
		add_device(text, devices[i], now);
	text_add(text, "</tbody></table></div></details>\n");
}

static void add_departments(struct text *text, const struct report_device *const *devices, size_t count, int64_t now)
{
	if (count == 0)
		text_add(text, "<p>None.</p>\n");
	for (size_t i = 0, same; i < count; i += same) {
		for (same = 1; i + same < count &&
			       strcmp(department_of(devices[i + same]), department_of(devices[i])) == 0;)
			same++;
		add_department(text, devices + i, same, count <= UNFOLDED, now);
	}
}

int page_add_overdue(struct text *text, const struct report_fleet *fleet)
{
	CLEANUP(cleanup_free) const struct report_device **devices =
		calloc(fleet->device_count + 1, sizeof(const struct report_device *));
	size_t count = 0;

	if (!devices)
		return -1;
	for (size_t i = 0; i < fleet->device_count; i++)
		if (fleet->devices[i].overdue)
			devices[count++] = &fleet->devices[i];
	qsort(devices, count, sizeof *devices, by_department);
	page_open_section(text, "overdue", "Overdue devices, by department");
	if (count > 0)
		text_add(text, "<p class=\"what\">In use, and not verified for too long: nothing is known of their files "
			       "since then. Find the device, switch it on within reach of its network, and sweep it: "
			       "<code>pumpwatch sweep ASSET</code>. One that is out of use: "
			       "<code>pumpwatch edit ASSET state=stored</code>.</p>\n");
	add_departments(text, devices, count, fleet->made_at);
	text_add(text, "</section>\n");
	return 0;
}
