#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/text.h"
#include "cli/cli.h"

int cli_print_json(json_t *document)
{
	if (!document) {
		fprintf(stderr, "pumpwatch: the answer could not be put into JSON\n");
		return ERROR_INTERNAL;
	}
	(void)json_dumpf(document, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER); /* see above */
	json_decref(document);
	putchar('\n');
	return 0;
}

json_t *cli_json_string(const char *string)
{
	CLEANUP(cleanup_free) char *escaped = string ? escape_string(ESCAPE_DISPLAY, string) : NULL;

	return escaped ? json_string(escaped) : json_null();
}

json_t *cli_json_time(int64_t at)
{
	char text[TIME_TEXT_SIZE];

	if (at == 0 || at == TIME_NEVER)
		return json_null();
	time_write(text, at);
	return json_string(text);
}

const char *cli_time(const struct cli *cli, int64_t at, char buffer[static CLI_TIME_SIZE])
{
	time_t seconds = (time_t)(at / TIME_SECOND);
	struct tm tm;

	if (at == 0 || at == TIME_NEVER)
		return "never";
	if (cli->terminal && localtime_r(&seconds, &tm) && strftime(buffer, CLI_TIME_SIZE, "%Y-%m-%d %H:%M", &tm))
		return buffer;
	time_write(buffer, at);
	return buffer;
}

const char *cli_age(const struct cli *cli, int64_t at, char buffer[static CLI_TIME_SIZE])
{
	static const struct {
		int64_t length;
		const char *word;
	} units[] = {
		{365 * TIME_DAY, "year"}, {30 * TIME_DAY, "month"}, {7 * TIME_DAY, "week"}, {TIME_DAY, "day"},
		{TIME_HOUR, "hour"},	  {TIME_MINUTE, "min"},
	};
	int64_t age = cli_now(cli) - at;

	if (!cli->terminal || at == 0 || at == TIME_NEVER || age < 0)
		return cli_time(cli, at, buffer);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		/* "10 days ago" says more than "1 week ago". */
		if (age < (units[i].length >= 7 * TIME_DAY ? 2 : 1) * units[i].length)
			continue;
		long long count = (long long)(age / units[i].length);
		(void)snprintf(buffer, CLI_TIME_SIZE, "%lld %s%s ago", count, units[i].word,
			       count == 1 || units[i].length == TIME_MINUTE ? "" : "s"); /* fits */
		return buffer;
	}
	return "just now";
}

char *cli_finding_path(const struct drift_finding *finding)
{
	return escape_string(ESCAPE_DISPLAY, finding->path ? finding->path : "all files");
}

char *cli_releases(const struct store_standing *standing)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		const struct store_release *release = &standing->releases[kind];
		if (release->release && !release->doubtful)
			text_addf(&text, "%s%s %s", text.length ? ", " : "",
				  visit_kind_name((enum visit_kind)kind), release->release);
	}
	return text.length ? text_take(&text) : NULL;
}

static void set_digests(json_t *object, const char *suffix, const struct digest_pair *digest)
{
	char md5[2 * DIGEST_MD5_SIZE + 1];
	char sha256[DIGEST_SHA256_HEX + 1];
	char key[32];

	hex_write(md5, digest->md5, DIGEST_MD5_SIZE);
	hex_write(sha256, digest->sha256, DIGEST_SHA256_SIZE);
	(void)snprintf(key, sizeof key, "md5%s", suffix); /* the suffixes are ours and short */
	json_object_set_new(object, key, json_string(md5));
	(void)snprintf(key, sizeof key, "sha256%s", suffix);
	json_object_set_new(object, key, json_string(sha256));
}

json_t *cli_json_device(const struct store_device *one)
{
	const struct inventory_device *device = &one->device;
	const struct store_standing *standing = &one->standing;
	char grade[VISIT_GRADE_TEXT_SIZE];
	CLEANUP(cleanup_free) char *releases = cli_releases(standing);

	visit_grade_write(grade, &standing->grade);
	return json_pack("{so so so so so so so so so ss so so so so so so sI so}",
		"asset", cli_json_string(device->asset), "serial", cli_json_string(device->serial),
		"mac", cli_json_string(device->mac), "model", cli_json_string(device->model),
		"name", cli_json_string(device->name), "department", cli_json_string(device->department),
		"link", cli_json_string(device->link), "credential", cli_json_string(device->credential),
		"pin", cli_json_string(device->pins), "state", inventory_state_name(device->state),
		"enrolled", cli_json_time(device->enrolled_at),
		"result", standing->has_result ? json_string(drift_result_name(standing->result)) : json_null(),
		"outcome", standing->has_result ? json_string(visit_outcome_name(standing->outcome)) : json_null(),
		"grade", standing->has_result ? json_string(grade) : json_null(),
		"visited", cli_json_time(standing->visited_at), "verified", cli_json_time(standing->verified_at),
		"failures", (json_int_t)standing->failures, "releases", cli_json_string(releases));
}

json_t *cli_json_alert(const struct alert *alert)
{
	json_t *object = json_pack("{sI so ss ss so so so so so so so so so so so}",
		"number", (json_int_t)alert->number, "asset", cli_json_string(alert->asset),
		"type", alert_type_name(alert->type), "state", alert_state_name(alert->state),
		"kind", alert->has_kind ? json_string(visit_kind_name(alert->kind)) : json_null(),
		"path", cli_json_string(alert->path), "release", cli_json_string(alert->release),
		"manifest", cli_json_string(alert->manifest), "outcome", cli_json_string(alert->outcome),
		"detail", cli_json_string(alert->detail), "opened", cli_json_time(alert->opened_at),
		"seen", cli_json_time(alert->seen_at), "acknowledged", cli_json_time(alert->acknowledged_at),
		"acknowledged_by", cli_json_string(alert->acknowledged_by), "note", cli_json_string(alert->note));

	json_object_set_new(object, "resolved", cli_json_time(alert->resolved_at));
	json_object_set_new(object, "told", cli_json_time(alert->told_at));
	json_object_set_new(object, "reminders", json_integer(alert->reminders));
	json_object_set_new(object, "under", alert->under ? json_integer((json_int_t)alert->under) : json_null());
	json_object_set_new(object, "group", cli_json_string(alert->group));
	json_object_set_new(object, "asset_count", alert->group ? json_integer((json_int_t)alert->asset_count) : json_null());
	json_object_set_new(object, "members", alert->group ? json_string(alert_type_name(alert->members)) : json_null());
	if (alert->has_new) {
		json_object_set_new(object, "size", json_integer((json_int_t)alert->new_size));
		set_digests(object, "", &alert->new_digest);
	}
	if (alert->has_old) {
		json_object_set_new(object, "size_approved", json_integer((json_int_t)alert->old_size));
		set_digests(object, "_approved", &alert->old_digest);
	}
	return object;
}

json_t *cli_json_finding(const struct drift_finding *finding)
{
	json_t *object = json_pack("{ss ss so so ss}", "finding", drift_type_name(finding->type), "kind",
				   visit_kind_name(finding->kind), "path", cli_json_string(finding->path),
				   "release", cli_json_string(finding->release), "outcome",
				   visit_outcome_name(finding->outcome));

	if (finding->has_new) {
		json_object_set_new(object, "size", json_integer((json_int_t)finding->new_size));
		set_digests(object, "", &finding->new_digest);
	}
	if (finding->has_old) {
		json_object_set_new(object, "size_approved", json_integer((json_int_t)finding->old_size));
		set_digests(object, "_approved", &finding->old_digest);
	}
	return object;
}

static json_t *json_observation(const struct visit_observation *seen)
{
	json_t *object = json_pack("{so ss ss sI sb}", "path", cli_json_string(seen->path), "kind",
				   visit_kind_name(seen->kind), "outcome", visit_outcome_name(seen->outcome),
				   "size", (json_int_t)seen->size, "length_verified", seen->length_verified);

	set_digests(object, "", &seen->digest);
	return object;
}

json_t *cli_json_report(const struct visit_report *report, bool with_files)
{
	char grade[VISIT_GRADE_TEXT_SIZE];

	visit_grade_write(grade, &report->grade);
	json_t *object = json_pack("{ss ss ss so so so so sI sI sI sI so so}",
		"outcome", visit_outcome_name(report->outcome), "detail", report->detail, "grade", grade,
		"pin", cli_json_string(report->seen_pin[0] ? report->seen_pin : NULL),
		"key", report->seen_key[0] ? json_string(report->seen_key) : json_null(),
		"serial", cli_json_string(report->seen_serial[0] ? report->seen_serial : NULL),
		"address", cli_json_string(report->seen_address[0] ? report->seen_address : NULL),
		"files", (json_int_t)report->observation_count, "bytes", (json_int_t)report->bytes,
		"left_out", (json_int_t)report->left_out, "not_covered", (json_int_t)report->not_covered,
		"started", cli_json_time(report->started_at), "ended", cli_json_time(report->ended_at));

	if (!with_files)
		return object;
	json_t *files = json_array();
	for (size_t i = 0; i < report->observation_count; i++)
		json_array_append_new(files, json_observation(&report->observations[i]));
	json_object_set_new(object, "observations", files);
	return object;
}

json_t *cli_json_summary(const struct store_summary *summary)
{
	json_t *states = json_object();
	json_t *results = json_object();

	for (int i = 0; i < INVENTORY_STATE_COUNT; i++)
		json_object_set_new(states, inventory_state_name((enum inventory_state)i),
				    json_integer((json_int_t)summary->states[i]));
	for (int i = 0; i < DRIFT_RESULT_COUNT; i++)
		json_object_set_new(results, drift_result_name((enum drift_result)i),
				    json_integer((json_int_t)summary->results[i]));
	return json_pack("{so so sI sI sI sI sI}", "devices", states, "results", results, "never_visited",
			 (json_int_t)summary->never_visited, "overdue", (json_int_t)summary->overdue,
			 "open_alerts", (json_int_t)summary->open_alerts, "acknowledged_alerts",
			 (json_int_t)summary->acknowledged_alerts, "current_baselines",
			 (json_int_t)summary->baselines_current);
}
