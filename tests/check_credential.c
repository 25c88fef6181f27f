#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "credential/internal.h"
#include "file/file.h"

#include "suite.h"

#define KEY "-----BEGIN OPENSSH PRIVATE KEY-----\nc2FtcGxl\n-----END OPENSSH PRIVATE KEY-----\n"

static char root[64];
static char given[128];
static char configured[128];
static struct credential_folders folders;

static void make_folders(void)
{
	umask(0077);
	strcpy(root, "/tmp/pumpwatch-credential-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	snprintf(given, sizeof given, "%s/given", root);
	snprintf(configured, sizeof configured, "%s/configured", root);
	ck_assert_int_eq(mkdir(given, 0700), 0);
	ck_assert_int_eq(mkdir(configured, 0700), 0);
	folders = (struct credential_folders){.given = given, .configured = configured};
}

static void remove_folders(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *folder, const char *name, const char *bytes, size_t length, mode_t mode)
{
	char path[256];
	struct error e = {0};

	snprintf(path, sizeof path, "%s/%s", folder, name);
	ck_assert_msg(file_write(path, bytes, length, mode, &e) == 0, "%s", e.text);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void put_text(const char *folder, const char *name, const char *text, mode_t mode)
{
	put(folder, name, text, strlen(text), mode);
}

/* What a load gives, for the length of a test. */
static char *user;
static struct visit_secret secret;
static struct error fault;

static int load(const char *name)
{
	free(user);
	user = NULL;
	visit_secret_clear(&secret);
	fault = (struct error){0};
	return credential_load(&folders, name, &user, &secret, &fault);
}

static void assert_refused(const char *name, enum error_code code, const char *words)
{
	ck_assert_msg(load(name) == -1, "%s was taken", name);
	ck_assert_msg(strstr(fault.text, words) != NULL, "%s", fault.text);
	ck_assert_int_eq(fault.code, code);
	ck_assert_ptr_null(user);
	ck_assert_ptr_null(secret.password);
	ck_assert_ptr_null(secret.private_key);
}

static const struct {
	const char *bytes;
	size_t length; /* 0: the string's */
	const char *user, *password, *passphrase;
} fine[] = {
	{"user = tech\npassword = secret\n", 0, "tech", "secret", NULL},
	{"user=tech\npassword=secret", 0, "tech", "secret", NULL},
	{"password = secret\nuser = tech\n", 0, "tech", "secret", NULL},
	{"user = tech\r\npassword = secret\r\n", 0, "tech", "secret", NULL},
	{"\xEF\xBB\xBFuser = tech\r\npassword = secret\r\n", 0, "tech", "secret", NULL},
	{"# of the ward's pumps\n\nuser = tech\npassword = secret\n", 0, "tech", "secret", NULL},
	{"user = tech\npassword =   two leading\n", 0, "tech", "  two leading", NULL},
	{"user = tech\npassword = trailing  \n", 0, "tech", "trailing  ", NULL},
	{"user = tech\npassword = a=b#c;d\"e'\\n\n", 0, "tech", "a=b#c;d\"e'\\n", NULL},
	{"user = tech\npassword = #1\n", 0, "tech", "#1", NULL},
	{"user = tech\npassword =\n", 0, "tech", "", NULL},
	{"user = tech\npassword = \n", 0, "tech", "", NULL},
	{"user = tech\npassword = p\xE4ss\tw\n", 0, "tech", "p\xE4ss\tw", NULL},
	{"user = tech user\npassword = x\npassphrase =  y \n", 0, "tech user", "x", " y "},
};

START_TEST(values_are_taken_as_they_stand)
{
	struct error e = {0};
	size_t length = fine[_i].length ? fine[_i].length : strlen(fine[_i].bytes);

	ck_assert_msg(credential_parse("p", fine[_i].bytes, length, &user, &secret, &e) == 0, "%s", e.text);
	ck_assert_str_eq(user, fine[_i].user);
	ck_assert_str_eq(secret.password, fine[_i].password);
	if (fine[_i].passphrase)
		ck_assert_str_eq(secret.passphrase, fine[_i].passphrase);
	else
		ck_assert_ptr_null(secret.passphrase);
	ck_assert_ptr_null(secret.private_key);
	free(user);
	visit_secret_clear(&secret);
}
END_TEST

static const struct {
	const char *bytes;
	size_t length;
	const char *message;
} bad[] = {
	{"", 0, "p: the line \"user = …\" is missing"},
	{"password = Geheim7\n", 0, "p: the line \"user = …\" is missing"},
	{"user =\npassword = Geheim7\n", 0, "p: the line \"user = …\" is missing"},
	{"user = tech\nGeheim7\n", 0, "p:2: a line is"},
	{"user = tech\npasswort = Geheim7\n", 0, "p:2: a line is"},
	{"user = tech\n password = Geheim7\n", 0, "p:2: a line is"},
	{"user = tech\nPassword = Geheim7\n", 0, "p:2: a line is"},
	{"user = tech\n= Geheim7\n", 0, "p:2: a line is"},
	{"user = tech\npassword = Geheim7\npassword = Geheim7\n", 0, "p:3: this is given twice"},
	{"user = tech\nuser = Geheim7\n", 0, "p:2: this is given twice"},
	{"user = tech\npassword = Geheim7\rSITE x\n", 0, "p:2: the value has a control character"},
	{"user = Geheim7\x1B[2J\npassword = x\n", 0, "p:1: the value has a control character"},
	{"user = tech\npassword = Geheim7\0x\n", 32, "p:2: the value has a control character"},
};

START_TEST(bad_lines_are_refused_and_never_quoted)
{
	struct error e = {0};
	size_t length = bad[_i].length ? bad[_i].length : strlen(bad[_i].bytes);

	ck_assert_int_eq(credential_parse("p", bad[_i].bytes, length, &user, &secret, &e), -1);
	ck_assert_msg(strncmp(e.text, bad[_i].message, strlen(bad[_i].message)) == 0, "%s", e.text);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_ptr_null(strstr(e.text, "Geheim7"));
	ck_assert_ptr_null(strstr(e.text, "tech"));
	ck_assert_ptr_null(user);
	ck_assert_ptr_null(secret.password);
}
END_TEST

START_TEST(words_have_a_longest_length)
{
	struct text text;
	struct error e = {0};

	text_init(&text);
	text_add(&text, "user = tech\npassword = ");
	for (int i = 0; i < CREDENTIAL_WORD_MAX; i++)
		text_add_char(&text, 'x');
	ck_assert_int_eq(credential_parse("p", text.data, text.length, &user, &secret, &e), 0);
	ck_assert_uint_eq(strlen(secret.password), CREDENTIAL_WORD_MAX);
	free(user);
	visit_secret_clear(&secret);
	text_add_char(&text, 'x');
	ck_assert_int_eq(credential_parse("p", text.data, text.length, &user, &secret, &e), -1);
	ck_assert_str_eq(e.text, "p:2: the value is longer than 255 bytes");
	text_clear(&text);
}
END_TEST

START_TEST(a_private_file_is_loaded)
{
	put_text(configured, "ward-3", "user = tech\npassword = secret\n", 0600);
	ck_assert_msg(load("ward-3") == 0, "%s", fault.text);
	ck_assert_str_eq(user, "tech");
	ck_assert_str_eq(secret.password, "secret");
	put_text(configured, "ward-3", "user = tech\npassword = secret\n", 0400);
	ck_assert_msg(load("ward-3") == 0, "%s", fault.text);
}
END_TEST

START_TEST(a_key_stands_beside_its_credential)
{
	put_text(configured, "ward-3", "user = tech\npassphrase = secret\n", 0600);
	assert_refused("ward-3", ERROR_CONFIG, "no \"password = …\", and there is no ward-3.key");
	put_text(configured, "ward-3.key", KEY, 0600);
	ck_assert_msg(load("ward-3") == 0, "%s", fault.text);
	ck_assert_str_eq(secret.private_key, KEY);
	ck_assert_str_eq(secret.passphrase, "secret");
	ck_assert_ptr_null(secret.password);
	put_text(configured, "ward-3.key", "ssh-ed25519 AAAA tech@sample\n", 0600);
	assert_refused("ward-3", ERROR_CONFIG, "ward-3.key: is not a private key");
	put(configured, "ward-3.key", KEY "\0", sizeof KEY, 0600);
	assert_refused("ward-3", ERROR_CONFIG, "ward-3.key: is not a private key");
	put_text(configured, "ward-3.key", KEY, 0640);
	assert_refused("ward-3", ERROR_PERMISSION, "ward-3.key: is open to other users: chmod 600");
}
END_TEST

START_TEST(a_passphrase_needs_a_key)
{
	put_text(configured, "ward-3", "user = tech\npassword = x\npassphrase = secret\n", 0600);
	assert_refused("ward-3", ERROR_CONFIG, "has a passphrase, but there is no ward-3.key");
}
END_TEST

START_TEST(files_open_to_others_are_refused)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666, 0777};

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		put_text(configured, "ward-3", "user = tech\npassword = secret\n", modes[i]);
		assert_refused("ward-3", ERROR_PERMISSION, "is open to other users: chmod 600");
	}
}
END_TEST

START_TEST(modes_of_the_given_folder_are_trusted)
{
	put_text(given, "ward-3", "user = tech\npassword = secret\n", 0440);
	put_text(given, "ward-3.key", KEY, 0644);
	ck_assert_int_eq(chmod(given, 0777), 0);
	ck_assert_msg(load("ward-3") == 0, "%s", fault.text);
	ck_assert_str_eq(secret.private_key, KEY);
}
END_TEST

START_TEST(the_given_folder_comes_first)
{
	put_text(given, "ward-3", "user = given\npassword = x\n", 0600);
	put_text(configured, "ward-3", "user = configured\npassword = x\n", 0600);
	put_text(configured, "ward-3.key", KEY, 0600);
	ck_assert_msg(load("ward-3") == 0, "%s", fault.text);
	ck_assert_str_eq(user, "given");
	/* a key of the other folder is not beside it */
	ck_assert_ptr_null(secret.private_key);
	put_text(configured, "ward-4", "user = configured\npassword = x\n", 0600);
	ck_assert_msg(load("ward-4") == 0, "%s", fault.text);
	ck_assert_str_eq(user, "configured");
	/* one that is there and bad is not passed over */
	put_text(given, "ward-4", "password = x\n", 0600);
	assert_refused("ward-4", ERROR_CONFIG, "/given/ward-4: the line \"user = …\" is missing");
}
END_TEST

START_TEST(a_folder_that_others_may_write_is_refused)
{
	put_text(configured, "ward-3", "user = tech\npassword = secret\n", 0600);
	ck_assert_int_eq(chmod(configured, 0770), 0);
	assert_refused("ward-3", ERROR_PERMISSION, "is open to other users: chmod go-w");
	ck_assert_int_eq(chmod(configured, 0707), 0);
	assert_refused("ward-3", ERROR_PERMISSION, "is open to other users: chmod go-w");
	ck_assert_int_eq(chmod(configured, 0755), 0);
	ck_assert_msg(load("ward-3") == 0, "%s", fault.text);
}
END_TEST

START_TEST(links_pipes_and_folders_are_refused)
{
	char path[256], target[256];

	put_text(configured, "real", "user = tech\npassword = secret\n", 0600);
	snprintf(path, sizeof path, "%s/link", configured);
	ck_assert_int_eq(symlink("real", path), 0);
	assert_refused("link", ERROR_PERMISSION, "is a symbolic link");
	snprintf(path, sizeof path, "%s/real.key", configured);
	snprintf(target, sizeof target, "%s/elsewhere", root);
	put_text(root, "elsewhere", KEY, 0600);
	ck_assert_int_eq(symlink(target, path), 0);
	assert_refused("real", ERROR_PERMISSION, "real.key: is a symbolic link");
	snprintf(path, sizeof path, "%s/pipe", configured);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_refused("pipe", ERROR_CONFIG, "is not a plain file");
	snprintf(path, sizeof path, "%s/folder", configured);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	assert_refused("folder", ERROR_CONFIG, "is not a plain file");
	ck_assert_int_eq(mkfifo(given[0] ? strcat(strcpy(target, given), "/pipe") : "", 0600), 0);
	assert_refused("pipe", ERROR_CONFIG, "is not a plain file");
}
END_TEST

START_TEST(names_stay_within_the_folder)
{
	static const char *const names[] = {"", ".", "..", "../elsewhere", "a/b", "/etc/passwd", ".hidden", "-n",
		"a b", "a\n", "caf\xC3\xA9", "01234567890123456789012345678901234567890123456789012345678901234"};

	put_text(root, "elsewhere", "user = tech\npassword = secret\n", 0600);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_refused(names[i], ERROR_CONFIG, "a credential's name is at most");
}
END_TEST

START_TEST(what_is_nowhere_is_said_so)
{
	assert_refused("ward-3", ERROR_CONFIG, "there is no credential \"ward-3\" in ");
	ck_assert_ptr_nonnull(strstr(fault.text, " or "));
	folders.given = NULL;
	assert_refused("ward-3", ERROR_CONFIG, configured);
	folders.configured = "/nonexistent/credentials";
	assert_refused("ward-3", ERROR_CONFIG, "there is no credential \"ward-3\" in /nonexistent/credentials");
}
END_TEST

START_TEST(huge_files_are_refused)
{
	char *bytes = malloc(CREDENTIAL_BYTES_MAX + 1);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, '#', CREDENTIAL_BYTES_MAX + 1);
	put(configured, "ward-3", bytes, CREDENTIAL_BYTES_MAX + 1, 0600);
	assert_refused("ward-3", ERROR_CONFIG, "is larger than 65536 bytes");
	put(configured, "ward-3", bytes, CREDENTIAL_BYTES_MAX, 0600);
	assert_refused("ward-3", ERROR_CONFIG, "the line \"user = …\" is missing");
	free(bytes);
}
END_TEST

static const struct {
	uid_t caller, folder, owner;
	mode_t mode, forbidden;
	bool fine;
} owners[] = {
	{1000, 1000, 1000, S_IFREG | 0600, 0077, true},
	{1000, 0, 0, S_IFREG | 0600, 0077, true},
	{1000, 1000, 1001, S_IFREG | 0600, 0077, false},
	{1000, 1001, 1001, S_IFREG | 0600, 0077, false}, /* only root trusts the folder's owner */
	{0, 990, 990, S_IFREG | 0600, 0077, true},
	{0, 990, 0, S_IFREG | 0600, 0077, true},
	{0, 0, 990, S_IFREG | 0600, 0077, false},
	{0, 990, 991, S_IFREG | 0600, 0077, false},
	{1000, 1000, 1000, S_IFREG | 0640, 0077, false},
	{1000, 1000, 1000, S_IFDIR | 0755, 0022, true},
	{1000, 1000, 1000, S_IFDIR | 0775, 0022, false},
	{1000, 1000, 0, S_IFDIR | 01777, 0022, false},
};

START_TEST(only_the_own_and_roots_files_are_read)
{
	struct stat status = {.st_uid = owners[_i].owner, .st_mode = owners[_i].mode};
	struct credential_owners who = {owners[_i].caller, owners[_i].folder};
	struct error e = {0};

	int r = credential_check_owner(&status, &who, owners[_i].forbidden, "p", &e);
	ck_assert_int_eq(r == 0, owners[_i].fine);
	ck_assert_int_eq(e.code, owners[_i].fine ? ERROR_NONE : ERROR_PERMISSION);
}
END_TEST

START_TEST(the_shipped_example_is_fine)
{
	struct text text;
	struct error e = {0};
	char path[4096];

	text_init(&text);
	snprintf(path, sizeof path, "%s/conf/credential.example", getenv("srcdir") ? getenv("srcdir") : ".");
	ck_assert_msg(file_read(&text, path, 65536, ERROR_CONFIG, &e) == 0, "%s", e.text);
	ck_assert_msg(credential_parse(path, text.data, text.length, &user, &secret, &e) == 0, "%s", e.text);
	ck_assert_ptr_nonnull(secret.password);
	text_clear(&text);
	free(user);
	visit_secret_clear(&secret);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

int main(void)
{
	Suite *suite = suite_create("credential");
	TCase *text = tcase_create("text");
	TCase *files = tcase_create("files");

	tcase_add_loop_test(text, values_are_taken_as_they_stand, 0, COUNT(fine));
	tcase_add_loop_test(text, bad_lines_are_refused_and_never_quoted, 0, COUNT(bad));
	tcase_add_test(text, words_have_a_longest_length);
	tcase_add_loop_test(text, only_the_own_and_roots_files_are_read, 0, COUNT(owners));
	tcase_add_test(text, the_shipped_example_is_fine);
	tcase_add_checked_fixture(files, make_folders, remove_folders);
	tcase_add_test(files, a_private_file_is_loaded);
	tcase_add_test(files, a_key_stands_beside_its_credential);
	tcase_add_test(files, a_passphrase_needs_a_key);
	tcase_add_test(files, files_open_to_others_are_refused);
	tcase_add_test(files, modes_of_the_given_folder_are_trusted);
	tcase_add_test(files, the_given_folder_comes_first);
	tcase_add_test(files, a_folder_that_others_may_write_is_refused);
	tcase_add_test(files, links_pipes_and_folders_are_refused);
	tcase_add_test(files, names_stay_within_the_folder);
	tcase_add_test(files, what_is_nowhere_is_said_so);
	tcase_add_test(files, huge_files_are_refused);
	suite_add_tcase(suite, text);
	suite_add_tcase(suite, files);
	return suite_run(suite);
}
