#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "file/file.h"
#include "inventory/inventory.h"

#include "suite.h"

#define SSH_PIN "SHA256:9Wz3G5xQm0PqkF1uYb7cT2dRvE8nLsA4hJ6iKoMwXtU"
#define TLS_PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* A device with what must be there. */
static struct inventory_device new_device(void)
{
	struct inventory_device device = {0};

	device.asset = strdup("PUMP-0001");
	ck_assert_int_eq(inventory_device_set(&device, "model", "sample", NULL), 0);
	ck_assert_int_eq(inventory_device_set(&device, "link", "ftp://192.0.2.7/", NULL), 0);
	return device;
}

START_TEST(a_device_needs_only_asset_model_and_link)
{
	struct inventory_device device = new_device();
	struct error e = {0};

	ck_assert_msg(inventory_device_check(&device, &e) == 0, "%s", e.text);
	free(device.asset);
	device.asset = NULL;
	ck_assert_int_eq(inventory_device_check(&device, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "asset: an asset tag is"));
	device.asset = strdup("x");
	free(device.link);
	device.link = NULL;
	ck_assert_int_eq(inventory_device_check(&device, &e), -1);
	ck_assert_str_eq(e.text, "link: must not be empty");
	inventory_device_clear(&device);
}
END_TEST

static const char *const good_assets[] = {"1", "PUMP-0001", "a.b:c#d=e+f", "(07)",
	"0123456789012345678901234567890123456789012345678901234567890123"};
static const char *const bad_assets[] = {"", "-x", ".x", "a b", "a/b", "a\\b", "a\"b", "a'b", "a`b", "a%b", "a\nb",
	"ab\x7F", "p\xC3\xBCmp", "01234567890123456789012345678901234567890123456789012345678901234"};

START_TEST(asset_tags_are_fit_for_file_names_and_events)
{
	for (size_t i = 0; i < sizeof good_assets / sizeof *good_assets; i++)
		ck_assert_msg(inventory_asset_check(good_assets[i], NULL) == 0, "%s", good_assets[i]);
	for (size_t i = 0; i < sizeof bad_assets / sizeof *bad_assets; i++)
		ck_assert_msg(inventory_asset_check(bad_assets[i], NULL) == -1, "%s", bad_assets[i]);
}
END_TEST

static const struct {
	const char *field, *value;
	const char *kept; /* NULL: cleared */
} taken[] = {
	{"serial", " SN 12/34 ", "SN 12/34"},
	{"serial", "", NULL},
	{"mac", "00:1B:21:3A:4F:05", "00:1b:21:3a:4f:05"},
	{"mac", "00-1b-21-3a-4f-05", "00:1b:21:3a:4f:05"},
	{"mac", "001b.213a.4f05", "00:1b:21:3a:4f:05"},
	{"mac", "001B213A4F05", "00:1b:21:3a:4f:05"},
	{"mac", "", NULL},
	{"model", "Plum A+3", "Plum A+3"},
	{"name", "Bed 4 \xE2\x80\x93 50 %", "Bed 4 \xE2\x80\x93 50 %"},
	{"department", "ICU", "ICU"},
	{"link", "sftp://[2001:db8::7]:2222/pump", "sftp://[2001:db8::7]:2222/pump"},
	{"link", "file:///srv/bench", "file:///srv/bench"},
	{"credential", "ward-3_pumps.a", "ward-3_pumps.a"},
	{"pin", SSH_PIN, SSH_PIN},
	{"pin", SSH_PIN "   " TLS_PIN " ", SSH_PIN " " TLS_PIN},
	{"pin", "", NULL},
	{"state", "maintenance", NULL},
};

static const char *value_of(const struct inventory_device *device, const char *field)
{
	const char *const values[][2] = {
		{"serial", device->serial}, {"mac", device->mac}, {"model", device->model},
		{"name", device->name}, {"department", device->department}, {"link", device->link},
		{"credential", device->credential}, {"pin", device->pins},
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (strcmp(values[i][0], field) == 0)
			return values[i][1];
	return NULL;
}

START_TEST(good_values_are_taken_and_put_in_form)
{
	struct inventory_device device = new_device();
	struct error e = {0};

	ck_assert_msg(inventory_device_set(&device, taken[_i].field, taken[_i].value, &e) == 0, "%s", e.text);
	const char *kept = value_of(&device, taken[_i].field);
	if (taken[_i].kept)
		ck_assert_str_eq(kept, taken[_i].kept);
	else
		ck_assert_ptr_null(kept);
	if (strcmp(taken[_i].field, "state") == 0)
		ck_assert_int_eq(device.state, INVENTORY_MAINTENANCE);
	ck_assert_msg(inventory_device_check(&device, &e) == 0, "%s", e.text);
	inventory_device_clear(&device);
}
END_TEST

static const struct {
	const char *field, *value, *message;
} refused[] = {
	{"serial", "a\nb", "serial: has a control character"},
	{"serial", "0123456789012345678901234567890123456789012345678901234567890123", "serial: at most 63 bytes"},
	{"mac", "00:1b:21:3a:4f", "mac: a MAC is six pairs"},
	{"mac", "00:1b:21:3a:4f:05:06", "mac: a MAC is six pairs"},
	{"mac", "00:1b:21:3a:4f:0g", "mac: a MAC is six pairs"},
	{"mac", "n/a", "mac: a MAC is six pairs"},
	{"mac", "00:00:00:00:00:00", "mac: this is a placeholder"},
	{"mac", "FFFFFFFFFFFF", "mac: this is a placeholder"},
	{"model", "", "model: must not be empty"},
	{"model", "   ", "model: must not be empty"},
	{"name", "\xE2\x80\xAE" "evil", "name: has a control character"},
	{"name", "\xFF", "name: has a control character, or is not UTF-8"},
	{"department", "a\x1B[2J", "department: has a control character"},
	{"link", "", "link: must not be empty"},
	{"link", "ftp://user:secret@192.0.2.7/", "link: a link must not hold a user or password"},
	{"link", "gopher://192.0.2.7/", "link: a link begins with"},
	{"credential", "../etc/shadow", "credential: a credential's name is at most"},
	{"credential", ".hidden", "credential: a credential's name is at most"},
	{"credential", "two words", "credential: a credential's name is at most"},
	{"pin", "SHA256:short", "pin: a pin is"},
	{"pin", SSH_PIN "x", "pin: a pin is"},
	{"pin", SSH_PIN "," TLS_PIN, "pin: a pin is"},
	{"pin", "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "pin: a pin is"},
	{"pin", "SHA256:9Wz3G5xQm0PqkF1uYb7cT2dRvE8nLsA4hJ6iKoMwXt!", "pin: a pin is"},
	{"state", "lost", "state: must be active, stored, maintenance or retired"},
	{"state", "", "state: must be active"},
	{"asset", "PUMP-2", "there is no such field"},
	{"colour", "blue", "there is no such field"},
};

START_TEST(bad_values_are_refused_with_their_field)
{
	struct inventory_device device = new_device();
	struct error e = {0};

	ck_assert_int_eq(inventory_device_set(&device, refused[_i].field, refused[_i].value, &e), -1);
	ck_assert_msg(strncmp(e.text, refused[_i].message, strlen(refused[_i].message)) == 0, "%s", e.text);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_str_eq(device.model, "sample");
	ck_assert_str_eq(device.link, "ftp://192.0.2.7/");
	ck_assert_int_eq(device.state, INVENTORY_ACTIVE);
	inventory_device_clear(&device);
}
END_TEST

START_TEST(no_more_pins_than_a_device_can_have)
{
	struct inventory_device device = new_device();
	struct text pins;

	text_init(&pins);
	for (int i = 0; i < INVENTORY_PINS_MAX; i++)
		text_add(&pins, SSH_PIN " ");
	ck_assert_int_eq(inventory_device_set(&device, "pin", pins.data, NULL), 0);
	text_add(&pins, SSH_PIN);
	ck_assert_int_eq(inventory_device_set(&device, "pin", pins.data, NULL), -1);
	text_clear(&pins);
	inventory_device_clear(&device);
}
END_TEST

START_TEST(states_have_names)
{
	enum inventory_state state;

	for (int i = 0; i < INVENTORY_STATE_COUNT; i++) {
		ck_assert_int_eq(inventory_state_parse(&state, inventory_state_name((enum inventory_state)i)), 0);
		ck_assert_int_eq((int)state, i);
	}
	ck_assert_int_ne(inventory_state_parse(&state, "Active"), 0);
}
END_TEST

static const struct {
	const char *a, *b;
	bool same;
} names[] = {
	{"hospira-plum-a-plus", "Hospira Plum A+", true},
	{"hospira-plum-a-plus-3", "Hospira PLUM A+3", true},
	{"plum-a-plus", "plum-a-plus-3", false},
	{"plum a", "plum a+", false},
	{"medfusion-4000", "Medfusion 4000", true},
	{"medfusion-4000", "Medfusion 400", false},
	{"a+", "aplus", true},
	{"a+", "aplu", false},
	{"++", "plusplus", true},
	{"m\xC3\xBC", "m\xC3\xBC", true},
	{"m\xC3\xBC", "m\xC3\xA4", false},
};

START_TEST(model_names_are_compared_without_punctuation)
{
	ck_assert_msg(inventory_model_same(names[_i].a, names[_i].b) == names[_i].same, "%s", names[_i].a);
	ck_assert_msg(inventory_model_same(names[_i].b, names[_i].a) == names[_i].same, "%s", names[_i].a);
}
END_TEST

/* ---- profiles ---- */

static int parse(struct inventory_model *model, const char *bytes, struct error *e)
{
	*model = (struct inventory_model){0};
	return inventory_model_parse(model, "/etc/models.d/sample.ini", bytes, strlen(bytes), e);
}

#define MODEL "[model]\ntitle = Sample\n"
#define FILES "[files]\nother = **\n"

START_TEST(a_profile_is_read_whole)
{
	struct inventory_model model;
	struct error e = {0};

	ck_assert_msg(parse(&model,
		"[model]\ntitle = Sample pump\nmanufacturer = Sample\nversions = 1.0 and earlier; 2\n"
		"advisories = SAMPLE-1, SAMPLE-2\nadvisories = SAMPLE-3\n"
		"closed-ports = 23/tcp Telnet, 69/udp\nnot-covered = The first, and the last\n"
		"not-covered = Second\nexample = yes\n"
		"[link]\nlogin = credential\nactive = yes\nlegacy = on\nconnect-timeout = 5s\nidle-timeout = 1m\n"
		"total-time = 10m\nfile-size = 1 MiB\nvisit-size = 2 MiB\nrate = 44 KB\nentries = 100\ndepth = 3\n"
		"[identity]\nsource = file\npath = etc/version\npattern = SN=%s;\n"
		"[files]\nleave-out = *.LOG\nfirmware = FW/**\nconfig = CONFIG.XML\ndrug-library = [A-Z]*.LIB\n", &e) == 0,
		"%s", e.text);
	ck_assert_str_eq(model.name, "sample");
	ck_assert_str_eq(model.title, "Sample pump");
	ck_assert_str_eq(model.versions, "1.0 and earlier; 2");
	ck_assert_uint_eq(model.advisories.count, 3);
	ck_assert_str_eq(model.advisories.items[1], "SAMPLE-2");
	ck_assert_uint_eq(model.closed_ports.count, 2);
	ck_assert_str_eq(model.closed_ports.items[1], "69/udp");
	ck_assert_uint_eq(model.not_covered.count, 2);
	ck_assert_str_eq(model.not_covered.items[0], "The first, and the last");
	ck_assert(model.example && model.active && model.legacy);
	ck_assert_int_eq(model.login, VISIT_LOGIN_CREDENTIAL);
	ck_assert_uint_eq(model.limits.connect_ms, 5000);
	ck_assert_uint_eq(model.limits.idle_ms, 60000);
	ck_assert_uint_eq(model.limits.total_seconds, 600);
	ck_assert_uint_eq(model.limits.file_bytes, 1 << 20);
	ck_assert_uint_eq(model.limits.visit_bytes, 2 << 20);
	ck_assert_uint_eq(model.limits.rate, 44000);
	ck_assert_uint_eq(model.limits.entries, 100);
	ck_assert_uint_eq(model.limits.depth, 3);
	ck_assert_int_eq(model.identity.source, VISIT_IDENTITY_FILE);
	ck_assert_str_eq(model.identity.path, "etc/version");
	ck_assert_str_eq(model.identity.pattern, "SN=%s;");
	ck_assert_uint_eq(model.selector_count, 4);
	ck_assert(model.selectors[0].leave_out);
	ck_assert_int_eq(model.selectors[1].kind, VISIT_FIRMWARE);
	ck_assert(!inventory_model_has_kind(&model, VISIT_OTHER));
	ck_assert(inventory_model_has_kind(&model, VISIT_DRUG_LIBRARY));
	inventory_model_clear(&model);
}
END_TEST

START_TEST(what_a_profile_does_not_say_is_careful)
{
	struct inventory_model model;
	struct error e = {0};

	ck_assert_msg(parse(&model, MODEL FILES, &e) == 0, "%s", e.text);
	ck_assert_int_eq(model.login, VISIT_LOGIN_NONE);
	ck_assert(!model.active && !model.legacy && !model.example);
	ck_assert_mem_eq(&model.limits, &visit_limits_default, sizeof model.limits);
	ck_assert_int_eq(model.identity.source, VISIT_IDENTITY_NONE);
	inventory_model_clear(&model);
}
END_TEST

static const struct {
	const char *bytes, *message;
} bad_profiles[] = {
	{"", ": the section [model] is missing"},
	{FILES, ": the section [model] is missing"},
	{"[model]\nmanufacturer = x\n" FILES, ":1: [model] needs the key \"title\""},
	{MODEL, ": the section [files] is missing"},
	{MODEL "[files]\n", ":3: [files]: nothing is read"},
	{MODEL "[files]\nleave-out = **\n", ":3: [files]: nothing is read"},
	{MODEL "colour = blue\n" FILES, ":3: [model] has no key \"colour\""},
	{MODEL "password = x\n" FILES, ":3: [model] has no key \"password\""},
	{MODEL "[link]\npassword = x\n" FILES, ":4: [link] has no key \"password\""},
	{MODEL "advisories = a,,b\n" FILES, ":3: advisories = a,,b: a word is missing beside a comma"},
	{MODEL "closed-ports = Telnet\n" FILES, ":3: closed-ports = Telnet: a port is"},
	{MODEL "closed-ports = 0/tcp\n" FILES, ":3: closed-ports = 0/tcp: a port is"},
	{MODEL "closed-ports = 65536/tcp\n" FILES, ":3: closed-ports = 65536/tcp: a port is"},
	{MODEL "closed-ports = 23/sctp\n" FILES, ":3: closed-ports = 23/sctp: a port is"},
	{MODEL "not-covered =\n" FILES, ":3: not-covered = : a value is missing"},
	{MODEL "[link]\nlogin = root\n" FILES, ":4: login = root: must be none, anonymous or credential"},
	{MODEL "[link]\nconnect-timeout = 0s\n" FILES, ":4: connect-timeout = 0s: must be from 1s to 5m"},
	{MODEL "[link]\nrate = fast\n" FILES, ":4: rate = fast: must be a number of bytes"},
	{MODEL "[link]\ndepth = 0\n" FILES, ":4: depth = 0: must be from 1 to 64"},
	{MODEL "[link]\nfile-size = 2 MiB\nvisit-size = 1 MiB\n" FILES, ":3: [link]: file-size is larger than visit-size"},
	{MODEL "[identity]\nsource = moon\n" FILES, ":4: source = moon: must be greeting or file"},
	{MODEL "[identity]\nsource = greeting\n" FILES, ":3: [identity] needs the key \"pattern\""},
	{MODEL "[identity]\npattern = SN=%s\n" FILES, ":3: [identity] needs the key \"source\""},
	{MODEL "[identity]\nsource = greeting\npattern = SN\n" FILES, ":5: pattern = SN: must hold one %s"},
	{MODEL "[identity]\nsource = greeting\npattern = %s %n\n" FILES, ":5: pattern = %25s %25n: must hold one %s"},
	{MODEL "[identity]\nsource = greeting\npattern = %s\n" FILES, ":5: pattern = %25s: must have some text"},
	{MODEL "[identity]\nsource = file\npattern = SN=%s\n" FILES, ":3: [identity]: the source \"file\" needs the key"},
	{MODEL "[identity]\nsource = greeting\npath = x\npattern = SN=%s\n" FILES, ":3: [identity]: the key \"path\" is for"},
	{MODEL "[identity]\nsource = file\npath = ../x\npattern = SN=%s\n" FILES, ":5: path = ../x: must be a path below"},
	{MODEL "[files]\nother = /etc/passwd\n", ":4: other = /etc/passwd: a pattern is a path below"},
	{MODEL "[files]\nother = a/../b\n", ":4: other = a/../b: a pattern is a path below"},
	{MODEL "[files]\nother =\n", ":4: other = : a pattern is a path below"},
	{MODEL "[files]\nother = a//b\n", ":4: other = a//b: a pattern is a path below"},
	{MODEL "[files]\nother = a[b\n", ":4: other = a[b: a \"[\" is not closed"},
	{MODEL "[files]\nother = a[]\n", ":4: other = a[]: a \"[\" is not closed"},
	{MODEL "[files]\nother = a\nconfig = a\n", ":5: config = a: can never match: \"a\" stands before it"},
	{MODEL "[files]\nother = **\nconfig = a\n", ":5: config = a: can never match: \"**\" stands before it"},
};

START_TEST(bad_profiles_are_refused_with_file_and_line)
{
	struct inventory_model model;
	struct error e = {0};
	char start[512];

	ck_assert_int_eq(parse(&model, bad_profiles[_i].bytes, &e), -1);
	snprintf(start, sizeof start, "/etc/models.d/sample.ini%s", bad_profiles[_i].message);
	ck_assert_msg(strncmp(e.text, start, strlen(start)) == 0, "%s", e.text);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_ptr_null(model.name);
}
END_TEST

START_TEST(brackets_may_hold_a_bracket)
{
	struct inventory_model model;
	struct error e = {0};

	ck_assert_msg(parse(&model, MODEL "[files]\nother = []]a\nconfig = [!]]\nfirmware = [[]x\n", &e) == 0, "%s", e.text);
	ck_assert(visit_pattern_matches(model.selectors[2].pattern, "[x"));
	inventory_model_clear(&model);
}
END_TEST

START_TEST(an_order_of_patterns_that_no_packet_holds_is_refused)
{
	struct inventory_model model;
	struct error e = {0};
	struct text text;

	text_init(&text);
	text_add(&text, MODEL "[files]\n");
	for (int i = 0; i < INVENTORY_SELECTORS_MAX; i++)
		text_addf(&text, "other = file-%d\n", i);
	ck_assert_msg(parse(&model, text.data, &e) == 0, "%s", e.text);
	inventory_model_clear(&model);
	text_add(&text, "other = one-more\n");
	ck_assert_int_eq(parse(&model, text.data, &e), -1);
	text_cut(&text, strlen(MODEL "[files]\n"));
	for (int i = 0; i < 20; i++)
		text_addf(&text, "other = %d-%0900d\n", i, 7);
	ck_assert_int_eq(parse(&model, text.data, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "more than 256 patterns"));
	text_clear(&text);
}
END_TEST

START_TEST(a_profile_has_the_name_of_its_file)
{
	static const char *const bad[] = {"", "models.d/", ".ini", "-x.ini", "a b.ini", "x\n.ini"};
	struct inventory_model model = {0};
	struct error e = {0};

	ck_assert_int_eq(inventory_model_parse(&model, "plum-a+.ini", MODEL FILES, strlen(MODEL FILES), &e), 0);
	ck_assert_str_eq(model.name, "plum-a+");
	inventory_model_clear(&model);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(inventory_model_parse(&model, bad[i], MODEL FILES, strlen(MODEL FILES), &e) == -1, "%s", bad[i]);
}
END_TEST

/* ---- the profiles that are shipped ---- */

static const struct {
	const char *name;
	bool example;
	const char *advisory;
	const char *port;
} shipped[] = {
	{"generic", false, NULL, NULL},
	{"hospira-lifecare-pca", true, "ICSA-15-125-01B", "23/tcp Telnet"},
	{"hospira-plum-a-plus", true, "ICSA-15-161-01", "8443/tcp"},
	{"hospira-plum-a-plus-3", true, "ICSA-15-161-01", "8443/tcp"},
	{"hospira-symbiq", true, "ICSA-15-161-01", "8443/tcp"},
	{"medfusion-4000", false, "ICSMA-17-250-02A", NULL},
};

static bool holds(const struct visit_paths *paths, const char *word)
{
	for (size_t i = 0; i < paths->count; i++)
		if (strcmp(paths->items[i], word) == 0)
			return true;
	return false;
}

static struct inventory_model load_shipped(const char *name)
{
	struct inventory_model model = {0};
	struct error e = {0};
	struct text text;
	char path[4096];

	text_init(&text);
	snprintf(path, sizeof path, "%s/conf/models.d/%s.ini", getenv("srcdir") ? getenv("srcdir") : ".", name);
	ck_assert_msg(file_read(&text, path, 65536, ERROR_CONFIG, &e) == 0, "%s", e.text);
	ck_assert_msg(inventory_model_parse(&model, path, text.data, text.length, &e) == 0, "%s", e.text);
	text_clear(&text);
	return model;
}

START_TEST(shipped_profiles_say_what_is_known)
{
	struct inventory_model model = load_shipped(shipped[_i].name);

	ck_assert_str_eq(model.name, shipped[_i].name);
	ck_assert_int_eq(model.example, shipped[_i].example);
	if (shipped[_i].advisory)
		ck_assert(holds(&model.advisories, shipped[_i].advisory));
	if (shipped[_i].port)
		ck_assert(holds(&model.closed_ports, shipped[_i].port));
	/* Whatever is added to a device is seen. */
	const struct visit_selector *selector = visit_select(model.selectors, model.selector_count, "added/file");
	ck_assert_ptr_nonnull(selector);
	ck_assert(!selector->leave_out && selector->kind == VISIT_OTHER);
	inventory_model_clear(&model);
}
END_TEST

START_TEST(the_medfusion_is_pulled_as_published)
{
	struct inventory_model model = load_shipped("medfusion-4000");
	static const struct {
		const char *path;
		enum visit_kind kind;
		bool leave_out;
	} files[] = {
		{"HEAD_F~1", VISIT_FIRMWARE, false}, {"CONFIG.XML", VISIT_CONFIG, false},
		{"STORED~1", VISIT_OTHER, false},    {"HEAD_C~1", VISIT_OTHER, false},
		{"WIFI_LOG", VISIT_OTHER, true},
	};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const struct visit_selector *selector =
			visit_select(model.selectors, model.selector_count, files[i].path);
		ck_assert_ptr_nonnull(selector);
		ck_assert_int_eq(selector->leave_out, files[i].leave_out);
		if (!selector->leave_out)
			ck_assert_int_eq(selector->kind, files[i].kind);
	}
	ck_assert_int_eq(model.login, VISIT_LOGIN_NONE);
	ck_assert_uint_eq(model.not_covered.count, 1);
	inventory_model_clear(&model);
}
END_TEST

/* ---- orders ---- */

static struct inventory_model sample_model(const char *more)
{
	struct inventory_model model;
	struct error e = {0};
	char bytes[1024];

	snprintf(bytes, sizeof bytes, MODEL "%s[files]\nleave-out = *.LOG\nconfig = CONFIG.XML\nconfig = A.LOG\nfirmware = FW/**\n",
		 more);
	ck_assert_msg(parse(&model, bytes, &e) == 0, "%s", e.text);
	return model;
}

START_TEST(an_order_joins_device_and_model)
{
	struct inventory_device device = new_device();
	struct inventory_model model = sample_model(
		"[link]\nactive = yes\nrate = 44 KB\n[identity]\nsource = greeting\npattern = SN %s\n");
	struct visit_order order;
	struct error e = {0};

	ck_assert_int_eq(inventory_device_set(&device, "serial", "A-17", &e), 0);
	ck_assert_int_eq(inventory_device_set(&device, "pin", SSH_PIN, &e), 0);
	ck_assert_msg(inventory_order(&order, &device, &model, NULL, &e) == 0, "%s", e.text);
	ck_assert_str_eq(order.asset, "PUMP-0001");
	ck_assert_int_eq(order.address.scheme, VISIT_FTP);
	ck_assert_str_eq(order.pins, SSH_PIN);
	ck_assert_int_eq(order.login, VISIT_LOGIN_NONE);
	ck_assert_ptr_null(order.user);
	ck_assert(order.active && !order.legacy && !order.learn_pin && !order.list_only);
	ck_assert_str_eq(order.identity.serial, "A-17");
	ck_assert_uint_eq(order.limits.rate, 44000);
	ck_assert_uint_eq(order.selector_count, 4);
	/* Of the literal names only the one that is not left out. */
	ck_assert_uint_eq(order.names.count, 1);
	ck_assert_str_eq(order.names.items[0], "CONFIG.XML");
	visit_order_clear(&order);
	inventory_device_clear(&device);
	inventory_model_clear(&model);
}
END_TEST

static const struct {
	const char *link;
	const char *profile;
	const char *user;
	enum visit_login login;
	const char *refusal; /* NULL: fine */
} logins[] = {
	{"ftp://192.0.2.7/", "[link]\nlogin = none\n", NULL, VISIT_LOGIN_NONE, NULL},
	{"ftp://192.0.2.7/", "[link]\nlogin = anonymous\n", NULL, VISIT_LOGIN_ANONYMOUS, NULL},
	{"ftp://192.0.2.7/", "[link]\nlogin = anonymous\n", "tech", VISIT_LOGIN_CREDENTIAL, NULL},
	{"ftp://192.0.2.7/", "[link]\nlogin = credential\n", NULL, VISIT_LOGIN_NONE, "its model needs a login"},
	{"sftp://192.0.2.7/", "[link]\nlogin = none\n", NULL, VISIT_LOGIN_NONE, "SFTP needs a login"},
	{"sftp://192.0.2.7/", "[link]\nlogin = none\n", "tech", VISIT_LOGIN_CREDENTIAL, NULL},
	{"file:///srv/bench", "[link]\nlogin = credential\n", NULL, VISIT_LOGIN_NONE, NULL},
};

START_TEST(the_login_is_the_devices_before_the_models)
{
	struct inventory_device device = new_device();
	struct inventory_model model = sample_model(logins[_i].profile);
	struct visit_order order = {0};
	struct error e = {0};

	ck_assert_int_eq(inventory_device_set(&device, "link", logins[_i].link, &e), 0);
	int r = inventory_order(&order, &device, &model, logins[_i].user, &e);
	if (logins[_i].refusal) {
		ck_assert_int_eq(r, -1);
		ck_assert_msg(strstr(e.text, logins[_i].refusal) != NULL, "%s", e.text);
	} else {
		ck_assert_msg(r == 0, "%s", e.text);
		ck_assert_int_eq(order.login, logins[_i].login);
		ck_assert_int_eq(order.user != NULL, logins[_i].login == VISIT_LOGIN_CREDENTIAL);
	}
	visit_order_clear(&order);
	inventory_device_clear(&device);
	inventory_model_clear(&model);
}
END_TEST

START_TEST(a_serial_that_no_visit_could_show_is_refused)
{
	struct inventory_device device = new_device();
	struct inventory_model model = sample_model("[identity]\nsource = greeting\npattern = SN %s\n");
	struct visit_order order = {0};
	struct error e = {0};

	ck_assert_int_eq(inventory_device_set(&device, "serial", "A 17", &e), 0);
	ck_assert_int_eq(inventory_order(&order, &device, &model, NULL, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "reads the serial from the device"));
	ck_assert_ptr_null(order.asset);
	inventory_device_clear(&device);
	inventory_model_clear(&model);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

int main(void)
{
	Suite *suite = suite_create("inventory");
	TCase *cases = tcase_create("inventory");

	tcase_add_test(cases, a_device_needs_only_asset_model_and_link);
	tcase_add_test(cases, asset_tags_are_fit_for_file_names_and_events);
	tcase_add_loop_test(cases, good_values_are_taken_and_put_in_form, 0, COUNT(taken));
	tcase_add_loop_test(cases, bad_values_are_refused_with_their_field, 0, COUNT(refused));
	tcase_add_test(cases, no_more_pins_than_a_device_can_have);
	tcase_add_test(cases, states_have_names);
	tcase_add_loop_test(cases, model_names_are_compared_without_punctuation, 0, COUNT(names));
	tcase_add_test(cases, a_profile_is_read_whole);
	tcase_add_test(cases, what_a_profile_does_not_say_is_careful);
	tcase_add_loop_test(cases, bad_profiles_are_refused_with_file_and_line, 0, COUNT(bad_profiles));
	tcase_add_test(cases, brackets_may_hold_a_bracket);
	tcase_add_test(cases, an_order_of_patterns_that_no_packet_holds_is_refused);
	tcase_add_test(cases, a_profile_has_the_name_of_its_file);
	tcase_add_loop_test(cases, shipped_profiles_say_what_is_known, 0, COUNT(shipped));
	tcase_add_test(cases, the_medfusion_is_pulled_as_published);
	tcase_add_test(cases, an_order_joins_device_and_model);
	tcase_add_loop_test(cases, the_login_is_the_devices_before_the_models, 0, COUNT(logins));
	tcase_add_test(cases, a_serial_that_no_visit_could_show_is_refused);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
