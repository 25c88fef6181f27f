#pragma once
/* What each code that a person can meet means, how sure it is, and what to do next: results,
 * findings, outcomes, events, faults, exit codes. Words only; refuses to know where they stand.
 * docs/messages.md is written from it (pumpwatch explain --all). */
#include <stddef.h>

enum explain_topic {
	EXPLAIN_RESULT,	  /* of a visit: "wrong-device" */
	EXPLAIN_FINDING,  /* how a file differs: "forged" */
	EXPLAIN_OUTCOME,  /* why something could not be had: visit_outcome_name() */
	EXPLAIN_EVENT,	  /* a MSGID: "FILE_MODIFIED" */
	EXPLAIN_ALERT,	  /* states of an alert, and what an event says became of it */
	EXPLAIN_DEVICE,	  /* states of a device, grades of a link, kinds of files */
	EXPLAIN_BASELINE, /* stages and faults of a baseline */
	EXPLAIN_STANDING, /* what stands at the top of the status: "stopped", "full", "away" */
	EXPLAIN_ROW,	  /* what is wrong with a row of a spreadsheet */
	EXPLAIN_SHEET,	  /* "PASS", "FAIL", "INCOMPLETE" */
	EXPLAIN_RECORD,	  /* faults that `audit verify` tells */
	EXPLAIN_EXIT,	  /* exit codes of the programs: "exit-69" */
	EXPLAIN_TOPIC_COUNT,
};
const char *explain_topic_name(enum explain_topic topic); /* "Results of a visit" */

/* Words are plain sentences for somebody who knows pumps and not Linux, without a full stop in
 * words, with one in the others. Static. */
struct explain_entry {
	const char *code;
	const char *words;   /* a few words for a table or a heading: "files were changed" */
	const char *meaning; /* what happened */
	const char *sure;    /* how sure that is, and what it does not say */
	const char *next;    /* what to do next */
};

/* Those of a topic, in the order in which a person would read them. */
const struct explain_entry *explain_list(enum explain_topic topic, size_t *ret_count);

/* By code, without regard to case, "-", "_" and a space alike; NULL when there is none. A code
 * that stands under several topics is found under the first; an exit code without "exit-", too. */
const struct explain_entry *explain_find(const char *code);
const struct explain_entry *explain_find_in(enum explain_topic topic, const char *code);

/* The few words for a code of a topic; the code itself where there is no entry. */
const char *explain_words(enum explain_topic topic, const char *code);
