#include <string.h>

#include "base/text.h"
#include "base/time.h"

#include "link/curl.h"

enum { TFTP_BLOCK = 1428 }; /* fits an Ethernet frame */

static const char *scheme_name(enum visit_scheme scheme)
{
	return scheme == VISIT_HTTPS ? "https" : scheme == VISIT_TFTP ? "tftp" : "http";
}

/* RFC 3986 §2.3: everything else is encoded, so that ";", "?" and "#" are what they are. */
static void add_path(struct text *url, const char *path)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~/";

	for (; *path; path++) {
		if (strchr(unreserved, *path))
			text_add_char(url, *path);
		else
			text_addf(url, "%%%02X", (unsigned char)*path);
	}
}

char *link_curl_url(const struct visit_address *address, const char *path)
{
	bool is_v6 = strchr(address->host, ':') != NULL;
	bool at_root = strcmp(address->root, "/") == 0;
	struct text url;

	text_init(&url);
	text_addf(&url, "%s://%s%s%s:%u/", scheme_name(address->scheme), is_v6 ? "[" : "",
		  address->host, is_v6 ? "]" : "", address->port);
	/* TFTP knows no root: "/" means bare names, and any other is a path with its slash. */
	if (!at_root) {
		add_path(&url, address->scheme == VISIT_TFTP ? address->root : address->root + 1);
		text_add_char(&url, '/');
	}
	add_path(&url, path);
	return text_take(&url);
}

char *link_curl_known_host(const struct visit_address *address, const char *numeric)
{
	bool is_v6 = strchr(numeric, ':') != NULL;
	struct text entry;

	text_init(&entry);
	text_addf(&entry, "%s:%u:%s%s%s", address->host, address->port, is_v6 ? "[" : "", numeric,
		  is_v6 ? "]" : "");
	return text_take(&entry);
}

/* libcurl says of each option whether it has it; all must be had. */
#define SET(option, value) (curl_easy_setopt(curl->easy, (option), (value)) == CURLE_OK)

static bool set_safety(struct link_curl *curl, const char *scheme)
{
	return SET(CURLOPT_PROTOCOLS_STR, scheme) && SET(CURLOPT_REDIR_PROTOCOLS_STR, scheme) &&
	       SET(CURLOPT_PROXY, "") && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_UNRESTRICTED_AUTH, 0L) &&
	       SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) && SET(CURLOPT_PATH_AS_IS, 1L) &&
	       SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_NOPROGRESS, 1L) &&
	       SET(CURLOPT_FAILONERROR, 1L) && SET(CURLOPT_TRANSFERTEXT, 0L);
}

static bool set_http(struct link_curl *curl)
{
	return SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(CURLOPT_HTTP09_ALLOWED, 0L) && SET(CURLOPT_ACCEPT_ENCODING, NULL) &&
	       SET(CURLOPT_HTTP_CONTENT_DECODING, 0L) && SET(CURLOPT_USERAGENT, "pumpwatch") &&
	       SET(CURLOPT_HTTPAUTH, (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST));
}

static bool set_limits(struct link_curl *curl)
{
	const struct visit_limits *limits = &curl->link->environment.order->limits;
	int64_t left = (curl->link->deadline_at - link_now()) / (TIME_SECOND / 1000);

	/* Our own loop keeps the idle and total time, to the step of a poll; these stand behind
	 * it in case that libcurl does not return to it. */
	return SET(CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms) &&
	       SET(CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left + 1000 : 1000)) &&
	       SET(CURLOPT_QUICK_EXIT, 1L) &&
	       SET(CURLOPT_BUFFERSIZE, (long)link_piece(curl->link)) &&
	       SET(CURLOPT_TFTP_BLKSIZE, (long)TFTP_BLOCK) &&
	       SET(CURLOPT_TFTP_NO_OPTIONS, curl->without_options ? 1L : 0L);
}

/* link_tls_prepare() is the judge of certificates; libcurl's own looks are switched off. */
static bool set_tls(struct link_curl *curl)
{
	return SET(CURLOPT_SSL_VERIFYPEER, 0L) && SET(CURLOPT_SSL_VERIFYHOST, 0L) &&
	       SET(CURLOPT_SSL_SESSIONID_CACHE, 0L) && SET(CURLOPT_SSL_ENABLE_ALPN, 0L) &&
	       SET(CURLOPT_SSL_CTX_DATA, curl) && SET(CURLOPT_SSL_CTX_FUNCTION, link_curl_on_tls);
}

static bool set_login(struct link_curl *curl)
{
	const struct link_environment *environment = &curl->link->environment;

	if (environment->order->login != VISIT_LOGIN_CREDENTIAL)
		return true;
	return SET(CURLOPT_USERNAME, environment->order->user) &&
	       SET(CURLOPT_PASSWORD, environment->secret->password);
}

static bool set_callbacks(struct link_curl *curl)
{
	return SET(CURLOPT_WRITEFUNCTION, link_curl_on_body) && SET(CURLOPT_WRITEDATA, curl) &&
	       SET(CURLOPT_HEADERFUNCTION, link_curl_on_header) && SET(CURLOPT_HEADERDATA, curl) &&
	       SET(CURLOPT_SOCKOPTFUNCTION, link_curl_on_socket) &&
	       SET(CURLOPT_SOCKOPTDATA, curl) && SET(CURLOPT_ERRORBUFFER, curl->message);
}

bool link_curl_prepare(struct link_curl *curl, const char *url, bool head)
{
	enum visit_scheme scheme = curl->link->environment.order->address.scheme;

	curl_easy_reset(curl->easy);
	curl->message[0] = '\0';
	if (!set_safety(curl, scheme_name(scheme)) || !set_limits(curl) || !set_callbacks(curl))
		return false;
	if (scheme != VISIT_TFTP && (!set_http(curl) || !set_login(curl)))
		return false;
	if (scheme == VISIT_HTTPS && !set_tls(curl))
		return false;
	if (curl->resolve && !SET(CURLOPT_RESOLVE, curl->resolve))
		return false;
	return SET(CURLOPT_URL, url) && (!head || SET(CURLOPT_NOBODY, 1L));
}
