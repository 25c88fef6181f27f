#pragma once
/* Stands in for lib/link where a test wants a device that fails at will: a tree in memory, and
 * faults that strike the calls named. Counts what is asked of it. */
#include "link/link.h"

enum fake_call { FAKE_OPEN, FAKE_LIST, FAKE_READ, FAKE_STAT, FAKE_CALL_COUNT };

struct fake_entry {
	const char *path;
	enum listing_type type;
	const char *content;
	bool no_size;	      /* the listing does not tell it */
	const char *modified; /* in the words of the listing */
	const char *asked;    /* in the words of link_stat(); NULL: the same */
	unsigned calls[FAKE_CALL_COUNT];
};

/* Strikes the calls for path (NULL: any) from the first-th (counted from 1) on, times times. */
struct fake_fault {
	enum fake_call call;
	const char *path;
	unsigned first, times;
	enum visit_outcome outcome;
	bool breaks; /* the connection cannot be used afterwards */
};

/* As soon as path has been read so many times, it is another file. */
struct fake_change {
	const char *path;
	unsigned reads;
	const char *content;
	const char *asked;
};

enum { FAKE_ITEMS_MAX = 16 };

struct fake_device {
	struct fake_entry entries[FAKE_ITEMS_MAX];
	struct fake_fault faults[FAKE_ITEMS_MAX];
	struct fake_change changes[FAKE_ITEMS_MAX];
	const char *greeting;
	const char *greeting_later; /* from the second connection on; NULL: the same */
	bool lacks_stat;
	void (*on_read)(void); /* called in the middle of each file */
	/* What was asked; of the root, and in all. */
	unsigned root_lists;
	unsigned calls[FAKE_CALL_COUNT];
	unsigned open_now, open_most;
};

extern struct fake_device fake_device;
