#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/cleanup.h"
#include "base/time.h"

#include "link/curl.h"

enum {
	POLL_MS = 20,	   /* while nothing comes, doubled up to … */
	POLL_MS_MAX = 250,
	HEADERS_MAX = 64 * 1024,
	STATUS_FINE = 200,
};

/* ---- called by libcurl ---- */

static long status_of(const struct link_curl *curl)
{
	long status = 0;

	(void)curl_easy_getinfo(curl->easy, CURLINFO_RESPONSE_CODE, &status); /* 0: none */
	return status;
}

static bool has_status(const struct link_curl *curl)
{
	return curl->link->environment.order->address.scheme != VISIT_TFTP;
}

/* Only the body of a 200 is the file. */
size_t link_curl_on_body(char *bytes, size_t size, size_t count, void *userdata)
{
	struct link_curl *curl = userdata;
	size_t length = size * count;

	if (!curl->intake || (has_status(curl) && status_of(curl) != STATUS_FINE) ||
	    !link_intake_add(curl->intake, bytes, length))
		return 0;
	curl->heard_at = link_now();
	return length;
}

size_t link_curl_on_header(char *bytes, size_t size, size_t count, void *userdata)
{
	struct link_curl *curl = userdata;
	size_t length = size * count;

	(void)bytes; /* looked up by name when they are complete */
	curl->heard_at = link_now();
	curl->header_bytes += length;
	return curl->header_bytes <= HEADERS_MAX ? length : 0;
}

int link_curl_on_socket(void *userdata, curl_socket_t fd, curlsocktype purpose)
{
	const struct link_curl *curl = userdata;

	(void)purpose; /* there are no sockets that accept */
	link_prepare_socket(curl->link, fd);
	return CURL_SOCKOPT_OK;
}

CURLcode link_curl_on_tls(CURL *easy, void *context, void *userdata)
{
	struct link_curl *curl = userdata;

	(void)easy; /* the same as curl->easy */
	return link_tls_prepare(&curl->tls, curl->link, context) ? CURLE_OK
								  : CURLE_SSL_CONNECT_ERROR;
}

/* ---- one transfer ---- */

static struct link_result by_status(long status)
{
	enum visit_outcome outcome = VISIT_PROTOCOL_ERROR;

	switch (status) {
	case 401:
		outcome = VISIT_LOGIN_REFUSED;
		break;
	case 403:
		outcome = VISIT_PERMISSION_DENIED;
		break;
	case 404:
	case 410:
		outcome = VISIT_FILE_NOT_FOUND;
		break;
	case 408:
	case 429:
	case 503:
		outcome = VISIT_BUSY;
		break;
	default:
		break;
	}
	return link_failed(outcome, "the device answered with status %ld", status);
}

/* Over TFTP the message is of a getpeername() that fails on every unconnected socket. */
static const char *words(const struct link_curl *curl, CURLcode code)
{
	return has_status(curl) && curl->message[0] != '\0' ? curl->message
							      : curl_easy_strerror(code);
}

/* A connection that failed has left its reason in errno, mostly. */
static struct link_result by_errno(const struct link_curl *curl, CURLcode code,
				   enum visit_outcome otherwise)
{
	long number = 0;

	(void)curl_easy_getinfo(curl->easy, CURLINFO_OS_ERRNO, &number); /* 0: none */
	return number != 0 ? link_failed_errno((int)number)
			   : link_failed(otherwise, "%s", words(curl, code));
}

static struct link_result by_tls(const struct link_curl *curl, CURLcode code)
{
	if (curl->tls.verdict.outcome != VISIT_OK)
		return curl->tls.verdict;
	if (strstr(curl->message, "reset by peer") || strstr(curl->message, "unexpected eof") ||
	    strstr(curl->message, "SSL_ERROR_SYSCALL"))
		return link_failed(VISIT_CONNECTION_LOST,
				   "the connection ended during the TLS handshake");
	return link_failed(VISIT_CRYPTO_INCOMPATIBLE, "%s", words(curl, code));
}

static struct link_result by_code(const struct link_curl *curl, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return link_ok();
	case CURLE_COULDNT_CONNECT:
		return by_errno(curl, code, VISIT_HOST_UNREACHABLE);
	case CURLE_COULDNT_RESOLVE_HOST:
		return link_failed(VISIT_NAME_NOT_FOUND, "%s", words(curl, code));
	case CURLE_OPERATION_TIMEDOUT:
		return link_failed(VISIT_TIMED_OUT, "%s", words(curl, code));
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CIPHER:
		return by_tls(curl, code);
	case CURLE_PARTIAL_FILE:
		return link_failed(VISIT_TRUNCATED, "%s", words(curl, code));
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return link_failed(VISIT_CONNECTION_LOST, "%s", words(curl, code));
	case CURLE_TFTP_NOTFOUND:
		return link_failed(VISIT_FILE_NOT_FOUND, "%s", words(curl, code));
	case CURLE_TFTP_PERM:
	case CURLE_TFTP_NOSUCHUSER:
		return link_failed(VISIT_PERMISSION_DENIED, "%s", words(curl, code));
	case CURLE_OUT_OF_MEMORY:
		return link_failed_memory();
	default:
		return link_failed(VISIT_PROTOCOL_ERROR, "%s", words(curl, code));
	}
}

/* Let libcurl work until it is done, the visit ends, or nothing has come for too long. */
static struct link_result run(struct link_curl *curl, CURLcode *ret_code)
{
	int64_t patience = curl->link->environment.order->limits.idle_ms * (TIME_SECOND / 1000);
	int64_t heard_at = curl->heard_at;
	int wait = POLL_MS;

	for (;;) {
		int running = 0;
		int left = 0;
		if (curl_multi_perform(curl->multi, &running) != CURLM_OK)
			return link_failed(VISIT_PULLER_FAILED, "libcurl could not go on");
		const CURLMsg *message = curl_multi_info_read(curl->multi, &left);
		if (message && message->msg == CURLMSG_DONE) {
			*ret_code = message->data.result;
			return link_ok();
		}
		enum visit_outcome outcome = link_may_go_on(curl->link);
		if (outcome == VISIT_OK && link_now() >= curl->heard_at + patience)
			outcome = VISIT_TIMED_OUT;
		if (outcome != VISIT_OK)
			return link_stopped(outcome);
		wait = curl->heard_at != heard_at ? POLL_MS : wait < POLL_MS_MAX ? 2 * wait : wait;
		heard_at = curl->heard_at;
		if (curl_multi_poll(curl->multi, NULL, 0, wait, NULL) != CURLM_OK)
			return link_failed(VISIT_PULLER_FAILED, "libcurl could not wait");
	}
}

/* The outcome of a transfer in the order of what says most: our own stop, the status, the
 * verdict on the certificate, libcurl's code. */
static struct link_result judge(struct link_curl *curl, CURLcode code)
{
	bool is_https = curl->link->environment.order->address.scheme == VISIT_HTTPS;
	long status = has_status(curl) ? status_of(curl) : STATUS_FINE;

	if (curl->intake && curl->intake->stopped != VISIT_OK)
		return link_stopped(curl->intake->stopped);
	if (curl->header_bytes > HEADERS_MAX)
		return link_failed(VISIT_PROTOCOL_ERROR, "the headers are too long");
	if (status != STATUS_FINE && status != 0) {
		curl->is_usable = code == CURLE_OK || code == CURLE_HTTP_RETURNED_ERROR ||
				  code == CURLE_WRITE_ERROR;
		return by_status(status);
	}
	if (code == CURLE_OK && is_https && curl->tls.pin[0] == '\0')
		return link_failed(VISIT_PULLER_FAILED, "nobody looked at the certificate");
	curl->is_usable =
		code == CURLE_OK || code == CURLE_TFTP_NOTFOUND || code == CURLE_TFTP_PERM;
	return by_code(curl, code);
}

static struct link_result transfer(struct link_curl *curl, const char *path,
				   struct link_intake *intake, CURLcode *ret_code)
{
	CLEANUP(cleanup_free) char *url =
		link_curl_url(&curl->link->environment.order->address, path);

	*ret_code = CURLE_OK;
	if (!url)
		return link_failed_memory();
	curl->is_usable = false;
	curl->intake = intake;
	curl->header_bytes = 0;
	curl->heard_at = link_now();
	if (!link_curl_prepare(curl, url, intake == NULL))
		return link_failed(VISIT_PULLER_FAILED, "libcurl lacks an option that is needed");
	if (curl_multi_add_handle(curl->multi, curl->easy) != CURLM_OK)
		return link_failed_memory();
	struct link_result result = run(curl, ret_code);
	if (result.outcome == VISIT_OK)
		result = judge(curl, *ret_code);
	(void)curl_multi_remove_handle(curl->multi, curl->easy); /* it was added */
	ERR_clear_error(); /* libcurl leaves OpenSSL's errors to the next one */
	curl->intake = NULL;
	return result;
}

/* The length that the link announced, or -1: Content-Length, TFTP's tsize. */
static int64_t announced(const struct link_curl *curl)
{
	curl_off_t length = -1;

	if (curl_easy_getinfo(curl->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) != CURLE_OK)
		return -1;
	return length;
}

/* ---- the protocol ---- */

static struct link_result curl_open(struct link *link)
{
	const struct visit_order *order = link->environment.order;
	const struct visit_secret *secret = link->environment.secret;
	struct link_result result = link_find_address(link);

	if (result.outcome != VISIT_OK)
		return result;
	if (order->address.scheme != VISIT_TFTP && order->login == VISIT_LOGIN_CREDENTIAL &&
	    (!order->user || !secret || !secret->password))
		return link_failed(VISIT_CREDENTIAL_UNUSABLE, "HTTP needs a user and a password");
	struct link_curl *curl = calloc(1, sizeof *curl);
	if (!curl)
		return link_failed_memory();
	link->state = curl;
	curl->link = link;
	curl->multi = curl_multi_init();
	curl->easy = curl_easy_init();
	if (!curl->multi || !curl->easy)
		return link_failed_memory();
	if (strcmp(link->address, order->address.host) != 0) {
		CLEANUP(cleanup_free) char *known =
			link_curl_known_host(&order->address, link->address);
		curl->resolve = known ? curl_slist_append(NULL, known) : NULL;
		if (!curl->resolve)
			return link_failed_memory();
	}
	curl->is_usable = true;
	return link_ok();
}

static void curl_look(const struct link *link, struct link_seen *seen)
{
	const struct link_curl *curl = link->state;

	link_tls_look(&curl->tls, seen);
}

static struct link_result curl_read(struct link *link, const char *path, int64_t expected,
				    link_on_bytes *on_bytes, void *userdata,
				    struct link_read *ret_read)
{
	struct link_curl *curl = link->state;
	struct link_intake intake;
	CURLcode code;

	link_intake_start(&intake, link, on_bytes, userdata);
	struct link_result result = transfer(curl, path, &intake, &code);
	/* libcurl takes the announced size of an empty file over TFTP for an error, and so do
	 * servers that know no options at all: asked without them, both can be read. */
	if (code == CURLE_TFTP_ILLEGAL && intake.size == 0 && !curl->without_options) {
		curl->without_options = true;
		result = transfer(curl, path, &intake, &code);
		curl->without_options = false;
	}
	if (result.outcome != VISIT_OK)
		return result;
	return link_intake_end(&intake, announced(curl), expected, ret_read);
}

/* HEAD. The time is compared as text; small servers that know no HEAD cannot tell. */
static struct link_result curl_stat(struct link *link, const char *path,
				    struct listing_entry *ret_entry)
{
	struct link_curl *curl = link->state;
	struct curl_header *time;
	CURLcode code;

	if (!has_status(curl))
		return link_failed(VISIT_LISTING_UNSUPPORTED, "TFTP tells no size or time");
	struct link_result result = transfer(curl, path, NULL, &code);
	long status = status_of(curl);
	if (status == 405 || status == 501)
		return link_failed(VISIT_LISTING_UNSUPPORTED, "the device knows no HEAD");
	if (result.outcome != VISIT_OK)
		return result;
	int64_t length = announced(curl);
	ret_entry->has_size = length >= 0;
	ret_entry->size = length >= 0 ? (uint64_t)length : 0;
	if (curl_easy_header(curl->easy, "Last-Modified", 0, CURLH_HEADER, -1, &time) == CURLHE_OK)
		(void)snprintf(ret_entry->modified, sizeof ret_entry->modified, "%s", time->value);
	return result;
}

static bool curl_is_usable(const struct link *link)
{
	return ((const struct link_curl *)link->state)->is_usable;
}

static void curl_close(struct link *link)
{
	struct link_curl *curl = link->state;

	if (!curl)
		return;
	curl_easy_cleanup(curl->easy);
	if (curl->multi)
		(void)curl_multi_cleanup(curl->multi); /* nothing is left to do about it */
	curl_slist_free_all(curl->resolve);
	free(curl);
}

const struct link_protocol link_protocol_curl = {
	.open = curl_open,
	.look = curl_look,
	.read = curl_read,
	.stat = curl_stat,
	.is_usable = curl_is_usable,
	.close = curl_close,
};
