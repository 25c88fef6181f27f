#pragma once
/* A visit's link in a test: an order with short patience, a secret, and what came of it. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "link/link.h"

struct link_fixture {
	struct visit_order order; /* its strings are the fixture's */
	struct visit_secret secret;
	link_resolve *resolve; /* NULL: no name is known */
	void *resolve_userdata;
	atomic_bool cancelled;
	struct link *link;
	struct link_seen seen;
	struct text bytes;	/* of the file that was read last */
	struct link_read read;
	/* Called with each piece; may be NULL. */
	void (*on_piece)(struct link_fixture *fixture, void *userdata);
	void *userdata;
	size_t stop_at; /* refuse a piece that would pass so many bytes; 0: none */
};

void link_fixture_init(struct link_fixture *fixture, enum visit_scheme scheme, uint16_t port,
		       const char *root);
void link_fixture_clear(struct link_fixture *fixture);

/* Replace a string of the order or the secret. */
void link_fixture_set(char **string, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The result of the last call stays in a static for the message of the assertion. */
enum visit_outcome link_fixture_open(struct link_fixture *fixture);
enum visit_outcome link_fixture_list(struct link_fixture *fixture, const char *folder,
				     struct listing *ret_listing);
enum visit_outcome link_fixture_read(struct link_fixture *fixture, const char *path,
				     int64_t expected);
enum visit_outcome link_fixture_stat(struct link_fixture *fixture, const char *path,
				     struct listing_entry *ret_entry);
const char *link_fixture_detail(void);

/* The entry of that name; it must be there. */
const struct listing_entry *link_fixture_entry(const struct listing *listing, const char *name);

/* Outcomes by name, with the detail beside them. */
#define ck_assert_outcome(actual, expected)                                                   \
	do {                                                                                  \
		enum visit_outcome got_ = (actual);                                           \
		ck_assert_msg(got_ == (expected), "%s is %s (%s), not %s", #actual,           \
			      visit_outcome_name(got_), link_fixture_detail(),                \
			      visit_outcome_name(expected));                                  \
	} while (0)
