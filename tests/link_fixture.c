#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/link_fixture.h"

static struct link_result last;

void link_fixture_set(char **string, const char *format, ...)
{
	char *made = NULL;
	va_list arguments;

	va_start(arguments, format);
	ck_assert_int_ge(vasprintf(&made, format, arguments), 0);
	va_end(arguments);
	free(*string);
	*string = made;
}

void link_fixture_init(struct link_fixture *fixture, enum visit_scheme scheme, uint16_t port,
		       const char *root)
{
	*fixture = (struct link_fixture){.order = {.limits = visit_limits_default}};
	fixture->order.address.scheme = scheme;
	fixture->order.address.port = port;
	if (scheme != VISIT_FILE)
		link_fixture_set(&fixture->order.address.host, "127.0.0.1");
	link_fixture_set(&fixture->order.address.root, "%s", root);
	text_init(&fixture->bytes);
}

void link_fixture_clear(struct link_fixture *fixture)
{
	link_close(fixture->link);
	visit_order_clear(&fixture->order);
	visit_secret_clear(&fixture->secret);
	text_clear(&fixture->bytes);
	*fixture = (struct link_fixture){0};
}

enum visit_outcome link_fixture_open(struct link_fixture *fixture)
{
	struct link_environment environment = {
		.order = &fixture->order,
		.secret = &fixture->secret,
		.resolve = fixture->resolve,
		.resolve_userdata = fixture->resolve_userdata,
		.cancelled = &fixture->cancelled,
	};

	link_close(fixture->link);
	fixture->link = NULL;
	last = link_open(&fixture->link, &environment, &fixture->seen);
	ck_assert((last.outcome == VISIT_OK) == (fixture->link != NULL));
	return last.outcome;
}

enum visit_outcome link_fixture_list(struct link_fixture *fixture, const char *folder,
				     struct listing *ret_listing)
{
	last = link_list(fixture->link, folder, ret_listing);
	ck_assert(last.outcome == VISIT_OK || ret_listing->count == 0);
	return last.outcome;
}

static bool on_bytes(void *userdata, const void *bytes, size_t length)
{
	struct link_fixture *fixture = userdata;

	if (fixture->stop_at > 0 && fixture->bytes.length + length > fixture->stop_at)
		return false;
	text_add_bytes(&fixture->bytes, bytes, length);
	if (fixture->on_piece)
		fixture->on_piece(fixture, fixture->userdata);
	return true;
}

enum visit_outcome link_fixture_read(struct link_fixture *fixture, const char *path,
				     int64_t expected)
{
	text_cut(&fixture->bytes, 0);
	last = link_read(fixture->link, path, expected, on_bytes, fixture, &fixture->read);
	if (last.outcome == VISIT_OK)
		ck_assert_uint_eq(fixture->read.size, fixture->bytes.length);
	return last.outcome;
}

enum visit_outcome link_fixture_stat(struct link_fixture *fixture, const char *path,
				     struct listing_entry *ret_entry)
{
	last = link_stat(fixture->link, path, ret_entry);
	return last.outcome;
}

const char *link_fixture_detail(void)
{
	return last.detail;
}

const struct listing_entry *link_fixture_entry(const struct listing *listing, const char *name)
{
	for (size_t i = 0; i < listing->count; i++)
		if (strcmp(listing->entries[i].name, name) == 0)
			return &listing->entries[i];
	ck_abort_msg("%s is not in the listing", name);
}
