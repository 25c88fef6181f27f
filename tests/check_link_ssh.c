/* The SFTP link against a real sshd. */
#include <fcntl.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/link_fixture.h"
#include "tests/servers/servers.h"

#include "suite.h"

enum { LARGE = 20 * 1000 * 1000 };

static struct server server;
static struct link_fixture fixture;
static char pins[3][128];

/* ---- the server ---- */

static void read_pin(const char *kind, char ret_pin[static 128])
{
	server_shell(&server, "ssh-keygen -lf host_%s | cut -d' ' -f2 | tr -d '\\n' >pin", kind);
	char *pin = server_read(&server, "pin");
	snprintf(ret_pin, 128, "%s", pin);
	free(pin);
}

static void make_host_key(const char *kind, const char *options)
{
	server_shell(&server, "ssh-keygen -q -t %s %s -N '' -f host_%s", kind, options, kind);
}

static void use_key(const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "%s", name);
	free(fixture.secret.private_key);
	fixture.secret.private_key = server_read(&server, path);
	ck_assert_ptr_nonnull(fixture.secret.private_key);
}

/* sshd for the user who runs the test, by a key. keys names its host keys, with spaces. */
static void start_sshd(const char *keys, const char *extra)
{
	struct text configuration;
	char names[64];
	char *rest = names;

	text_init(&configuration);
	snprintf(names, sizeof names, "%s", keys);
	for (char *name; (name = strsep(&rest, " "));)
		text_addf(&configuration, "HostKey %s/host_%s\n", server.folder, name);
	text_addf(&configuration,
		  "AuthorizedKeysFile %s/user_key.pub\nPasswordAuthentication no\n"
		  "KbdInteractiveAuthentication no\nLogLevel DEBUG1\n%s\n",
		  server.folder, extra);
	server_start_sshd(&server, configuration.data);
	text_clear(&configuration);
}

static void prepare(void)
{
	server_prepare(&server);
	server_shell(&server, "ssh-keygen -q -t ed25519 -N '' -f user_key");
	link_fixture_init(&fixture, VISIT_SFTP, server.port, server.root);
	fixture.order.login = VISIT_LOGIN_CREDENTIAL;
	link_fixture_set(&fixture.order.user, "%s", getpwuid(geteuid())->pw_name);
	use_key("user_key");
}

static void finish(void)
{
	link_fixture_clear(&fixture);
	server_stop(&server);
}

/* With one host key, which is pinned, and more lines of configuration. */
static void start_with(const char *kind, const char *key_options, const char *extra)
{
	prepare();
	make_host_key(kind, key_options);
	read_pin(kind, pins[0]);
	start_sshd(kind, extra);
	link_fixture_set(&fixture.order.pins, "%s", pins[0]);
}

static void start_usual(void)
{
	start_with("ed25519", "", "");
}

static void start_with_all_kinds(void)
{
	static const char *const kinds[] = {"ed25519", "ecdsa", "rsa"};

	prepare();
	for (int i = 0; i < 3; i++) {
		make_host_key(kinds[i], i == 2 ? "-b 2048" : "");
		read_pin(kinds[i], pins[i]);
	}
	start_sshd("ed25519 ecdsa rsa", "");
}

/* What sshd wrote down. */
static unsigned count_in_log(const char *words)
{
	char *log = server_read(&server, "output");
	unsigned count = 0;

	for (const char *at = log; at && (at = strstr(at, words)); at++)
		count++;
	free(log);
	return count;
}

/* ---- listing and reading ---- */

START_TEST(folders_are_listed_and_files_read)
{
	struct listing listing;

	start_usual();
	server_put(&server, "LIBRARY/drugs.db", "sample library\n", 15);
	server_put(&server, "LIBRARY/empty", "", 0);
	server_shell(&server, "ln -s /etc/passwd root/LIBRARY/link; mkfifo root/LIBRARY/pipe");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
	ck_assert_uint_eq(listing.count, 1);
	ck_assert_int_eq(listing.entries[0].type, LISTING_FOLDER);
	listing_clear(&listing);
	ck_assert_outcome(link_fixture_list(&fixture, "LIBRARY", &listing), VISIT_OK);
	ck_assert_uint_eq(listing.count, 4);
	const struct listing_entry *entry = link_fixture_entry(&listing, "drugs.db");
	ck_assert_int_eq(entry->type, LISTING_FILE);
	ck_assert(entry->has_size && entry->size == 15);
	ck_assert_uint_eq(strlen(entry->modified), strlen("2026-11-22T01:00:00Z"));
	ck_assert_int_eq(link_fixture_entry(&listing, "link")->type, LISTING_LINK);
	ck_assert_int_eq(link_fixture_entry(&listing, "pipe")->type, LISTING_OTHER);
	ck_assert_outcome(link_fixture_read(&fixture, "LIBRARY/drugs.db", 15), VISIT_OK);
	ck_assert_str_eq(fixture.bytes.data, "sample library\n");
	ck_assert(fixture.read.length_verified);
	ck_assert_outcome(link_fixture_read(&fixture, "LIBRARY/empty", -1), VISIT_OK);
	ck_assert_uint_eq(fixture.read.size, 0);
	ck_assert(link_is_usable(fixture.link));
	listing_clear(&listing);
	finish();
}
END_TEST

START_TEST(the_grade_and_the_greeting_are_seen)
{
	start_usual();
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert(fixture.seen.grade.encrypted && fixture.seen.grade.authenticated);
	ck_assert(!fixture.seen.grade.weak);
	ck_assert_str_eq(fixture.seen.pin, pins[0]);
	ck_assert_str_eq(fixture.seen.address, "127.0.0.1");
	ck_assert_int_eq(strncmp(fixture.seen.greeting, "SSH-2.0-OpenSSH", 15), 0);
	finish();
}
END_TEST

START_TEST(a_large_file_comes_whole)
{
	start_usual();
	server_put_pattern(&server, "firmware.bin", LARGE, 7);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "firmware.bin", LARGE), VISIT_OK);
	server_put(&server, "got", fixture.bytes.data, fixture.bytes.length);
	server_shell(&server, "test \"$(sha256sum <root/got)\" = \"$(sha256sum <root/firmware.bin)\"");
	finish();
}
END_TEST

START_TEST(stat_tells_size_and_time)
{
	struct listing_entry entry;

	start_usual();
	server_put(&server, "a/file", "12345", 5);
	server_shell(&server, "touch -d 2026-01-02T03:04:05Z root/a/file");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_stat(&fixture, "a/file", &entry), VISIT_OK);
	ck_assert_str_eq(entry.name, "file");
	ck_assert_str_eq(entry.modified, "2026-01-02T03:04:05Z");
	ck_assert(entry.has_size && entry.size == 5);
	free(entry.name);
	ck_assert_outcome(link_fixture_stat(&fixture, "a/none", &entry), VISIT_FILE_NOT_FOUND);
	finish();
}
END_TEST

START_TEST(what_is_not_a_file_is_not_opened)
{
	start_usual();
	server_shell(&server, "mkdir root/folder; mkfifo root/pipe; ln -s /etc/passwd root/link");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "none", -1), VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_read(&fixture, "folder", -1), VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_read(&fixture, "pipe", -1), VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_read(&fixture, "link", -1), VISIT_FILE_NOT_FOUND);
	ck_assert(link_is_usable(fixture.link));
	finish();
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_not_found)
{
	struct listing listing;

	start_usual();
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "none", &listing), VISIT_FILE_NOT_FOUND);
	ck_assert(link_is_usable(fixture.link));
	finish();
}
END_TEST

START_TEST(what_may_not_be_read_is_denied)
{
	start_with("ed25519", "", "ForceCommand internal-sftp -P open");
	server_put(&server, "file", "x", 1);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 1), VISIT_PERMISSION_DENIED);
	ck_assert(link_is_usable(fixture.link));
	finish();
}
END_TEST

START_TEST(too_large_a_file_is_left)
{
	start_usual();
	server_put_pattern(&server, "large", 300000, 1);
	server_put(&server, "small", "sample", 6);
	fixture.order.limits.file_bytes = 100000;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "large", 300000), VISIT_TOO_LARGE);
	ck_assert_uint_eq(fixture.bytes.length, 0);
	/* And when it is the caller who has enough, in the middle. */
	fixture.order.limits.file_bytes = 1000000;
	fixture.stop_at = 100000;
	ck_assert_outcome(link_fixture_read(&fixture, "large", 300000), VISIT_TOO_LARGE);
	ck_assert(link_is_usable(fixture.link));
	ck_assert_outcome(link_fixture_read(&fixture, "small", 6), VISIT_OK);
	finish();
}
END_TEST

START_TEST(too_many_files_are_too_many)
{
	struct listing listing;

	start_usual();
	server_shell(&server, "cd root && seq 500 | xargs touch");
	fixture.order.limits.entries = 500;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
	ck_assert_uint_eq(listing.count, 500);
	listing_clear(&listing);
	fixture.order.limits.entries = 499;
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_TOO_MANY_FILES);
	ck_assert(link_is_usable(fixture.link));
	finish();
}
END_TEST

/* ---- changes while reading ---- */

static void on_first_piece(struct link_fixture *seen, void *userdata)
{
	if (seen->on_piece) {
		seen->on_piece = NULL;
		server_shell(&server, "%s", (const char *)userdata);
	}
}

START_TEST(a_change_while_reading_is_seen)
{
	static struct {
		char command[48];
		enum visit_outcome outcome;
	} cases[] = {
		{"echo more >>root/file", VISIT_CHANGED_WHILE_READ},
		{"truncate -s 1000000 root/file", VISIT_CHANGED_WHILE_READ},
		{"touch -d 2020-01-01 root/file", VISIT_CHANGED_WHILE_READ},
		{"echo swap >new && mv new root/file", VISIT_OK}, /* the old one was read whole */
	};

	start_usual();
	server_put_pattern(&server, "file", 3000000, 3);
	fixture.on_piece = on_first_piece;
	fixture.userdata = cases[_i].command;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 3000000), cases[_i].outcome);
	ck_assert(link_is_usable(fixture.link));
	finish();
}
END_TEST

START_TEST(a_file_of_another_size_than_listed_has_changed)
{
	start_usual();
	server_put(&server, "file", "12345", 5);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 4), VISIT_CHANGED_WHILE_READ);
	finish();
}
END_TEST

static void cancel(struct link_fixture *seen, void *userdata)
{
	(void)userdata;
	atomic_store(&seen->cancelled, true);
}

START_TEST(a_cancel_in_the_middle_of_a_file_ends_it)
{
	start_usual();
	server_put_pattern(&server, "file", 3000000, 3);
	fixture.on_piece = cancel;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 3000000), VISIT_CANCELLED);
	ck_assert_uint_lt(fixture.bytes.length, 3000000);
	finish();
}
END_TEST

/* ---- host keys ---- */

/* 0 to 2: a pin; "x": one of another key. */
static void set_pins(const char *which)
{
	struct text text;

	text_init(&text);
	for (; *which != '\0'; which++)
		text_addf(&text, "%s%s", text.length > 0 ? " " : "",
			  *which == 'x'	  ? "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			  : *which == 't' ? "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
					  : pins[*which - '0']);
	free(fixture.order.pins);
	fixture.order.pins = text_take(&text);
}

START_TEST(a_pinned_key_of_any_kind_is_found)
{
	static const char *const cases[] = {"0", "1", "2", "x1", "x2x", "t2"};

	start_with_all_kinds();
	set_pins(cases[_i]);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert(fixture.seen.grade.authenticated && fixture.seen.grade.identified);
	ck_assert_ptr_nonnull(strstr(fixture.order.pins, fixture.seen.pin));
	finish();
}
END_TEST

START_TEST(another_key_than_pinned_gets_no_login)
{
	start_with_all_kinds();
	set_pins("x");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_HOST_KEY_CHANGED);
	ck_assert_str_eq(fixture.seen.pin, pins[0]);
	ck_assert(!fixture.seen.grade.authenticated && !fixture.seen.grade.identified);
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), pins[0]));
	ck_assert_uint_eq(count_in_log("userauth-request"), 0);
	ck_assert_uint_eq(count_in_log("kex: host key algorithm"), 3);
	finish();
}
END_TEST

START_TEST(an_unknown_key_gets_no_login)
{
	static const char *const cases[] = {"", "t"};

	start_usual();
	set_pins(cases[_i]);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_IDENTITY_UNKNOWN);
	ck_assert_str_eq(fixture.seen.pin, pins[0]);
	ck_assert_uint_eq(count_in_log("userauth-request"), 0);
	finish();
}
END_TEST

START_TEST(a_first_contact_that_is_allowed_shows_the_key)
{
	start_usual();
	set_pins("");
	fixture.order.learn_pin = true;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_str_eq(fixture.seen.pin, pins[0]);
	ck_assert_str_eq(fixture.seen.key, "ED25519");
	ck_assert(!fixture.seen.grade.authenticated && fixture.seen.grade.encrypted);
	finish();
}
END_TEST

START_TEST(learning_does_not_forget_a_pin)
{
	start_usual();
	set_pins("x");
	fixture.order.learn_pin = true;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_HOST_KEY_CHANGED);
	finish();
}
END_TEST

/* ---- logging in ---- */

START_TEST(a_refused_key_is_tried_once)
{
	start_usual();
	server_shell(&server, "ssh-keygen -q -t ed25519 -N '' -f other_key");
	use_key("other_key");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_LOGIN_REFUSED);
	ck_assert_str_eq(fixture.seen.pin, pins[0]);
	ck_assert_uint_eq(count_in_log("method publickey"), 1);
	ck_assert_uint_eq(count_in_log("kex: host key algorithm"), 1);
	finish();
}
END_TEST

START_TEST(a_key_of_each_kind_logs_in)
{
	static const struct {
		const char *options;
		const char *passphrase;
	} cases[] = {
		{"-t ed25519", NULL},
		{"-t ecdsa", NULL},
		{"-t rsa -b 2048", NULL},
		{"-t rsa -b 2048 -m PEM", NULL},
		{"-t ed25519", "sample words"},
		{"-t rsa -b 2048 -m PEM", "sample words"},
	};

	start_usual();
	server_shell(&server, "rm user_key*; ssh-keygen -q %s -N '%s' -f user_key",
		     cases[_i].options, cases[_i].passphrase ? cases[_i].passphrase : "");
	use_key("user_key");
	if (cases[_i].passphrase)
		link_fixture_set(&fixture.secret.passphrase, "%s", cases[_i].passphrase);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	/* And not with another passphrase, or none. */
	if (cases[_i].passphrase) {
		link_fixture_set(&fixture.secret.passphrase, "other");
		ck_assert_outcome(link_fixture_open(&fixture), VISIT_CREDENTIAL_UNUSABLE);
		free(fixture.secret.passphrase);
		fixture.secret.passphrase = NULL;
		ck_assert_outcome(link_fixture_open(&fixture), VISIT_CREDENTIAL_UNUSABLE);
	}
	finish();
}
END_TEST

START_TEST(a_credential_that_cannot_work_makes_no_contact)
{
	start_usual();
	link_fixture_set(&fixture.secret.private_key, "no key");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CREDENTIAL_UNUSABLE);
	fixture.order.login = VISIT_LOGIN_NONE;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CREDENTIAL_UNUSABLE);
	ck_assert_uint_eq(count_in_log("kex: host key algorithm"), 0);
	finish();
}
END_TEST

START_TEST(a_password_is_not_sent_where_it_is_not_taken)
{
	start_usual();
	free(fixture.secret.private_key);
	fixture.secret.private_key = NULL;
	link_fixture_set(&fixture.secret.password, "sample");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_LOGIN_REFUSED);
	ck_assert_uint_eq(count_in_log("method password"), 0);
	/* Nor is anything invented where there is no secret at all. */
	free(fixture.secret.password);
	fixture.secret.password = NULL;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CREDENTIAL_UNUSABLE);
	finish();
}
END_TEST

/* ---- algorithms ---- */

START_TEST(old_algorithms_need_a_legacy_profile_and_are_weak)
{
	static const struct {
		const char *key;
		const char *key_options;
		const char *configuration;
	} cases[] = {
		{"ed25519", "", "KexAlgorithms diffie-hellman-group14-sha1"},
		{"ed25519", "", "KexAlgorithms diffie-hellman-group1-sha1"},
		{"ed25519", "", "Ciphers aes128-cbc"},
		{"ed25519", "", "Ciphers 3des-cbc"},
		{"ed25519", "", "Ciphers aes128-ctr\nMACs hmac-sha1"},
		{"rsa", "-b 2048", "HostKeyAlgorithms ssh-rsa"},
		{"rsa", "-b 1024", "RequiredRSASize 1024"},
	};

	start_with(cases[_i].key, cases[_i].key_options, cases[_i].configuration);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CRYPTO_INCOMPATIBLE);
	ck_assert_uint_eq(count_in_log("userauth-request"), 0);
	fixture.order.legacy = true;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert(fixture.seen.grade.weak && fixture.seen.grade.authenticated);
	finish();
}
END_TEST

START_TEST(a_legacy_profile_does_not_weaken_a_modern_server)
{
	start_usual();
	fixture.order.legacy = true;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert(!fixture.seen.grade.weak);
	finish();
}
END_TEST

START_TEST(what_both_sides_offer_is_said)
{
	start_with("ed25519", "", "KexAlgorithms sntrup761x25519-sha512@openssh.com");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CRYPTO_INCOMPATIBLE);
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "sntrup761x25519-sha512@openssh.com"));
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "curve25519-sha256"));
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "kex"));
	finish();
}
END_TEST

START_TEST(every_modern_cipher_reads)
{
	static const char *const cases[] = {
		"aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
		"aes128-ctr", "aes256-ctr",
	};
	char line[64];

	snprintf(line, sizeof line, "Ciphers %s", cases[_i]);
	start_with("ed25519", "", line);
	server_put_pattern(&server, "file", 1000000, 5);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 1000000), VISIT_OK);
	finish();
}
END_TEST

START_TEST(a_new_exchange_of_keys_in_the_middle_is_no_matter)
{
	start_with("ed25519", "", "RekeyLimit 200K");
	server_put_pattern(&server, "file", 3000000, 5);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 3000000), VISIT_OK);
	ck_assert_uint_gt(count_in_log("rekey"), 3);
	finish();
}
END_TEST

/* ---- the sandbox ---- */

static void kill_who_opens(void)
{
	static const int calls[] = {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2),
				    SCMP_SYS(creat), SCMP_SYS(execve)};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	for (size_t i = 0; filter && i < sizeof calls / sizeof *calls; i++)
		if (seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, calls[i], 0) < 0)
			_exit(100);
	if (!filter || seccomp_load(filter) < 0)
		_exit(101);
	seccomp_release(filter);
}

/* A whole visit, in a process that is killed by the first file it opens. */
static _Noreturn void visit_without_files(void)
{
	struct listing listing;
	struct error e;

	if (link_start(NULL, &e) < 0)
		_exit(102);
	kill_who_opens();
	enum visit_outcome outcome = link_fixture_open(&fixture);
	if (outcome == VISIT_OK)
		outcome = link_fixture_list(&fixture, "", &listing);
	if (outcome == VISIT_OK)
		outcome = link_fixture_read(&fixture, "file", 6);
	link_close(fixture.link);
	_exit((int)outcome);
}

START_TEST(no_file_is_opened_after_the_start)
{
	int status = 0;

	start_with(_i ? "rsa" : "ed25519", "", "");
	fixture.order.legacy = _i == 1;
	server_put(&server, "file", "sample", 6);
	pid_t child = fork();
	if (child == 0)
		visit_without_files();
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(status == 0, "ended with status %#x", (unsigned)status);
	finish();
}
END_TEST

/* ---- no contact ---- */

START_TEST(no_contact_is_told_apart)
{
	prepare();
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CONNECTION_REFUSED);
	link_fixture_set(&fixture.order.address.host, "pump.invalid");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_NAME_NOT_FOUND);
	finish();
}
END_TEST

static void add_reading(Suite *suite)
{
	TCase *cases = tcase_create("listing and reading");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, folders_are_listed_and_files_read);
	tcase_add_test(cases, the_grade_and_the_greeting_are_seen);
	tcase_add_test(cases, a_large_file_comes_whole);
	tcase_add_test(cases, stat_tells_size_and_time);
	tcase_add_test(cases, what_is_not_a_file_is_not_opened);
	tcase_add_test(cases, a_folder_that_is_not_there_is_not_found);
	tcase_add_test(cases, what_may_not_be_read_is_denied);
	tcase_add_test(cases, too_large_a_file_is_left);
	tcase_add_test(cases, too_many_files_are_too_many);
	tcase_add_loop_test(cases, a_change_while_reading_is_seen, 0, 4);
	tcase_add_test(cases, a_file_of_another_size_than_listed_has_changed);
	tcase_add_test(cases, a_cancel_in_the_middle_of_a_file_ends_it);
	tcase_add_test(cases, no_contact_is_told_apart);
	suite_add_tcase(suite, cases);
}

static void add_entering(Suite *suite)
{
	TCase *cases = tcase_create("keys, logins and algorithms");

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, a_pinned_key_of_any_kind_is_found, 0, 6);
	tcase_add_test(cases, another_key_than_pinned_gets_no_login);
	tcase_add_loop_test(cases, an_unknown_key_gets_no_login, 0, 2);
	tcase_add_test(cases, a_first_contact_that_is_allowed_shows_the_key);
	tcase_add_test(cases, learning_does_not_forget_a_pin);
	tcase_add_test(cases, a_refused_key_is_tried_once);
	tcase_add_loop_test(cases, a_key_of_each_kind_logs_in, 0, 6);
	tcase_add_test(cases, a_credential_that_cannot_work_makes_no_contact);
	tcase_add_test(cases, a_password_is_not_sent_where_it_is_not_taken);
	tcase_add_loop_test(cases, old_algorithms_need_a_legacy_profile_and_are_weak, 0, 7);
	tcase_add_test(cases, a_legacy_profile_does_not_weaken_a_modern_server);
	tcase_add_test(cases, what_both_sides_offer_is_said);
	tcase_add_loop_test(cases, every_modern_cipher_reads, 0, 5);
	tcase_add_test(cases, a_new_exchange_of_keys_in_the_middle_is_no_matter);
	tcase_add_loop_test(cases, no_file_is_opened_after_the_start, 0, 2);
	suite_add_tcase(suite, cases);
}

int main(void)
{
	Suite *suite = suite_create("link ssh");

	add_reading(suite);
	add_entering(suite);
	return suite_run(suite);
}
