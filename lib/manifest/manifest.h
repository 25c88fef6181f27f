#pragma once
/* The text of one baseline, and lists of digests made by other tools. A manifest is a valid
 * hashdeep file with a canonical order, so one set of files has one text and one id. Knows
 * text; refuses to know signatures and disks. Format: docs/ARCHITECTURE.md, "The manifest".
 * A pulled folder is audited from inside it, with the manifest elsewhere:
 * `find . -type f -printf '%P\n' | hashdeep -a -k MANIFEST -l -f /dev/stdin`. Paths that must
 * be escaped, which hashdeep does not know of, are then said to have moved. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest/digest.h"
#include "visit/visit.h"

struct error;
struct text;

enum {
	MANIFEST_BYTES_MAX = 64 * 1024 * 1024,
	MANIFEST_LINE_MAX = 8192,
	MANIFEST_FILES_MAX = 500000,
	MANIFEST_WORD_MAX = 128, /* site, release, a device's or a model's name */
	MANIFEST_ID_SIZE = DIGEST_SHA256_HEX + 1,
	MANIFEST_LEARNER_SIZE = 64, /* "SHA256:" and 43 characters of base64 */
};

/* What a database holds, too. */
#define MANIFEST_SIZE_MAX INT64_MAX
#define MANIFEST_SERIAL_MAX INT64_MAX

struct manifest_file {
	char *path; /* raw bytes, safe by visit_path_is_safe() */
	bool has_size, has_md5, has_sha256; /* all true in a manifest; not so in foreign lists */
	uint64_t size;
	struct digest_pair digest;
};

enum manifest_scope { MANIFEST_MODEL, MANIFEST_DEVICE };
const char *manifest_scope_name(enum manifest_scope scope); /* "model", "device" */

struct manifest {
	char *site;
	enum manifest_scope scope;
	char *scope_name; /* a model's name or a device's asset tag */
	enum visit_kind kind;
	char *release;
	uint64_t serial;		    /* from 1, rising for each scope and kind */
	char previous[MANIFEST_ID_SIZE]; /* id of the one before, or empty for "none" */
	int64_t created_at;
	int64_t expires_at; /* TIME_NEVER */
	char learner[MANIFEST_LEARNER_SIZE]; /* fingerprint of the key of who learnt it, or empty */
	char list_sha256[MANIFEST_ID_SIZE];  /* of the vendor's list it was made with, or empty */
	char *list_name;		     /* that list's name, or NULL */
	struct manifest_file *files; /* sorted bytewise by path, unique */
	size_t file_count;
};

void manifest_clear(struct manifest *manifest);

/* Read the canonical form and nothing else: what manifest_write() would not write byte for
 * byte is refused with the line number (ERROR_DATA). name is the file's, for messages. */
int manifest_parse(struct manifest *ret_manifest, const char *name, const char *bytes,
		   size_t length, struct error *e);

/* Append the canonical text. The files are sorted first; times are cut to the second. Returns
 * 0, or -1 with text as it was when something cannot be written (a file without both digests
 * or that is there twice, a word that is too long or not plain text: ERROR_DATA). */
int manifest_write(struct text *text, struct manifest *manifest, struct error *e);

/* The SHA-256 of the bytes of a manifest's text. Returns 0 or -EIO. */
int manifest_id(char ret_id[static MANIFEST_ID_SIZE], const char *bytes, size_t length);

/* Sort the files bytewise by path. */
void manifest_sort(struct manifest *manifest);

/* The file with this path, or NULL. The files must be sorted. */
const struct manifest_file *manifest_find(const struct manifest *manifest, const char *path);

/* Append a file, in whatever order; takes a copy of path. Returns 0, -EINVAL for an unsafe path, -ENOMEM. */
int manifest_add(struct manifest *manifest, const char *path, uint64_t size,
		 const struct digest_pair *digest);

enum manifest_list_format {
	MANIFEST_LIST_GUESS, /* by the first lines */
	MANIFEST_LIST_HASHDEEP,
	MANIFEST_LIST_MD5SUM,	 /* GNU, with its backslash escapes */
	MANIFEST_LIST_SHA256SUM, /* likewise */
	MANIFEST_LIST_BSD,	 /* "MD5 (name) = …", "SHA256 (name) = …" */
};

int manifest_list_format_parse(enum manifest_list_format *ret_format, const char *name);

/* Read another tool's list into files (only .files, sorted, and .file_count of ret_list are
 * filled). A leading "./" or "/" is taken off each path; a path listed twice with the same
 * digest kind, or one that leaves the root, is refused with the line number. The lines of
 * different digest kinds for a path become one file. CRLF line ends, empty lines and lines
 * that begin with "#" are accepted. Of hashdeep's digests only MD5 and SHA-256 are taken; it
 * escapes nothing, so a name with a line break cannot be read. Our own manifests are hashdeep
 * files, too: their escapes are undone. Returns 0 or -1 (ERROR_DATA). */
int manifest_list_parse(struct manifest *ret_list, enum manifest_list_format format,
			const char *name, const char *bytes, size_t length, struct error *e);

/* How one path differs between two manifests (or a list and an observation). */
enum manifest_change { MANIFEST_ADDED, MANIFEST_REMOVED, MANIFEST_CHANGED };

/* Call on_change for each path that differs, in order of path: before is NULL for added,
 * after for removed. Files are compared by what both sides have; two without a digest
 * in common count as changed. Both must be sorted. */
void manifest_diff(const struct manifest *before, const struct manifest *after,
		   void (*on_change)(void *userdata, enum manifest_change change,
				     const struct manifest_file *before,
				     const struct manifest_file *after),
		   void *userdata);
