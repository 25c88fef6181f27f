#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/text.h"
#include "manifest/manifest.h"

#include "suite.h"

#define MD5 "900150983cd24fb0d6963f7d28e17f72"
#define SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* "path size md5 sha256|…" with three digits of each digest and "-" for what is not had. */
static char *write_list(const struct manifest *list)
{
	struct text text;

	text_init(&text);
	for (size_t i = 0; i < list->file_count; i++) {
		const struct manifest_file *file = &list->files[i];
		char md5[2 * DIGEST_MD5_SIZE + 1], sha256[DIGEST_SHA256_HEX + 1];
		hex_write(md5, file->digest.md5, sizeof file->digest.md5);
		hex_write(sha256, file->digest.sha256, sizeof file->digest.sha256);
		text_addf(&text, "%s%s ", i > 0 ? "|" : "", file->path);
		if (file->has_size)
			text_addf(&text, "%llu ", (unsigned long long)file->size);
		else
			text_add(&text, "- ");
		text_addf(&text, "%.3s %.3s", file->has_md5 ? md5 : "-", file->has_sha256 ? sha256 : "-");
	}
	return text_take(&text);
}

/* ---- lists as they should be --------------------------------------------------------------- */

static const struct {
	enum manifest_list_format format;
	const char *bytes, *list;
} good[] = {
	{MANIFEST_LIST_MD5SUM, MD5 "  b\n" MD5 " *a\n", "a - 900 -|b - 900 -"},
	{MANIFEST_LIST_MD5SUM, MD5 "  no line end", "no line end - 900 -"},
	{MANIFEST_LIST_MD5SUM, MD5 "  ./a\n" MD5 "  /b\n", "a - 900 -|b - 900 -"},
	{MANIFEST_LIST_MD5SUM, MD5 "  a\r\n" MD5 "  b\r\n", "a - 900 -|b - 900 -"},
	{MANIFEST_LIST_MD5SUM, "# made by hand\n\n" MD5 "  a\n\r\n", "a - 900 -"},
	{MANIFEST_LIST_MD5SUM, "\xEF\xBB\xBF" MD5 "  a\n", "a - 900 -"},
	{MANIFEST_LIST_MD5SUM, "900150983CD24FB0D6963F7D28E17F72  a\n", "a - 900 -"},
	{MANIFEST_LIST_MD5SUM, MD5 "  back\\n\n", "back\\n - 900 -"},
	{MANIFEST_LIST_MD5SUM, "\\" MD5 "  back\\\\n\n", "back\\n - 900 -"},
	{MANIFEST_LIST_MD5SUM, MD5 "   lead\n", " lead - 900 -"},
	{MANIFEST_LIST_MD5SUM, MD5 " **star\n", "*star - 900 -"},
	{MANIFEST_LIST_SHA256SUM, SHA256 "  a\n" SHA256 " *b\n", "a - - ba7|b - - ba7"},
	{MANIFEST_LIST_BSD, "MD5 (a) = " MD5 "\nSHA256 (a) = " SHA256 "\nMD5 (b) = " MD5 "\n",
	 "a - 900 ba7|b - 900 -"},
	{MANIFEST_LIST_BSD, "SHA256 (a) = " SHA256 "\r\nMD5 (a) = " MD5 "\r\n", "a - 900 ba7"},
	{MANIFEST_LIST_BSD, "MD5 (x) = (y) = z) = " MD5 "\n", "x) = (y) = z - 900 -"},
	{MANIFEST_LIST_BSD, "\\MD5 (a\\\\b) = " MD5 "\n", "a\\b - 900 -"},
	{MANIFEST_LIST_HASHDEEP, "%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## x\n3," MD5 "," SHA256
	 ",./a,b\n", "a,b 3 900 ba7"},
	{MANIFEST_LIST_HASHDEEP, "%%%% HASHDEEP-1.0\n%%%% size,sha256,filename\n3," SHA256 ",/a\n",
	 "a 3 - ba7"},
	{MANIFEST_LIST_HASHDEEP, "%%%% HASHDEEP-1.0\n%%%% md5,filename\n" MD5 ",a\n", "a - 900 -"},
	{MANIFEST_LIST_HASHDEEP, "%%%% HASHDEEP-1.0\r\n%%%% size,md5,sha1,tiger,filename\r\n3," MD5
	 ",whatever,too,a\r\n", "a 3 900 -"},
	{MANIFEST_LIST_HASHDEEP, "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n3," MD5
	 ",a\n%%%% HASHDEEP-1.0\n%%%% size,sha256,filename\n3," SHA256 ",a\n", "a 3 900 ba7"},
	{MANIFEST_LIST_HASHDEEP, "%%%% HASHDEEP-1.0\n%%%% md5,filename\n" MD5 ",100%25\n", "100%25 - 900 -"},
	{MANIFEST_LIST_HASHDEEP, "%%%% HASHDEEP-1.0\n%%%% md5,filename\n## pumpwatch-baseline 1\n" MD5
	 ",100%25\n%%%% HASHDEEP-1.0\n%%%% md5,filename\n" MD5 ",101%25\n", "100% - 900 -|101%25 - 900 -"},
};

START_TEST(list_is_read_with_and_without_its_format)
{
	const enum manifest_list_format formats[] = {good[_i].format, MANIFEST_LIST_GUESS};

	for (size_t i = 0; i < 2; i++) {
		CLEANUP(manifest_clear) struct manifest list = {0};
		struct error e = {0};
		ck_assert_msg(manifest_list_parse(&list, formats[i], "list", good[_i].bytes,
						  strlen(good[_i].bytes), &e) == 0, "%s", e.text);
		CLEANUP(cleanup_free) char *words = write_list(&list);
		ck_assert_str_eq(words, good[_i].list);
		ck_assert_ptr_null(list.site);
	}
}
END_TEST

/* ---- lists as they should not be ------------------------------------------------------------ */

#define HASHDEEP "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n"

static const struct {
	enum manifest_list_format format;
	const char *bytes, *words;
} bad[] = {
	{MANIFEST_LIST_GUESS, "", "list: lists no file"},
	{MANIFEST_LIST_GUESS, "# nothing\n\n", "list: lists no file"},
	{MANIFEST_LIST_GUESS, "hello\n", "list: line 1: looks like no list"},
	{MANIFEST_LIST_GUESS, MD5 "\n", "list: line 1: looks like no list"},
	{MANIFEST_LIST_GUESS, MD5 "  a\nhello\n", "list: line 2: not 32 hexadecimal digits"},
	{MANIFEST_LIST_GUESS, MD5 "  a\n" SHA256 "  b\n", "list: line 2: not 32 hexadecimal digits"},
	{MANIFEST_LIST_GUESS, "SHA1 (a) = 0\n", "list: line 1: looks like no list"},
	{MANIFEST_LIST_SHA256SUM, MD5 "  a\n", "list: line 1: not 64 hexadecimal digits"},
	{MANIFEST_LIST_MD5SUM, MD5 " a\n", "list: line 1: not 32"},
	{MANIFEST_LIST_MD5SUM, MD5 "  \n", "list: line 1: the path is empty"},
	{MANIFEST_LIST_MD5SUM, MD5 "  /\n", "list: line 1: the path is empty"},
	{MANIFEST_LIST_MD5SUM, MD5 "  a\n\n" MD5 "  a\n", "list: line 3: the path stands in line 1, too"},
	{MANIFEST_LIST_MD5SUM, MD5 "  ./a\n" MD5 "  /a\n", "list: line 2: the path stands in line 1, too"},
	{MANIFEST_LIST_MD5SUM, MD5 "  ../a\n", "list: line 1: the path \"../a\""},
	{MANIFEST_LIST_MD5SUM, MD5 "  a/../../b\n", "list: line 1: the path"},
	{MANIFEST_LIST_MD5SUM, MD5 "  //a\n", "list: line 1: the path \"/a\""},
	{MANIFEST_LIST_MD5SUM, MD5 "  a\x1B[2Jb/../c\n", "list: line 1: the path \"a%1B[2Jb/../c\""},
	{MANIFEST_LIST_MD5SUM, MD5 "  a\rb\n", "list: line 1: the path \"a%0Db\""},
	{MANIFEST_LIST_MD5SUM, "\\" MD5 "  a\\nb\n", "list: line 1: the path \"a%0Ab\""},
	{MANIFEST_LIST_MD5SUM, "\\" MD5 "  a\\rb\n", "list: line 1: the path \"a%0Db\""},
	{MANIFEST_LIST_MD5SUM, "\\" MD5 "  a\\tb\n", "list: line 1: a backslash"},
	{MANIFEST_LIST_MD5SUM, "\\" MD5 "  a\\\n", "list: line 1: a backslash"},
	{MANIFEST_LIST_MD5SUM, "\\" MD5 "  \n", "list: line 1: the path is empty"},
	{MANIFEST_LIST_BSD, "SHA1 (a) = " MD5 "\n", "list: line 1: not \"MD5 (name) = digits\""},
	{MANIFEST_LIST_BSD, "MD5 (\n", "list: line 1: not \"MD5"},
	{MANIFEST_LIST_BSD, "MD5 (a) =  " MD5 "\n", "list: line 1: does not end"},
	{MANIFEST_LIST_BSD, "MD5 (a) = " SHA256 "\n", "list: line 1: does not end"},
	{MANIFEST_LIST_BSD, "MD5 () = " MD5 "\n", "list: line 1: the path is empty"},
	{MANIFEST_LIST_BSD, "MD5 (a) = " MD5 "\nMD5 (a) = " MD5 "\n", "list: line 2: the path stands in line 1"},
	{MANIFEST_LIST_BSD, "MD5 (a) = " MD5 "\nSHA256 (a) = " SHA256 "\nSHA256 (a) = " SHA256 "\n",
	 "list: line 3: the path stands in line 1"},
	{MANIFEST_LIST_HASHDEEP, "3," MD5 ",a\n", "list: line 1: a line such as \"%%%% size,md5,sha256,filename\""},
	{MANIFEST_LIST_HASHDEEP, "%%%% size,crc,filename\n", "list: line 1: a column has no known name"},
	{MANIFEST_LIST_HASHDEEP, "%%%% size,md5\n", "list: line 1: filename must be the last"},
	{MANIFEST_LIST_HASHDEEP, "%%%% filename,md5\n", "list: line 1: filename must be the last"},
	{MANIFEST_LIST_HASHDEEP, "%%%% md5,md5,filename\n", "list: line 1: the column md5 is there twice"},
	{MANIFEST_LIST_HASHDEEP, "%%%% size,filename\n", "list: line 1: there is no column md5 or sha256"},
	{MANIFEST_LIST_HASHDEEP, "%%%% sha1,sha1,sha1,sha1,sha1,sha1,sha1,sha1,md5,filename\n",
	 "list: line 1: more than 8 columns"},
	{MANIFEST_LIST_HASHDEEP, HASHDEEP "x," MD5 ",a\n", "list: line 3: the size is not a number"},
	{MANIFEST_LIST_HASHDEEP, HASHDEEP "," MD5 ",a\n", "list: line 3: the size is not a number"},
	{MANIFEST_LIST_HASHDEEP, HASHDEEP "3,900150,a\n", "list: line 3: the MD5 is not 32"},
	{MANIFEST_LIST_HASHDEEP, HASHDEEP "3," MD5 "\n", "list: line 3: only 2 of 3 columns"},
	{MANIFEST_LIST_HASHDEEP, HASHDEEP "3," MD5 ",new\nline\n", "list: line 4: only 1 of 3 columns"},
	{MANIFEST_LIST_HASHDEEP, HASHDEEP "3," MD5 ",a\n%%%% size,sha256,filename\n4," SHA256 ",a\n",
	 "list: line 5: the size is not that in line 3"},
	{MANIFEST_LIST_HASHDEEP, HASHDEEP "## pumpwatch-baseline 1\n3," MD5 ",%0\n", "list: line 4: % in a path"},
};

START_TEST(bad_line_is_named_with_what_is_wrong)
{
	struct manifest list = {0};
	struct error e = {0};

	ck_assert_int_eq(manifest_list_parse(&list, bad[_i].format, "list", bad[_i].bytes,
					     strlen(bad[_i].bytes), &e), -1);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_msg(strncmp(e.text, bad[_i].words, strlen(bad[_i].words)) == 0, "%s", e.text);
	ck_assert_ptr_null(list.files);
}
END_TEST

START_TEST(nul_byte_is_refused)
{
	static const char bytes[] = MD5 "  a\0b\n";
	struct manifest list = {0};
	struct error e = {0};

	ck_assert_int_eq(manifest_list_parse(&list, MANIFEST_LIST_GUESS, "list", bytes, sizeof bytes - 1,
					     &e), -1);
	ck_assert_str_eq(e.text, "list: line 1: the path is empty or holds a NUL byte");
}
END_TEST

START_TEST(more_files_than_a_manifest_may_have_are_refused)
{
	CLEANUP(manifest_clear) struct manifest list = {0};
	CLEANUP(text_clear) struct text text;
	struct error e = {0};

	text_init(&text);
	for (int i = 0; i < MANIFEST_FILES_MAX; i++)
		text_addf(&text, MD5 "  %d\n", i);
	ck_assert_int_eq(manifest_list_parse(&list, MANIFEST_LIST_GUESS, "list", text.data, text.length, &e),
			 0);
	ck_assert_uint_eq(list.file_count, MANIFEST_FILES_MAX);
	text_add(&text, MD5 "  one more\n");
	manifest_clear(&list);
	ck_assert_int_eq(manifest_list_parse(&list, MANIFEST_LIST_GUESS, "list", text.data, text.length, &e),
			 -1);
	ck_assert_str_eq(e.text, "list: line 500001: more than 500000 files");
}
END_TEST

START_TEST(formats_have_names)
{
	static const char *const names[] = {"guess", "hashdeep", "md5sum", "sha256sum", "bsd"};
	enum manifest_list_format format;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		ck_assert_int_eq(manifest_list_format_parse(&format, names[i]), 0);
		ck_assert_uint_eq((size_t)format, i);
	}
	ck_assert_int_eq(manifest_list_format_parse(&format, "sha1sum"), -EINVAL);
}
END_TEST

/* ---- lists by the real tools ------------------------------------------------------------------ */

static char folder[64];

static void make_folder(void)
{
	(void)snprintf(folder, sizeof folder, "/tmp/check_manifest_list.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static void remove_folder(void)
{
	ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* What a shell command, run in the folder, writes. */
static void run(struct text *ret_output, const char *command)
{
	char line[2048];
	char bytes[4096];
	size_t count;

	(void)snprintf(line, sizeof line, "cd %s && %s", folder, command);
	FILE *pipe = popen(line, "r");
	ck_assert_ptr_nonnull(pipe);
	text_init(ret_output);
	while ((count = fread(bytes, 1, sizeof bytes, pipe)) > 0)
		text_add_bytes(ret_output, bytes, count);
	ck_assert_msg(pclose(pipe) == 0, "%s", command);
}

#define MAKE_FILES "mkdir -p sub && printf abc | tee 'back\\slash' '(a) = b' 'comma, name' ' lead' '*star' " \
		   "'#hash' '100%' 'sub/b c' \"$(printf 'gr\\303\\274n')\" \"$(printf 'tab\\t')\" "	\
		   "\"$(printf 'odd\\377')\" >/dev/null; "

static const char *const tools[] = {
	"md5sum -- * sub/*",	     "md5sum -b -- * sub/*",	 "md5sum --tag -- * sub/*",
	"sha256sum -- * sub/*",	     "sha256sum -b -- * sub/*",	 "sha256sum --tag -- * sub/*",
	"find . -type f -exec md5sum {} +", "find \"$PWD\" -type f -exec md5sum {} + | sed \"s,$PWD,,\"",
	"hashdeep -l -r .",	     "hashdeep -c md5 -l -r *",	 "hashdeep -c sha256,sha1,tiger -l -r .",
	"hashdeep -c md5 -l -r .; hashdeep -c sha256 -l -r .",
	"md5sum --tag -- * sub/*; sha256sum --tag -- * sub/*",
	"md5sum -- * sub/* | sed 's/$/\\r/'",
};

START_TEST(list_of_a_real_tool_is_read)
{
	static const char *const paths[] = {" lead", "#hash", "(a) = b", "*star", "100%", "back\\slash",
					    "comma, name", "gr\xC3\xBCn", "odd\xFF", "sub/b c", "tab\t"};
	CLEANUP(manifest_clear) struct manifest list = {0};
	CLEANUP(text_clear) struct text output, command;
	struct error e = {0};

	text_init(&command);
	text_add(&command, MAKE_FILES);
	text_addf(&command, "{ %s; } 2>/dev/null || true", tools[_i]);
	run(&output, command.data);
	ck_assert_msg(manifest_list_parse(&list, MANIFEST_LIST_GUESS, tools[_i], output.data,
					  output.length, &e) == 0, "%s\n%s", e.text, output.data);
	ck_assert_uint_eq(list.file_count, sizeof paths / sizeof paths[0]);
	for (size_t i = 0; i < list.file_count; i++) {
		char digits[DIGEST_SHA256_HEX + 1];
		const struct manifest_file *file = &list.files[i];
		ck_assert_str_eq(file->path, paths[i]);
		ck_assert(file->has_md5 || file->has_sha256);
		ck_assert(!file->has_size || file->size == 3);
		hex_write(digits, file->digest.md5, sizeof file->digest.md5);
		ck_assert(!file->has_md5 || strcmp(digits, MD5) == 0);
		hex_write(digits, file->digest.sha256, sizeof file->digest.sha256);
		ck_assert(!file->has_sha256 || strcmp(digits, SHA256) == 0);
	}
}
END_TEST

START_TEST(line_break_in_a_name_is_refused_by_line)
{
	static const char *const makers[] = {"md5sum -- *", "sha256sum --tag -- *", "sha256sum -- *",
					     "hashdeep -l -r . | sort", "hashdeep -c md5 -l -r . | sort"};

	for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
		struct manifest list = {0};
		CLEANUP(text_clear) struct text output, command;
		struct error e = {0};
		text_init(&command);
		text_addf(&command, "printf abc | tee a \"$(printf 'b\\nc')\" >/dev/null; %s", makers[i]);
		run(&output, command.data);
		ck_assert_int_eq(manifest_list_parse(&list, MANIFEST_LIST_GUESS, "list", output.data,
						     output.length, &e), -1);
		ck_assert_int_eq(e.code, ERROR_DATA);
		ck_assert_msg(strncmp(e.text, "list: line ", 11) == 0, "%s", e.text);
	}
}
END_TEST

/* As dpkg has them under /var/lib/dpkg/info: one for each package, without a leading slash. */
START_TEST(lists_of_installed_packages_are_read)
{
	CLEANUP(manifest_clear) struct manifest list = {0}, twice = {0};
	CLEANUP(text_clear) struct text output;
	struct error e = {0};

	run(&output, "cat /var/lib/dpkg/info/*.md5sums | LC_ALL=C sort -u -k 2");
	ck_assert_msg(manifest_list_parse(&list, MANIFEST_LIST_GUESS, "dpkg", output.data, output.length,
					  &e) == 0, "%s", e.text);
	ck_assert_uint_gt(list.file_count, 1000);
	ck_assert_ptr_nonnull(manifest_find(&list, "usr/bin/md5sum"));
	char *copy = strndup(output.data, output.length);
	text_add_bytes(&output, copy, output.length);
	free(copy);
	ck_assert_int_eq(manifest_list_parse(&twice, MANIFEST_LIST_GUESS, "dpkg", output.data,
					     output.length, &e), -1);
	ck_assert_msg(strstr(e.text, ": the path stands in line ") != NULL, "%s", e.text);
}
END_TEST

START_TEST(manifest_is_a_list_too)
{
	CLEANUP(manifest_clear) struct manifest manifest = {
		.site = strdup("s"), .scope_name = strdup("m"), .release = strdup("r"), .serial = 1};
	CLEANUP(manifest_clear) struct manifest list = {0};
	CLEANUP(text_clear) struct text text;
	const struct digest_pair digest = {0};

	ck_assert_int_eq(manifest_add(&manifest, "100%\t\xFF", 7, &digest), 0);
	text_init(&text);
	ck_assert_int_eq(manifest_write(&text, &manifest, NULL), 0);
	ck_assert_int_eq(manifest_list_parse(&list, MANIFEST_LIST_GUESS, "m", text.data, text.length, NULL),
			 0);
	ck_assert_uint_eq(list.file_count, 1);
	ck_assert_str_eq(list.files[0].path, "100%\t\xFF");
	ck_assert(list.files[0].has_size && list.files[0].has_md5 && list.files[0].has_sha256);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manifest, lists");
	TCase *texts = tcase_create("texts");
	TCase *real = tcase_create("real");

	tcase_add_loop_test(texts, list_is_read_with_and_without_its_format, 0, sizeof good / sizeof good[0]);
	tcase_add_loop_test(texts, bad_line_is_named_with_what_is_wrong, 0, sizeof bad / sizeof bad[0]);
	tcase_add_test(texts, nul_byte_is_refused);
	tcase_add_test(texts, more_files_than_a_manifest_may_have_are_refused);
	tcase_set_timeout(texts, 60);
	tcase_add_test(texts, formats_have_names);
	tcase_add_test(texts, manifest_is_a_list_too);
	suite_add_tcase(suite, texts);
	tcase_add_checked_fixture(real, make_folder, remove_folder);
	tcase_set_timeout(real, 60);
	tcase_add_loop_test(real, list_of_a_real_tool_is_read, 0, sizeof tools / sizeof tools[0]);
	tcase_add_test(real, line_break_in_a_name_is_refused_by_line);
	tcase_add_test(real, lists_of_installed_packages_are_read);
	suite_add_tcase(suite, real);
	return suite_run(suite);
}
