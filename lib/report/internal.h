#pragma once
/* The parts of the page in their order, and what they share. Each part adds a section. */
#include <stdint.h>

#include "report/report.h"

struct text;

/* What a result looks like beside its word: a shape first, then a colour. */
enum page_mark {
	PAGE_GOOD,    /* a tick in a disc */
	PAGE_OLDER,   /* a half disc */
	PAGE_NONE,    /* a dash */
	PAGE_UNKNOWN, /* a question mark in a ring */
	PAGE_BAD,     /* a triangle */
	PAGE_MARK_COUNT,
};
enum page_mark page_mark_of(enum drift_result result);
const char *page_mark_name(enum page_mark mark); /* its class and symbol */
void page_add_mark(struct text *text, enum page_mark mark);
/* The drawings that page_add_mark() and the bars refer to. */
void page_add_symbols(struct text *text);

extern const char page_style[];

/* "1,234 devices", "1 device"; plurals that are not made with an s are not needed. */
void page_add_count(struct text *text, uint64_t count, const char *noun);
/* Share of total, without decimals: "less than 1 %", "more than 99 %". */
void page_add_share(struct text *text, uint64_t count, uint64_t total);
/* A bar of that share, for the eye alone: the number stands beside it. */
void page_add_bar(struct text *text, enum page_mark mark, uint64_t count, uint64_t total);
/* A string in full, or its first bytes and that it is longer. */
void page_add_long(struct text *text, const char *string);
/* Words that are escaped for display already, as a rule: what of them is not is escaped now. */
void page_add_words(struct text *text, const char *words);
/* "PUMP-0001", with its name where it has one. */
void page_add_asset(struct text *text, const struct report_fleet *fleet, const char *asset);
/* "3 days ago", "today". */
void page_add_ago(struct text *text, int64_t at, int64_t now);
/* Words that begin with a capital letter now. */
void page_add_sentence(struct text *text, const char *words);
/* Words with commands in quotes, which are shown as what one types. */
void page_add_advice(struct text *text, const char *words);
/* A section with its heading; id is a word. Closed with "</section>". */
void page_open_section(struct text *text, const char *id, const char *heading);
/* A table that may be wider than a phone: whoever has no mouse can move it, too. The caption names
 * it. Closed with page_close_table(). */
void page_open_table(struct text *text, const char *caption, const char *columns);
void page_close_table(struct text *text);

void page_add_tasks(struct text *text, const struct report_fleet *fleet);
void page_add_glance(struct text *text, const struct report_fleet *fleet);
void page_add_coverage(struct text *text, const struct report_fleet *fleet);
void page_add_trend(struct text *text, const struct report_fleet *fleet);
void page_add_rollouts(struct text *text, const struct report_fleet *fleet);
/* Return 0 or -1 without memory. */
int page_add_alerts(struct text *text, const struct report_fleet *fleet);
int page_add_overdue(struct text *text, const struct report_fleet *fleet);
void page_add_trust(struct text *text, const struct report_fleet *fleet);
void page_add_limits(struct text *text, const struct report_fleet *fleet);
