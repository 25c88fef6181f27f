#include <string.h>
#include <strings.h>

#include "link/ftp_reply.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The code at the beginning of a line, or 0. */
static int line_code(const char *line, size_t length)
{
	if (length < 3 || line[0] < '1' || line[0] > '5')
		return 0;
	if (!is_digit(line[1]) || !is_digit(line[2]))
		return 0;
	if (length > 3 && line[3] != ' ' && line[3] != '-')
		return 0;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

static void keep_line(struct link_ftp_reply *reply, const char *line, size_t length)
{
	size_t room = sizeof reply->text - 1 - reply->length;

	if (reply->lines > 1 && room > 0) {
		reply->text[reply->length++] = '\n';
		room--;
	}
	size_t kept = length < room ? length : room;
	memcpy(reply->text + reply->length, line, kept);
	reply->length += kept;
	reply->text[reply->length] = '\0';
}

enum link_ftp_reading link_ftp_reply_take(struct link_ftp_reply *reply, const char *line,
					  size_t length)
{
	int code = line_code(line, length);

	if (memchr(line, '\0', length) || length > LINK_FTP_LINE_MAX ||
	    ++reply->lines > LINK_FTP_LINES_MAX)
		return LINK_FTP_BAD;
	keep_line(reply, line, length);
	if (reply->open)
		return code == reply->code && (length == 3 || line[3] == ' ') ? LINK_FTP_DONE
									       : LINK_FTP_MORE;
	reply->code = code;
	reply->open = code != 0 && length > 3 && line[3] == '-';
	return reply->open ? LINK_FTP_MORE : LINK_FTP_DONE;
}

/* A decimal number of at most most; *at is moved behind it. */
static bool number(const char **at, uint64_t most, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!is_digit(**at))
		return false;
	for (; is_digit(**at); (*at)++) {
		if (value > (most - (uint64_t)(**at - '0')) / 10)
			return false;
		value = value * 10 + (uint64_t)(**at - '0');
	}
	*ret_value = value;
	return true;
}

/* What stands behind the code of a reply of one line. */
static const char *words(const struct link_ftp_reply *reply)
{
	return reply->length > 4 ? reply->text + 4 : "";
}

bool link_ftp_reply_pasv(const struct link_ftp_reply *reply, uint16_t *ret_port)
{
	for (const char *start = words(reply); *start; start++) {
		uint64_t value[6];
		const char *at = start;
		size_t count = 0;
		if (!is_digit(*start) || (start > reply->text && is_digit(start[-1])))
			continue;
		while (count < 6 && number(&at, 255, &value[count])) {
			count++;
			if (count == 6 || *at != ',')
				break;
			at++;
			while (*at == ' ')
				at++;
		}
		if (count < 6 || is_digit(*at))
			continue;
		*ret_port = (uint16_t)(value[4] * 256 + value[5]);
		return *ret_port != 0;
	}
	return false;
}

bool link_ftp_reply_epsv(const struct link_ftp_reply *reply, uint16_t *ret_port)
{
	const char *at = strchr(words(reply), '(');
	uint64_t port;

	if (!at || at[1] == '\0' || is_digit(at[1]) || at[2] != at[1] || at[3] != at[1])
		return false;
	char divider = at[1];
	at += 4;
	if (!number(&at, UINT16_MAX, &port) || port == 0 || *at != divider)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

bool link_ftp_reply_size(const struct link_ftp_reply *reply, int64_t *ret_size)
{
	const char *at = words(reply);
	uint64_t size;

	at += strspn(at, " ");
	if (!number(&at, INT64_MAX, &size) || (*at != '\0' && *at != ' '))
		return false;
	*ret_size = (int64_t)size;
	return true;
}

bool link_ftp_reply_time(const struct link_ftp_reply *reply, char ret_time[static 32])
{
	const char *at = words(reply);

	at += strspn(at, " ");
	size_t whole = strspn(at, "0123456789");
	size_t length = whole;
	if (at[whole] == '.')
		length += 1 + strspn(at + whole + 1, "0123456789");
	if (whole != 14 || length > 31)
		return false;
	memcpy(ret_time, at, length);
	ret_time[length] = '\0';
	return true;
}

bool link_ftp_reply_path(const struct link_ftp_reply *reply, char *ret_path, size_t size)
{
	const char *at = strchr(words(reply), '"');
	size_t length = 0;

	if (!at)
		return false;
	for (at++; *at; at++) {
		if (*at == '"' && *++at != '"') {
			ret_path[length] = '\0';
			return length > 0;
		}
		if (length + 1 == size || *at == '\n')
			return false;
		ret_path[length++] = *at;
	}
	return false;
}

bool link_ftp_reply_announced(const struct link_ftp_reply *reply, int64_t *ret_size)
{
	for (const char *at = words(reply); (at = strchr(at, '(')) != NULL;) {
		uint64_t size;
		at++;
		if (!number(&at, INT64_MAX, &size) || strncasecmp(at, " bytes)", 7) != 0)
			continue;
		*ret_size = (int64_t)size;
		return true;
	}
	return false;
}

bool link_ftp_reply_has_feature(const struct link_ftp_reply *reply, const char *feature)
{
	size_t length = strlen(feature);

	for (const char *line = strchr(reply->text, '\n'); line; line = strchr(line, '\n')) {
		line++;
		line += strspn(line, " ");
		if (strncasecmp(line, feature, length) == 0 && strchr(" \n", line[length]))
			return true;
	}
	return false;
}

bool link_ftp_reply_says(const struct link_ftp_reply *reply, const char *said)
{
	return strcasestr(reply->text, said) != NULL;
}
