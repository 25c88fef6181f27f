#pragma once
/* The command line: one file a group of verbs, on one context. */
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/time.h"
#include "setup/setup.h"
#include "store/store.h"

struct pull_pool;
struct sd_event;

/* What every verb works with. */
struct cli {
	struct setup setup;
	struct store *store;	/* NULL until cli_open_store() */
	/* NULL until cli_open_pool() */
	struct sd_event *event;
	struct pull_pool *pool;
	struct baseline_memory *baselines;
	bool json;
	bool quiet;
	bool terminal; /* standard output is one */
	bool progress; /* standard error is a terminal, and not quiet */
	unsigned width; /* columns of that terminal; 0 where there is none: as wide as it is */
	bool color;	/* see cli/table.h */
	const char *verb; /* for messages and records: "baseline add" */
	char by[128];	  /* who does it */
	const char *reason; /* why, where that was said; or NULL */
};

/* What a verb may do: those that act take --reason. */
enum cli_role { CLI_ALONE, CLI_LOOKS, CLI_ACTS };

struct cli_verb {
	const char *name;    /* "baseline add" */
	const char *usage;   /* what follows the name */
	const char *summary; /* one line */
	const char *help;    /* options and an example */
	int (*run)(struct cli *cli, int argc, char **argv); /* argv[0] is the verb's last word */
	enum cli_role role; /* all but CLI_ALONE have the configuration */
};

extern const struct cli_verb cli_verbs[];

/* Print "pumpwatch: …" and return the exit code of e. */
int cli_fail(const struct cli *cli, const struct error *e);

/* Print what is wrong with the arguments, and how to see what is right; returns 64. */
int cli_usage(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The analysers see no further than a declaration: the result is always 64. */
#define cli_usage(...) ({ (void)(cli_usage)(__VA_ARGS__); (int)ERROR_USAGE; })

/* Open what a verb needs; closed by main. Returns 0 or -1. */
int cli_open_store(struct cli *cli, enum store_mode mode, struct error *e);
int cli_open_pool(struct cli *cli, struct error *e);
struct sweep_environment cli_environment(const struct cli *cli);

int64_t cli_now(const struct cli *cli);

/* Take why something is done, from an option; lent. Returns 0, or 64 after cli_usage() has spoken. */
int cli_take_reason(struct cli *cli, const char *words);
/* Who acts, now and why; lent from cli. */
struct store_actor cli_actor(const struct cli *cli);
/* Record what the verb does to a subject. detail may be NULL. Returns 0 or -1. */
int cli_record_act(struct cli *cli, const char *subject, const char *detail, struct error *e);

/* Load an enrolled device, or say that there is none and what is like it. Returns 0 or -1. */
int cli_load_device(struct cli *cli, const char *asset, struct store_device *ret_device, struct error *e);

/* The profile of a model, or NULL after saying that there is none, and which is like it. */
const struct inventory_model *cli_find_model(const struct cli *cli, const char *name, struct error *e);

/* The word that is most like what was given; NULL when none is. Words are lent. */
struct cli_guess {
	const char *word;
	unsigned far;
};
void cli_guess_add(struct cli_guess *guess, const char *given, const char *known);

/* Which of count names was given, without regard to case, or -1 after cli_usage() has spoken: "a
 * state is active, stored, maintenance or retired, not "activ": did you mean "active"?" */
int cli_choose(const struct cli *cli, const char *what, const char *given, const char *const *names, size_t count);

/* The next option that a verb has seen, or -1 at the end, or '?' after cli_usage() has spoken.
 * "-o" is short for "--output" where that is among the options. */
int cli_option(struct cli *cli, int argc, char **argv, const struct option *options);

/* ---- output ---- */

/* Print a document and drop it; returns 0, or 70 when it could not be made. Whether it was
 * written shows at the end of the program. */
int cli_print_json(json_t *document);

/* A string of a device or a file, escaped; JSON null for NULL. */
json_t *cli_json_string(const char *string);
json_t *cli_json_time(int64_t at); /* null for 0 and TIME_NEVER */

/* Write a time for a person: local time on a terminal, RFC 3339 UTC elsewhere; "never" for 0. */
enum { CLI_TIME_SIZE = 48 };
const char *cli_time(const struct cli *cli, int64_t at, char buffer[static CLI_TIME_SIZE]);

/* The same as an age on a terminal: "2 days ago". */
const char *cli_age(const struct cli *cli, int64_t at, char buffer[static CLI_TIME_SIZE]);

/* Which file a finding is of, escaped; "all files" for one of a whole kind. The caller frees; NULL
 * without memory. */
char *cli_finding_path(const struct drift_finding *finding);

/* "firmware 7.0, drug-library 2026-10": which releases a device is known to be on; NULL where none
 * is. The caller frees. */
char *cli_releases(const struct store_standing *standing);

/* Devices, visits and alerts as JSON, for several verbs. */
json_t *cli_json_device(const struct store_device *device);
json_t *cli_json_alert(const struct alert *alert);
json_t *cli_json_report(const struct visit_report *report, bool with_files);
json_t *cli_json_finding(const struct drift_finding *finding);
json_t *cli_json_summary(const struct store_summary *summary);

/* Deliver what waits in the outbox for at most `patience`, unless a daemon does it. */
/* How long a run by hand tries to hand its events to the sinks, before it leaves them. */
#define CLI_DELIVERY_PATIENCE (10 * TIME_SECOND)
void cli_deliver(struct cli *cli, int64_t patience);

/* ---- the verbs ---- */
int verb_models(struct cli *cli, int argc, char **argv);
int verb_model_show(struct cli *cli, int argc, char **argv);
int verb_model_check(struct cli *cli, int argc, char **argv);
int verb_enroll(struct cli *cli, int argc, char **argv);
int verb_edit(struct cli *cli, int argc, char **argv);
int verb_retire(struct cli *cli, int argc, char **argv);
int verb_devices(struct cli *cli, int argc, char **argv);
int verb_show(struct cli *cli, int argc, char **argv);
int verb_test(struct cli *cli, int argc, char **argv);
int verb_baseline_learn(struct cli *cli, int argc, char **argv);
int verb_baseline_import(struct cli *cli, int argc, char **argv);
int verb_baseline_sign(struct cli *cli, int argc, char **argv);
int verb_baseline_add(struct cli *cli, int argc, char **argv);
int verb_baseline_approve(struct cli *cli, int argc, char **argv);
int verb_baseline_list(struct cli *cli, int argc, char **argv);
int verb_baseline_show(struct cli *cli, int argc, char **argv);
int verb_baseline_diff(struct cli *cli, int argc, char **argv);
int verb_baseline_export(struct cli *cli, int argc, char **argv);
int verb_baseline_accept_until(struct cli *cli, int argc, char **argv);
int verb_baseline_withdraw(struct cli *cli, int argc, char **argv);
int verb_bench(struct cli *cli, int argc, char **argv);
int verb_sweep(struct cli *cli, int argc, char **argv);
int verb_alerts(struct cli *cli, int argc, char **argv);
int verb_alert_show(struct cli *cli, int argc, char **argv);
int verb_ack(struct cli *cli, int argc, char **argv);
int verb_report(struct cli *cli, int argc, char **argv);
int verb_status(struct cli *cli, int argc, char **argv);
int verb_explain(struct cli *cli, int argc, char **argv);
int verb_sinks(struct cli *cli, int argc, char **argv);
int verb_sink_test(struct cli *cli, int argc, char **argv);
int verb_audit_verify(struct cli *cli, int argc, char **argv);
int verb_audit_export(struct cli *cli, int argc, char **argv);
int verb_audit_list(struct cli *cli, int argc, char **argv);
int verb_stop(struct cli *cli, int argc, char **argv);
int verb_resume(struct cli *cli, int argc, char **argv);
