#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/contact.h"
#include "cli/table.h"
#include "enroll/enroll.h"

/* Large enough to tell a rate, small enough to be no burden. */
enum { TRIAL_BYTES_MAX = 512 * 1024, TRIAL_BYTES_LEAST = 16 * 1024 /* to tell a rate */, LEARN_WORDS = 256, LABEL = 15 };

/* ---- the key ---- */

int cli_confirm_key(const struct visit_report *report)
{
	bool is_certificate = strncmp(report->seen_pin, "sha256//", 8) == 0;

	(void)fflush(stdout); /* in order */
	fprintf(stderr, "No key of this device is known yet. It shows %s:\n\n  %s%s%s%s\n",
		is_certificate ? "a certificate with this public key" : "this SSH host key", report->seen_pin,
		!is_certificate && report->seen_key[0] ? " (" : "", is_certificate ? "" : report->seen_key,
		!is_certificate && report->seen_key[0] ? ")" : "");
	if (is_certificate && report->seen_key[0])
		fprintf(stderr, "  %s\n", report->seen_key);
	fprintf(stderr, "\nHold it against what the device's own menu, its label or its service papers\n"
			"say. No password has been sent yet.\n");
	return cli_ask_yes("Is this the key that the device shows? [yes/no]");
}

/* ---- what a visit will be ---- */

void cli_contact_clear(struct cli_contact *contact)
{
	visit_report_clear(&contact->report);
	free(contact->baselines);
	baselines_clear(&contact->believed);
	*contact = (struct cli_contact){0};
}

/* The file for the trial: the largest of the small ones. */
static const struct visit_observation *choose_trial(const struct visit_report *report)
{
	const struct visit_observation *chosen = NULL;

	for (size_t i = 0; i < report->observation_count; i++) {
		const struct visit_observation *one = &report->observations[i];
		if (one->outcome == VISIT_OK && one->size > 0 && one->size <= TRIAL_BYTES_MAX &&
		    (!chosen || one->size > chosen->size))
			chosen = one;
	}
	return chosen;
}

static int try_file(struct cli *cli, struct cli_contact *contact, const struct inventory_device *device,
		    struct error *e)
{
	CLEANUP(visit_report_clear) struct visit_report report = {0};
	const struct visit_observation *chosen = choose_trial(&contact->report);

	if (!chosen)
		return 0;
	const struct sweep_environment environment = cli_environment(cli);
	const struct enroll_visit options = {.only = chosen->path};
	if (enroll_visit(&environment, device, &options, &report, e) < 0)
		return -1;
	const struct visit_observation *seen = visit_report_find(&report, chosen->path);
	contact->tried = true;
	contact->trial = seen ? seen->outcome : report.outcome;
	contact->trial_bytes = report.bytes;
	contact->trial_time = report.ended_at - report.started_at;
	/* The second contact went by the key and the serial that the first one showed. */
	if (report.outcome == VISIT_OK)
		contact->report.grade = report.grade;
	return 0;
}

static int see_baselines(struct cli *cli, struct cli_contact *contact, const struct inventory_device *device,
			 struct error *e)
{
	CLEANUP(baseline_rejections_clear) struct baseline_rejections rejections = {0};
	struct error fault;

	if (baseline_refresh(&contact->believed, &rejections, cli->baselines, cli->store, &cli->setup.config,
			     cli_now(cli), &fault) < 0) {
		text_copy(contact->fault, sizeof contact->fault, fault.text);
		return 0;
	}
	return sweep_baselines_select(&contact->baselines, &contact->baseline_count, &contact->believed, device) < 0
		? error_memory(e) : 0;
}

int cli_contact_complete(struct cli *cli, struct cli_contact *contact, const struct inventory_device *device,
			 struct error *e)
{
	if (contact->report.outcome != VISIT_OK)
		return 0;
	return try_file(cli, contact, device, e) < 0 || see_baselines(cli, contact, device, e) < 0 ? -1 : 0;
}

struct amount {
	uint64_t files, bytes;
};

static struct amount amount_of(const struct visit_report *report, int kind)
{
	struct amount amount = {0};

	for (size_t i = 0; i < report->observation_count; i++) {
		if (kind >= 0 && report->observations[i].kind != (enum visit_kind)kind)
			continue;
		amount.files++;
		amount.bytes += report->observations[i].size;
	}
	return amount;
}

/* Bytes a second that the trial gave; 0: not known. */
static uint64_t rate_of(const struct cli_contact *contact)
{
	int64_t contact_time = contact->report.ended_at - contact->report.started_at;
	int64_t reading = contact->trial_time;

	if (!contact->tried || contact->trial != VISIT_OK || contact->trial_bytes < TRIAL_BYTES_LEAST)
		return 0;
	reading -= contact_time < reading / 2 ? contact_time : reading / 2;
	return contact->trial_bytes * TIME_SECOND / (uint64_t)(reading > 0 ? reading : 1);
}

static uint64_t largest(const struct visit_report *report)
{
	uint64_t most = 0;

	for (size_t i = 0; i < report->observation_count; i++)
		most = report->observations[i].size > most ? report->observations[i].size : most;
	return most;
}

/* About how long a visit takes; -1: that cannot be told. Contact and listing took what they took;
 * each file costs a few of the exchanges that these were made of. */
static int64_t estimate(const struct cli_contact *contact, const struct inventory_model *model)
{
	int64_t contact_time = contact->report.ended_at - contact->report.started_at;
	int64_t exchange = contact_time / 5 < TIME_SECOND / 2 ? contact_time / 5 : TIME_SECOND / 2;
	const struct amount all = amount_of(&contact->report, -1);
	uint64_t rate = rate_of(contact);

	if (model->limits.rate > 0 && (rate == 0 || rate > model->limits.rate))
		rate = model->limits.rate;
	/* Where all are small, each takes what the largest of them took. */
	if (rate == 0 && all.bytes > 0)
		return contact->tried && contact->trial == VISIT_OK && largest(&contact->report) <= contact->trial_bytes
			? contact_time + (int64_t)all.files * contact->trial_time : -1;
	double reading = rate > 0 ? (double)all.bytes / (double)rate : 0;
	return contact_time + (int64_t)all.files * exchange + (int64_t)(reading * (double)TIME_SECOND);
}

static const struct drift_baseline *current_of(const struct cli_contact *contact, enum visit_kind kind)
{
	const struct drift_baseline *found = NULL;

	/* One of the device's own goes before the model's. */
	for (size_t i = 0; i < contact->baseline_count; i++) {
		const struct drift_baseline *one = &contact->baselines[i];
		if (one->current && one->manifest->kind == kind && (!found || one->manifest->scope == MANIFEST_DEVICE))
			found = one;
	}
	return found;
}

/* ---- to a person ---- */

static void add_bytes(struct text *text, uint64_t bytes)
{
	if (bytes < 10000)
		text_addf(text, "%llu %s", (unsigned long long)bytes, bytes == 1 ? "byte" : "bytes");
	else if (bytes < 1000000)
		text_addf(text, "%.0f KB", (double)bytes / 1e3);
	else
		text_addf(text, "%.1f MB", (double)bytes / 1e6);
}

static void add_amount(struct text *text, const struct amount *amount)
{
	text_addf(text, "%llu %s, ", (unsigned long long)amount->files, amount->files == 1 ? "file" : "files");
	add_bytes(text, amount->bytes);
}

static void add_duration(struct text *text, int64_t duration)
{
	double seconds = (double)duration / (double)TIME_SECOND;

	if (seconds < 1.5)
		text_add(text, "about a second");
	else if (seconds < 90)
		text_addf(text, "about %.0f seconds", seconds);
	else if (seconds < 5400)
		text_addf(text, "about %.0f minutes", seconds / 60);
	else
		text_addf(text, "about %.0f hours", seconds / 3600);
}

/* A line of words that are ours or escaped, which text then has no more. */
static void line(const struct cli *cli, const char *label, struct text *text)
{
	CLEANUP(text_clear) struct text shown;

	text_init(&shown);
	text_addf(&shown, "%-*s", LABEL, label);
	if (text->length > 0)
		cli_wrap(&shown, text->data, LABEL, cli->width);
	if (text->length > 0 && !shown.failed)
		puts(shown.data);
	text_cut(text, 0);
}

static void print_contact(const struct cli *cli, const struct visit_report *report)
{
	CLEANUP(text_clear) struct text text;
	bool fine = report->outcome == VISIT_OK;

	text_init(&text);
	text_addf(&text, "%s%s%s", fine ? "fine" : visit_outcome_text(report->outcome), report->detail[0] ? ": " : "",
		  report->detail);
	line(cli, "Contact", &text);
	if (!fine)
		cli_line(cli, "What to do", visit_outcome_advice(report->outcome));
	cli_line(cli, "Address", report->seen_address);
	text_addf(&text, "%s%s%s%s", report->seen_pin, report->seen_key[0] ? " (" : "", report->seen_key,
		  report->seen_key[0] ? ")" : "");
	line(cli, "Key seen", &text);
	cli_line(cli, "Serial seen", report->seen_serial);
}

static void print_grade(const struct cli *cli, const struct visit_report *report,
			const struct inventory_device *device)
{
	CLEANUP(visit_address_clear) struct visit_address address = {0};
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (visit_outcome_contact(report->outcome) != VISIT_CONTACT_MADE ||
	    visit_address_parse(&address, device->link, NULL) < 0)
		return;
	visit_grade_explain(&text, &report->grade, address.scheme);
	line(cli, "The link", &text);
}

static void print_kinds(const struct cli *cli, const struct cli_contact *contact, const struct inventory_model *model)
{
	const struct amount all = amount_of(&contact->report, -1);
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	add_amount(&text, &all);
	line(cli, "To be pulled", &text);
	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		const struct amount amount = amount_of(&contact->report, kind);
		const struct drift_baseline *current = current_of(contact, (enum visit_kind)kind);
		if (!inventory_model_has_kind(model, (enum visit_kind)kind))
			continue;
		add_amount(&text, &amount);
		if (current) {
			text_add(&text, "; compared with release ");
			escape_add(&text, ESCAPE_DISPLAY, current->manifest->release, strlen(current->manifest->release));
			text_add(&text, ", which is in force");
		} else if (contact->fault[0])
			text_add(&text, "; which release is in force is not known");
		else if (amount.files > 0)
			text_add(&text, "; no release is in force yet, so nothing can be compared");
		char label[32];
		(void)snprintf(label, sizeof label, "  %s", visit_kind_name((enum visit_kind)kind)); /* fits */
		line(cli, label, &text);
	}
	cli_line(cli, "Baselines", contact->fault);
}

static void print_time(const struct cli *cli, const struct cli_contact *contact, const struct inventory_model *model)
{
	CLEANUP(text_clear) struct text text;
	int64_t duration = estimate(contact, model);
	uint64_t rate = rate_of(contact);

	text_init(&text);
	if (duration < 0)
		text_add(&text, "a time that cannot be told: no file was of a size for a trial");
	else
		add_duration(&text, duration);
	if (rate > 0) {
		text_add(&text, "; a trial gave ");
		add_bytes(&text, rate);
		text_add(&text, " a second");
	}
	if (model->limits.rate > 0) {
		text_add(&text, rate > 0 ? ", the profile allows " : "; the profile allows ");
		add_bytes(&text, model->limits.rate);
	}
	line(cli, "A visit takes", &text);
	if (contact->tried && contact->trial != VISIT_OK) {
		text_addf(&text, "one file was to be read and could not: %s; %s", visit_outcome_text(contact->trial),
			  visit_outcome_advice(contact->trial));
		line(cli, "Trial", &text);
	}
}

static void print_gaps(const struct cli *cli, const struct visit_report *report, const struct inventory_model *model)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (report->left_out > 0)
		text_addf(&text, "%llu %s, by the profile", (unsigned long long)report->left_out,
			  report->left_out == 1 ? "file that always changes" : "files that always change");
	line(cli, "Left out", &text);
	if (report->not_covered > 0)
		text_addf(&text, "%llu %s that no pattern of the profile names, or that %s no plain %s",
			  (unsigned long long)report->not_covered, report->not_covered == 1 ? "thing" : "things",
			  report->not_covered == 1 ? "is" : "are", report->not_covered == 1 ? "file" : "files");
	line(cli, "Not covered", &text);
	for (size_t i = 0; i < model->not_covered.count; i++)
		cli_line(cli, "Not covered", model->not_covered.items[i]);
	if (model->example)
		cli_line(cli, "Remark", "the paths of this profile are examples: fill them in from the maker's "
					"service documents");
}

/* What to type next: for kind, or to visit where each kind has a release; false: nothing for kind. */
static bool next_step(char ret_words[static LEARN_WORDS], const struct cli_contact *contact,
		      const struct inventory_device *device, int kind)
{
	if (kind < VISIT_KIND_COUNT && (amount_of(&contact->report, kind).files == 0 ||
					current_of(contact, (enum visit_kind)kind)))
		return false;
	if (kind == VISIT_KIND_COUNT)
		(void)snprintf(ret_words, LEARN_WORDS, "pumpwatch sweep %s", device->asset); /* an asset is short */
	else
		(void)snprintf(ret_words, LEARN_WORDS,
			       "pumpwatch baseline learn %s --kind %s --release RELEASE --key KEY -o %s.manifest",
			       device->asset, visit_kind_name((enum visit_kind)kind),
			       visit_kind_name((enum visit_kind)kind));
	return true;
}

static void print_next(const struct cli *cli, const struct cli_contact *contact, const struct inventory_device *device)
{
	char words[LEARN_WORDS];
	bool learns = false;

	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		if (!next_step(words, contact, device, kind))
			continue;
		if (!learns)
			printf("\n");
		if (!learns)
			cli_paragraph(cli, 0, "Next, have what is on it approved, or bring in the maker's release "
					      "(\"pumpwatch baseline import --help\"):");
		learns = true;
		/* Of 80 columns, and still one command where it is copied. */
		char *file = strstr(words, " -o ");
		printf("  %.*s%s%s\n", (int)(file ? (size_t)(file - words) : strlen(words)), words, file ? " \\\n     " : "",
		       file ? file : "");
	}
	if (!learns && next_step(words, contact, device, VISIT_KIND_COUNT))
		printf("\nNext, check it:\n  %s\n", words);
}

static void print_files(const struct visit_report *report)
{
	for (size_t i = 0; i < report->observation_count; i++) {
		const struct visit_observation *seen = &report->observations[i];
		CLEANUP(cleanup_free) char *path = escape_string(ESCAPE_DISPLAY, seen->path);
		printf("  %-13s %12llu  %s%s%s\n", visit_kind_name(seen->kind), (unsigned long long)seen->size,
		       path ? path : "", seen->outcome == VISIT_OK ? "" : ": ",
		       seen->outcome == VISIT_OK ? "" : visit_outcome_text(seen->outcome));
	}
}

void cli_contact_print(const struct cli *cli, const struct cli_contact *contact,
		       const struct inventory_device *device, bool with_files)
{
	const struct inventory_model *model = sweep_models_find(&cli->setup.models, device->model);
	const struct visit_report *report = &contact->report;

	print_contact(cli, report);
	print_grade(cli, report, device);
	if (!model)
		return;
	if (report->outcome == VISIT_OK) {
		print_kinds(cli, contact, model);
		print_time(cli, contact, model);
	}
	print_gaps(cli, report, model);
	if (with_files)
		print_files(report);
	if (report->outcome == VISIT_OK && !cli->quiet)
		print_next(cli, contact, device);
}

/* ---- to a program ---- */

static json_t *json_kinds(const struct cli_contact *contact, const struct inventory_model *model)
{
	json_t *kinds = json_array();

	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		const struct amount amount = amount_of(&contact->report, kind);
		const struct drift_baseline *current = current_of(contact, (enum visit_kind)kind);
		if (!inventory_model_has_kind(model, (enum visit_kind)kind))
			continue;
		json_array_append_new(kinds, json_pack("{ss sI sI sb so so}", "kind",
			visit_kind_name((enum visit_kind)kind), "files", (json_int_t)amount.files, "bytes",
			(json_int_t)amount.bytes, "in_force", current != NULL, "release",
			cli_json_string(current ? current->manifest->release : NULL), "manifest",
			cli_json_string(current ? current->id : NULL)));
	}
	return kinds;
}

static json_t *json_trial(const struct cli_contact *contact)
{
	if (!contact->tried)
		return json_null();
	return json_pack("{ss sI sf}", "outcome", visit_outcome_name(contact->trial), "bytes",
			 (json_int_t)contact->trial_bytes, "seconds", (double)contact->trial_time / (double)TIME_SECOND);
}

static json_t *json_next(const struct cli_contact *contact, const struct inventory_device *device)
{
	json_t *next = json_array();
	char words[LEARN_WORDS];

	for (int kind = 0; kind <= VISIT_KIND_COUNT && contact->report.outcome == VISIT_OK; kind++)
		if ((kind < VISIT_KIND_COUNT || json_array_size(next) == 0) && next_step(words, contact, device, kind))
			json_array_append_new(next, json_string(words));
	return next;
}

void cli_contact_json(json_t *object, const struct cli *cli, const struct cli_contact *contact,
		      const struct inventory_device *device)
{
	const struct inventory_model *model = sweep_models_find(&cli->setup.models, device->model);
	CLEANUP(visit_address_clear) struct visit_address address = {0};
	CLEANUP(text_clear) struct text grade;
	json_t *parts = json_array();

	text_init(&grade);
	if (visit_address_parse(&address, device->link, NULL) == 0)
		visit_grade_explain(&grade, &contact->report.grade, address.scheme);
	json_object_set_new(object, "grade_means", grade.data ? json_string(grade.data) : json_null());
	json_object_set_new(object, "trial", json_trial(contact));
	json_object_set_new(object, "next", json_next(contact, device));
	json_object_set_new(object, "baseline_fault", cli_json_string(contact->fault[0] ? contact->fault : NULL));
	for (size_t i = 0; model && i < model->not_covered.count; i++)
		json_array_append_new(parts, cli_json_string(model->not_covered.items[i]));
	json_object_set_new(object, "not_covered_parts", parts);
	if (!model)
		return;
	int64_t duration = contact->report.outcome == VISIT_OK ? estimate(contact, model) : -1;
	json_object_set_new(object, "kinds", json_kinds(contact, model));
	json_object_set_new(object, "estimated_seconds",
			    duration < 0 ? json_null() : json_real((double)duration / (double)TIME_SECOND));
	json_object_set_new(object, "rate_cap", json_integer((json_int_t)model->limits.rate));
	json_object_set_new(object, "example_profile", json_boolean(model->example));
}
