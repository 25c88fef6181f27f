#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

#include "link/sftp.h"

enum { OPEN_FOR_READING = 1 }; /* SSH_FXF_READ */

/* §5: which attributes follow. */
enum {
	HAS_SIZE = 0x1,
	HAS_OWNER = 0x2,
	HAS_MODE = 0x4,
	HAS_TIMES = 0x8,
	HAS_EXTENDED = 0x80000000,
};

/* ---- requests ---- */

static void add_u32(struct text *packet, uint32_t value)
{
	uint32_t bytes = htonl(value);

	text_add_bytes(packet, &bytes, sizeof bytes);
}

static void add_u64(struct text *packet, uint64_t value)
{
	uint64_t bytes = htobe64(value);

	text_add_bytes(packet, &bytes, sizeof bytes);
}

static void add_string(struct text *packet, const void *bytes, size_t length)
{
	add_u32(packet, (uint32_t)length);
	text_add_bytes(packet, bytes, length);
}

/* The head of a request whose arguments take up length bytes. */
static void add_head(struct text *packet, enum link_sftp_type type, uint32_t id, size_t length)
{
	add_u32(packet, (uint32_t)(1 + sizeof id + length));
	text_add_char(packet, (char)type);
	add_u32(packet, id);
}

void link_sftp_add_init(struct text *packet)
{
	add_head(packet, LINK_SFTP_INIT, LINK_SFTP_VERSION, 0);
}

void link_sftp_add_open(struct text *packet, uint32_t id, const char *path)
{
	size_t length = strlen(path);

	add_head(packet, LINK_SFTP_OPEN, id, 4 + length + 4 + 4);
	add_string(packet, path, length);
	add_u32(packet, OPEN_FOR_READING);
	add_u32(packet, 0); /* no attributes */
}

void link_sftp_add_path(struct text *packet, enum link_sftp_type type, uint32_t id,
			const char *path)
{
	size_t length = strlen(path);

	add_head(packet, type, id, 4 + length);
	add_string(packet, path, length);
}

void link_sftp_add_handle(struct text *packet, enum link_sftp_type type, uint32_t id,
			  const struct link_sftp_handle *handle)
{
	add_head(packet, type, id, 4 + handle->length);
	add_string(packet, handle->bytes, handle->length);
}

void link_sftp_add_read(struct text *packet, uint32_t id, const struct link_sftp_handle *handle,
			uint64_t offset, uint32_t length)
{
	add_head(packet, LINK_SFTP_READ, id, 4 + handle->length + 8 + 4);
	add_string(packet, handle->bytes, handle->length);
	add_u64(packet, offset);
	add_u32(packet, length);
}

/* ---- answers ---- */

static bool take(struct link_sftp_bytes *rest, void *ret_bytes, size_t length)
{
	if (rest->length < length)
		return false;
	memcpy(ret_bytes, rest->data, length);
	rest->data += length;
	rest->length -= length;
	return true;
}

static bool take_u32(struct link_sftp_bytes *rest, uint32_t *ret_value)
{
	if (!take(rest, ret_value, sizeof *ret_value))
		return false;
	*ret_value = ntohl(*ret_value);
	return true;
}

static bool take_string(struct link_sftp_bytes *rest, struct link_sftp_bytes *ret_string)
{
	uint32_t length;

	if (!take_u32(rest, &length) || length > rest->length)
		return false;
	*ret_string = (struct link_sftp_bytes){rest->data, length};
	rest->data += length;
	rest->length -= length;
	return true;
}

static bool take_handle(struct link_sftp_bytes *rest, struct link_sftp_handle *ret_handle)
{
	struct link_sftp_bytes string;

	if (!take_string(rest, &string) || string.length > sizeof ret_handle->bytes)
		return false;
	if (string.length > 0)
		memcpy(ret_handle->bytes, string.data, string.length);
	ret_handle->length = string.length;
	return true;
}

static void set_type(struct link_sftp_attributes *attributes, uint32_t mode)
{
	attributes->has_type = (mode & S_IFMT) != 0; /* some servers give the permissions alone */
	if (!attributes->has_type)
		return;
	attributes->type = S_ISREG(mode)   ? LISTING_FILE
			   : S_ISDIR(mode) ? LISTING_FOLDER
			   : S_ISLNK(mode) ? LISTING_LINK
					   : LISTING_OTHER;
}

/* Each pair takes at least eight bytes, so a lying count ends with the packet. */
static bool skip_extended(struct link_sftp_bytes *rest)
{
	struct link_sftp_bytes string;
	uint32_t count;

	if (!take_u32(rest, &count))
		return false;
	for (uint64_t left = UINT64_C(2) * count; left > 0; left--)
		if (!take_string(rest, &string))
			return false;
	return true;
}

static bool take_attributes(struct link_sftp_bytes *rest, struct link_sftp_attributes *ret_attributes)
{
	struct link_sftp_attributes attributes = {.type = LISTING_FILE};
	uint32_t flags;
	uint32_t owner[2];
	uint32_t mode;
	uint32_t accessed;

	if (!take_u32(rest, &flags))
		return false;
	/* What an unknown attribute takes up is unknown too. */
	if (flags & ~(HAS_SIZE | HAS_OWNER | HAS_MODE | HAS_TIMES | HAS_EXTENDED))
		return false;
	if (flags & HAS_SIZE) {
		if (!take(rest, &attributes.size, sizeof attributes.size))
			return false;
		attributes.size = be64toh(attributes.size);
		attributes.has_size = true;
	}
	if (flags & HAS_OWNER && !take(rest, owner, sizeof owner))
		return false;
	if (flags & HAS_MODE) {
		if (!take_u32(rest, &mode))
			return false;
		set_type(&attributes, mode);
	}
	if (flags & HAS_TIMES) {
		if (!take_u32(rest, &accessed) || !take_u32(rest, &attributes.modified))
			return false;
		attributes.has_modified = true;
	}
	if (flags & HAS_EXTENDED && !skip_extended(rest))
		return false;
	*ret_attributes = attributes;
	return true;
}

int link_sftp_parse(struct link_sftp_answer *ret_answer, const void *packet, size_t length)
{
	struct link_sftp_answer answer;
	struct link_sftp_bytes rest = {packet, length};
	uint8_t type;
	bool good;

	if (!take(&rest, &type, sizeof type) || !take_u32(&rest, &answer.id))
		return -EBADMSG;
	answer.type = type;
	switch (type) {
	case LINK_SFTP_HELLO:
		good = true; /* extensions are not used */
		break;
	case LINK_SFTP_STATUS:
		good = take_u32(&rest, &answer.status); /* the words after it are left out by some */
		break;
	case LINK_SFTP_HANDLE:
		good = take_handle(&rest, &answer.handle);
		break;
	case LINK_SFTP_DATA:
		good = take_string(&rest, &answer.data);
		break;
	case LINK_SFTP_ATTRS:
		good = take_attributes(&rest, &answer.attributes);
		break;
	case LINK_SFTP_NAME:
		good = take_u32(&rest, &answer.names.left);
		answer.names.rest = rest;
		break;
	default:
		good = false;
	}
	if (!good)
		return -EBADMSG;
	*ret_answer = answer;
	return 0;
}

/* "drwxr-xr-x 2 root …" */
static void guess_type(struct link_sftp_attributes *attributes, const struct link_sftp_bytes *line)
{
	static const char letters[] = "-dlbcps";
	const char *found = line->length > 0 && line->data[0] != '\0'
				    ? strchr(letters, line->data[0])
				    : NULL;

	if (attributes->has_type || !found)
		return;
	attributes->has_type = true;
	attributes->type = *found == '-'   ? LISTING_FILE
			   : *found == 'd' ? LISTING_FOLDER
			   : *found == 'l' ? LISTING_LINK
					   : LISTING_OTHER;
}

int link_sftp_next_name(struct link_sftp_names *names, struct link_sftp_bytes *ret_name,
			struct link_sftp_attributes *ret_attributes)
{
	struct link_sftp_bytes line;

	if (names->left == 0)
		return names->rest.length == 0 ? 0 : -EBADMSG;
	if (!take_string(&names->rest, ret_name) || !take_string(&names->rest, &line) ||
	    !take_attributes(&names->rest, ret_attributes))
		return -EBADMSG;
	guess_type(ret_attributes, &line);
	names->left--;
	return 1;
}

const char *link_sftp_status_text(uint32_t status)
{
	static const char *const texts[] = {
		[LINK_SFTP_OK] = "ok",
		[LINK_SFTP_EOF] = "end of file",
		[LINK_SFTP_NO_SUCH_FILE] = "no such file",
		[LINK_SFTP_PERMISSION_DENIED] = "permission denied",
		[LINK_SFTP_FAILURE] = "failure",
		[LINK_SFTP_BAD_MESSAGE] = "bad message",
		[LINK_SFTP_NO_CONNECTION] = "no connection",
		[LINK_SFTP_CONNECTION_LOST] = "connection lost",
		[LINK_SFTP_UNSUPPORTED] = "operation unsupported",
	};

	return status < sizeof texts / sizeof *texts ? texts[status] : "an unknown status";
}
