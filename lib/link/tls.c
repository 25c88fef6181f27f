#include <arpa/inet.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/text.h"

#include "link/tls.h"

enum {
	SHORT_KEY_BITS = 112,	  /* of security: RSA 2048 has as many */
	SHORT_CIPHER_BITS = 128,
};

/* Set once before there are threads, and only read after: the one thing that link_start()
 * hands to every link. */
static X509_STORE *authorities;

int link_tls_start(const char *ca_bundle, struct error *e)
{
	/* The host's configuration is read now, since the sandbox lets nobody open it later. */
	if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
		return error_set(e, ERROR_INTERNAL, "OpenSSL cannot start");
	authorities = X509_STORE_new();
	BIO *bundle = BIO_new_mem_buf(ca_bundle ? ca_bundle : "", -1);
	if (!authorities || !bundle) {
		BIO_free(bundle);
		return error_memory(e);
	}
	size_t count = 0;
	bool added = true;
	for (X509 *one; added && (one = PEM_read_bio_X509(bundle, NULL, NULL, NULL)); count++) {
		added = X509_STORE_add_cert(authorities, one) == 1;
		X509_free(one);
	}
	BIO_free(bundle);
	ERR_clear_error(); /* the end of a bundle is an error to PEM_read_bio_X509() */
	if (!added || (ca_bundle && count == 0)) {
		link_tls_stop();
		return error_set(e, ERROR_CONFIG, "no certificate in the bundle of authorities");
	}
	return 0;
}

void link_tls_stop(void)
{
	X509_STORE_free(authorities);
	authorities = NULL;
}

/* The pin of a certificate as curl has it: the SHA-256 of the public key's DER in base64. */
static bool write_pin(char ret_pin[static 128], X509 *certificate)
{
	static const char prefix[] = "sha256//";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_length = 0;
	unsigned char *der = NULL;
	int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	if (length <= 0)
		return false;
	bool hashed = EVP_Digest(der, (size_t)length, digest, &digest_length, EVP_sha256(), NULL);
	OPENSSL_free(der);
	if (!hashed)
		return false;
	memcpy(ret_pin, prefix, sizeof prefix);
	EVP_EncodeBlock((unsigned char *)ret_pin + sizeof prefix - 1, digest, (int)digest_length);
	return true;
}

/* What a person can hold against the device: openssl x509 -fingerprint -sha256 -enddate -subject.
 * The subject is the peer's to choose, so it stands last and is cut. */
static void write_key(char ret_key[static VISIT_KEY_SIZE], X509 *certificate)
{
	CLEANUP(text_clear) struct text text;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	struct tm end;
	char name[1024] = "";

	text_init(&text);
	if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1)
		length = 0;
	for (unsigned i = 0; i < length; i++)
		text_addf(&text, "%s%02X", i > 0 ? ":" : "certificate SHA-256 ", digest[i]);
	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1)
		text_addf(&text, ", valid until %04d-%02d-%02d", end.tm_year + 1900, end.tm_mon + 1, end.tm_mday);
	if (X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name) && name[0] != '\0') {
		text_add(&text, ", subject ");
		escape_add(&text, ESCAPE_DISPLAY, name, strlen(name));
	}
	text_copy(ret_key, VISIT_KEY_SIZE, text.data && !text.failed ? text.data : "");
}

static bool is_pinned(const char *pins, const char *pin)
{
	size_t length = strlen(pin);

	for (const char *at = pins; *at;) {
		size_t word = strcspn(at, " ");
		if (word == length && memcmp(at, pin, length) == 0)
			return true;
		at += word;
		at += strspn(at, " ");
	}
	return false;
}

/* What is in use that is only taken from a legacy device. */
static bool is_weak(const SSL *ssl, X509 *certificate)
{
	const SSL_CIPHER *cipher = SSL_get_pending_cipher(ssl);
	EVP_PKEY *key = X509_get0_pubkey(certificate);

	return SSL_version(ssl) < TLS1_2_VERSION || !cipher ||
	       SSL_CIPHER_get_bits(cipher, NULL) < SHORT_CIPHER_BITS || !key ||
	       EVP_PKEY_get_security_bits(key) < SHORT_KEY_BITS;
}

static int verify(X509_STORE_CTX *store, void *userdata)
{
	struct link_tls *tls = userdata;
	const struct visit_order *order = tls->link->environment.order;
	X509 *certificate = X509_STORE_CTX_get0_cert(store);
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

	char pin[sizeof tls->pin];

	tls->authenticated = false;
	if (!certificate || !ssl || !write_pin(pin, certificate)) {
		tls->verdict = link_failed(VISIT_CRYPTO_INCOMPATIBLE,
					   "the certificate cannot be read");
		return 0;
	}
	if (tls->pin[0] != '\0' && strcmp(tls->pin, pin) != 0) {
		tls->verdict = link_failed(VISIT_CERTIFICATE_CHANGED,
					   "a second connection showed the key %s", pin);
		return 0;
	}
	memcpy(tls->pin, pin, sizeof tls->pin);
	write_key(tls->key, certificate);
	tls->weak = is_weak(ssl, certificate);
	if (tls->weak && !order->legacy) {
		tls->verdict = link_failed(VISIT_CRYPTO_INCOMPATIBLE,
					   "the certificate's key or the cipher is too weak");
		return 0;
	}
	if (order->pins && order->pins[0] != '\0') {
		tls->authenticated = is_pinned(order->pins, tls->pin);
		if (!tls->authenticated)
			tls->verdict = link_failed(VISIT_CERTIFICATE_CHANGED,
						   "the certificate's key is %s", tls->pin);
		return tls->authenticated;
	}
	tls->authenticated = X509_verify_cert(store) == 1;
	if (tls->authenticated || order->learn_pin) {
		X509_STORE_CTX_set_error(store, X509_V_OK); /* else OpenSSL keeps the refusal */
		return 1;
	}
	tls->verdict = link_failed(VISIT_IDENTITY_UNKNOWN, "%s",
				   X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
	return 0;
}

/* Whom an authority must vouch for. */
static bool expect_host(SSL_CTX *context, const char *host)
{
	X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context);
	unsigned char ignored[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, ignored) == 1 || inet_pton(AF_INET6, host, ignored) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1;
	X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1;
}

bool link_tls_prepare(struct link_tls *tls, const struct link *link, SSL_CTX *context)
{
	const struct visit_order *order = link->environment.order;

	*tls = (struct link_tls){.link = link};
	if (!order->address.host || !expect_host(context, order->address.host))
		return false;
	if (order->legacy) {
		if (SSL_CTX_set_min_proto_version(context, TLS1_VERSION) != 1 ||
		    SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") != 1)
			return false;
		SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
	} else if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
		return false;
	}
	if (authorities)
		SSL_CTX_set1_cert_store(context, authorities);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context, verify, tls);
	return true;
}

struct link_result link_tls_failed(const struct link_tls *tls)
{
	char words[160] = "the TLS handshake failed";
	unsigned long number = ERR_peek_last_error();

	if (tls->verdict.outcome != VISIT_OK)
		return tls->verdict;
	if (number != 0 && ERR_reason_error_string(number))
		(void)snprintf(words, sizeof words, "%s", ERR_reason_error_string(number));
	ERR_clear_error();
	return link_failed(VISIT_CRYPTO_INCOMPATIBLE, "%s", words);
}

void link_tls_look(const struct link_tls *tls, struct link_seen *seen)
{
	if (tls->pin[0] == '\0')
		return;
	memcpy(seen->pin, tls->pin, sizeof seen->pin);
	memcpy(seen->key, tls->key, sizeof seen->key);
	seen->grade.encrypted = tls->verdict.outcome == VISIT_OK;
	seen->grade.authenticated = tls->authenticated;
	seen->grade.identified = tls->authenticated;
	seen->grade.weak = tls->weak;
}
