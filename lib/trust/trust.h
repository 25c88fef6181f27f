#pragma once
/* Who may approve, and whether a signature is theirs: allowed_signers files and SSHSIG
 * signatures as OpenSSH has them, and the rule of so many distinct people with distinct keys.
 * Verifies only: no key that signs is ever here. Pure; the time is passed in. Formats:
 * ssh-keygen(1), "ALLOWED SIGNERS"; OpenSSH's PROTOCOL.sshsig, PROTOCOL.u2f and RFC 4253 §6.6. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct text;

enum {
	TRUST_SIGNERS_BYTES_MAX = 1024 * 1024,
	TRUST_SIGNERS_LINE_MAX = 16 * 1024,
	TRUST_SIGNERS_MAX = 1000,
	TRUST_PRINCIPALS_MAX = 1022,
	TRUST_SIGNATURE_BYTES_MAX = 16 * 1024, /* armoured */
	TRUST_SIGNATURES_MAX = 16,	       /* on one manifest */
	TRUST_FINGERPRINT_SIZE = 64,	       /* "SHA256:…" without padding, and the NUL */
};

/* What an approval signs: ssh-keygen -Y sign -n pumpwatch-baseline-v1. */
#define TRUST_NAMESPACE "pumpwatch-baseline-v1"

enum trust_key_type {
	TRUST_ED25519,
	TRUST_ECDSA_P256,
	TRUST_RSA,	  /* of 3072 bits and more */
	TRUST_SK_ED25519, /* on a token: every signature must say that a person was there */
	TRUST_SK_ECDSA_P256,
};
const char *trust_key_type_name(enum trust_key_type type); /* as OpenSSH has it: "ssh-ed25519" */

/* One line of an allowed_signers file. */
struct trust_signer {
	char *principals; /* as it stands there, without its quotes: names and patterns with commas */
	char *namespaces; /* patterns with commas; NULL: any */
	int64_t valid_after, valid_before; /* both included; 0 and TIME_NEVER where not given */
	enum trust_key_type type;
	uint8_t *key; /* the public key's SSH wire form */
	size_t key_length;
	char fingerprint[TRUST_FINGERPRINT_SIZE];
	unsigned line;
};

struct trust_signers {
	struct trust_signer *items;
	size_t count;
};
void trust_signers_clear(struct trust_signers *signers);

/* Read an allowed_signers file as OpenSSH does: comments, quotes, odd white space, options in
 * any case. One bad line refuses the file, with its number (ERROR_CONFIG): so do cert-authority,
 * options and key types that are not known, keys that are too weak, and names that nobody can
 * have. Times without a Z are the process's local time (standard time also in summer, as
 * OpenSSH takes them). A file without signers is fine. name is for messages. */
int trust_signers_parse(struct trust_signers *ret_signers, const char *name, const char *bytes,
			size_t length, struct error *e);

/* Whether a name is among the principals of a signer, by OpenSSH's patterns (*, ?, !). */
bool trust_signer_is(const struct trust_signer *signer, const char *principal);

/* Whether two lists of principals may mean the same person. Patterns are taken at their widest
 * and upper and lower case for the same: what cannot be told apart is one person. */
bool trust_same_person(const char *principals, const char *others);

/* The fingerprint of a public key in the form of a .pub file ("TYPE BASE64 [COMMENT]"), of the
 * types above. Returns 0 or -1 (ERROR_DATA). */
int trust_public_key_fingerprint(char ret_fingerprint[static TRUST_FINGERPRINT_SIZE], const char *name,
				 const char *bytes, size_t length, struct error *e);

/* A signature, taken apart. */
struct trust_signature {
	enum trust_key_type type;
	uint8_t *key;
	size_t key_length;
	char fingerprint[TRUST_FINGERPRINT_SIZE];
	char *name_space;
	char *hash; /* "sha512" or "sha256" */
	/* What the key made: 64 bytes on curves (ECDSA: r and s), as long as its modulus for RSA. */
	uint8_t *value;
	size_t value_length;
	char *algorithm; /* "rsa-sha2-512" … */
	uint8_t flags;	 /* of a token: 0x01 a person was there, 0x04 and was verified */
	uint32_t counter;
};
void trust_signature_clear(struct trust_signature *signature);

/* Read one armoured signature and nothing else. Returns 0 or -1 (ERROR_DATA). */
int trust_signature_parse(struct trust_signature *ret_signature, const char *name, const char *bytes,
			  size_t length, struct error *e);

enum trust_result {
	TRUST_GOOD,
	TRUST_OTHER_NAMESPACE, /* made for something else */
	TRUST_UNKNOWN_KEY,     /* no line has this key */
	TRUST_NOT_FOR_THIS,    /* its line has other namespaces */
	TRUST_NOT_YET_VALID,
	TRUST_EXPIRED,
	TRUST_NO_PRESENCE,     /* a token signed without anyone touching it */
	TRUST_NOT_VERIFIED,    /* … without a PIN or finger, where that is asked for */
	TRUST_BAD_SIGNATURE,   /* of other bytes, or altered */
	TRUST_NOT_CHECKED,     /* the host's OpenSSL does not have such keys, or no memory */
};
const char *trust_result_text(enum trust_result result); /* "the key is not in allowed_signers" */

/* What is asked of every signature. */
struct trust_policy {
	const struct trust_signers *signers;
	unsigned threshold;	/* distinct people with distinct keys */
	bool verify_required;	/* tokens must have verified their user */
};

/* Check one signature of message at a time (now). The result is the first that holds of: other
 * namespace, unknown key, bad signature, no presence or verification, and what the best of the
 * key's lines says. ret_signer (may be NULL) is the first line that counts, lent from signers;
 * NULL where there is none. */
enum trust_result trust_check(const struct trust_signature *signature, const void *message,
			      size_t length, const struct trust_policy *policy, int64_t now,
			      const struct trust_signer **ret_signer);

/* What became of each signature on one manifest. */
struct trust_vote {
	const struct trust_signer *signer; /* lent from the policy's signers, or NULL */
	enum trust_result result;
	bool learner; /* good, but of the one who learnt it: counts for nothing with two or more */
	char fingerprint[TRUST_FINGERPRINT_SIZE];
};

/* Count the approvals: the largest number of good signatures of which no two have the same key
 * or may be of the same person (over all lines that have the key and are valid now). Where the
 * threshold is two or more, signatures of the person whose key has the fingerprint learner
 * (empty: unknown) do not count; all lines with that key tell who it is. ret_votes has room for
 * count. Returns the number, or -1 for more than TRUST_SIGNATURES_MAX signatures. */
int trust_count(struct trust_vote *ret_votes, const struct trust_signature *signatures, size_t count,
		const void *message, size_t length, const struct trust_policy *policy,
		const char *learner, int64_t now);
