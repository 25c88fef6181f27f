/* A link that visit_address_parse() takes is written as one that means the same. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "visit/visit.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CLEANUP(cleanup_free) char *url = strndup((const char *)bytes, length);
	CLEANUP(visit_address_clear) struct visit_address address = {0};
	CLEANUP(visit_address_clear) struct visit_address again = {0};
	CLEANUP(text_clear) struct text text;
	struct error e = {0};

	text_init(&text);
	if (!url || visit_address_parse(&address, url, &e) < 0) {
		expect(!url || (e.code == ERROR_DATA && e.text[0] != '\0'));
		return 0;
	}
	expect(address.root && address.root[0] == '/');
	expect((address.host != NULL) == (address.scheme != VISIT_FILE));
	visit_address_write(&text, &address);
	expect(!text.failed && visit_address_parse(&again, text.data, &e) == 0);
	expect(address.scheme == again.scheme && address.port == again.port);
	expect(same(address.host, again.host) && same(address.root, again.root));
	return 0;
}
