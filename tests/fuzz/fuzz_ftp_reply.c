/* Whatever an FTP server says: replies keep their bounds, and what is read of them too. */
#include <stdlib.h>
#include <string.h>

#include "link/ftp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void ask_everything(const struct link_ftp_reply *reply)
{
	char path[64];
	char time[32];
	int64_t size = 0;
	uint16_t port = 0;

	expect(reply->code == 0 || (reply->code >= 100 && reply->code <= 599));
	expect(strlen(reply->text) == reply->length && reply->length < sizeof reply->text);
	if (link_ftp_reply_pasv(reply, &port))
		expect(port != 0);
	if (link_ftp_reply_epsv(reply, &port))
		expect(port != 0);
	if (link_ftp_reply_size(reply, &size) || link_ftp_reply_announced(reply, &size))
		expect(size >= 0);
	if (link_ftp_reply_time(reply, time))
		expect(strlen(time) >= 14 && strspn(time, "0123456789.") == strlen(time));
	if (link_ftp_reply_path(reply, path, sizeof path))
		expect(path[0] != '\0' && strlen(path) < sizeof path && !strchr(path, '\n'));
	(void)link_ftp_reply_has_feature(reply, "MLST");
	(void)link_ftp_reply_says(reply, "denied");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct link_ftp_reply reply;
	const char *at = (const char *)bytes;
	const char *end = at + length;

	reply = (struct link_ftp_reply){0};
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t line = (size_t)((line_end ? line_end : end) - at);
		switch (link_ftp_reply_take(&reply, at, line)) {
		case LINK_FTP_MORE:
			break;
		case LINK_FTP_DONE:
			ask_everything(&reply);
			reply = (struct link_ftp_reply){0};
			break;
		case LINK_FTP_BAD:
			return 0;
		}
		at += line + (line_end != NULL);
	}
	return 0;
}
