#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"

#include "sink_fixture.h"

/* ---- certificates ---- */

static void make_authority(const struct server *server, const char *name)
{
	server_shell(server,
		     "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout certs/%1$s.key "
		     "-out certs/%1$s.pem -days 30 -subj '/CN=Sample authority %1$s' "
		     "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
		     name);
}

/* In the openssl of this release only "ca" can make a certificate that is over already. */
static void make_leaf(const struct server *server, const char *name, const char *authority, const char *common,
		      const char *names, const char *dates)
{
	server_shell(server,
		     "cd certs && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %1$s.key "
		     "-out %1$s.csr -subj '/CN=%3$s' && printf 'subjectAltName=%4$s\\n' >%1$s.ext && "
		     "printf '[ca]\\ndefault_ca=d\\n[d]\\nnew_certs_dir=.\\ndatabase=db\\nserial=serial\\n"
		     "default_md=sha256\\npolicy=p\\nunique_subject=no\\n[p]\\ncommonName=supplied\\n' >ca.conf && "
		     "touch db && openssl ca -batch -notext -rand_serial -config ca.conf -cert %2$s.pem "
		     "-keyfile %2$s.key -in %1$s.csr -out %1$s.pem -extfile %1$s.ext %5$s",
		     name, authority, common, names, dates);
}

void fixture_make_certificates(const struct server *server)
{
	static const char both[] = "DNS:receiver.example.org,IP:127.0.0.1";

	server_shell(server, "mkdir certs");
	make_authority(server, "ca");
	make_authority(server, "other-ca");
	make_leaf(server, "server", "ca", "receiver.example.org", both, "-days 30");
	make_leaf(server, "client", "ca", "pumpwatch.example.org", "DNS:pumpwatch.example.org", "-days 30");
	make_leaf(server, "stranger", "ca", "stranger.example.org", "DNS:stranger.example.org", "-days 30");
	make_leaf(server, "foreign", "other-ca", "pumpwatch.example.org", "DNS:pumpwatch.example.org", "-days 30");
	make_leaf(server, "expired", "ca", "receiver.example.org", both,
		  "-startdate 20190101000000Z -enddate 20200101000000Z");
}

/* ---- sinks ---- */

void fixture_configure(struct fixture_sink *fixture, enum config_sink_type type, const struct server *server)
{
	bool tls = type == CONFIG_SINK_RELP || type == CONFIG_SINK_TLS;

	(void)signal(SIGPIPE, SIG_IGN);
	*fixture = (struct fixture_sink){
		.config = {.name = (char *)"test", .type = type, .host = (char *)"127.0.0.1",
			   .port = server->port, .window = 64, .timeout = 20 * TIME_SECOND},
	};
	ck_assert_int_eq(pipe(fixture->cancel), 0);
	if (!tls)
		return;
	(void)snprintf(fixture->ca_file, SERVER_PATH_MAX, "%s/certs/ca.pem", server->folder);
	(void)snprintf(fixture->cert_file, SERVER_PATH_MAX, "%s/certs/client.pem", server->folder);
	(void)snprintf(fixture->key_file, SERVER_PATH_MAX, "%s/certs/client.key", server->folder);
	fixture->config.ca_file = fixture->ca_file;
	fixture->config.cert_file = fixture->cert_file;
	fixture->config.key_file = fixture->key_file;
	fixture->config.peer_name = (char *)"receiver.example.org";
}

void fixture_make(struct fixture_sink *fixture)
{
	struct error e = {0};

	ck_assert_msg(sink_new(&fixture->sink, &fixture->config, fixture->cancel[0], &e) == 0, "%s", e.text);
}

void fixture_clear(struct fixture_sink *fixture)
{
	sink_free(fixture->sink);
	cleanup_close(&fixture->cancel[0]);
	cleanup_close(&fixture->cancel[1]);
}

enum sink_answer fixture_send(struct sink *sink, unsigned number, struct error *e)
{
	char message[128];
	struct iovec part = {message, 0};

	part.iov_len = (size_t)snprintf(message, sizeof message,
					"<134>1 2026-11-22T01:00:00.000000Z collector pumpwatch - TEST - event %06u", number);
	return sink_send(sink, &part, 1, e);
}

void fixture_send_all(struct sink *sink, unsigned from, unsigned to)
{
	for (unsigned number = from; number <= to; number++) {
		struct error e = {0};
		ck_assert_msg(fixture_send(sink, number, &e) == SINK_TAKEN, "%u: %s", number, e.text);
	}
}

void fixture_flush(struct sink *sink, size_t delivered)
{
	struct error e = {0};
	size_t count = 0;

	ck_assert_msg(sink_flush(sink, &count, &e) == SINK_TAKEN, "%s", e.text);
	ck_assert_uint_eq(count, delivered);
}

void fixture_open(struct sink *sink, int expected)
{
	struct error e = {0};
	int opened = sink_open(sink, &e);

	ck_assert_msg(opened == expected, "%d: %s", opened, e.text);
}

void fixture_expect_away(struct sink *sink, const char *words)
{
	struct error e = {0};
	size_t count = 0;
	bool away = sink_open(sink, &e) < 0;

	if (!away)
		away = fixture_send(sink, 1, &e) == SINK_AWAY || sink_flush(sink, &count, &e) == SINK_AWAY;
	ck_assert_msg(away, "it was taken");
	ck_assert_uint_eq(count, 0);
	ck_assert_msg(strstr(e.text, words) != NULL, "\"%s\" instead of \"%s\"", e.text, words);
	ck_assert_int_eq(e.code, ERROR_UNAVAILABLE);
}

/* ---- receivers ---- */

static size_t count_lines(const char *content)
{
	size_t count = 0;

	for (const char *at = content; at && (at = strchr(at, '\n')); at++)
		count++;
	return count;
}

void fixture_await_lines(const struct server *server, const char *name, size_t lines)
{
	size_t count = 0;

	for (int i = 0; i < FIXTURE_STEPS; i++) {
		char *content = server_read(server, name);
		count = count_lines(content);
		free(content);
		if (count >= lines)
			break;
		poll(NULL, 0, FIXTURE_STEP_MS);
	}
	ck_assert_msg(count == lines, "%s: %zu lines instead of %zu", name, count, lines);
}

size_t fixture_expect_events(const struct server *server, const char *name, unsigned last)
{
	CLEANUP(cleanup_free) char *content = server_read(server, name);
	unsigned highest = 0;
	size_t again = 0;

	ck_assert_ptr_nonnull(content);
	for (const char *at = content; *at;) {
		const char *line = strstr(at, "event ");
		ck_assert_msg(line != NULL, "no event in %.80s", at);
		unsigned number = (unsigned)strtoul(line + 6, NULL, 10);
		ck_assert_msg(number <= highest + 1, "%u is missing", highest + 1);
		if (number <= highest)
			again++;
		else
			highest = number;
		at = strchr(line, '\n');
		ck_assert_ptr_nonnull(at);
		at++;
	}
	ck_assert_uint_eq(highest, last);
	return again;
}

void fixture_kill(struct server *server, int signal)
{
	ck_assert_int_eq(kill(server->pid, signal), 0);
	ck_assert_int_eq(waitpid(server->pid, NULL, 0), server->pid);
	server->pid = 0;
}

/* ---- receivers of octet counting ---- */

void fixture_start_rsyslog(struct server *server, const char *global, const char *input)
{
	char configuration[16 * SERVER_PATH_MAX];

	(void)snprintf(configuration, sizeof configuration,
		       "global(workDirectory=\"%1$s\" %2$s)\n"
		       "template(name=\"raw\" type=\"string\" string=\"%%msg%%\\n\")\n"
		       "ruleset(name=\"events\" queue.type=\"Direct\") {\n"
		       " action(type=\"omfile\" file=\"%1$s/events\" template=\"raw\" flushOnTXEnd=\"on\") }\n%3$s\n",
		       server->folder, global, input);
	server_start_rsyslogd(server, configuration);
}

static void rsyslog_tcp(struct server *server, const char *certificate)
{
	char input[SERVER_PATH_MAX];

	(void)certificate;
	(void)snprintf(input, sizeof input,
		       "module(load=\"imtcp\")\n"
		       "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"%u\" ruleset=\"events\")", server->port);
	fixture_start_rsyslog(server, "", input);
}

static void rsyslog_tls(struct server *server, const char *certificate)
{
	char global[4 * SERVER_PATH_MAX];
	char input[SERVER_PATH_MAX];

	(void)snprintf(global, sizeof global,
		       "DefaultNetstreamDriver=\"ossl\" DefaultNetstreamDriverCAFile=\"%1$s/certs/ca.pem\""
		       " DefaultNetstreamDriverCertFile=\"%1$s/certs/%2$s.pem\""
		       " DefaultNetstreamDriverKeyFile=\"%1$s/certs/%2$s.key\"", server->folder, certificate);
	(void)snprintf(input, sizeof input,
		       "module(load=\"imtcp\" StreamDriver.Name=\"ossl\" StreamDriver.Mode=\"1\""
		       " StreamDriver.AuthMode=\"x509/name\" PermittedPeer=[\"pumpwatch.example.org\"])\n"
		       "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"%u\" ruleset=\"events\")", server->port);
	fixture_start_rsyslog(server, global, input);
}

#define SYSLOG_NG_OUTPUT \
	"options { threaded(no); flush-lines(1); };\n" \
	"destination d { file(\"`folder`/events\" template(\"$MSG\\n\") flush-lines(1)); };\n" \
	"log { source(s); destination(d); };\n"

static void syslog_ng_tcp(struct server *server, const char *certificate)
{
	(void)certificate;
	server_start_syslog_ng(server, "source s { syslog(ip(127.0.0.1) port(`port`) transport(tcp)); };\n"
				       SYSLOG_NG_OUTPUT);
}

static void syslog_ng_tls(struct server *server, const char *certificate)
{
	char configuration[2 * SERVER_PATH_MAX];

	(void)snprintf(configuration, sizeof configuration,
		       "source s { syslog(ip(127.0.0.1) port(`port`) transport(tls)\n"
		       "tls(key-file(\"`folder`/certs/%1$s.key\") cert-file(\"`folder`/certs/%1$s.pem\")\n"
		       "ca-file(\"`folder`/certs/ca.pem\") peer-verify(required-trusted))); };\n" SYSLOG_NG_OUTPUT,
		       certificate);
	server_start_syslog_ng(server, configuration);
}

const struct fixture_receiver fixture_receivers[FIXTURE_RECEIVERS] = {
	{CONFIG_SINK_TCP, rsyslog_tcp},
	{CONFIG_SINK_TLS, rsyslog_tls},
	{CONFIG_SINK_TCP, syslog_ng_tcp},
	{CONFIG_SINK_TLS, syslog_ng_tls},
};
