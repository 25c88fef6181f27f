/* Keys and signatures as ssh-keygen takes them: every row is asked of both. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#include "suite.h"
#include "tests/trust_rows.h"

static struct server place;

static void set_up(void)
{
	rows_make(&place);
}

static void tear_down(void)
{
	server_stop(&place);
}

static const struct row kinds[] = {
	GOOD("ssh-ed25519", NULL, .key = "ed"),
	GOOD("ecdsa-sha2-nistp256", NULL, .key = "p256"),
	GOOD("ssh-rsa of 3072 bits", NULL, .key = "rsa"),
	GOOD("sk-ssh-ed25519@openssh.com", NULL, .key = "sked"),
	GOOD("sk-ecdsa-sha2-nistp256@openssh.com", NULL, .key = "skec"),
	GOOD("SHA-256 of the message", NULL, .signature = "ed-sha256"),
	GOOD("SHA-256 of the message and RSA", NULL, .key = "rsa", .signature = "rsa-sha256"),
	GOOD("a token that verified its user", NULL, .key = "sked", .signature = "sked-verified"),
	GOOD("as is asked for", NULL, .key = "sked", .signature = "sked-verified", .verify_required = true),

	BAD("other bytes", NULL, "the signature is not of these bytes", .message = "other"),
	BAD("other bytes and ECDSA", NULL, "the signature is not of these bytes", .key = "p256",
	    .message = "other"),
	BAD("other bytes and RSA", NULL, "the signature is not of these bytes", .key = "rsa",
	    .message = "other"),
	BAD("other bytes and a token", NULL, "the signature is not of these bytes", .key = "sked",
	    .message = "other"),
	BAD("other bytes and a token's ECDSA", NULL, "the signature is not of these bytes", .key = "skec",
	    .message = "other"),
	BAD("another namespace", NULL, "the signature was made for something else", .signature = "ed-file"),
	BAD("another's key", "alice <ed2>\n", "the key is not in allowed_signers"),
	BAD("a key that was taken out", "# revoked: alice <ed>\nalice <ed2>\n",
	    "the key is not in allowed_signers"),

	STRICTER("a token that nobody touched", NULL, "the token signed without anyone touching it",
		 "a person must be there", .key = "sked", .signature = "sked-absent"),
	STRICTER("a token that nobody touched, and ECDSA", NULL, "the token signed without anyone touching it",
		 "a person must be there", .key = "skec", .signature = "skec-absent"),
	STRICTER("a token that did not verify its user", NULL, "without a PIN or a finger",
		 "it was asked for", .key = "sked", .verify_required = true),
	STRICTER("ssh-rsa of 2048 bits", NULL,
		 "signers:1: the RSA key has 2048 bits; it must have at least 3072", "too weak", .key = "rsa2048"),
	STRICTER("ecdsa-sha2-nistp384", NULL, "\"ecdsa-sha2-nistp384\" is neither an option nor a type of key",
		 "one curve is enough", .key = "p384"),
	STRICTER("ecdsa-sha2-nistp521", NULL, "\"ecdsa-sha2-nistp521\" is neither an option nor a type of key",
		 "one curve is enough", .key = "p521"),
	STRICTER("a weak key beside a good one", "alice <ed>\nbob <rsa2048>\n", "signers:2: the RSA key has 2048",
		 "one bad line refuses the file"),
	STRICTER("an algorithm for a type", "alice rsa-sha2-512 <rsa:>\n",
		 "\"rsa-sha2-512\" is neither an option nor a type of key", "it is no type of key", .key = "rsa"),
};

/* ---- keys ---- */

static void cut_last(struct text *wire)
{
	text_cut(wire, wire->length - 1);
}

static void add_byte(struct text *wire)
{
	text_add_char(wire, 'x');
}

static void flip_last(struct text *wire)
{
	wire->data[wire->length - 1] ^= 1;
}

/* The 65 bytes of the point become 33. */
static void compress_point(struct text *wire)
{
	size_t point = wire->length - 65;
	char sign = (char)(2 + (wire->data[wire->length - 1] & 1));

	wire->data[point - 1] = 33;
	wire->data[point] = sign;
	text_cut(wire, point + 33);
}

static void point_at_infinity(struct text *wire)
{
	text_cut(wire, wire->length - 69);
	text_add_bytes(wire, "\0\0\0\1\0", 5);
}

static void rename_curve(struct text *wire)
{
	memcpy(wire->data + 4 + 19 + 4, "nistp384", 8);
}

/* A zero more before the exponent than there must be. */
static void pad_exponent(struct text *wire)
{
	CLEANUP(text_clear) struct text padded;

	text_init(&padded);
	text_add_bytes(&padded, wire->data, 11);
	text_add_bytes(&padded, "\0\0\0\4\0", 5);
	text_add_bytes(&padded, wire->data + 15, wire->length - 15);
	text_clear(wire);
	*wire = padded;
	text_init(&padded);
}

static void even_exponent(struct text *wire)
{
	wire->data[17] &= (char)0xFE;
}

static void other_application(struct text *wire)
{
	wire->data[wire->length - 1] = ';';
}

static void other_type(struct text *wire)
{
	memcpy(wire->data + 4, "ssh-ed25518", 11);
}

static const struct row keys[] = {
	GOOD("a type and base64", "alice ssh-ed25519 <ed:>\n"),
	BAD("a key of another type than the word says", "alice ssh-rsa <ed:>\n",
	    "the key is one of ssh-ed25519, not of ssh-rsa as the word before it says"),
	BAD("a type in other letters", "alice SSH-ED25519 <ed:>\n", "\"SSH-ED25519\" is neither an option"),
	BAD("a type and no key", "alice ssh-ed25519\n", "what stands behind ssh-ed25519 is not base64"),
	BAD("a carriage return behind the type", "alice namespaces=\"*\" ssh-ed25519\r<ed:>\n",
	    "keys of the type \"ssh-ed25519%0DAAAAC3NzaC1lZDI1NTE5"),
	BAD("base64 with another sign", "alice ssh-ed25519 !<ed:>\n", "is not base64"),
	BAD("base64 that ends early", "alice ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\n", "the key is damaged"),
	BAD("base64 with too much padding", "alice ssh-ed25519 <ed:>=\n", "is not base64"),
	BAD("something behind base64's padding", "alice <skec>AAAA\n", "is not base64", .key = "skec"),
	GOOD("white space behind base64's padding", "alice <skec>\v\r\n", .key = "skec"),
	BAD("base64 without its padding", "alice ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA\n", "is not base64"),
	BAD("a key's type that is not known", "alice <made>\n", "\"ssh-ed25518\" is neither an option",
	    .make_key = other_type),
	BAD("that type behind a word that is", "alice ssh-ed25519 <made:>\n",
	    "keys of the type \"ssh-ed25518\" are not accepted", .make_key = other_type),
	BAD("a key that ends early", "alice <made>\n", "the key is damaged: it must have 32 bytes",
	    .make_key = cut_last),
	BAD("a key that goes on", "alice <made>\n", "something stands behind the key's last field",
	    .make_key = add_byte),
	BAD("another key by one bit", "alice <made>\n", "the key is not in allowed_signers",
	    .make_key = flip_last),
	BAD("an ECDSA key that ends early", "alice <made>\n", "the key is damaged", .key = "p256",
	    .make_key = cut_last),
	BAD("an ECDSA key that goes on", "alice <made>\n", "something stands behind the key's last field",
	    .key = "p256", .make_key = add_byte),
	BAD("a point that is not on the curve", "alice <made>\n", "the key's point is not on the curve",
	    .key = "p256", .make_key = flip_last),
	BAD("a compressed point", "alice <made>\n", "the key's point is not an uncompressed one",
	    .key = "p256", .make_key = compress_point),
	BAD("the point at infinity", "alice <made>\n", "the key's point is not an uncompressed one",
	    .key = "p256", .make_key = point_at_infinity),
	BAD("another curve than its type says", "alice <made>\n", "the key is on another curve than nistp256",
	    .key = "p256", .make_key = rename_curve),
	BAD("an RSA key that ends early", "alice <made>\n", "the RSA key is damaged", .key = "rsa",
	    .make_key = cut_last),
	BAD("an RSA key that goes on", "alice <made>\n", "something stands behind the key's last field",
	    .key = "rsa", .make_key = add_byte),
	BAD("an RSA key with an even exponent", "alice <made>\n", "the RSA key's exponent is not fit for use",
	    .key = "rsa", .make_key = even_exponent),
	BAD("a token's key that ends early", "alice <made>\n", "its application is not there", .key = "sked",
	    .make_key = cut_last),
	BAD("a token's key for another application", "alice <made>\n", "the key is not in allowed_signers",
	    .key = "skec", .make_key = other_application),
	STRICTER("an RSA key with a zero too many", "alice <made>\n", "the RSA key is damaged",
		 "one key has one form", .key = "rsa", .make_key = pad_exponent),
};

/* ---- the armour ---- */

#define DAMAGED "the signature is damaged: "

static void set(struct text *field, const char *content)
{
	text_cut(field, 0);
	text_add(field, content);
}

/* Put another text in the place of the first one that is there. */
static void replace(struct text *armoured, const char *from, const char *to)
{
	CLEANUP(text_clear) struct text changed;
	const char *at = strstr(armoured->data, from);

	ck_assert_ptr_nonnull(at);
	text_init(&changed);
	text_add_bytes(&changed, armoured->data, (size_t)(at - armoured->data));
	text_add(&changed, to);
	text_add(&changed, at + strlen(from));
	text_clear(armoured);
	*armoured = changed;
	text_init(&changed);
}

static void one_line(struct text *armoured)
{
	for (char *newline = armoured->data; (newline = strchr(newline + 1, '\n'));)
		if (newline[1] != '-' && newline[-1] != '-')
			*newline = ' ';
}

static void no_last_newline(struct text *armoured)
{
	cut_last(armoured);
}

static void blanks_at_the_end(struct text *armoured)
{
	text_add(armoured, " \r\n\n");
}

static void windows_lines(struct text *armoured)
{
	for (size_t i = 0; i < armoured->length; i++)
		if (armoured->data[i] == '\n')
			armoured->data[i] = '\r';
	CLEANUP(text_clear) struct text changed;
	text_init(&changed);
	for (size_t i = 0; i < armoured->length; i++)
		text_addf(&changed, "%c%s", armoured->data[i], armoured->data[i] == '\r' ? "\n" : "");
	text_clear(armoured);
	*armoured = changed;
	text_init(&changed);
}

static void windows_inside(struct text *armoured)
{
	windows_lines(armoured);
	replace(armoured, "\r\n", "\n");
}

static void text_in_front(struct text *armoured)
{
	replace(armoured, "-----BEGIN", "Here it is:\n-----BEGIN");
}

static void text_behind(struct text *armoured)
{
	text_add(armoured, "So long\n");
}

static void behind_the_dashes(struct text *armoured)
{
	cut_last(armoured);
	text_add(armoured, "-\n");
}

static void nul_behind(struct text *armoured)
{
	text_add_bytes(armoured, "\0", 1);
}

static void second_behind(struct text *armoured)
{
	CLEANUP(text_clear) struct text twice;

	text_init(&twice);
	text_add(&twice, armoured->data);
	text_add(&twice, armoured->data);
	text_clear(armoured);
	*armoured = twice;
	text_init(&twice);
}

static void empty(struct text *armoured)
{
	text_cut(armoured, 0);
}

static void begin_only(struct text *armoured)
{
	text_cut(armoured, strlen("-----BEGIN SSH SIGNATURE-----\n"));
}

static void nothing_inside(struct text *armoured)
{
	set(armoured, "-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----\n");
}

static void half(struct text *armoured)
{
	text_cut(armoured, armoured->length / 2);
}

static void half_inside(struct text *armoured)
{
	text_cut(armoured, 30 + 71 + 10); /* a line and ten digits */
	text_add(armoured, "\n-----END SSH SIGNATURE-----\n");
}

static void another_sign(struct text *armoured)
{
	armoured->data[60] = '-';
}

static void bare(struct text *armoured)
{
	size_t length;
	CLEANUP(cleanup_free) uint8_t *blob = fixture_blob(armoured->data, &length);

	text_cut(armoured, 0);
	text_add_bytes(armoured, blob, length);
}

static void wrapped_twice(struct text *armoured)
{
	CLEANUP(text_clear) struct text twice;

	text_init(&twice);
	fixture_armour(&twice, armoured->data, armoured->length);
	text_clear(armoured);
	*armoured = twice;
	text_init(&twice);
}

static void armour_twice(struct text *armoured)
{
	replace(armoured, "-----BEGIN SSH SIGNATURE-----\n",
		"-----BEGIN SSH SIGNATURE-----\n-----BEGIN SSH SIGNATURE-----\n");
}

static void blob_in_blob(struct text *armoured)
{
	CLEANUP(text_clear) struct text outer;
	size_t length;
	CLEANUP(cleanup_free) uint8_t *blob = fixture_blob(armoured->data, &length);

	text_init(&outer);
	parts_add_string(&outer, blob, length);
	text_cut(armoured, 0);
	fixture_armour(armoured, outer.data, outer.length);
}

static void of_pgp(struct text *armoured)
{
	set(armoured, "-----BEGIN PGP SIGNATURE-----\n\niQIzBAABCAAdFiEE\n-----END PGP SIGNATURE-----\n");
}

static void a_public_key(struct text *armoured)
{
	text_cut(armoured, 0);
	fixture_expand(armoured, &place, "<ed> a comment\n");
}

static void too_large(struct text *armoured)
{
	armoured->data[armoured->length - strlen("-----END SSH SIGNATURE-----\n") - 1] = ' ';
	CLEANUP(text_clear) struct text large;
	text_init(&large);
	text_add(&large, armoured->data);
	size_t end = large.length - strlen("-----END SSH SIGNATURE-----\n");
	text_cut(&large, end);
	for (int i = 0; i < 16384; i++)
		text_add(&large, " ");
	text_add(&large, "\n-----END SSH SIGNATURE-----\n");
	text_clear(armoured);
	*armoured = large;
	text_init(&large);
}

static const struct row armours[] = {
	GOOD("all in one line", NULL, .garble = one_line),
	GOOD("no newline at the end", NULL, .garble = no_last_newline),
	GOOD("white space at the end", NULL, .garble = blanks_at_the_end),
	GOOD("CRLF inside only", NULL, .garble = windows_inside),
	BAD("CRLF", NULL, "the signature has the line ends of Windows", .garble = windows_lines),
	BAD("nothing", NULL, "signature: the signature is empty", .garble = empty),
	BAD("text in front", NULL, "this is not an SSH signature: it does not begin with",
	    .garble = text_in_front),
	BAD("the first line only", NULL, "the signature ends early: there is no \"-----END SSH SIGNATURE",
	    .garble = begin_only),
	BAD("nothing inside", NULL, "\"SSHSIG\" is not in it", .garble = nothing_inside),
	BAD("the half of it", NULL, "the signature ends early: there is no \"-----END", .garble = half),
	BAD("the half of it in whole armour", NULL, DAMAGED "it ends early", .garble = half_inside),
	BAD("another sign", NULL, DAMAGED "what is in its armour is not base64", .garble = another_sign),
	BAD("no armour", NULL, "the signature lacks its armour", .garble = bare),
	BAD("armour around armour", NULL, "the signature is wrapped twice", .garble = wrapped_twice),
	BAD("the first line twice", NULL, "the signature is wrapped twice", .garble = armour_twice),
	BAD("a blob in a blob", NULL, "\"SSHSIG\" is not in it", .garble = blob_in_blob),
	BAD("PGP's", NULL, "this is not an SSH signature: it does not begin with", .garble = of_pgp),
	BAD("a public key", NULL, "this is not an SSH signature: it does not begin with",
	    .garble = a_public_key),
	STRICTER("text behind", NULL, "something stands behind the signature's last line",
		 "it is not read by anybody", .garble = text_behind),
	STRICTER("a dash too many", NULL, "something stands behind the signature's last line",
		 "it is not read by anybody", .garble = behind_the_dashes),
	STRICTER("a NUL behind", NULL, "something stands behind the signature's last line",
		 "it is not read by anybody", .garble = nul_behind),
	STRICTER("a second signature behind", NULL, "something stands behind the signature's last line",
		 "one file is one signature", .garble = second_behind),
	STRICTER("16 KiB of blanks", NULL, "signature: larger than 16384 bytes", "sizes are bounded",
		 .garble = too_large),
};

#define TABLE_TEST(table)                                                                          \
	START_TEST(table##_agree)                                                                  \
	{                                                                                          \
		row_check(&place, &(table)[_i]);                                                   \
	}                                                                                          \
	END_TEST

TABLE_TEST(kinds)
TABLE_TEST(keys)
TABLE_TEST(armours)

#define ADD_TABLE(tests, table)                                                                    \
	tcase_add_loop_test(tests, table##_agree, 0, (int)(sizeof(table) / sizeof *(table)))

int main(void)
{
	Suite *suite = suite_create("trust: signatures and ssh-keygen");
	TCase *tests = tcase_create("signatures");

	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	ADD_TABLE(tests, kinds);
	ADD_TABLE(tests, keys);
	ADD_TABLE(tests, armours);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
