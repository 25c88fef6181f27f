/* Whatever a device lists, what is taken of it is safe, unique and within the limits, and
 * written as MLSD it is taken again the same. The first byte chooses the format. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "listing/listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void expect_safe(const struct listing_entry *entry)
{
	size_t length = strlen(entry->name);

	expect(length > 0 && length <= LISTING_NAME_MAX);
	expect(strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0);
	expect(strpbrk(entry->name, "/\r\n") == NULL);
	expect(strlen(entry->modified) < sizeof entry->modified);
	for (const char *c = entry->modified; *c; c++)
		expect((unsigned char)*c >= ' ' && *c != 0x7F);
	expect(entry->type == LISTING_FILE || !entry->has_size);
}

static const char *type_name(enum listing_type type)
{
	static const char *const names[] = {"file", "dir", "OS.unix=slink:", "OS.unix=fifo"};

	return names[type];
}

static void expect_same_again(const struct listing *listing)
{
	CLEANUP(text_clear) struct text text;
	struct listing again;

	text_init(&text);
	for (size_t i = 0; i < listing->count; i++) {
		const struct listing_entry *entry = &listing->entries[i];
		text_addf(&text, "type=%s;", type_name(entry->type));
		if (entry->has_size)
			text_addf(&text, "size=%llu;", (unsigned long long)entry->size);
		text_addf(&text, " %s\r\n", entry->name);
	}
	expect(listing_parse(&again, LISTING_MLSD, text.data, text.length, NULL) == 0);
	expect(again.count == listing->count);
	for (size_t i = 0; i < again.count; i++) {
		expect(strcmp(again.entries[i].name, listing->entries[i].name) == 0);
		expect(again.entries[i].type == listing->entries[i].type);
		expect(again.entries[i].has_size == listing->entries[i].has_size);
		expect(again.entries[i].size == listing->entries[i].size ||
		       !again.entries[i].has_size);
	}
	listing_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct listing listing;
	struct error e = {0};

	if (length == 0)
		return 0;
	enum listing_format format = (enum listing_format)(bytes[0] % 3);
	if (listing_parse(&listing, format, (const char *)bytes + 1, length - 1, &e) < 0) {
		expect(e.code == ERROR_DATA && e.text[0] != '\0' && !strpbrk(e.text, "\r\n\x1B"));
		return 0;
	}
	expect(listing.count <= LISTING_ENTRIES_MAX);
	for (size_t i = 0; i < listing.count; i++)
		expect_safe(&listing.entries[i]);
	expect_same_again(&listing);
	listing_clear(&listing);
	return 0;
}
