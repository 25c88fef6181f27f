/* What alert_event_parse() takes, alert_event_write() gives back byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CLEANUP(alert_event_clear) struct alert_event event = {0};
	CLEANUP(text_clear) struct text again;
	struct error e = {0};

	text_init(&again);
	if (alert_event_parse(&event, (const char *)bytes, length, &e) < 0) {
		if (e.code == ERROR_NONE || e.text[0] == '\0')
			abort();
		return 0;
	}
	if (alert_event_write(&again, &event, NULL) < 0 || again.length != length ||
	    memcmp(again.data, bytes, length) != 0)
		abort();
	return 0;
}
