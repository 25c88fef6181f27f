#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"

#include "link/internal.h"
#include "link/tls.h"

static const struct link_protocol *const protocols[VISIT_SCHEME_COUNT] = {
	[VISIT_FTP] = &link_protocol_ftp,
	[VISIT_FTPS] = &link_protocol_ftp,
	[VISIT_FTPES] = &link_protocol_ftp,
	[VISIT_SFTP] = &link_protocol_ssh,
	[VISIT_HTTP] = &link_protocol_curl,
	[VISIT_HTTPS] = &link_protocol_curl,
	[VISIT_TFTP] = &link_protocol_curl,
	[VISIT_FILE] = &link_protocol_file,
};

int link_start(const char *ca_bundle, struct error *e)
{
	/* OpenSSL writes to sockets without a way to say that a signal is not wanted. */
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail for a signal that there is */
	/* At its first use gmtime_r() opens the file of the time zone, whatever it needs. */
	tzset();
	if (link_tls_start(ca_bundle, e) < 0)
		return -1;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		return 0;
	link_tls_stop();
	return error_set(e, ERROR_INTERNAL, "libcurl cannot start");
}

void link_stop(void)
{
	curl_global_cleanup();
	link_tls_stop();
}

struct link_result link_open(struct link **ret_link, const struct link_environment *environment,
			     struct link_seen *ret_seen)
{
	const struct visit_order *order = environment->order;
	const struct link_protocol *protocol = protocols[order->address.scheme];

	*ret_seen = (struct link_seen){0};
	struct link *link = calloc(1, sizeof *link);
	if (!link)
		return link_failed_memory();
	link->protocol = protocol;
	link->environment = *environment;
	link->deadline_at = environment->deadline_at > 0
				    ? environment->deadline_at
				    : link_now() + order->limits.total_seconds * TIME_SECOND;
	struct link_result result = protocol->open(link);
	link_look(link, ret_seen);
	if (result.outcome != VISIT_OK)
		link_close(link);
	else
		*ret_link = link;
	return result;
}

void link_look(const struct link *link, struct link_seen *ret_seen)
{
	*ret_seen = (struct link_seen){0};
	memcpy(ret_seen->address, link->address, sizeof ret_seen->address);
	if (link->state)
		link->protocol->look(link, ret_seen);
}

struct link_result link_list(struct link *link, const char *folder, struct listing *ret_listing)
{
	*ret_listing = (struct listing){0};
	if (!visit_scheme_lists(link->environment.order->address.scheme))
		return link_failed(VISIT_LISTING_UNSUPPORTED, "this protocol has named files only");
	if (folder[0] != '\0' && !visit_path_is_safe(folder))
		return link_failed(VISIT_PROTOCOL_ERROR, "unsafe path %s", folder);
	return link->protocol->list(link, folder, ret_listing);
}

struct link_result link_read(struct link *link, const char *path, int64_t expected,
			     link_on_bytes *on_bytes, void *userdata, struct link_read *ret_read)
{
	*ret_read = (struct link_read){0};
	if (!visit_path_is_safe(path))
		return link_failed(VISIT_PROTOCOL_ERROR, "unsafe path %s", path);
	if (expected >= 0 && (uint64_t)expected > link->environment.order->limits.file_bytes)
		return link_failed(VISIT_TOO_LARGE, "listed with %lld bytes", (long long)expected);
	return link->protocol->read(link, path, expected, on_bytes, userdata, ret_read);
}

struct link_result link_stat(struct link *link, const char *path, struct listing_entry *ret_entry)
{
	*ret_entry = (struct listing_entry){0};
	if (!link->protocol->stat)
		return link_failed(VISIT_LISTING_UNSUPPORTED, "this protocol tells no size or time");
	if (!visit_path_is_safe(path))
		return link_failed(VISIT_PROTOCOL_ERROR, "unsafe path %s", path);
	return link->protocol->stat(link, path, ret_entry);
}

bool link_is_usable(const struct link *link)
{
	return link->protocol->is_usable(link);
}

void link_close(struct link *link)
{
	if (!link)
		return;
	link->protocol->close(link);
	free(link);
}
