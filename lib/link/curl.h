#pragma once
/* HTTP, HTTPS and TFTP by libcurl: named files, read with GET and RRQ, looked at with HEAD.
 * Every option that is set stands in curl_options.c. */
#include <curl/curl.h>

#include "link/tls.h"

struct link_curl {
	struct link *link;
	CURLM *multi; /* one of our own: curl_easy_perform() waits up to a second too long */
	CURL *easy;
	struct curl_slist *resolve;
	char message[CURL_ERROR_SIZE];
	struct link_tls tls;
	/* of the transfer at hand */
	struct link_intake *intake; /* NULL: only looked at */
	bool without_options;	    /* TFTP as of RFC 1350 */
	int64_t heard_at;	    /* when bytes came last */
	size_t header_bytes;
	bool is_usable;
};

/* Set every option for one transfer anew. head: ask about it only. False: libcurl lacks one,
 * and nothing may go out. */
bool link_curl_prepare(struct link_curl *curl, const char *url, bool head);

/* The URL of a file, every segment of its path percent-encoded; the caller frees it. */
char *link_curl_url(const struct visit_address *address, const char *path);

/* "name:port:address", so that libcurl never asks for a name itself; the caller frees it. */
char *link_curl_known_host(const struct visit_address *address, const char *numeric);

/* ---- called by libcurl (curl.c) ---- */

size_t link_curl_on_body(char *bytes, size_t size, size_t count, void *userdata);
size_t link_curl_on_header(char *bytes, size_t size, size_t count, void *userdata);
int link_curl_on_socket(void *userdata, curl_socket_t fd, curlsocktype purpose);
CURLcode link_curl_on_tls(CURL *easy, void *context, void *userdata);
