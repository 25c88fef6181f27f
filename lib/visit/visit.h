#pragma once
/* The words that every room shares about one device's check: what to pull (the order),
 * what was seen (the report), and how each thing can turn out. Plain data; refuses to know
 * protocols, baselines and verdicts. All strings are owned by the struct that holds them
 * and may be NULL where that is said; paths are raw bytes as the device gave them,
 * relative to the order's root, with "/" between segments. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest/digest.h"

struct text;

/* Kinds of files roll out on their own, so each has its own baseline. */
enum visit_kind {
	VISIT_FIRMWARE,
	VISIT_DRUG_LIBRARY,
	VISIT_CONFIG,
	VISIT_OTHER,
	VISIT_KIND_COUNT,
};

/* "firmware", "drug-library", "config", "other". */
const char *visit_kind_name(enum visit_kind kind);
int visit_kind_parse(enum visit_kind *ret_kind, const char *name); /* 0 or -EINVAL */

/* How contact with a device, or the reading of one file, turned out. */
enum visit_outcome {
	VISIT_OK,
	/* no contact */
	VISIT_NAME_NOT_FOUND,
	VISIT_CONNECTION_REFUSED,
	VISIT_TIMED_OUT,
	VISIT_HOST_UNREACHABLE,
	VISIT_BUSY,
	VISIT_PROTOCOL_ERROR,
	VISIT_CRYPTO_INCOMPATIBLE,
	/* contact, but not let in */
	VISIT_LOGIN_REFUSED,
	/* contact with something else */
	VISIT_HOST_KEY_CHANGED,
	VISIT_CERTIFICATE_CHANGED,
	VISIT_SERIAL_CHANGED,
	/* contact, but who it is could not be seen (no pin, or no serial where one must be) */
	VISIT_IDENTITY_UNKNOWN,
	/* one file or folder */
	VISIT_FILE_NOT_FOUND,
	VISIT_PERMISSION_DENIED,
	VISIT_TOO_LARGE,
	VISIT_TOO_SLOW,
	VISIT_TRUNCATED,
	VISIT_CHANGED_WHILE_READ,
	VISIT_UNSTABLE, /* two readings, two contents */
	VISIT_LISTING_UNSUPPORTED,
	VISIT_LISTING_NOT_UNDERSTOOD,
	VISIT_TOO_MANY_FILES,
	VISIT_CONNECTION_LOST,
	/* our own side */
	VISIT_CREDENTIAL_UNUSABLE,
	VISIT_PROFILE_UNUSABLE,
	VISIT_PULLER_FAILED,
	VISIT_CANCELLED,
	VISIT_OUTCOME_COUNT,
};

const char *visit_outcome_name(enum visit_outcome outcome);   /* "timed-out": for machines */
const char *visit_outcome_text(enum visit_outcome outcome);   /* "did not answer in time" */
const char *visit_outcome_advice(enum visit_outcome outcome); /* what a person does next */
int visit_outcome_parse(enum visit_outcome *ret_outcome, const char *name); /* 0 or -EINVAL */

/* What an outcome of a whole visit says about the device. */
enum visit_contact {
	VISIT_CONTACT_MADE,	   /* was let in; files may still have failed */
	VISIT_CONTACT_NONE,	   /* unreachable */
	VISIT_CONTACT_REFUSED,	   /* login refused */
	VISIT_CONTACT_WRONG,	   /* another key, certificate or serial than enrolled */
	VISIT_CONTACT_NOT_TRIED,   /* cancelled, puller failed, credential or profile unusable */
};
enum visit_contact visit_outcome_contact(enum visit_outcome outcome);

enum visit_scheme {
	VISIT_FTP,
	VISIT_FTPS,  /* implicit TLS */
	VISIT_FTPES, /* explicit TLS (AUTH TLS) */
	VISIT_SFTP,
	VISIT_HTTP,
	VISIT_HTTPS,
	VISIT_TFTP,
	VISIT_FILE,
	VISIT_SCHEME_COUNT,
};

const char *visit_scheme_name(enum visit_scheme scheme); /* as in a URL */
int visit_scheme_parse(enum visit_scheme *ret_scheme, const char *name);
uint16_t visit_scheme_port(enum visit_scheme scheme);	 /* the usual one; 0 for file */
bool visit_scheme_lists(enum visit_scheme scheme);	 /* HTTP and TFTP have named files only */
bool visit_scheme_encrypts(enum visit_scheme scheme);

/* Where a device's files are. */
struct visit_address {
	enum visit_scheme scheme;
	char *host; /* name or address without brackets; NULL for file */
	uint16_t port;
	char *root; /* absolute path, without a trailing slash except for "/" itself */
};

void visit_address_clear(struct visit_address *address);

/* Read scheme://host[:port][/root]; IPv6 in brackets; %XX in the root undone. Refused: user
 * names or passwords (credentials have files of their own), queries, fragments, control
 * bytes, "." and ".." segments, unknown schemes. Returns 0, or -1 (ERROR_DATA). */
int visit_address_parse(struct visit_address *ret_address, const char *url, struct error *e);
/* "host", "host:port" or "[address]:port": replaces *ret_host, which is the caller's, and sets
 * *ret_port where one is given. Returns 0 or -1 (ERROR_DATA). */
int visit_host_parse(const char *words, char **ret_host, uint16_t *ret_port, struct error *e);

/* Append the URL. */
void visit_address_write(struct text *text, const struct visit_address *address);
/* What tells whether two links lead to the same place: that of "ftp://Host" and "ftp://host:21/" is
 * one. The caller frees it; NULL without memory. */
char *visit_link_place(const char *link);

/* How far a link can be believed; goes into every event. */
struct visit_grade {
	bool encrypted;
	bool authenticated; /* the peer proved a pinned key, or a certificate a CA vouches for */
	bool identified;    /* by that key, or by a serial it showed */
	bool weak;	    /* legacy algorithms that the profile allows were in use */
};

enum { VISIT_GRADE_TEXT_SIZE = 64 };

/* "authenticated, encrypted", "plain, identified", "plain, not identified", with
 * ", weak" where so. */
void visit_grade_write(char ret_text[static VISIT_GRADE_TEXT_SIZE], const struct visit_grade *grade);

/* Append what a grade means, in sentences for a person: "Authenticated and encrypted: …". */
void visit_grade_explain(struct text *text, const struct visit_grade *grade, enum visit_scheme scheme);

enum visit_login {
	VISIT_LOGIN_NONE,	/* no USER command at all (FTP); no authentication (HTTP) */
	VISIT_LOGIN_ANONYMOUS,	/* FTP's anonymous */
	VISIT_LOGIN_CREDENTIAL,
};

enum visit_identity_source {
	VISIT_IDENTITY_NONE,
	VISIT_IDENTITY_GREETING, /* the FTP or SSH greeting */
	VISIT_IDENTITY_FILE,	 /* a small file, at most VISIT_IDENTITY_MAX bytes are read */
};

enum { VISIT_IDENTITY_MAX = 64 * 1024 };

/* Where a device shows its serial. */
struct visit_identity {
	enum visit_identity_source source;
	char *path;    /* of the file, else NULL */
	char *pattern; /* text with one "%s" where the serial stands: "SN=%s;"; the serial is
			* [A-Za-z0-9._-]+ and ends where the text after %s begins */
	char *serial;  /* what must be shown; NULL: only report what is seen */
};

/* Which files are of what kind: the first selector whose pattern matches decides.
 * `*`, `?` and `[…]` stay within a segment, `**` crosses them, case counts. */
struct visit_selector {
	char *pattern;
	enum visit_kind kind;
	bool leave_out; /* volatile: neither read nor reported */
};

struct visit_limits {
	uint32_t connect_ms;
	uint32_t idle_ms;	/* no byte for so long: timed out */
	uint32_t total_seconds; /* for the whole visit: too slow */
	uint64_t file_bytes;	/* larger: too large */
	uint64_t visit_bytes;	/* all files together */
	uint64_t rate;		/* bytes a second for the device, 0 without a cap */
	uint32_t entries;	/* files and folders listed */
	uint32_t depth;		/* folders below the root; 1 is the root alone */
};

/* 10 s, 30 s, 1 h, 1 GiB, 4 GiB, no cap, 20,000 entries, 8 folders deep. */
extern const struct visit_limits visit_limits_default;

struct visit_paths {
	char **items;
	size_t count;
};

/* One visit to make. The secret is not part of it: see struct visit_secret. */
struct visit_order {
	char *asset; /* for messages only */
	struct visit_address address;
	enum visit_login login;
	char *user; /* NULL unless login is by credential */
	char *pins; /* space-separated "SHA256:…" (SSH host key, base64 without padding, as
		     * ssh-keygen -l prints it) or "sha256//…" (certificate's public key, base64,
		     * as curl has it); NULL: none known */
	bool learn_pin; /* with no pins: go on with any key and report it (--pin-seen, test) */
	bool active;	/* FTP: PORT and EPRT instead of PASV and EPSV */
	bool legacy;	/* the profile allows old ciphers and key exchanges */
	struct visit_identity identity;
	struct visit_selector *selectors;
	size_t selector_count;
	struct visit_paths names; /* pulled by name where the link cannot list */
	struct visit_paths only;  /* not empty: read just these and list nothing (second look) */
	bool list_only;		  /* list and size, without digests; only where a link can neither
				   * list nor tell a size is the file read for it (test) */
	struct visit_limits limits;
};

void visit_order_clear(struct visit_order *order);

/* What opens the door. Kept out of the order so that it is copied nowhere by habit. */
struct visit_secret {
	char *password;	   /* NULL: none */
	char *private_key; /* OpenSSH or PEM text; NULL: none */
	char *passphrase;  /* of the key; NULL: none */
};

/* Overwrite, then free. */
void visit_secret_clear(struct visit_secret *secret);

/* What was seen at one path. */
struct visit_observation {
	char *path;
	enum visit_kind kind;
	enum visit_outcome outcome;
	uint64_t size;		   /* bytes read, or listed when not read */
	struct digest_pair digest; /* only when outcome is VISIT_OK and the file was read */
	bool length_verified;	   /* the link announced a length and it was met */
};

/* "ED25519" and the like for SSH; of a certificate its SHA-256 as openssl x509 -fingerprint prints
 * it, its end and its subject. */
enum { VISIT_KEY_SIZE = 320 };

/* One device's check as it came back from the puller. */
struct visit_report {
	enum visit_outcome outcome; /* VISIT_OK: let in, identified and the listing complete;
				     * single files may still have failed */
	char detail[256];	    /* more words, already escaped for display; may be empty */
	struct visit_grade grade;
	char seen_pin[128];    /* the key or certificate shown, in a pin's form; or empty */
	char seen_key[VISIT_KEY_SIZE]; /* which key that is, for a person, escaped for display; or empty */
	char seen_serial[64];  /* the serial shown; or empty */
	char seen_address[64]; /* numeric address that was connected to; or empty */
	struct visit_observation *observations; /* sorted bytewise by path, unique */
	size_t observation_count;
	uint64_t left_out;	/* files matched by a leave_out selector */
	uint64_t not_covered;	/* files that no selector matched, and links and devices: seen,
				 * not read */
	uint64_t bytes;		/* read in all */
	int64_t started_at;
	int64_t ended_at;
};

void visit_report_clear(struct visit_report *report);
void visit_observation_clear(struct visit_observation *observation);

/* Sort the observations bytewise by path, which the rooms above rely on. */
void visit_report_sort(struct visit_report *report);

/* The one with this path, or NULL. */
const struct visit_observation *visit_report_find(const struct visit_report *report, const char *path);

/* Append a copy. Returns 0 or -ENOMEM. */
int visit_paths_add(struct visit_paths *paths, const char *path);
void visit_paths_clear(struct visit_paths *paths);

/* Whether a pattern as in struct visit_selector matches a path. Time is bounded by the
 * product of their lengths. */
bool visit_pattern_matches(const char *pattern, const char *path);

/* Whether a pattern has no wildcard, so that it names one file. */
bool visit_pattern_is_literal(const char *pattern);

/* The selector that decides about path, or NULL. */
const struct visit_selector *visit_select(const struct visit_selector *selectors, size_t count,
					  const char *path);

enum { VISIT_PATH_MAX = 1024 };

/* Whether a path is one that we ask for or take from a device: 1 to VISIT_PATH_MAX bytes,
 * relative, no empty, "." or ".." segment, no CR, LF or NUL. */
bool visit_path_is_safe(const char *path);
