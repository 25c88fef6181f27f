/* Whatever a receiver of RELP says: frames keep their bounds, answers lie within them, and the
 * window moves only by what was sent. */
#include <stdlib.h>
#include <string.h>

#include "sink/relp_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void read_answer(const struct relp_frame *frame)
{
	const char *end = frame->data + frame->length;
	struct relp_answer answer;

	if (relp_answer_parse(&answer, frame->data, frame->length) < 0)
		return;
	expect(answer.code <= 999);
	expect(answer.words >= frame->data && answer.words + answer.words_length <= end);
	expect(answer.rest >= answer.words + answer.words_length && answer.rest + answer.rest_length == end);
	(void)relp_offers_refused(answer.rest, answer.rest_length);
}

static void take_answer(struct relp_window *window, const struct relp_frame *frame)
{
	const struct relp_window before = *window;
	int done = relp_window_answer(window, frame->number);

	if (done < 0) {
		expect(memcmp(&before, window, sizeof before) == 0);
		return;
	}
	expect((unsigned)done <= before.count && window->count == before.count - (unsigned)done);
	expect(window->first >= 1 && window->first <= RELP_NUMBER_MOST && !(window->acked & 1));
	while (window->count < RELP_WINDOW_MAX)
		(void)relp_window_take(window);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	/* The first byte says how near the end the numbers begin. */
	struct relp_window window = {.first = length > 0 && bytes[0] >= '8' ? RELP_NUMBER_MOST - 2 : 1};
	const char *at = (const char *)bytes;
	const char *end = at + length;

	while (window.count < RELP_WINDOW_MAX)
		(void)relp_window_take(&window);
	while (at < end) {
		struct relp_frame frame;
		int used = relp_frame_parse(&frame, at, (size_t)(end - at));
		if (used <= 0)
			return 0;
		expect(used <= RELP_FRAME_MAX && used <= end - at);
		expect(frame.number <= RELP_NUMBER_MOST && strlen(frame.command) <= RELP_COMMAND_MAX);
		expect(frame.data >= at && frame.data + frame.length < at + used && frame.length <= RELP_DATA_MAX);
		read_answer(&frame);
		take_answer(&window, &frame);
		at += used;
	}
	return 0;
}
