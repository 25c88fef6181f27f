#pragma once
/* A visit of the device of tests/fake_link.h, and what came of it. */
#include <check.h>
#include <stdatomic.h>
#include <stdint.h>

#include "visit/visit.h"

#include "tests/fake_link.h"

/* Of the visits to come; each test begins with an FTP order for an empty device. */
extern struct visit_order order;
extern atomic_bool cancelled;
extern int64_t now; /* the clock; a visit may take a minute */

/* Three files: a.bin "aaaa", fw/b "bbbbbbbb" and fw/x.lib, which is empty; entries 0, 2 and 3. */
void be_small_tree(void);
struct fake_entry an_entry(const char *path, enum listing_type type, const char *content);

void visit(void);

/* Of the last visit, with its observations, in order. */
extern struct visit_report report;
extern uint64_t progress_bytes;

void expect_outcome(enum visit_outcome outcome);

/* The observation at path must have this outcome; returns it. */
const struct visit_observation *expect(const char *path, enum visit_outcome outcome);

/* It was read, and hashes as content does. */
void expect_content(const char *path, const char *content);

/* With what goes before and after each test: one connection at a time, and none left. */
void add_walk_case(Suite *suite, TCase *cases);
