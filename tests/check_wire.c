#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/wire.h"

#include "tests/suite.h"

static struct visit_limits some_limits(void)
{
	return visit_limits_default;
}

static struct wire_message an_order(void)
{
	return (struct wire_message){
		.type = WIRE_ORDER,
		.visit = 7,
		.order = {
			.asset = "sample-7",
			.address = {VISIT_SFTP, "192.0.2.7", 22, "/data"},
			.login = VISIT_LOGIN_CREDENTIAL,
			.user = "reader",
			.pins = "SHA256:abc SHA256:def",
			.legacy = true,
			.identity = {VISIT_IDENTITY_FILE, "ID.TXT", "SN=%s;", "A-1"},
			.limits = some_limits(),
		},
	};
}

static struct wire_message an_observation(void)
{
	return (struct wire_message){
		.type = WIRE_OBSERVATION,
		.visit = 7,
		.observation = {.path = "lib/HEAD_F~1",
				.kind = VISIT_DRUG_LIBRARY,
				.size = 491648,
				.digest = {.md5 = {1, 2, 3}, .sha256 = {4, 5, 6}},
				.length_verified = true},
	};
}

static struct wire_message a_done(void)
{
	return (struct wire_message){
		.type = WIRE_DONE,
		.visit = UINT64_MAX,
		.done = {.outcome = VISIT_TIMED_OUT,
			 .detail = "no answer in 100%25 of the t\xC3\xADme",
			 .grade = {.encrypted = true, .identified = true},
			 .seen_pin = "SHA256:ab+/cd=",
			 .seen_key = "certificate SHA-256 AB:CD, subject CN=p\xC3\xADmp%0A",
			 .seen_serial = "A-1_2.3",
			 .seen_address = "fe80::1%eth0",
			 .left_out = 1,
			 .not_covered = 2,
			 .bytes = UINT64_MAX},
	};
}

/* Write, read and write again: both packets must be the same. Returns what was read. */
static struct wire_message round_trip(const struct wire_message *message)
{
	CLEANUP(text_clear) struct text first;
	CLEANUP(text_clear) struct text second;
	struct wire_message read;

	text_init(&first);
	text_init(&second);
	ck_assert_int_eq(wire_write(&first, message), 0);
	ck_assert_int_eq(wire_parse(&read, first.data, first.length), 0);
	ck_assert_int_eq(wire_write(&second, &read), 0);
	ck_assert_mem_eq(first.data, second.data, first.length);
	ck_assert_uint_eq(first.length, second.length);
	ck_assert_int_eq(read.type, message->type);
	ck_assert_uint_eq(read.visit, message->visit);
	return read;
}

START_TEST(an_order_comes_out_as_it_went_in)
{
	struct wire_message order = an_order();
	struct wire_message read = round_trip(&order);

	ck_assert_str_eq(read.order.asset, "sample-7");
	ck_assert_int_eq(read.order.address.scheme, VISIT_SFTP);
	ck_assert_str_eq(read.order.address.host, "192.0.2.7");
	ck_assert_uint_eq(read.order.address.port, 22);
	ck_assert_str_eq(read.order.address.root, "/data");
	ck_assert_int_eq(read.order.login, VISIT_LOGIN_CREDENTIAL);
	ck_assert_str_eq(read.order.user, "reader");
	ck_assert_str_eq(read.order.pins, "SHA256:abc SHA256:def");
	ck_assert(read.order.legacy && !read.order.active && !read.order.learn_pin &&
		  !read.order.list_only);
	ck_assert_str_eq(read.order.identity.path, "ID.TXT");
	ck_assert_str_eq(read.order.identity.pattern, "SN=%s;");
	ck_assert_str_eq(read.order.identity.serial, "A-1");
	ck_assert_mem_eq(&read.order.limits, &order.order.limits, sizeof order.order.limits);
	wire_message_clear(&read);
}
END_TEST

START_TEST(an_observation_comes_out_as_it_went_in)
{
	struct wire_message observation = an_observation();
	struct wire_message read = round_trip(&observation);

	ck_assert_str_eq(read.observation.path, "lib/HEAD_F~1");
	ck_assert_int_eq(read.observation.kind, VISIT_DRUG_LIBRARY);
	ck_assert_int_eq(read.observation.outcome, VISIT_OK);
	ck_assert_uint_eq(read.observation.size, 491648);
	ck_assert_mem_eq(&read.observation.digest, &observation.observation.digest,
			 sizeof observation.observation.digest);
	ck_assert(read.observation.length_verified);
	wire_message_clear(&read);
}
END_TEST

START_TEST(a_report_comes_out_as_it_went_in)
{
	struct wire_message done = a_done();
	struct wire_message read = round_trip(&done);

	ck_assert_int_eq(read.done.outcome, VISIT_TIMED_OUT);
	ck_assert_str_eq(read.done.detail, done.done.detail);
	ck_assert(read.done.grade.encrypted && read.done.grade.identified);
	ck_assert(!read.done.grade.authenticated && !read.done.grade.weak);
	ck_assert_str_eq(read.done.seen_pin, done.done.seen_pin);
	ck_assert_str_eq(read.done.seen_key, done.done.seen_key);
	ck_assert_str_eq(read.done.seen_serial, done.done.seen_serial);
	ck_assert_str_eq(read.done.seen_address, done.done.seen_address);
	ck_assert_uint_eq(read.done.left_out, 1);
	ck_assert_uint_eq(read.done.not_covered, 2);
	ck_assert_uint_eq(read.done.bytes, UINT64_MAX);
	wire_message_clear(&read);
}
END_TEST

START_TEST(the_small_messages_come_out_as_they_went_in)
{
	struct wire_message selector = {.type = WIRE_SELECTOR, .visit = 1,
					.selector = {"**/*.log", VISIT_OTHER, true}};
	struct wire_message name = {.type = WIRE_NAME, .visit = 1, .name = {true, "a/b"}};
	struct wire_message ready = {.type = WIRE_READY, .ready = {64, 7, true}};
	struct wire_message progress = {.type = WIRE_PROGRESS, .visit = 1, .progress = {5, 6}};
	struct wire_message go = {.type = WIRE_GO, .visit = 1};
	struct wire_message cancel = {.type = WIRE_CANCEL, .visit = 1};
	struct wire_message alive = {.type = WIRE_ALIVE};

	struct wire_message read = round_trip(&selector);
	ck_assert_str_eq(read.selector.pattern, "**/*.log");
	ck_assert(read.selector.kind == VISIT_OTHER && read.selector.leave_out);
	wire_message_clear(&read);
	read = round_trip(&name);
	ck_assert_str_eq(read.name.path, "a/b");
	ck_assert(read.name.only);
	wire_message_clear(&read);
	read = round_trip(&ready);
	ck_assert(read.ready.threads == 64 && read.ready.landlock_abi == 7 && read.ready.seccomp);
	read = round_trip(&progress);
	ck_assert(read.progress.bytes == 5 && read.progress.files == 6);
	(void)round_trip(&go); /* they own nothing */
	(void)round_trip(&cancel);
	(void)round_trip(&alive);
}
END_TEST

/* A file link has neither host nor port. */
START_TEST(an_order_for_a_folder_of_this_host_has_no_host)
{
	struct wire_message order = an_order();

	order.order.address = (struct visit_address){VISIT_FILE, NULL, 0, "/"};
	struct wire_message read = round_trip(&order);
	ck_assert_ptr_null(read.order.address.host);
	wire_message_clear(&read);
}
END_TEST

static void refuse_order(void (*spoil)(struct visit_order *order))
{
	struct wire_message message = an_order();
	CLEANUP(text_clear) struct text packet;

	text_init(&packet);
	text_add(&packet, "before");
	spoil(&message.order);
	ck_assert_int_eq(wire_write(&packet, &message), -EINVAL);
	ck_assert_str_eq(packet.data, "before");
}

#define SPOIL(name, statement)                                                                    \
	static void name(struct visit_order *order)                                               \
	{                                                                                         \
		statement;                                                                        \
	}
SPOIL(no_asset, order->asset = NULL)
SPOIL(no_host, order->address.host = NULL)
SPOIL(empty_host, order->address.host = "")
SPOIL(no_port, order->address.port = 0)
SPOIL(host_of_file, order->address.scheme = VISIT_FILE)
SPOIL(relative_root, order->address.root = "data")
SPOIL(climbing_root, order->address.root = "/data/../etc")
SPOIL(root_with_newline, order->address.root = "/data\n")
SPOIL(unknown_scheme, order->address.scheme = VISIT_SCHEME_COUNT)
SPOIL(unknown_login, order->login = 99)
SPOIL(user_without_login, order->login = VISIT_LOGIN_NONE)
SPOIL(identity_without_path, order->identity.path = NULL)
SPOIL(identity_with_bad_path, order->identity.path = "/etc/passwd")
SPOIL(identity_without_pattern, order->identity.pattern = NULL)
SPOIL(identity_without_serial_in_pattern, order->identity.pattern = "SN=")
SPOIL(path_without_source, order->identity.source = VISIT_IDENTITY_GREETING)
SPOIL(no_time_at_all, order->limits.total_seconds = 0)
SPOIL(no_depth, order->limits.depth = 0)

START_TEST(an_order_that_makes_no_sense_is_not_written)
{
	static void (*const spoils[])(struct visit_order *) = {
		no_asset, no_host, empty_host, no_port, host_of_file, relative_root, climbing_root,
		root_with_newline, unknown_scheme, unknown_login, user_without_login,
		identity_without_path, identity_with_bad_path, identity_without_pattern,
		identity_without_serial_in_pattern, path_without_source, no_time_at_all, no_depth,
	};

	for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++)
		refuse_order(spoils[i]);
}
END_TEST

START_TEST(a_packet_that_would_be_too_long_is_not_written)
{
	static char pins[WIRE_PINS_MAX + 2];
	struct wire_message message = an_order();
	CLEANUP(text_clear) struct text packet;

	text_init(&packet);
	memset(pins, 'p', WIRE_PINS_MAX);
	message.order.pins = pins;
	ck_assert_int_eq(wire_write(&packet, &message), 0);
	pins[WIRE_PINS_MAX] = 'p';
	ck_assert_int_eq(wire_write(&packet, &message), -EINVAL);
}
END_TEST

static void write_one(struct text *packet, const struct wire_message *message)
{
	text_init(packet);
	ck_assert_int_eq(wire_write(packet, message), 0);
}

static int parse_bytes(const void *bytes, size_t length)
{
	/* On the heap at its very length, so that a read past the end is seen. */
	CLEANUP(cleanup_free) char *exact = malloc(length ? length : 1);
	struct wire_message message;

	memcpy(exact, bytes, length);
	int r = wire_parse(&message, exact, length);
	if (r == 0)
		wire_message_clear(&message);
	return r;
}

START_TEST(a_packet_cut_anywhere_is_refused)
{
	const struct wire_message messages[] = {an_order(), an_observation(), a_done()};

	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		CLEANUP(text_clear) struct text packet;
		write_one(&packet, &messages[i]);
		for (size_t length = 0; length < packet.length; length++) {
			ck_assert_int_eq(parse_bytes(packet.data, length), -EBADMSG);
			if (length < WIRE_HEADER_SIZE)
				continue;
			/* The same with a header that agrees. */
			packet.data[0] = (char)(length & 0xFF);
			packet.data[1] = (char)(length >> 8);
			ck_assert_int_eq(parse_bytes(packet.data, length), -EBADMSG);
			packet.data[0] = (char)(packet.length & 0xFF);
			packet.data[1] = (char)(packet.length >> 8);
		}
		text_add_char(&packet, '\0');
		ck_assert_int_eq(parse_bytes(packet.data, packet.length), -EBADMSG);
		packet.data[0] = (char)(packet.length & 0xFF);
		ck_assert_int_eq(parse_bytes(packet.data, packet.length), -EBADMSG);
	}
}
END_TEST

START_TEST(another_version_type_or_visit_number_is_refused)
{
	static const struct {
		size_t offset;
		char value;
	} spoils[] = {
		{0, 0}, {4, WIRE_VERSION + 1}, {6, 0}, {6, WIRE_TYPE_END}, {6, WIRE_ORDER}, {7, 1},
		{8, 1}, /* an answer about a visit that is about none */
	};
	const struct wire_message alive = {.type = WIRE_ALIVE};

	for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
		CLEANUP(text_clear) struct text packet;
		write_one(&packet, &alive);
		ck_assert_int_eq(parse_bytes(packet.data, packet.length), 0);
		packet.data[spoils[i].offset] = spoils[i].value;
		ck_assert_int_eq(parse_bytes(packet.data, packet.length), -EBADMSG);
	}
}
END_TEST

/* What wire_write() would never write is made by changing the bytes of a packet. */
static void refuse_replaced(const struct wire_message *message, const char *old, const char *new)
{
	CLEANUP(text_clear) struct text packet;

	write_one(&packet, message);
	char *at = memmem(packet.data, packet.length, old, strlen(old));
	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; old[i]; i++)
		at[i] = new[i] == '0' ? '\0' : new[i];
	ck_assert_int_eq(parse_bytes(packet.data, packet.length), -EBADMSG);
}

START_TEST(what_a_lying_puller_says_is_refused)
{
	const struct wire_message observation = an_observation();
	const struct wire_message done = a_done();

	refuse_replaced(&observation, "lib/HEAD_F~1", "../../HEAD_F");
	refuse_replaced(&observation, "lib/HEAD_F~1", "/ib/HEAD_F~1");
	refuse_replaced(&observation, "lib/HEAD_F~1", "lib/HEAD0F~1");
	refuse_replaced(&observation, "lib/HEAD_F~1", "lib/HEAD\nF~1");
	refuse_replaced(&done, "no answer", "no\nanswer");
	refuse_replaced(&done, "no answer", "no\033[2Jwer");
	refuse_replaced(&done, "t\xC3\xADme", "t\xE2\x80\xAEx");
	refuse_replaced(&done, "t\xC3\xADme", "t\xC3xxx");
	refuse_replaced(&done, "SHA256:ab+/cd=", "SHA256:ab /cd=");
	refuse_replaced(&done, "A-1_2.3", "A-1_2;3");
	refuse_replaced(&done, "fe80::1%eth0", "fe80::1 %th0");
}
END_TEST

START_TEST(a_digest_of_what_was_not_read_is_refused)
{
	struct wire_message message = an_observation();
	CLEANUP(text_clear) struct text packet;

	text_init(&packet);
	message.observation.outcome = VISIT_TRUNCATED;
	ck_assert_int_eq(wire_write(&packet, &message), -EINVAL);
	memset(&message.observation.digest, 0, sizeof message.observation.digest);
	ck_assert_int_eq(wire_write(&packet, &message), 0);
}
END_TEST

START_TEST(a_secret_comes_out_as_it_went_in)
{
	static const struct visit_secret secrets[] = {
		{NULL, NULL, NULL},
		{"p\xC3\xA4ss", NULL, NULL},
		{NULL, "-----BEGIN SAMPLE KEY-----\n", "phrase"},
		{"", "k", ""},
	};

	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		CLEANUP(text_clear) struct text bytes;
		CLEANUP(visit_secret_clear) struct visit_secret read = {0};
		text_init(&bytes);
		ck_assert_int_eq(wire_secret_write(&bytes, &secrets[i]), 0);
		ck_assert_int_eq(wire_secret_parse(&read, bytes.data, bytes.length), 0);
		ck_assert_pstr_eq(read.password, secrets[i].password);
		ck_assert_pstr_eq(read.private_key, secrets[i].private_key);
		ck_assert_pstr_eq(read.passphrase, secrets[i].passphrase);
		for (size_t length = 0; length < bytes.length; length++) {
			struct visit_secret cut;
			ck_assert_int_eq(wire_secret_parse(&cut, bytes.data, length), -EBADMSG);
		}
	}
}
END_TEST

START_TEST(a_secret_that_is_too_long_leaves_nothing_behind)
{
	CLEANUP(text_clear) struct text bytes;
	CLEANUP(cleanup_free) char *key = malloc(WIRE_SECRET_MAX + 1);

	text_init(&bytes);
	memset(key, 'k', WIRE_SECRET_MAX);
	key[WIRE_SECRET_MAX] = '\0';
	const struct visit_secret secret = {.private_key = key};
	ck_assert_int_eq(wire_secret_write(&bytes, &secret), -EMSGSIZE);
	ck_assert_uint_eq(bytes.length, 0);
	ck_assert_ptr_null(memchr(bytes.data, 'k', WIRE_SECRET_MAX));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *messages = tcase_create("messages");
	TCase *secrets = tcase_create("secrets");

	tcase_add_test(messages, an_order_comes_out_as_it_went_in);
	tcase_add_test(messages, an_observation_comes_out_as_it_went_in);
	tcase_add_test(messages, a_report_comes_out_as_it_went_in);
	tcase_add_test(messages, the_small_messages_come_out_as_they_went_in);
	tcase_add_test(messages, an_order_for_a_folder_of_this_host_has_no_host);
	tcase_add_test(messages, an_order_that_makes_no_sense_is_not_written);
	tcase_add_test(messages, a_packet_that_would_be_too_long_is_not_written);
	tcase_add_test(messages, a_packet_cut_anywhere_is_refused);
	tcase_add_test(messages, another_version_type_or_visit_number_is_refused);
	tcase_add_test(messages, what_a_lying_puller_says_is_refused);
	tcase_add_test(messages, a_digest_of_what_was_not_read_is_refused);
	suite_add_tcase(suite, messages);
	tcase_add_test(secrets, a_secret_comes_out_as_it_went_in);
	tcase_add_test(secrets, a_secret_that_is_too_long_leaves_nothing_behind);
	suite_add_tcase(suite, secrets);
	return suite_run(suite);
}
