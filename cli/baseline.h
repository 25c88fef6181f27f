#pragma once
/* Shared by the verbs of baselines: make (learn, import), look (list, show, diff, export),
 * decide (add, approve, accept-until, withdraw) and sign. */
#include "base/text.h"
#include "baseline/baseline.h"
#include "cli/cli.h"

/* Read a manifest or list; "-" is standard input. text is initialised here. */
int cli_read_file(struct text *text, const char *path, struct error *e);

/* Take the name of a list's format. Returns 0, or 64 after cli_usage() has spoken. */
int cli_take_list_format(const struct cli *cli, const char *word, enum manifest_list_format *ret_format);

/* Load a baseline of the store, which is open, by its id or the beginning of it. Returns 0 or -1. */
int cli_load_baseline(struct cli *cli, const char *id, struct store_baseline *ret_baseline, struct error *e);

/* Read a manifest's file ("-" is standard input) as a baseline that no store knows: id, text and
 * manifest are filled. Returns 0 or -1. */
int cli_load_manifest(const char *path, struct store_baseline *ret_baseline, struct error *e);

/* Load one as an argument names it: by its file where there is one, else by its id in the store,
 * which is opened to read where it is not open. Returns 1 when it came from the store, 0 when
 * from a file, or -1. */
int cli_load_named(struct cli *cli, const char *name, struct store_baseline *ret_baseline, struct error *e);

/* Refuse one whose text is not what its id says. Returns 0 or -1. */
int cli_need_text(const struct store_baseline *baseline, struct error *e);

/* What this set-up asks of signatures; the policy lends the signers. */
int cli_load_policy(const struct cli *cli, struct trust_signers *ret_signers, struct trust_policy *ret_policy,
		    struct error *e);

/* "model medfusion-4000", or "-" where that is not known; escaped for a person. */
enum { CLI_SCOPE_SIZE = 160 };
const char *cli_scope(const struct manifest *manifest, char buffer[static CLI_SCOPE_SIZE]);

/* "1 file", "2 files" */
enum { CLI_FILES_SIZE = 32 };
const char *cli_files(size_t count, char buffer[static CLI_FILES_SIZE]);

/* "1 of 2"; "none asked for" in evaluation. */
enum { CLI_APPROVALS_SIZE = 32 };
const char *cli_approvals(const struct baseline_check *check, unsigned needed,
			  char buffer[static CLI_APPROVALS_SIZE]);

/* check NULL: its signatures were not looked at. */
json_t *cli_json_baseline(const struct cli *cli, const struct store_baseline *baseline,
			  const struct baseline_check *check);

/* A vendor's list, as a manifest's header names it. */
struct cli_list {
	struct text text;
	char sha256[MANIFEST_ID_SIZE];
	char name[MANIFEST_WORD_MAX + 1]; /* the file's, as a header can hold it */
	struct manifest files;
};
void cli_list_clear(struct cli_list *list);
int cli_list_read(struct cli_list *ret_list, const char *path, enum manifest_list_format format, struct error *e);

/* Keep of a list what the profile gives the kind, so that a list of everything can be used. */
void cli_list_keep_kind(struct manifest *list, const struct inventory_model *model, enum visit_kind kind);
