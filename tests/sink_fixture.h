#pragma once
/* Sinks over the network and the receivers that they talk to: certificates, numbered messages,
 * and what arrived of them. */
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sink/sink.h"

#include "servers/servers.h"

enum { FIXTURE_STEPS = 1500, FIXTURE_STEP_MS = 20 };

/* Certificates below folder/certs, made once for a test: NAME.pem and NAME.key for
 *   ca, other-ca        two authorities
 *   server              for the name receiver.example.org and 127.0.0.1, by ca
 *   client              for pumpwatch.example.org, by ca
 *   stranger            for stranger.example.org, by ca
 *   foreign             for pumpwatch.example.org, by other-ca
 *   expired             for both names of server, by ca, over since 2020 */
void fixture_make_certificates(const struct server *server);

/* A sink that checks for receiver.example.org with certs/ca.pem where it is over TLS, has the
 * certificate of client, a window of 64 and a timeout of 20 s. */
struct fixture_sink {
	struct config_sink config;
	char ca_file[SERVER_PATH_MAX], cert_file[SERVER_PATH_MAX], key_file[SERVER_PATH_MAX];
	int cancel[2]; /* a pipe */
	struct sink *sink;
};
/* Fill the configuration; the test changes what it likes and calls fixture_make(). */
void fixture_configure(struct fixture_sink *fixture, enum config_sink_type type, const struct server *server);
void fixture_make(struct fixture_sink *fixture);
void fixture_clear(struct fixture_sink *fixture);

#define SINK(name, type, server) \
	CLEANUP(fixture_clear) struct fixture_sink name; \
	fixture_configure(&(name), type, server); \
	fixture_make(&(name))

/* Hand over a message whose text is "event NNNNNN". */
enum sink_answer fixture_send(struct sink *sink, unsigned number, struct error *e);
/* Messages from to to, each of which must be taken. */
void fixture_send_all(struct sink *sink, unsigned from, unsigned to);
/* All that was taken must be delivered. */
void fixture_flush(struct sink *sink, size_t delivered);
void fixture_open(struct sink *sink, int expected);
/* Opening, sending and flushing must lead to SINK_AWAY, with these words. */
void fixture_expect_away(struct sink *sink, const char *words);

/* A file below the folder with one "event NNNNNN" a line: wait for lines, and have no others. */
void fixture_await_lines(const struct server *server, const char *name, size_t lines);
/* It has events 1 to last, the first of each in order. Returns how many came again. */
size_t fixture_expect_events(const struct server *server, const char *name, unsigned last);

/* End it with a signal and wait; its folder stays. */
void fixture_kill(struct server *server, int signal);

/* ---- receivers of octet counting ---- */

/* rsyslogd that writes the text of each message to the file "events"; with more parameters of
 * global(), and with an input that has the ruleset "events". */
void fixture_start_rsyslog(struct server *server, const char *global, const char *input);

enum { FIXTURE_RSYSLOG_TCP, FIXTURE_RSYSLOG_TLS, FIXTURE_SYSLOG_NG_TCP, FIXTURE_SYSLOG_NG_TLS, FIXTURE_RECEIVERS };
/* The same by the two of them; over TLS with this certificate of theirs. */
extern const struct fixture_receiver {
	enum config_sink_type type;
	void (*start)(struct server *server, const char *certificate);
} fixture_receivers[FIXTURE_RECEIVERS];
