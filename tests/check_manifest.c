#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/text.h"
#include "base/time.h"
#include "manifest/manifest.h"

#include "suite.h"

#define MD5 "900150983cd24fb0d6963f7d28e17f72"
#define SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DIGESTS MD5 "," SHA256
#define HEADER                                                                             \
	"%%%% HASHDEEP-1.0\n"                                                              \
	"%%%% size,md5,sha256,filename\n"                                                  \
	"## pumpwatch-baseline 1\n"                                                        \
	"## site: st-elsewhere\n"                                                          \
	"## scope: model hospira-plum-a+\n"                                                \
	"## kind: drug-library\n"                                                          \
	"## release: 2026-10\n"                                                            \
	"## serial: 17\n"                                                                  \
	"## previous: " SHA256 "\n"                                                        \
	"## created: 2026-11-22T01:00:00Z\n"                                               \
	"## expires: never\n"
#define LEARNER "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
#define LEARNT "## learner: " LEARNER "\n"
#define LISTED "## list: " SHA256 " vendor list, 7.0.md5\n"

static struct digest_pair sample_digest(void)
{
	struct digest_pair pair = {0};

	ck_assert_int_eq(hex_parse(pair.md5, sizeof pair.md5, MD5, strlen(MD5)), 0);
	ck_assert_int_eq(hex_parse(pair.sha256, sizeof pair.sha256, SHA256, strlen(SHA256)), 0);
	return pair;
}

static struct manifest sample_manifest(void)
{
	struct manifest manifest = {
		.site = strdup("st-elsewhere"),
		.scope = MANIFEST_MODEL,
		.scope_name = strdup("hospira-plum-a+"),
		.kind = VISIT_DRUG_LIBRARY,
		.release = strdup("2026-10"),
		.serial = 17,
		.previous = SHA256,
		.expires_at = TIME_NEVER,
	};

	ck_assert_int_eq(time_parse(&manifest.created_at, "2026-11-22T01:00:00Z"), 0);
	return manifest;
}

static void assert_writes(struct manifest *manifest, const char *expected)
{
	CLEANUP(text_clear) struct text text;
	struct error e = {0};

	text_init(&text);
	text_add(&text, "before|");
	ck_assert_msg(manifest_write(&text, manifest, &e) == 0, "%s", e.text);
	ck_assert_str_eq(text.data + strlen("before|"), expected);
}

static void assert_refuses_to_write(struct manifest *manifest, const char *words)
{
	CLEANUP(text_clear) struct text text;
	struct error e = {0};

	text_init(&text);
	text_add(&text, "before|");
	ck_assert_int_eq(manifest_write(&text, manifest, &e), -1);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_msg(strstr(e.text, words) != NULL, "%s", e.text);
	ck_assert_str_eq(text.data, "before|");
}

START_TEST(files_are_written_sorted_and_escaped)
{
	CLEANUP(manifest_clear) struct manifest manifest = sample_manifest();
	struct digest_pair digest = sample_digest();

	manifest.created_at += TIME_SECOND - 1; /* cut off */
	ck_assert_int_eq(manifest_add(&manifest, "b/\xFF", 3, &digest), 0);
	ck_assert_int_eq(manifest_add(&manifest, "HEAD_F~1", 491648, &digest), 0);
	ck_assert_int_eq(manifest_add(&manifest, "100%\ttab", 0, &digest), 0);
	ck_assert_int_eq(manifest_add(&manifest, "gr\xC3\xBC\xC3\x9F e, und mehr", 1, &digest), 0);
	assert_writes(&manifest, HEADER "0," DIGESTS ",100%25%09tab\n"
					"491648," DIGESTS ",HEAD_F~1\n"
					"3," DIGESTS ",b/%FF\n"
					"1," DIGESTS ",gr\xC3\xBC\xC3\x9F e, und mehr\n");
	ck_assert_str_eq(manifest.files[0].path, "100%\ttab");
}
END_TEST

START_TEST(manifest_may_hold_no_file)
{
	CLEANUP(manifest_clear) struct manifest manifest = sample_manifest(), again = {0};

	assert_writes(&manifest, HEADER);
	ck_assert_int_eq(manifest_parse(&again, "m", HEADER, strlen(HEADER), NULL), 0);
	ck_assert_uint_eq(again.file_count, 0);
	ck_assert_ptr_null(manifest_find(&again, "a"));
}
END_TEST

START_TEST(all_fields_are_read)
{
	CLEANUP(manifest_clear) struct manifest manifest = {0};
	struct error e = {0};
	struct digest_pair digest = sample_digest();
	const char *text = HEADER "0," DIGESTS ",100%25\n"
				  "9223372036854775807," DIGESTS ",a/b c,d\n";

	ck_assert_msg(manifest_parse(&manifest, "m", text, strlen(text), &e) == 0, "%s", e.text);
	ck_assert_str_eq(manifest.site, "st-elsewhere");
	ck_assert_int_eq(manifest.scope, MANIFEST_MODEL);
	ck_assert_str_eq(manifest.scope_name, "hospira-plum-a+");
	ck_assert_int_eq(manifest.kind, VISIT_DRUG_LIBRARY);
	ck_assert_str_eq(manifest.release, "2026-10");
	ck_assert_uint_eq(manifest.serial, 17);
	ck_assert_str_eq(manifest.previous, SHA256);
	ck_assert(manifest.created_at == INT64_C(1795309200) * TIME_SECOND);
	ck_assert(manifest.expires_at == TIME_NEVER);
	ck_assert_uint_eq(manifest.file_count, 2);
	const struct manifest_file *file = manifest_find(&manifest, "a/b c,d");
	ck_assert_ptr_eq(file, &manifest.files[1]);
	ck_assert(file->has_size && file->has_md5 && file->has_sha256);
	ck_assert(file->size == INT64_MAX);
	ck_assert(digest_equal(&file->digest, &digest));
	ck_assert_ptr_eq(manifest_find(&manifest, "100%"), &manifest.files[0]);
	ck_assert_ptr_null(manifest_find(&manifest, "100%25"));
}
END_TEST

START_TEST(device_scope_first_serial_and_end_are_kept)
{
	CLEANUP(manifest_clear) struct manifest manifest = sample_manifest(), again = {0};
	CLEANUP(text_clear) struct text text;

	manifest.scope = MANIFEST_DEVICE;
	manifest.serial = 1;
	manifest.previous[0] = '\0';
	manifest.expires_at = manifest.created_at + TIME_DAY;
	text_init(&text);
	ck_assert_int_eq(manifest_write(&text, &manifest, NULL), 0);
	ck_assert_ptr_nonnull(strstr(text.data, "\n## scope: device hospira-plum-a+\n"));
	ck_assert_ptr_nonnull(strstr(text.data, "\n## serial: 1\n## previous: none\n"));
	ck_assert_ptr_nonnull(strstr(text.data, "\n## expires: 2026-11-23T01:00:00Z\n"));
	ck_assert_int_eq(manifest_parse(&again, "m", text.data, text.length, NULL), 0);
	ck_assert_int_eq(again.scope, MANIFEST_DEVICE);
	ck_assert_str_eq(again.previous, "");
	ck_assert(again.expires_at == manifest.expires_at);
}
END_TEST

START_TEST(learner_and_list_may_stand_behind_the_rest)
{
	static const char *const texts[] = {HEADER LEARNT, HEADER LISTED, HEADER LEARNT LISTED,
					    HEADER LEARNT LISTED "0," DIGESTS ",a\n"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		CLEANUP(manifest_clear) struct manifest manifest = {0};
		struct error e = {0};
		ck_assert_msg(manifest_parse(&manifest, "m", texts[i], strlen(texts[i]), &e) == 0, "%s", e.text);
		ck_assert_str_eq(manifest.learner, i == 1 ? "" : LEARNER);
		ck_assert_str_eq(manifest.list_sha256, i == 0 ? "" : SHA256);
		if (i == 0)
			ck_assert_ptr_null(manifest.list_name);
		else
			ck_assert_str_eq(manifest.list_name, "vendor list, 7.0.md5");
		assert_writes(&manifest, texts[i]);
	}
}
END_TEST

/* Each takes what stands in GOOD and puts one thing in place of another. */
#define GOOD HEADER "1," DIGESTS ",a\n2," DIGESTS ",b\n"
static const struct {
	const char *from, *to, *words;
} spoilt[] = {
	{"%%%% HASHDEEP-1.0", "%%%% HASHDEEP-1.1", "m: line 1: "},
	{"HASHDEEP-1.0\n", "HASHDEEP-1.0 \n", "m: line 1: nothing may follow"},
	{"size,md5,sha256,filename", "size,md5,filename", "m: line 2: "},
	{"baseline 1", "baseline 2", "m: line 3: "},
	{"baseline 1", "baseline 12", "m: line 3: "},
	{"## site: st-elsewhere\n", "", "m: line 4: \"## site: \" must stand here"},
	{"## site: st-elsewhere", "## site: ", "m: line 4: the site must be"},
	{"## site: st-elsewhere", "## site:  st-elsewhere", "m: line 4: the site must be"},
	{"## site: st-elsewhere", "## site: st-elsewhere ", "m: line 4: the site must be"},
	{"## site: st-elsewhere", "## site: a\tb", "m: line 4: the site must be"},
	{"## site: st-elsewhere", "## site: a\xE2\x80\xA8" "b", "m: line 4: the site must be"},
	{"## site: st-elsewhere", "## site: a\xFF", "m: line 4: the site must be"},
	{"## site: st-elsewhere", "## site: st-elsewhere\r", "m: line 4: the site must be"},
	{"## site: st-elsewhere", "## site: st\n## site: elsewhere", "m: line 5: \"## scope: \""},
	{"model hospira", "modelhospira", "m: line 5: the scope must be"},
	{"model hospira-plum-a+", "model ", "m: line 5: the scope must be"},
	{"model hospira-plum-a+", "fleet all", "m: line 5: the scope must be"},
	{"kind: drug-library", "kind: drugs", "m: line 6: the kind must be"},
	{"serial: 17", "serial: 0", "m: line 8: the serial must be"},
	{"serial: 17", "serial: 017", "m: line 8: the serial must be a whole number from 1, written"},
	{"serial: 17", "serial: 9223372036854775808", "m: line 8: the serial must be"},
	{"previous: ba", "previous: BA", "m: line 9: the previous must be"},
	{"previous: ba", "previous: b", "m: line 9: the previous must be"},
	{"01:00:00Z", "01:00:00.5Z", "m: line 10: the created must be"},
	{"01:00:00Z", "01:00:00+00:00", "m: line 10: the created must be"},
	{"2026-11-22T01:00:00Z", "2026-11-22", "m: line 10: the created must be"},
	{"2026-11-22T01:00:00Z", "never", "m: line 10: the created must be"},
	{"expires: never\n", "expires: never\n## colour: red\n", "m: line 12: a header line that"},
	{"expires: never\n", "expires: never\n\n", "m: line 12: a size"},
	{"\n## expires: never\n", "\n", "m: line 11: \"## expires: \" must stand here"},
	{"\n1,", "\n01,", "m: line 12: must be written: 1," DIGESTS ",a"},
	{"\n1,", "\n-1,", "m: line 12: a size"},
	{"\n1,", "\n9223372036854775808,", "m: line 12: a size"},
	{"\n1,", "\n,", "m: line 12: a size"},
	{"\n1,90", "\n1,9", "m: line 12: an MD5"},
	{"\n1," MD5, "\n1", "m: line 12: an MD5"},
	{"28e17f72,ba78", "28e17f72,ba7", "m: line 12: a SHA-256"},
	{"\n1,900150983cd", "\n1,900150983CD", "m: line 12: must be written"},
	{",a\n", ",\n", "m: line 12: the path"},
	{",a\n", ",/a\n", "m: line 12: the path"},
	{",a\n", ",./a\n", "m: line 12: the path"},
	{",a\n", ",a/../b\n", "m: line 12: the path"},
	{",a\n", ",a//b\n", "m: line 12: the path"},
	{",a\n", ",a%0Ab\n", "m: line 12: the path"},
	{",a\n", ",a%00b\n", "m: line 12: %"},
	{",a\n", ",a%4\n", "m: line 12: %"},
	{",a\n", ",a%zz\n", "m: line 12: %"},
	{",a\n", ",%61\n", "m: line 12: must be written"},
	{",a\n", ",%c3\n", "m: line 12: must be written"},
	{",a\n", ",a\t\n", "m: line 12: must be written: 1," DIGESTS ",a%2509"},
	{",a\n", ",a\xFF\n", "m: line 12: must be written"},
	{",a\n", ",a\r\n", "m: line 12: the path"},
	{",a\n", ",b\n", "m: line 13: the path stands in the line before, too"},
	{",a\n", ",c\n", "m: line 13: the path must stand before"},
	{",b\n", ",b", "m: line 13: the line has no end"},
	{",b\n", ",b\n\n", "m: line 14: a size"},
	{"expires: never\n", "expires: never\n" LISTED LEARNT, "m: line 13: a header line that"},
	{"expires: never\n", "expires: never\n" LEARNT LEARNT, "m: line 13: a header line that"},
	{"expires: never\n", "expires: never\n" LISTED LISTED, "m: line 13: a header line that"},
	{"## expires", LEARNT "## expires", "m: line 11: \"## expires: \" must stand here"},
	{",a\n", ",a\n" LEARNT, "m: line 13: a header line that"},
	{"expires: never\n", "expires: never\n## learner:\n", "m: line 12: a header line that"},
	{"expires: never\n", "expires: never\n## learner: \n", "m: line 12: the learner must be"},
	{"expires: never\n", "expires: never\n## learner: none\n", "m: line 12: the learner must be"},
	{"expires: never\n", "expires: never\n## learner: " LEARNER "=\n", "m: line 12: the learner must be"},
	{"expires: never\n", "expires: never\n## learner: " LEARNER " \n", "m: line 12: the learner must be"},
	{"expires: never\n", "expires: never\n## learner: " LEARNER "\r\n", "m: line 12: the learner must be"},
	{"expires: never\n",
	 "expires: never\n## learner: MD5:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU111\n",
	 "m: line 12: the learner must be"},
	{"expires: never\n", /* the last character has bits beyond the 32nd byte */
	 "expires: never\n## learner: SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV\n",
	 "m: line 12: the learner must be"},
	{"expires: never\n",
	 "expires: never\n## learner: SHA256:47DEQpj8HBSa-/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n",
	 "m: line 12: the learner must be"},
	{"expires: never\n", "expires: never\n## list: " SHA256 "\n", "m: line 12: the list must be"},
	{"expires: never\n", "expires: never\n## list: " SHA256 " \n", "m: line 12: the list must be"},
	{"expires: never\n", "expires: never\n## list: " SHA256 "  a\n", "m: line 12: the list must be"},
	{"expires: never\n", "expires: never\n## list: " SHA256 "\ta\n", "m: line 12: the list must be"},
	{"expires: never\n", "expires: never\n## list: " SHA256 " a\x7F\n", "m: line 12: the list must be"},
	{"expires: never\n", "expires: never\n## list: a.md5\n", "m: line 12: the list must be"},
	{"expires: never\n", "expires: never\n## list: a.md5 " SHA256 "\n", "m: line 12: the list must be"},
	{"expires: never\n", "expires: never\n## list: A" SHA256 " a\n", "m: line 12: the list must be"},
	{"expires: never\n",
	 "expires: never\n## list: BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD a\n",
	 "m: line 12: the list must be a SHA-256 (64 lower-case digits), and a word of 1 to 128 bytes of "
	 "plain text, written in just that form"},
};

START_TEST(anything_else_than_the_canonical_form_is_refused_by_line)
{
	CLEANUP(text_clear) struct text text;
	struct manifest manifest = {0};
	struct error e = {0};
	const char *at = strstr(GOOD, spoilt[_i].from);

	text_init(&text);
	ck_assert_ptr_nonnull(at);
	text_add_bytes(&text, GOOD, (size_t)(at - GOOD));
	text_add(&text, spoilt[_i].to);
	text_add(&text, at + strlen(spoilt[_i].from));
	ck_assert_int_eq(manifest_parse(&manifest, "m", GOOD, strlen(GOOD), NULL), 0);
	manifest_clear(&manifest);
	ck_assert_msg(manifest_parse(&manifest, "m", text.data, text.length, &e) == -1, "%d took %s", _i,
		      text.data);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_msg(strstr(e.text, spoilt[_i].words) != NULL, "%d: %s", _i, e.text);
	ck_assert_ptr_null(manifest.site);
	ck_assert_ptr_null(manifest.files);
}
END_TEST

START_TEST(cut_manifest_is_refused_at_every_byte_of_its_header)
{
	static const char header[] = HEADER LEARNT LISTED;

	for (size_t length = 0; length < strlen(header); length++) {
		struct manifest manifest = {0};
		struct error e = {0};
		if (length == strlen(HEADER) || length == strlen(HEADER LEARNT))
			continue; /* whole without the lines that may be left out */
		ck_assert_int_eq(manifest_parse(&manifest, "m", header, length, &e), -1);
		ck_assert_int_eq(e.code, ERROR_DATA);
	}
}
END_TEST

START_TEST(nul_byte_is_refused)
{
	CLEANUP(text_clear) struct text text;
	struct manifest manifest = {0};

	for (size_t i = 0; i < strlen(GOOD); i++) {
		text_init(&text);
		text_add(&text, GOOD);
		text.data[i] = '\0';
		ck_assert_int_eq(manifest_parse(&manifest, "m", text.data, text.length, NULL), -1);
		text_clear(&text);
	}
}
END_TEST

START_TEST(long_line_is_refused)
{
	CLEANUP(text_clear) struct text text;
	struct manifest manifest = {0};
	struct error e = {0};

	text_init(&text);
	text_add(&text, HEADER "1," DIGESTS ",");
	for (int i = 0; i < MANIFEST_LINE_MAX; i++)
		text_add_char(&text, 'x');
	text_add(&text, "\n");
	ck_assert_int_eq(manifest_parse(&manifest, "m", text.data, text.length, &e), -1);
	ck_assert_str_eq(e.text, "m: line 12: longer than 8192 bytes");
}
END_TEST

START_TEST(longest_path_of_escapes_goes_both_ways)
{
	CLEANUP(manifest_clear) struct manifest manifest = sample_manifest(), again = {0};
	CLEANUP(text_clear) struct text text;
	char path[VISIT_PATH_MAX + 2];
	struct digest_pair digest = sample_digest();

	memset(path, '\xFF', sizeof path);
	path[VISIT_PATH_MAX + 1] = '\0';
	ck_assert_int_eq(manifest_add(&manifest, path, 1, &digest), -EINVAL);
	path[VISIT_PATH_MAX] = '\0';
	ck_assert_int_eq(manifest_add(&manifest, path, 1, &digest), 0);
	text_init(&text);
	ck_assert_int_eq(manifest_write(&text, &manifest, NULL), 0);
	ck_assert_int_eq(manifest_parse(&again, "m", text.data, text.length, NULL), 0);
	ck_assert_str_eq(again.files[0].path, path);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused)
{
	CLEANUP(manifest_clear) struct manifest manifest = sample_manifest();
	struct digest_pair digest = sample_digest();
	char *site = manifest.site;
	char word[MANIFEST_WORD_MAX + 2];

	ck_assert_int_eq(manifest_add(&manifest, "b", 1, &digest), 0);
	ck_assert_int_eq(manifest_add(&manifest, "a", 1, &digest), 0);
	manifest.files[0].has_sha256 = false; /* of "b", which is sorted behind */
	assert_refuses_to_write(&manifest, "\"b\" has not both digests");
	manifest.files[1].has_sha256 = true;
	manifest.files[1].has_size = false;
	assert_refuses_to_write(&manifest, "\"b\" has not both digests");
	manifest.files[1].has_size = true;
	manifest.files[1].size = UINT64_MAX;
	assert_refuses_to_write(&manifest, "\"b\" is too large");
	manifest.files[1].size = 1;
	manifest.files[1].path[0] = 'a';
	assert_refuses_to_write(&manifest, "\"a\" is there twice");
	manifest.files[1].path[0] = '/';
	assert_refuses_to_write(&manifest, "has a path");
	manifest.files[0].path[0] = 'b';

	memset(word, 'w', sizeof word);
	word[MANIFEST_WORD_MAX + 1] = '\0';
	manifest.site = word;
	assert_refuses_to_write(&manifest, "the site must be");
	manifest.site = NULL;
	assert_refuses_to_write(&manifest, "the site must be");
	manifest.site = site;
	manifest.serial = 0;
	assert_refuses_to_write(&manifest, "the serial must be");
	manifest.serial = 1;
	manifest.previous[3] = 'x';
	assert_refuses_to_write(&manifest, "the previous must be");
	manifest.previous[0] = '\0';
	manifest.created_at = -1;
	assert_refuses_to_write(&manifest, "the created must be");
	manifest.created_at = TIME_NEVER;
	assert_refuses_to_write(&manifest, "the created must be");
	manifest.created_at = TIME_NEVER - 1;
	assert_refuses_to_write(&manifest, "the created must be");
	manifest.created_at = 0;
	(void)strcpy(manifest.learner, "somebody");
	assert_refuses_to_write(&manifest, "the learner must be");
	(void)strcpy(manifest.learner, LEARNER);
	manifest.list_name = word;
	assert_refuses_to_write(&manifest, "the list must be");
	(void)strcpy(manifest.list_sha256, SHA256);
	assert_refuses_to_write(&manifest, "the list must be");
	manifest.list_name = NULL;
	assert_refuses_to_write(&manifest, "the list must be");
}
END_TEST

START_TEST(id_is_the_sha256_of_the_text)
{
	char id[MANIFEST_ID_SIZE];

	ck_assert_int_eq(manifest_id(id, "abc", 3), 0);
	ck_assert_str_eq(id, SHA256);
}
END_TEST

static void record_change(void *userdata, enum manifest_change change,
			  const struct manifest_file *before, const struct manifest_file *after)
{
	struct text *text = userdata;

	ck_assert_int_eq(before == NULL, change == MANIFEST_ADDED);
	ck_assert_int_eq(after == NULL, change == MANIFEST_REMOVED);
	text_addf(text, "%c%s ", "+-~"[change], before ? before->path : after->path);
}

START_TEST(diff_tells_added_removed_and_changed)
{
	CLEANUP(manifest_clear) struct manifest before = {0}, after = {0};
	CLEANUP(text_clear) struct text text;
	struct digest_pair digest = sample_digest(), other = digest;

	other.sha256[0] ^= 1;
	ck_assert_int_eq(manifest_add(&before, "a", 1, &digest), 0);
	ck_assert_int_eq(manifest_add(&before, "b", 1, &digest), 0);
	ck_assert_int_eq(manifest_add(&before, "c", 1, &digest), 0);
	ck_assert_int_eq(manifest_add(&before, "d", 1, &digest), 0);
	ck_assert_int_eq(manifest_add(&before, "e", 1, &digest), 0);
	ck_assert_int_eq(manifest_add(&after, "b", 1, &other), 0);
	ck_assert_int_eq(manifest_add(&after, "c", 2, &digest), 0);
	ck_assert_int_eq(manifest_add(&after, "d", 1, &other), 0);
	ck_assert_int_eq(manifest_add(&after, "e", 1, &other), 0);
	ck_assert_int_eq(manifest_add(&after, "f", 1, &other), 0);
	after.files[2].has_sha256 = false; /* d is the same by MD5 */
	after.files[3].has_sha256 = false;
	before.files[4].has_md5 = false; /* e has no digest in common */
	text_init(&text);
	manifest_diff(&before, &after, record_change, &text);
	ck_assert_str_eq(text.data, "-a ~b ~c ~e +f ");
	text_cut(&text, 0);
	manifest_diff(&before, &before, record_change, &text);
	ck_assert_str_eq(text.data, "");
}
END_TEST

/* Run a shell command in a fresh folder that has what a folder pulled from a device may
 * have, and give its exit code. */
static int audit(const char *manifest, const char *command)
{
	char folder[] = "/tmp/check_manifest.XXXXXX";
	char line[4096];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(line, sizeof line, "%s.manifest", folder);
	FILE *file = fopen(line, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(manifest, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	(void)snprintf(line, sizeof line,
		       "cd %s && mkdir sub && printf abc | tee HEAD_F~1 .hidden '#lead' 'comma, name' "
		       "'sub/b c' >/dev/null; manifest=%s.manifest; %s; result=$?; rm -r %s $manifest; "
		       "exit $result", folder, folder, command, folder);
	int status = system(line);
	ck_assert_int_ne(status, -1);
	return WEXITSTATUS(status);
}

/* As manifest.h tells a person to. */
#define AUDIT "find . -type f -printf '%P\\n' | hashdeep -a -k $manifest -l -f /dev/stdin >/dev/null"

START_TEST(hashdeep_audits_a_pulled_folder_with_a_manifest)
{
	static const char *const paths[] = {"#lead", ".hidden", "HEAD_F~1", "comma, name", "sub/b c"};
	CLEANUP(manifest_clear) struct manifest manifest = sample_manifest();
	CLEANUP(text_clear) struct text text;
	struct digest_pair digest = sample_digest();

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		ck_assert_int_eq(manifest_add(&manifest, paths[i], 3, &digest), 0);
	(void)strcpy(manifest.learner, LEARNER);
	(void)strcpy(manifest.list_sha256, SHA256);
	manifest.list_name = strdup("vendor.md5");
	text_init(&text);
	ck_assert_int_eq(manifest_write(&text, &manifest, NULL), 0);
	ck_assert_int_eq(audit(text.data, AUDIT), 0);
	ck_assert_int_ne(audit(text.data, "printf abd > HEAD_F~1; " AUDIT), 0);
	ck_assert_int_ne(audit(text.data, "printf new > new; " AUDIT), 0);
	ck_assert_int_ne(audit(text.data, "rm 'sub/b c'; " AUDIT), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manifest");
	TCase *tests = tcase_create("canonical");

	tcase_add_test(tests, files_are_written_sorted_and_escaped);
	tcase_add_test(tests, manifest_may_hold_no_file);
	tcase_add_test(tests, all_fields_are_read);
	tcase_add_test(tests, device_scope_first_serial_and_end_are_kept);
	tcase_add_test(tests, learner_and_list_may_stand_behind_the_rest);
	tcase_add_loop_test(tests, anything_else_than_the_canonical_form_is_refused_by_line, 0,
			    sizeof spoilt / sizeof spoilt[0]);
	tcase_add_test(tests, cut_manifest_is_refused_at_every_byte_of_its_header);
	tcase_add_test(tests, nul_byte_is_refused);
	tcase_add_test(tests, long_line_is_refused);
	tcase_add_test(tests, longest_path_of_escapes_goes_both_ways);
	tcase_add_test(tests, what_cannot_be_written_is_refused);
	tcase_add_test(tests, id_is_the_sha256_of_the_text);
	tcase_add_test(tests, diff_tells_added_removed_and_changed);
	tcase_add_test(tests, hashdeep_audits_a_pulled_folder_with_a_manifest);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
