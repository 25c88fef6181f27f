#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"

#include "link/ftp.h"

int64_t link_ftp_patience(const struct link_ftp *ftp)
{
	return link_now() + ftp->link->environment.order->limits.idle_ms * (TIME_SECOND / 1000);
}

static struct link_result lost(struct link_ftp *ftp, struct link_result result)
{
	ftp->is_usable = false;
	return result;
}

struct link_result link_ftp_say(struct link_ftp *ftp, const char *verb, const char *argument)
{
	struct text line;

	if (argument && strpbrk(argument, "\r\n"))
		return link_failed(VISIT_PROTOCOL_ERROR, "a line end in an argument of %s", verb);
	text_init(&line);
	text_add(&line, verb);
	if (argument) {
		text_add_char(&line, ' ');
		text_add(&line, argument);
	}
	text_add(&line, "\r\n");
	struct link_result result =
		line.failed ? link_failed_memory()
			    : link_stream_write(&ftp->control, ftp->link, line.data, line.length,
						link_ftp_patience(ftp));
	if (line.data)
		explicit_bzero(line.data, line.length); /* it may be a password */
	text_clear(&line);
	return result.outcome == VISIT_OK ? result : lost(ftp, result);
}

/* Find a whole line at the beginning of the input. Its end is "\n" with or without "\r". */
static bool find_line(const struct link_ftp *ftp, size_t *ret_length, size_t *ret_whole)
{
	const char *end = memchr(ftp->input, '\n', ftp->input_length);

	if (!end)
		return false;
	*ret_length = (size_t)(end - ftp->input);
	*ret_whole = *ret_length + 1;
	if (*ret_length > 0 && ftp->input[*ret_length - 1] == '\r')
		--*ret_length;
	return true;
}

static struct link_result read_more(struct link_ftp *ftp, int64_t until)
{
	size_t length;

	if (ftp->input_length == sizeof ftp->input)
		return link_failed(VISIT_PROTOCOL_ERROR, "a reply line without an end");
	struct link_result result =
		link_stream_read(&ftp->control, ftp->link, ftp->input + ftp->input_length,
				 sizeof ftp->input - ftp->input_length, until, &length);
	if (result.outcome == VISIT_OK && length == 0)
		return link_failed(VISIT_CONNECTION_LOST, "the device closed the connection");
	ftp->input_length += length;
	return result;
}

/* Take one line into the reply. */
static enum link_ftp_reading take_line(struct link_ftp *ftp, size_t length, size_t whole)
{
	enum link_ftp_reading reading = link_ftp_reply_take(&ftp->reply, ftp->input, length);

	ftp->input_length -= whole;
	memmove(ftp->input, ftp->input + whole, ftp->input_length);
	return reading;
}

/* The whole reply must come in time, so that one byte now and then does not hold us. */
struct link_result link_ftp_hear(struct link_ftp *ftp)
{
	int64_t until = link_ftp_patience(ftp);
	enum link_ftp_reading reading = LINK_FTP_MORE;

	ftp->reply = (struct link_ftp_reply){0};
	while (reading == LINK_FTP_MORE) {
		size_t length;
		size_t whole;
		if (find_line(ftp, &length, &whole)) {
			reading = take_line(ftp, length, whole);
			continue;
		}
		struct link_result result = read_more(ftp, until);
		if (result.outcome != VISIT_OK)
			return lost(ftp, result);
	}
	if (reading == LINK_FTP_BAD)
		return lost(ftp, link_failed(VISIT_PROTOCOL_ERROR, "a reply that is none"));
	if (ftp->reply.code == 421)
		return lost(ftp, link_failed(VISIT_BUSY, "%s", ftp->reply.text));
	return link_ok();
}

struct link_result link_ftp_ask(struct link_ftp *ftp, const char *verb, const char *argument)
{
	struct link_result result = link_ftp_say(ftp, verb, argument);

	return result.outcome == VISIT_OK ? link_ftp_hear(ftp) : result;
}

bool link_ftp_is_fine(const struct link_ftp *ftp)
{
	return ftp->reply.code / 100 == 2;
}

bool link_ftp_is_unknown(const struct link_ftp *ftp)
{
	switch (ftp->reply.code) {
	case 0:
	case 500:
	case 501:
	case 502:
	case 504:
		return true;
	default:
		return false;
	}
}

/* 550 stands for both; servers tell them apart in words only. */
static enum visit_outcome refused_file(const struct link_ftp_reply *reply)
{
	static const char *const denials[] = {"permission", "denied", "not allowed", "forbidden",
					      "privilege"};

	for (size_t i = 0; i < sizeof denials / sizeof *denials; i++)
		if (link_ftp_reply_says(reply, denials[i]))
			return VISIT_PERMISSION_DENIED;
	return VISIT_FILE_NOT_FOUND;
}

static enum visit_outcome refused(const struct link_ftp_reply *reply)
{
	switch (reply->code) {
	case 425:
	case 426:
		return VISIT_CONNECTION_LOST;
	case 450:
	case 451:
	case 452:
		return VISIT_BUSY;
	case 521:
	case 522:
	case 533:
	case 534:
	case 535:
	case 536:
		return VISIT_CRYPTO_INCOMPATIBLE;
	case 221: /* "Goodbye" to one that has not logged in */
	case 530:
	case 532:
		return VISIT_LOGIN_REFUSED;
	case 550:
		return refused_file(reply);
	case 551:
		return VISIT_FILE_NOT_FOUND;
	case 553:
		return VISIT_PERMISSION_DENIED;
	default:
		return VISIT_PROTOCOL_ERROR;
	}
}

/* The last line says it; the ones before are decoration. */
static const char *last_line(const struct link_ftp_reply *reply)
{
	const char *line = strrchr(reply->text, '\n');

	return line ? line + 1 : reply->text;
}

struct link_result link_ftp_refusal(const struct link_ftp *ftp)
{
	return link_failed(refused(&ftp->reply), "the device said: %s", last_line(&ftp->reply));
}

struct link_result link_ftp_secure(struct link_ftp *ftp)
{
	uint32_t connect_ms = ftp->link->environment.order->limits.connect_ms;

	/* What came before the handshake was not protected by it (CVE-2011-0411 and its like). */
	if (ftp->input_length > 0)
		return lost(ftp, link_failed(VISIT_PROTOCOL_ERROR, "bytes before the handshake"));
	struct link_result result =
		link_stream_secure(&ftp->control, ftp->context, &ftp->tls, NULL,
				   link_now() + connect_ms * (TIME_SECOND / 1000));
	return result.outcome == VISIT_OK ? result : lost(ftp, result);
}
