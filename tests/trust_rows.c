#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"
#include "trust/trust.h"

#include "tests/trust_rows.h"

#define SIGN_FOR "-n " FIXTURE_NAMESPACE

void rows_make(struct server *place)
{
	static const char *const keys[] = {
		"ed",	   "-t ed25519",
		"ed2",	   "-t ed25519",
		"p256",	   "-t ecdsa -b 256",
		"rsa",	   "-t rsa -b 3072 -m PEM",
		"sked",	   "-t ed25519-sk",
		"skec",	   "-t ecdsa-sk",
		"rsa2048", "-t rsa -b 2048",
		"p384",	   "-t ecdsa -b 384",
		"p521",	   "-t ecdsa -b 521",
		NULL,
	};
	static const char *const names[] = {"ed", "ed2", "p256", "rsa", "sked", "skec", "rsa2048", "p384", "p521"};

	fixture_make(place, keys);
	fixture_write(place, "message", "sample\n", 7);
	fixture_write(place, "other", "Sample\n", 7);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char to[32];
		(void)snprintf(to, sizeof to, "%s.sig", names[i]);
		fixture_sign(place, "", names[i], SIGN_FOR, "message", to);
	}
	fixture_sign(place, "", "ed", SIGN_FOR " -O hashalg=sha256", "message", "ed-sha256");
	fixture_sign(place, "", "rsa", SIGN_FOR " -O hashalg=sha256", "message", "rsa-sha256");
	fixture_sign(place, "", "ed", "-n file", "message", "ed-file");
	fixture_sign(place, "SK_PROVIDER_FLAGS=0", "sked", SIGN_FOR, "message", "sked-absent");
	fixture_sign(place, "SK_PROVIDER_FLAGS=0", "skec", SIGN_FOR, "message", "skec-absent");
	fixture_sign(place, "SK_PROVIDER_FLAGS=5", "sked", SIGN_FOR, "message", "sked-verified");
	server_shell(place, "cp ed2 cert && cp ed2.pub cert.pub && ssh-keygen -q -s ed -I sample -n alice cert.pub");
	fixture_sign(place, "", "cert-cert.pub", SIGN_FOR, "message", "cert.sig");
}

/* ---- what is asked about ---- */

static const char *or(const char *given, const char *otherwise)
{
	return given ? given : otherwise;
}

static void make_key(const struct server *place, const struct row *row)
{
	char name[64];
	struct text wire, armoured;
	size_t length;

	text_init(&wire);
	text_init(&armoured);
	(void)snprintf(name, sizeof name, "<%s:>", or(row->key, "ed"));
	text_add(&armoured, "-----BEGIN SSH SIGNATURE-----\n"); /* a way to decode base64 */
	fixture_expand(&armoured, place, name);
	text_add(&armoured, "\n-----END SSH SIGNATURE-----\n");
	uint8_t *bytes = fixture_blob(armoured.data, &length);
	text_add_bytes(&wire, bytes, length);
	free(bytes);
	row->make_key(&wire);
	text_cut(&armoured, 0);
	fixture_armour(&armoured, wire.data, wire.length);
	char *digits = strchr(armoured.data, '\n') + 1;
	*strchr(digits, '\n') = '\0';
	/* The type's name is the wire form's first string. */
	struct text line;
	text_init(&line);
	text_addf(&line, "%.*s %s\n", (unsigned char)wire.data[3], wire.data + 4, digits);
	fixture_write(place, "made.pub", line.data, line.length);
	text_clear(&line);
	text_clear(&wire);
	text_clear(&armoured);
}

static void make_signers(const struct server *place, const struct row *row, struct text *ret_signers)
{
	char line[64];

	(void)snprintf(line, sizeof line, "alice <%s>\n", or(row->key, "ed"));
	text_init(ret_signers);
	text_add(ret_signers, ""); /* a template may be empty */
	fixture_expand(ret_signers, place, or(row->signers, line));
	for (size_t i = 0; i < row->padding; i++)
		text_add(ret_signers, "# 3456789 123456789 123456789 123456789 123456789 123456789 123\n");
	/* A NUL cannot stand in a template. */
	for (size_t i = 0; i < ret_signers->length; i++)
		if (ret_signers->data[i] == '\x01')
			ret_signers->data[i] = '\0';
	fixture_write(place, "signers", ret_signers->data, ret_signers->length);
}

static void make_signature(const struct server *place, const struct row *row, struct text *ret_armoured)
{
	char name[64];
	size_t length;

	(void)snprintf(name, sizeof name, "%s.sig", or(row->key, "ed"));
	CLEANUP(cleanup_free) char *armoured = fixture_read(place, or(row->signature, name), &length);
	text_init(ret_armoured);
	if (row->change) {
		CLEANUP(parts_clear) struct parts parts;
		CLEANUP(text_clear) struct text blob;
		parts_take(&parts, armoured);
		row->change(&parts);
		parts_blob(&parts, &blob);
		fixture_armour(ret_armoured, blob.data, blob.length);
	} else {
		text_add_bytes(ret_armoured, armoured, length);
	}
	if (row->garble)
		row->garble(ret_armoured);
	fixture_write(place, "signature", ret_armoured->data, ret_armoured->length);
}

/* ---- our answer ---- */

/* The time of a row: "YYYYMMDDHHMMSSZ". */
static int64_t time_of(const char *at)
{
	struct tm tm = {0};

	ck_assert_ptr_nonnull(strptime(at, "%Y%m%d%H%M%SZ", &tm));
	return timegm(&tm) * TIME_SECOND;
}

/* The signers that a principal is one of, as -I picks them. Lends from signers. */
static struct trust_signers pick(const struct trust_signers *signers, const char *principal)
{
	struct trust_signers picked = {.items = calloc(signers->count + 1, sizeof *signers->items)};

	ck_assert_ptr_nonnull(picked.items);
	for (size_t i = 0; i < signers->count; i++)
		if (trust_signer_is(&signers->items[i], principal))
			picked.items[picked.count++] = signers->items[i];
	return picked;
}

/* Whether it is good here; if not, ret_words says why. */
static bool ask(const struct server *place, const struct row *row, const struct text *signers_text,
		const struct text *armoured, struct error *ret_words)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	CLEANUP(trust_signature_clear) struct trust_signature signature = {0};
	size_t length;
	CLEANUP(cleanup_free) char *message = fixture_read(place, or(row->message, "message"), &length);

	ck_assert_int_eq(setenv("TZ", or(row->zone, "UTC"), 1), 0);
	if (trust_signers_parse(&signers, "signers", signers_text->data, signers_text->length, ret_words) < 0) {
		ck_assert_int_eq(ret_words->code, ERROR_CONFIG);
		return false;
	}
	if (trust_signature_parse(&signature, "signature", armoured->data, armoured->length, ret_words) < 0) {
		ck_assert_int_eq(ret_words->code, ERROR_DATA);
		return false;
	}
	struct trust_signers picked = pick(&signers, or(row->principal, "alice"));
	const struct trust_policy policy = {
		.signers = &picked, .threshold = 1, .verify_required = row->verify_required};
	const struct trust_signer *signer;
	enum trust_result result = trust_check(&signature, message, length, &policy,
					       time_of(or(row->at, "20261122120000Z")), &signer);
	ck_assert((result == TRUST_GOOD) == (signer != NULL));
	free(picked.items);
	(void)snprintf(ret_words->text, sizeof ret_words->text, "%s", trust_result_text(result));
	return result == TRUST_GOOD;
}

void row_check(const struct server *place, const struct row *row)
{
	CLEANUP(text_clear) struct text signers, armoured;
	struct error words = {0};

	if (row->make_key)
		make_key(place, row);
	make_signers(place, row, &signers);
	make_signature(place, row, &armoured);
	/* A row that says of itself what cannot be is a fault of the table. */
	ck_assert_msg(row->good ? !row->words == !row->stricter : row->words && !row->stricter, "%s", row->says);
	bool theirs = fixture_verify(place, "signers", or(row->principal, "alice"), "signature",
				     or(row->message, "message"), or(row->at, "20261122120000Z"),
				     or(row->zone, "UTC"));
	ck_assert_msg(theirs == row->good, "%s: ssh-keygen says %s", row->says, theirs ? "good" : "bad");
	bool ours = ask(place, row, &signers, &armoured, &words);
	ck_assert_msg(ours == !row->words, "%s: %s", row->says, words.text);
	ck_assert_msg(ours || strstr(words.text, row->words), "%s: %s", row->says, words.text);
}
