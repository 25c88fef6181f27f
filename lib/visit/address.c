#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/number.h"
#include "base/text.h"
#include "visit/visit.h"

/* A link holds the longest path with each of its bytes written %XX. */
enum { HOST_MAX = 253, URL_MAX = 4096 };

void visit_address_clear(struct visit_address *address)
{
	free(address->host);
	free(address->root);
	*address = (struct visit_address){0};
}

/* Names and IPv4 addresses, or with brackets IPv6 addresses, perhaps with a zone. */
static bool host_is_fine(const char *host, bool brackets)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t length = strlen(host);

	if (length == 0 || length > HOST_MAX || host[0] == '-' || brackets != (strchr(host, ':') != NULL))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!strchr(letters, host[i]) && !strchr(brackets ? ":.%-_" : ".-_", host[i]))
			return false;
	return true;
}

/* Take "host[:port]" off *at, which ends up at the root's slash or the end. */
static int parse_host(struct visit_address *address, const char **at, struct error *e)
{
	bool brackets = **at == '[';
	const char *start = *at + brackets;
	const char *end = start + strcspn(start, brackets ? "]" : ":/");
	const char *rest = brackets && *end == ']' ? end + 1 : end;

	if (brackets && *end != ']')
		return error_set(e, ERROR_DATA, "the bracket of the IPv6 address is not closed");
	address->host = strndup(start, (size_t)(end - start));
	if (!address->host)
		return error_memory(e);
	if (!host_is_fine(address->host, brackets))
		return error_set(e, ERROR_DATA, "the host is missing or has characters that none has");
	size_t digits = 0;
	if (*rest == ':') {
		char port[8] = "";
		uint64_t number;
		digits = strcspn(rest + 1, "/");
		if (digits < sizeof port)
			memcpy(port, rest + 1, digits);
		if (digits >= sizeof port || number_parse(&number, port, 1, UINT16_MAX) < 0)
			return error_set(e, ERROR_DATA, "the port must be a number from 1 to 65535");
		address->port = (uint16_t)number;
		rest += 1 + digits;
	}
	if (*rest != '/' && *rest != '\0')
		return error_set(e, ERROR_DATA, "after the host only :port or /folder may follow");
	*at = rest;
	return 0;
}

int visit_host_parse(const char *words, char **ret_host, uint16_t *ret_port, struct error *e)
{
	CLEANUP(visit_address_clear) struct visit_address address = {.port = *ret_port};
	const char *at = words;

	if (parse_host(&address, &at, e) < 0)
		return -1;
	if (*at)
		return error_set(e, ERROR_DATA, "must be a host, perhaps with :port");
	free(*ret_host);
	*ret_host = TAKE(address.host);
	*ret_port = address.port;
	return 0;
}

static int parse_root(struct visit_address *address, const char *at, struct error *e)
{
	CLEANUP(cleanup_free) char *root = NULL;
	size_t length = strlen(at);

	while (length > 1 && at[length - 1] == '/')
		length--;
	if (escape_parse(&root, length ? at : "/", length ? length : 1) < 0)
		return error_set(e, ERROR_DATA, "a %% in the folder must be followed by two hexadecimal digits");
	for (const char *c = root; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			return error_set(e, ERROR_DATA, "the folder has control characters");
	if (strcmp(root, "/") != 0 && !visit_path_is_safe(root + 1))
		return error_set(e, ERROR_DATA, "the folder must not have empty, \".\" or \"..\" parts");
	address->root = TAKE(root);
	return 0;
}

int visit_address_parse(struct visit_address *ret_address, const char *url, struct error *e)
{
	CLEANUP(visit_address_clear) struct visit_address address = {0};
	char scheme[8] = "";
	size_t length = strcspn(url, ":");

	if (strnlen(url, URL_MAX + 1) > URL_MAX)
		return error_set(e, ERROR_DATA, "the link is longer than %d bytes", URL_MAX);
	if (length < sizeof scheme)
		memcpy(scheme, url, length);
	if (strncmp(url + length, "://", 3) != 0 || visit_scheme_parse(&address.scheme, scheme) < 0)
		return error_set(e, ERROR_DATA,
				 "a link begins with ftp://, ftps://, ftpes://, sftp://, http://, https://, "
				 "tftp:// or file://");
	const char *at = url + length + 3;
	if (strchr(at, '@'))
		return error_set(e, ERROR_DATA,
				 "a link must not hold a user or password: name a credential instead");
	if (strpbrk(at, "?#"))
		return error_set(e, ERROR_DATA, "a link must not have a query or a fragment (\"?\", \"#\")");
	address.port = visit_scheme_port(address.scheme);
	if (address.scheme == VISIT_FILE && *at != '/')
		return error_set(e, ERROR_DATA, "a file link has three slashes: file:///folder");
	if (address.scheme != VISIT_FILE && parse_host(&address, &at, e) < 0)
		return -1;
	if (parse_root(&address, at, e) < 0)
		return -1;
	*ret_address = address;
	address = (struct visit_address){0};
	return 0;
}

void visit_address_write(struct text *text, const struct visit_address *address)
{
	bool brackets = address->host && strchr(address->host, ':');

	text_addf(text, "%s://", visit_scheme_name(address->scheme));
	if (address->host)
		text_addf(text, brackets ? "[%s]" : "%s", address->host);
	if (address->port != visit_scheme_port(address->scheme))
		text_addf(text, ":%u", address->port);
	for (const char *c = address->root; c && *c; c++) {
		if (strchr("?#@", *c))
			text_addf(text, "%%%02X", (unsigned char)*c);
		else
			escape_add(text, ESCAPE_PATH, c, 1);
	}
}

char *visit_link_place(const char *link)
{
	CLEANUP(visit_address_clear) struct visit_address address = {0};
	CLEANUP(text_clear) struct text place = {0};

	if (visit_address_parse(&address, link, NULL) < 0)
		return strdup(link);
	for (char *c = address.host; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	visit_address_write(&place, &address);
	return text_take(&place);
}
