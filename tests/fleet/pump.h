#pragma once
/* One simulated pump: its files, its serial, and what is wrong with it. Refuses to know
 * sockets and FTP. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content.h"

struct error;

/* How the reading of a file ends. */
enum pump_end {
	PUMP_END_WELL,
	PUMP_END_TRUNCATED, /* short, and "226 complete" all the same */
	PUMP_END_CUT,	    /* short, and both connections close */
	PUMP_END_RESET,	    /* short, and both connections are reset */
	PUMP_END_HANG,	    /* short, and silence */
};

struct pump_file {
	char *path; /* relative, "/" between segments */
	struct content *content;
	int64_t modified; /* seconds since 1970 */
	uint64_t grown;	  /* a log: so many bytes are there of the content */
	bool grows;
	bool denied;
	bool flipped; /* the byte at flip_at is another */
	bool unstable; /* and yet another at each reading */
	uint64_t flip_at;
	unsigned readings;
	enum pump_end end;
	uint64_t end_at;
};

/* Sorted bytewise by path. */
struct pump_files {
	struct pump_file *items;
	size_t count;
};

/* Shapes of a listing, the last two of them faults. */
enum pump_listing {
	PUMP_LISTING_ODD,     /* as small servers have it: see folder.c */
	PUMP_LISTING_UNIX,
	PUMP_LISTING_DOS,
	PUMP_LISTING_VXWORKS,
	PUMP_LISTING_ENDLESS,
	PUMP_LISTING_GARBAGE,
	PUMP_LISTING_COUNT,
};

int pump_listing_parse(enum pump_listing *ret_listing, const char *name); /* 0 or -EINVAL */

struct pump_faults {
	bool refuse;	   /* no listener */
	bool hang_connect; /* accepts and says nothing */
	bool hang_listing; /* stops half-way */
	bool lying_pasv;   /* names another host */
	uint64_t rate;	   /* bytes a second; 0: as fast as can be */
	enum pump_listing listing;
};

struct pump {
	unsigned number; /* from 1 */
	char address[16];
	uint16_t port;
	char serial[64];
	struct pump_files files;
	struct pump_faults faults;
	/* What a healed pump has. The files are lent: pumps of a release share them. */
	const struct pump_files *original_files;
	char original_serial[64];
	enum pump_listing original_listing;
	/* What was seen. */
	unsigned connections; /* control connections now */
	unsigned most;	      /* at once, ever */
	unsigned visits;
};

void pump_clear(struct pump *pump);

/* As it was made: no faults, own files and serial. Returns 0 or -ENOMEM. */
int pump_heal(struct pump *pump);

/* A visit makes logs grow. */
void pump_visited(struct pump *pump);

struct pump_file *pump_find(struct pump *pump, const char *path);
bool pump_has_folder(const struct pump *pump, const char *path);

/* Add, or replace what is there; takes the reference to content. Returns 0 or -ENOMEM. */
int pump_put(struct pump *pump, const char *path, struct content *content);
bool pump_remove(struct pump *pump, const char *path); /* false: was not there */

uint64_t pump_file_size(const struct pump_file *file);

/* Bytes as they are read out now, faults applied. */
void pump_file_read(const struct pump_file *file, uint64_t offset, unsigned char *ret_bytes,
		    size_t size);

/* ---- what a fleet starts from ---- */

/* The files of the published listing of a Medfusion 4000, with bytes by seed. */
int pump_files_medfusion(struct pump_files *ret_files, uint64_t seed);

/* Add a synthetic file. Returns 0 or -ENOMEM. */
int pump_files_add(struct pump_files *files, const char *path, uint64_t size, uint64_t seed);

/* Every regular file below a folder. Returns 0 or -1. */
int pump_files_load(struct pump_files *ret_files, const char *folder, struct error *e);

void pump_files_clear(struct pump_files *files);
