#pragma once
/* One rule for certificates for every protocol over TLS: a pin decides alone; without one an
 * authority must vouch for the host; when a pin is to be learnt, anything goes and is
 * reported. Used by a connection of our own and by libcurl's alike. */
#include <openssl/ssl.h>

#include "link/internal.h"

struct error;

/* Read the authorities (PEM, may be NULL) once a process. Returns 0 or -1. */
int link_tls_start(const char *ca_bundle, struct error *e);
void link_tls_stop(void);

/* What was seen of a peer; embedded in a protocol's state, which outlives the context. */
struct link_tls {
	const struct link *link;
	char pin[128];		    /* "sha256//…"; empty until a certificate was shown */
	char key[VISIT_KEY_SIZE];   /* its SHA-256, end and subject */
	bool authenticated;
	bool weak;
	struct link_result verdict; /* why the certificate was refused, or VISIT_OK */
};

/* Set versions, ciphers and the rule for certificates. False: OpenSSL could not. */
bool link_tls_prepare(struct link_tls *tls, const struct link *link, SSL_CTX *context);

/* After a handshake that failed: the verdict on the certificate, else what OpenSSL says. */
struct link_result link_tls_failed(const struct link_tls *tls);

/* Add what is known to the grade and the pin. */
void link_tls_look(const struct link_tls *tls, struct link_seen *seen);
