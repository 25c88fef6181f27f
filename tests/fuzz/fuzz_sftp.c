/* Whatever a server sends as an answer, what is taken of it lies within the packet. */
#include <stdlib.h>
#include <string.h>

#include "link/sftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct packet {
	const uint8_t *bytes;
	size_t length;
};

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void expect_within(const struct packet *packet, const struct link_sftp_bytes *part)
{
	size_t sum = 0;

	expect(part->length <= packet->length);
	if (part->length == 0)
		return;
	expect(part->data >= packet->bytes);
	expect(part->data + part->length <= packet->bytes + packet->length);
	for (size_t i = 0; i < part->length; i++)
		sum += part->data[i]; /* for the sanitizer to see each byte */
	expect(sum <= part->length * UINT8_MAX);
}

static void expect_names(const struct packet *packet, struct link_sftp_names names)
{
	struct link_sftp_attributes attributes;
	struct link_sftp_bytes name;
	uint32_t announced = names.left;
	uint32_t count = 0;
	int more;

	while ((more = link_sftp_next_name(&names, &name, &attributes)) > 0) {
		count++;
		expect_within(packet, &name);
		expect(attributes.type <= LISTING_OTHER);
	}
	expect(count <= announced && count <= packet->length);
	expect(more < 0 || count == announced);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct packet packet = {bytes, length};
	struct link_sftp_answer answer;

	if (link_sftp_parse(&answer, bytes, length) < 0)
		return 0;
	switch (answer.type) {
	case LINK_SFTP_HANDLE:
		expect(answer.handle.length <= LINK_SFTP_HANDLE_MAX);
		break;
	case LINK_SFTP_DATA:
		expect_within(&packet, &answer.data);
		break;
	case LINK_SFTP_NAME:
		expect_names(&packet, answer.names);
		break;
	case LINK_SFTP_ATTRS:
		expect(answer.attributes.type <= LISTING_OTHER);
		break;
	default:
		expect(answer.type == LINK_SFTP_HELLO || answer.type == LINK_SFTP_STATUS);
	}
	expect(link_sftp_status_text(answer.id) != NULL);
	return 0;
}
