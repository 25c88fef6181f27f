#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "config/config.h"
#include "file/file.h"

#include "suite.h"

#define NAME "/etc/pumpwatch/pumpwatch.conf"
#define SITE "[pumpwatch]\nsite = sample-site\n"

static int parse(struct config *config, const char *bytes, struct error *e)
{
	*config = (struct config){0};
	return config_parse(config, NAME, bytes, strlen(bytes), e);
}

START_TEST(a_site_is_enough)
{
	struct config config;
	struct error e = {0};

	ck_assert_msg(parse(&config, SITE, &e) == 0, "%s", e.text);
	ck_assert_str_eq(config.site, "sample-site");
	ck_assert_str_eq(config.state, PUMPWATCH_STATE);
	ck_assert_str_eq(config.models, "/etc/pumpwatch/models.d");
	ck_assert_str_eq(config.credentials, "/etc/pumpwatch/credentials");
	ck_assert_str_eq(config.puller, PUMPWATCH_LIBEXEC "/pumpwatch-puller");
	ck_assert_ptr_null(config.ca_file);
	ck_assert_ptr_null(config.report_page);
	ck_assert_ptr_null(config.report_metrics);
	ck_assert_ptr_null(config.timezone);
	ck_assert_str_eq(config.sd_id, "pumpwatch@32473");
	ck_assert_uint_eq(config.approvals, 2);
	ck_assert(!config.verify_required);
	ck_assert_int_eq(config.overdue_after, 7 * TIME_DAY);
	ck_assert_int_eq(config.remind_after, TIME_DAY);
	ck_assert_uint_eq(config.pullers, 0);
	ck_assert_uint_eq(config.visits, 64);
	ck_assert_uint_eq(config.subnet_visits, 32);
	ck_assert_uint_eq(config.attempts, 3);
	ck_assert_int_eq(config.retry_base, 5 * TIME_MINUTE);
	ck_assert_int_eq(config.retry_most, TIME_HOUR);
	ck_assert_uint_eq(config.breaker, 5);
	ck_assert_uint_eq(config.window_count, 0);
	ck_assert_uint_eq(config.sink_count, 0);
	config_clear(&config);
}
END_TEST

START_TEST(every_key_is_taken)
{
	struct config config;
	struct error e = {0};

	ck_assert_msg(parse(&config,
		"[pumpwatch]\nsite = Sample site\nstate = /srv/state\nmodels = m\ncredentials = ../c\npuller = bin/p\n"
		"ca-file = ca.pem\napprovals = 0\noverdue-after = 2w\n"
		"[pull]\npullers = 2\nvisits = 1\nvisits-per-subnet = 0\n"
		"[sweep]\ntimezone = America/Argentina/Buenos_Aires\nattempts = 1\nretry-base = 1s\nretry-most = 1s\nbreaker = 0\n"
		"[alerts]\nremind-after = 4h\nsd-id = p@1.2\n"
		"[report]\npage = web/index.html\nmetrics = /srv/node/pumpwatch.prom\n"
		"[window night]\nwhen = mon-fri 22:00-05:00\nmodel = Plum A+\ndepartment = ICU # 3\n"
		"[window all.day]\nwhen = every 6h\n"
		"[sink a]\ntype = syslog\nfacility = local7\n"
		"[sink b]\ntype = syslog\npath = run/log\n"
		"[sink c]\ntype = spool\npath = events.log\n"
		"[sink d]\ntype = journal\n[sink e]\ntype = stdout\nfacility = daemon\n", &e) == 0, "%s", e.text);
	ck_assert_str_eq(config.site, "Sample site");
	ck_assert_str_eq(config.state, "/srv/state");
	ck_assert_str_eq(config.models, "/etc/pumpwatch/m");
	ck_assert_str_eq(config.credentials, "/etc/pumpwatch/../c");
	ck_assert_str_eq(config.puller, "/etc/pumpwatch/bin/p");
	ck_assert_str_eq(config.ca_file, "/etc/pumpwatch/ca.pem");
	ck_assert_int_eq(config.overdue_after, 14 * TIME_DAY);
	ck_assert_uint_eq(config.pullers, 2);
	ck_assert_uint_eq(config.visits, 1);
	ck_assert_uint_eq(config.subnet_visits, 0);
	ck_assert_str_eq(config.timezone, "America/Argentina/Buenos_Aires");
	ck_assert_uint_eq(config.attempts, 1);
	ck_assert_int_eq(config.retry_base, TIME_SECOND);
	ck_assert_int_eq(config.retry_most, TIME_SECOND);
	ck_assert_uint_eq(config.breaker, 0);
	ck_assert_int_eq(config.remind_after, 4 * TIME_HOUR);
	ck_assert_str_eq(config.sd_id, "p@1.2");
	ck_assert_str_eq(config.report_page, "/etc/pumpwatch/web/index.html");
	ck_assert_str_eq(config.report_metrics, "/srv/node/pumpwatch.prom");
	ck_assert_uint_eq(config.window_count, 2);
	ck_assert_str_eq(config.windows[0].name, "night");
	ck_assert_int_eq(config.windows[0].when.from_minute, 22 * 60);
	ck_assert_str_eq(config.windows[0].model, "Plum A+");
	ck_assert_str_eq(config.windows[0].department, "ICU # 3");
	ck_assert_int_eq(config.windows[1].when.type, SCHEDULE_EVERY);
	ck_assert_ptr_null(config.windows[1].model);
	ck_assert_uint_eq(config.sink_count, 5);
	ck_assert_str_eq(config.sinks[0].path, "/dev/log");
	ck_assert_int_eq(config.sinks[0].facility, 23);
	ck_assert_str_eq(config.sinks[1].path, "/etc/pumpwatch/run/log");
	ck_assert_int_eq(config.sinks[1].facility, 16);
	ck_assert_int_eq(config.sinks[2].type, CONFIG_SINK_SPOOL);
	ck_assert_str_eq(config.sinks[2].path, "/etc/pumpwatch/events.log");
	ck_assert_ptr_null(config.sinks[3].path);
	ck_assert_int_eq(config.sinks[4].facility, 3);
	config_clear(&config);
}
END_TEST

START_TEST(columns_are_taken_by_field)
{
	struct config config;
	struct error e = {0};

	ck_assert_msg(parse(&config, SITE "[columns]\nasset = Inventar-Nr.\nserial = #4\nlink = ftp://{address}/\n", &e) == 0,
		      "%s", e.text);
	ck_assert_str_eq(config.columns[SHEET_ASSET], "Inventar-Nr.");
	ck_assert_str_eq(config.columns[SHEET_SERIAL], "#4");
	ck_assert_str_eq(config.columns[SHEET_LINK], "ftp://{address}/");
	ck_assert_ptr_null(config.columns[SHEET_MAC]);
	config_clear(&config);
}
END_TEST

START_TEST(paths_of_a_file_without_folder_are_left_alone)
{
	struct config config = {0};
	struct error e = {0};

	ck_assert_int_eq(config_parse(&config, "pumpwatch.conf", SITE, strlen(SITE), &e), 0);
	ck_assert_str_eq(config.models, "models.d");
	config_clear(&config);
}
END_TEST

#define LONG_PATH "/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789/a-longer-log"
static const struct {
	const char *bytes, *message;
} bad[] = {
	{"", ": the section [pumpwatch] is missing"},
	{"[pull]\nvisits = 3\n", ": the section [pumpwatch] is missing"},
	{"[pumpwatch]\nstate = x\n", ":1: [pumpwatch] needs the key \"site\""},
	{"[pumpwatch]\nsite =\n", ":2: site = : a value is missing"},
	{"[pumpwatch]\nsite = 50 %\n", ":2: site = 50 %25: must be at most 128 bytes without"},
	{"[pumpwatch]\nsite = a\nsite = b\n", ":3: site is given twice in [pumpwatch]"},
	{SITE "sitee = b\n", ":3: [pumpwatch] has no key \"sitee\": did you mean \"site\"?"},
	{SITE "overdue_after = 3d\n", ":3: [pumpwatch] has no key \"overdue_after\": did you mean \"overdue-after\"?"},
	{SITE "visits = 3\n", ":3: [pumpwatch] has no key \"visits\": it belongs in [pull]"},
	{SITE "[columns]\nasset-tag = Tag\n", ":4: [columns] has no key \"asset-tag\""},
	{SITE "[columns]\nlink = ftp://{ip}/\n", ":3: [columns]: link: in braces stand {address}, {asset} or {serial}"},
	{SITE "[columns]\nlink = ftp://a@{address}/\n", ":3: [columns]: link: a link must not hold a user or password"},
	{SITE "password = secret\n", ":3: [pumpwatch] has no key \"password\""},
	{SITE "overdue-after = soon\n", ":3: overdue-after = soon: must be a time with a unit"},
	{SITE "overdue-after = 0s\n", ":3: overdue-after = 0s: must be from 1s to 366d"},
	{SITE "approvals = 17\n", ":3: approvals = 17: must be from 0 to 16"},
	{SITE "approvals = two\n", ":3: approvals = two"},
	{SITE "verify-required = perhaps\n", ":3: verify-required = perhaps: must be yes or no"},
	{SITE "state =\n", ":3: state = : a value is missing"},
	{SITE "[Pull]\n", ":3: there is no section [Pull]: did you mean [pull]?"},
	{SITE "[pull]\n[pull]\n", ":4: [pull] stands twice"},
	{SITE "[pull]\nvisits = 0\n", ":4: visits = 0: must be from 1 to 256"},
	{SITE "[pull]\nvisits = 257\n", ":4: visits = 257: must be from 1 to 256"},
	{SITE "[pull]\nvisits = 64 # many\n", ":4: visits = 64 # many: must be from 1 to 256"},
	{SITE "[pull]\npullers = 65\n", ":4: pullers = 65: must be from 0 to 64"},
	{SITE "[sweep]\ntimezone = Mars\\Olympus\n", ":4: timezone = Mars\\Olympus: must be a name"},
	{SITE "[sweep]\ntimezone = ../../etc/passwd\n", ":4: timezone = ../../etc/passwd: must be a name"},
	{SITE "[sweep]\ntimezone = :Europe/Berlin\n", ":4: timezone = :Europe/Berlin: must be a name"},
	{SITE "[sweep]\ntimezone = Europe/\n", ":4: timezone = Europe/: must be a name"},
	{SITE "[sweep]\ntimezone =\n", ":4: timezone = : must be a name"},
	{SITE "[sweep]\nretry-base = 2h\n", ":3: [sweep]: retry-base is longer than retry-most"},
	{SITE "[sweep]\nattempts = 0\n", ":4: attempts = 0: must be from 1 to 20"},
	{SITE "[alerts]\nsd-id = pumpwatch\n", ":4: sd-id = pumpwatch: must be a name"},
	{SITE "[alerts]\nsd-id = @32473\n", ":4: sd-id = @32473: must be a name"},
	{SITE "[alerts]\nsd-id = a]b@32473\n", ":4: sd-id = a]b@32473: must be a name"},
	{SITE "[alerts]\nsd-id = a@b\n", ":4: sd-id = a@b: must be a name"},
	{SITE "[alerts]\nsd-id = a@.\n", ":4: sd-id = a@.: must be a name"},
	{SITE "[alerts]\nsd-id = pumpwatch-pumpwatch-pumpwatch@32473\n", ":4: sd-id = pumpwatch-pumpwatch-pumpwatch@32473: "},
	{SITE "[window]\nwhen = every 1h\n", ":3: [window] needs a name: [window NAME]"},
	{SITE "[windows night]\n", ":3: there is no section [windows night]: did you mean [window NAME]?"},
	{SITE "[window a b]\n", ":3: [window a b]: a name is at most 32"},
	{SITE "[window a]\nwhen = every 1h\n[window  a]\n", ":5: [window  a]: this name is taken"},
	{SITE "[window a]\n[pull]\n", ":3: [window a] needs the key \"when\""},
	{SITE "[window a]\nwhen = never\n", ":4: when = never: a window is such as"},
	{SITE "[window a]\nwhen = every 1h\nmodel =\n", ":5: model = : a value is missing"},
	{SITE "[sink a]\n", ":3: [sink a] needs the key \"type\""},
	{SITE "[sink a/b]\ntype = journal\n", ":3: [sink a/b]: a name is at most 32"},
	{SITE "[sink a]\ntype = rsyslog\n", ":4: type = rsyslog: must be relp, relp-plain, tls, tcp, udp, syslog,"},
	{SITE "[sink a]\ntype = relp\n", ":3: [sink a]: the type \"relp\" needs the key \"address\""},
	{SITE "[sink a]\ntype = tcp\naddress = h:0\n", ":5: address = h:0: the port must be"},
	{SITE "[sink a]\ntype = tcp\naddress = h\nca-file = x\n", ":3: [sink a]: the key \"ca-file\" is not for the type tcp"},
	{SITE "[sink a]\ntype = udp\naddress = h\nreplay = 1m\n", ":3: [sink a]: the key \"replay\" is not for the type udp"},
	{SITE "[sink a]\ntype = relp\naddress = h\ncert-file = x\n", ":3: [sink a]: cert-file and key-file belong together"},
	{SITE "[sink a]\ntype = relp\naddress = h\nwindow = 65\n", ":6: window = 65: must be from 1 to 64"},
	{SITE "[sink a]\ntype = stdout\nevents = FILES_*\n", ":5: events = FILES_*: \"FILES_*\" is no event"},
	{SITE "[sink a]\ntype = stdout\nformat = xml\n", ":5: format = xml: must be rfc5424, cef, leef, ecs or ocsf"},
	{SITE "[sink a]\ntype = stdout\nseverity = 8\n", ":5: severity = 8: must be alert, crit"},
	{SITE "[report]\npage =\n", ":4: page = : a value is missing"},
	{SITE "[report]\npage = x\nmetrics = x\n", ":3: [report]: page and metrics are the same file"},
	{SITE "[alerts]\ngroup = 1\n", ":4: group = 1: must be 0 (never), or from 2"},
	{SITE "[alerts]\nremind-after = 2d\nremind-most = 1d\n", ":3: [alerts]: remind-after is longer than remind-most"},
	{SITE "[sink a]\ntype = spool\n", ":3: [sink a]: the type \"spool\" needs the key \"path\""},
	{SITE "[sink a]\ntype = journal\npath = /x\n", ":3: [sink a]: the key \"path\" is not for the type journal"},
	{SITE "[sink a]\ntype = syslog\nfacility = kern\n", ":5: facility = kern: must be user"},
	{SITE "[sink a]\ntype = syslog\n[sink b]\ntype = syslog\npath = /dev/log\n", ":5: [sink b]: goes to the same place as [sink a]"},
	{SITE "[sink a]\ntype = stdout\n[sink b]\ntype = stdout\n", ":5: [sink b]: goes to the same place as [sink a]"},
	{SITE "[sink a]\ntype = syslog\npath = " LONG_PATH "\n", ": [sink a] path: a socket's path has at most 107 bytes"},
};

START_TEST(bad_configurations_are_refused_with_line_and_key)
{
	struct config config;
	struct error e = {0};
	char start[512];

	ck_assert_int_eq(parse(&config, bad[_i].bytes, &e), -1);
	snprintf(start, sizeof start, NAME "%s", bad[_i].message);
	ck_assert_msg(strncmp(e.text, start, strlen(start)) == 0, "%s", e.text);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_ptr_null(config.site);
	ck_assert_ptr_null(config.windows);
}
END_TEST

static char *shipped(void)
{
	struct text text;
	struct error e = {0};
	char path[4096];

	text_init(&text);
	snprintf(path, sizeof path, "%s/conf/pumpwatch.conf", getenv("srcdir") ? getenv("srcdir") : ".");
	ck_assert_msg(file_read(&text, path, 65536, ERROR_CONFIG, &e) == 0, "%s", e.text);
	return text_take(&text);
}

START_TEST(the_shipped_configuration_is_fine)
{
	char *bytes = shipped();
	struct config config;
	struct error e = {0};

	ck_assert_msg(parse(&config, bytes, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(config.window_count, 1);
	ck_assert_uint_eq(config.sink_count, 1);
	config_clear(&config);
	free(bytes);
}
END_TEST

/* Each "#key = value" of it is a default or an example: taken in, it must read, and where it
 * is a default it must change nothing. */
START_TEST(what_the_shipped_configuration_shows_as_default_is_one)
{
	char *bytes = shipped();
	struct config shown, plain;
	struct error e = {0};

	ck_assert_int_eq(parse(&plain, SITE, &e), 0);
	for (char *c = bytes; *c; c++)
		if ((c == bytes || c[-1] == '\n') && *c == '#' && c[1] != ' ' && c[1] != '\n')
			*c = '\n';
	ck_assert_msg(parse(&shown, bytes, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(shown.window_count, 2);
	ck_assert_uint_eq(shown.sink_count, 5);
	ck_assert_str_eq(shown.models, plain.models);
	ck_assert_str_eq(shown.credentials, plain.credentials);
	ck_assert_str_eq(shown.sd_id, plain.sd_id);
	ck_assert_uint_eq(shown.approvals, plain.approvals);
	ck_assert_int_eq(shown.overdue_after, plain.overdue_after);
	ck_assert_int_eq(shown.remind_after, plain.remind_after);
	ck_assert_int_eq(shown.remind_most, plain.remind_most);
	ck_assert_uint_eq(shown.group, plain.group);
	ck_assert_uint_eq(shown.pullers, plain.pullers);
	ck_assert_uint_eq(shown.visits, plain.visits);
	ck_assert_uint_eq(shown.subnet_visits, plain.subnet_visits);
	ck_assert_uint_eq(shown.attempts, plain.attempts);
	ck_assert_int_eq(shown.retry_base, plain.retry_base);
	ck_assert_int_eq(shown.retry_most, plain.retry_most);
	ck_assert_uint_eq(shown.breaker, plain.breaker);
	ck_assert_str_eq(shown.sinks[0].path, "/dev/log");
	ck_assert_int_eq(shown.sinks[0].facility, 16);
	ck_assert_int_eq(shown.sinks[0].format, ALERT_RFC5424);
	ck_assert_int_eq(shown.sinks[1].type, CONFIG_SINK_RELP);
	ck_assert_uint_eq(shown.sinks[1].port, 2514);
	ck_assert_uint_eq(shown.sinks[1].window, 64);
	ck_assert_int_eq(shown.sinks[1].timeout, 30 * TIME_SECOND);
	ck_assert_int_eq(shown.sinks[2].type, CONFIG_SINK_TLS);
	ck_assert_int_eq(shown.sinks[2].replay, 5 * TIME_MINUTE);
	ck_assert_int_eq(shown.sinks[3].type, CONFIG_SINK_SPOOL);
	ck_assert_uint_eq(shown.sinks[3].keep, 8);
	config_clear(&shown);
	config_clear(&plain);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *cases = tcase_create("config");

	tcase_add_test(cases, a_site_is_enough);
	tcase_add_test(cases, every_key_is_taken);
	tcase_add_test(cases, columns_are_taken_by_field);
	tcase_add_test(cases, paths_of_a_file_without_folder_are_left_alone);
	tcase_add_loop_test(cases, bad_configurations_are_refused_with_line_and_key, 0, sizeof bad / sizeof *bad);
	tcase_add_test(cases, the_shipped_configuration_is_fine);
	tcase_add_test(cases, what_the_shipped_configuration_shows_as_default_is_one);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
