#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "inventory/sheet_internal.h"

#define DIGITS "0123456789"

/* A host as it stands in a link: an IPv6 address in brackets. */
static int add_host(struct text *text, const char *host)
{
	const char *colon = strchr(host, ':');
	bool brackets = colon && strchr(colon + 1, ':') && host[0] != '[';

	if (host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "._-:[]")] != '\0')
		return -1;
	text_addf(text, brackets ? "[%s]" : "%s", host);
	return 0;
}

/* Letters that mean nothing in a link stay, all others are written %XX. */
static void add_escaped(struct text *text, const char *value)
{
	for (const char *c = value; *c; c++)
		text_addf(text, strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "._-~+", *c) ? "%c" : "%%%02X",
			  (unsigned char)*c);
}

enum { HOLE_ADDRESS, HOLE_ASSET, HOLE_SERIAL, HOLE_COUNT };
static const char *const holes[HOLE_COUNT] = {"{address}", "{asset}", "{serial}"};

enum sheet_made sheet_make_link(struct text *text, const char *template_, const char *address, const char *asset,
				const char *serial)
{
	const char *const values[HOLE_COUNT] = {address, asset, serial};

	for (const char *at = template_; *at;) {
		int hole = 0;
		while (hole < HOLE_COUNT && strncmp(at, holes[hole], strlen(holes[hole])) != 0)
			hole++;
		if (hole == HOLE_COUNT) {
			text_add_char(text, *at++);
			continue;
		}
		if (!values[hole])
			return SHEET_LACKING;
		if (hole != HOLE_ADDRESS)
			add_escaped(text, values[hole]);
		else if (add_host(text, values[hole]) < 0)
			return SHEET_UNFIT;
		at += strlen(holes[hole]);
	}
	return SHEET_MADE;
}

int sheet_link_check(const char *template_, struct error *e)
{
	CLEANUP(inventory_device_clear) struct inventory_device device = {0};
	CLEANUP(text_clear) struct text text = {0};
	struct error why;

	(void)sheet_make_link(&text, template_, "192.0.2.1", "SAMPLE", "S1"); /* nothing is lacking */
	if (text.failed)
		return error_memory(e);
	if (text.data && strpbrk(text.data, "{}"))
		return error_set(e, ERROR_USAGE, "link: in braces stand {address}, {asset} or {serial} and nothing else");
	if (inventory_device_set(&device, "link", text.data ? text.data : "", &why) < 0)
		return error_set(e, ERROR_USAGE, "%s", why.text);
	return 0;
}
