#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/text.h"

#include "sink/stream.h"

enum {
	NAMES_SHOWN = 5, /* of a certificate that is for others */
	NAME_SHOWN = 80, /* bytes of each */
	TIME_SHOWN = 32,
};

CLEANUP_DEFINE(SSL_CTX, SSL_CTX_free);

/* ---- what a certificate says, which is the peer's word ---- */

static void add_shown(struct text *text, const char *bytes, size_t length)
{
	escape_add(text, ESCAPE_DISPLAY, bytes, length < NAME_SHOWN ? length : NAME_SHOWN);
}

static void add_name(struct text *text, const GENERAL_NAME *name)
{
	char address[INET6_ADDRSTRLEN];

	if (name->type == GEN_DNS) {
		add_shown(text, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
			  (size_t)ASN1_STRING_length(name->d.dNSName));
	} else if (name->type == GEN_IPADD) {
		int length = ASN1_STRING_length(name->d.iPAddress);
		int family = length == 4 ? AF_INET : AF_INET6;
		if ((length == 4 || length == 16) &&
		    inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), address, sizeof address))
			text_add(text, address);
	}
}

static void add_common_name(struct text *text, const X509_NAME *name)
{
	char common[NAME_SHOWN + 1] = "";
	int length = X509_NAME_get_text_by_NID((X509_NAME *)(uintptr_t)name, NID_commonName, common,
					       sizeof common);

	if (length > 0)
		add_shown(text, common, strlen(common));
	else
		text_add(text, "a name without a CN");
}

/* For whom a certificate is. */
static void add_names(struct text *text, X509 *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int count = names ? sk_GENERAL_NAME_num(names) : 0;
	size_t before = text->length;

	for (int i = 0; i < count && i < NAMES_SHOWN; i++) {
		if (text->length > before)
			text_add(text, ", ");
		add_name(text, sk_GENERAL_NAME_value(names, i));
	}
	if (count > NAMES_SHOWN)
		text_add(text, ", …");
	if (text->length == before)
		add_common_name(text, X509_get_subject_name(certificate));
	GENERAL_NAMES_free(names);
}

static void write_time(char ret_time[static TIME_SHOWN], const ASN1_TIME *time)
{
	struct tm tm = {0};

	if (!time || ASN1_TIME_to_tm(time, &tm) != 1 || strftime(ret_time, TIME_SHOWN, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		(void)snprintf(ret_time, TIME_SHOWN, "an unknown time");
}

/* ---- why a certificate is refused ---- */

static void add_unknown_authority(struct text *text, const struct sink_peer *peer, X509 *certificate)
{
	text_add(text, "no authority in ");
	text_add(text, peer->ca_file ? peer->ca_file : "the host's own list");
	text_add(text, " vouches for the receiver's certificate, which is issued by ");
	add_common_name(text, X509_get_issuer_name(certificate));
	text_add(text, ": put the certificate of its authority into a file and name that by ca-file");
}

static void add_refusal(struct text *text, const struct sink_peer *peer, int number, int depth,
			X509 *certificate)
{
	const char *whose = depth == 0 ? "the receiver's certificate" : "the certificate of the receiver's authority";
	char at[TIME_SHOWN];

	switch (number) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		write_time(at, X509_get0_notAfter(certificate));
		text_addf(text, "%s expired at %s: it must be renewed there", whose, at);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		write_time(at, X509_get0_notBefore(certificate));
		text_addf(text, "%s is valid only from %s: is the clock of this host right?", whose, at);
		return;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		text_add(text, "the receiver's certificate is for ");
		add_names(text, certificate);
		text_addf(text, ", and not for %s: if this is the receiver, set peer-name to the name it has", peer->name);
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		add_unknown_authority(text, peer, certificate);
		return;
	default:
		text_addf(text, "%s is not good: %s", whose, X509_verify_cert_error_string(number));
		return;
	}
}

/* Called for each certificate of the chain: note the words of the first that is refused. */
static int on_verified(int fine, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct sink_stream *stream = SSL_get_app_data(ssl);
	CLEANUP(text_clear) struct text words = {0};

	if (fine || stream->refused[0] != '\0')
		return fine;
	text_init(&words);
	add_refusal(&words, &stream->peer, X509_STORE_CTX_get_error(store),
		    X509_STORE_CTX_get_error_depth(store), X509_STORE_CTX_get_current_cert(store));
	text_copy(stream->refused, sizeof stream->refused,
		  words.failed ? "the receiver's certificate is refused" : words.data);
	return 0;
}

/* ---- our side ---- */

/* OpenSSL's own words for a file that it cannot read lead nowhere. */
static int check_readable(const char *key, const char *path, struct error *e)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0)
		return 0;
	if (errno == EACCES || errno == EPERM)
		return error_set(e, ERROR_UNAVAILABLE,
				 "%s %s: permission denied: the user that runs pumpwatchd must be able to read it", key, path);
	return error_set(e, ERROR_UNAVAILABLE, "%s %s: %s", key, path, strerrordesc_np(errno));
}

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *buffer, int size, int writing, void *userdata)
{
	(void)buffer, (void)size, (void)writing, (void)userdata;
	return -1;
}

static int load_ours(SSL_CTX *context, const struct sink_peer *peer, struct error *e)
{
	if (!peer->cert_file)
		return 0;
	if (check_readable("cert-file", peer->cert_file, e) < 0 || check_readable("key-file", peer->key_file, e) < 0)
		return -1;
	SSL_CTX_set_default_passwd_cb(context, no_passphrase);
	if (SSL_CTX_use_certificate_chain_file(context, peer->cert_file) != 1)
		return error_set(e, ERROR_UNAVAILABLE, "cert-file %s holds no usable certificate in PEM", peer->cert_file);
	if (SSL_CTX_use_PrivateKey_file(context, peer->key_file, SSL_FILETYPE_PEM) != 1) {
		if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
			return error_set(e, ERROR_UNAVAILABLE, "key-file %s is not the key of cert-file %s", peer->key_file,
					 peer->cert_file);
		return error_set(e, ERROR_UNAVAILABLE, "key-file %s holds no private key in PEM without a passphrase",
				 peer->key_file);
	}
	return 0;
}

static int load_authorities(SSL_CTX *context, const struct sink_peer *peer, struct error *e)
{
	if (!peer->ca_file) {
		if (SSL_CTX_set_default_verify_paths(context) != 1)
			return error_set(e, ERROR_UNAVAILABLE, "the host's own authorities cannot be read");
		return 0;
	}
	if (check_readable("ca-file", peer->ca_file, e) < 0)
		return -1;
	if (SSL_CTX_load_verify_file(context, peer->ca_file) != 1)
		return error_set(e, ERROR_UNAVAILABLE, "ca-file %s holds no certificate in PEM", peer->ca_file);
	return 0;
}

static bool is_address(const char *name)
{
	unsigned char ignored[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, ignored) == 1 || inet_pton(AF_INET6, name, ignored) == 1;
}

static bool expect_name(SSL *ssl, const char *name)
{
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

int sink_tls_start(struct sink_stream *stream, struct error *e)
{
	CLEANUP(cleanup_SSL_CTX_free) SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	ERR_clear_error();
	stream->refused[0] = '\0';
	if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
		return error_set(e, ERROR_INTERNAL, "OpenSSL cannot start TLS");
	if (load_authorities(context, &stream->peer, e) < 0 || load_ours(context, &stream->peer, e) < 0)
		return -1;
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verified);
	stream->ssl = SSL_new(context);
	if (!stream->ssl || SSL_set_fd(stream->ssl, stream->fd) != 1 || !expect_name(stream->ssl, stream->peer.name))
		return error_memory(e);
	SSL_set_app_data(stream->ssl, stream);
	return 0;
}

/* ---- what the peer says of us ---- */

/* Our own certificate where it can be the reason: with its end, should that be over. */
static void add_ours(struct text *text, const struct sink_stream *stream)
{
	const X509 *ours = SSL_get_certificate(stream->ssl);
	char at[TIME_SHOWN];

	if (!ours) {
		text_add(text, ": set cert-file and key-file");
		return;
	}
	text_addf(text, " (%s", stream->peer.cert_file);
	if (X509_cmp_current_time(X509_get0_notAfter(ours)) < 0) {
		write_time(at, X509_get0_notAfter(ours));
		text_addf(text, ", which expired at %s: renew it", at);
	}
	text_add(text, ")");
}

/* The alerts of RFC 8446 §6.2 as OpenSSL has them; NULL: none that has to do with us. */
static const char *words_for(int reason)
{
	switch (reason) {
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
		return "the receiver wants a certificate from us";
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		return "the receiver refuses the handshake: it may want a certificate from us, or other versions and ciphers";
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
		return "the receiver does not know the authority of our certificate";
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
		return "the receiver says that our certificate has expired";
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
		return "the receiver says that our certificate is revoked";
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
		return "the receiver does not accept our certificate";
	default:
		return NULL;
	}
}

void sink_tls_suspect(const struct sink_stream *stream, struct error *e)
{
	CLEANUP(text_clear) struct text words = {0};

	if (!stream->ssl || !stream->ended)
		return;
	text_init(&words);
	text_add(&words, e->text);
	text_add(&words, SSL_get_certificate(stream->ssl) ? "; it may not accept our certificate"
							  : "; it may want a certificate from us");
	add_ours(&words, stream);
	if (!words.failed)
		(void)error_set(e, e->code, "%s", words.data);
}

int sink_tls_failed(struct sink_stream *stream, const char *what, struct error *e)
{
	const unsigned long last = ERR_peek_last_error();
	const int reason = ERR_GET_LIB(last) == ERR_LIB_SSL ? ERR_GET_REASON(last) : 0;
	const char *about_us = words_for(reason);
	CLEANUP(text_clear) struct text words = {0};

	ERR_clear_error();
	if (stream->refused[0] != '\0')
		return error_set(e, ERROR_UNAVAILABLE, "%s", stream->refused);
	if (about_us) {
		text_init(&words);
		text_add(&words, about_us);
		add_ours(&words, stream);
		return error_set(e, ERROR_UNAVAILABLE, "%s", words.failed ? about_us : words.data);
	}
	if (reason == SSL_R_WRONG_VERSION_NUMBER)
		return error_set(e, ERROR_UNAVAILABLE, "%s failed: the receiver does not speak TLS on port %u", what,
				 stream->peer.port);
	if (reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL)
		return error_set(e, ERROR_UNAVAILABLE, "%s failed: the receiver speaks no TLS 1.2 or newer", what);
	if (last == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		stream->ended = true;
		return error_set(e, ERROR_UNAVAILABLE, "the receiver closed the connection%s",
				 SSL_is_init_finished(stream->ssl) ? "" : " in the TLS handshake: does it speak TLS on this port?");
	}
	const char *words_of = ERR_reason_error_string(last);
	return error_set(e, ERROR_UNAVAILABLE, "%s failed: %s", what, words_of ? words_of : "TLS is broken");
}
