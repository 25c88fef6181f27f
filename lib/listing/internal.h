#pragma once
/* The parts of the line parser: words of a line, what a word can be, dates made of words, and
 * one reader for each shape of line. A reader that returns false has left everything as it
 * was: the next shape may be tried. */
#include "listing/listing.h"

struct listing_span {
	const char *bytes;
	size_t length;
};

/* What a line says. */
struct listing_found {
	struct listing_span name;
	enum listing_type type;
	bool has_size;
	uint64_t size;
	char modified[32];
	bool passed_over; /* the folder itself, its parent, a heading: no entry */
};

/* ---- the shapes of lines ---- */

bool listing_read_mlsd(struct listing_found *ret_found, struct listing_span line);
bool listing_read_eplf(struct listing_found *ret_found, struct listing_span line);
bool listing_read_unix(struct listing_found *ret_found, struct listing_span line);
bool listing_read_dos(struct listing_found *ret_found, struct listing_span line);
bool listing_read_size_first(struct listing_found *ret_found, struct listing_span line);
bool listing_read_name_first(struct listing_found *ret_found, struct listing_span line);
bool listing_read_heading(struct listing_found *ret_found, struct listing_span line);

/* ---- words ---- */

enum { LISTING_WORDS_MAX = 32 }; /* what stands before a name is shorter by far */

/* The first words of a line, divided by spaces and tabs. */
struct listing_words {
	struct listing_span line;
	struct listing_span items[LISTING_WORDS_MAX];
	size_t count;
};

void listing_words_split(struct listing_words *ret_words, struct listing_span line);

bool listing_span_is(struct listing_span span, const char *word); /* without regard to case */

/* A whole number, with commas between groups of three or without. */
bool listing_span_size(struct listing_span span, uint64_t *ret_size);

/* "<DIR>" and its like: true, and what it stands for. */
bool listing_span_mark(struct listing_span span, enum listing_type *ret_type);

/* How many words from index at on are a date, with or without a time of day, with more words
 * after it; 0: none. The longest form that is meant by its writer wins. known_months: only
 * English month names. */
size_t listing_date(const struct listing_words *words, size_t at, bool known_months);

/* Whether one word is a whole date of numbers: "01-31-1980", "1980-01-31", "31.01.80". */
bool listing_is_number_date(struct listing_span span);
bool listing_is_month_date(struct listing_span span); /* "JAN-31-1980" */
bool listing_is_time(struct listing_span span);	      /* "9:05", "09:05:00", "09:05PM" */
bool listing_is_meridiem(struct listing_span span);   /* "AM", "p" */
bool listing_is_weekday(struct listing_span span);

/* Copy words from at on, with one space between, cut to fit. */
void listing_words_copy(const struct listing_words *words, size_t at, size_t count,
			char ret_text[static 32]);

/* The rest of the line after word number at, less at most spaces separating spaces. */
struct listing_span listing_words_rest(const struct listing_words *words, size_t at,
				       size_t spaces);

struct listing_span listing_span_trim_end(struct listing_span span);
