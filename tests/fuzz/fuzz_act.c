/* An act is read back from the store, where somebody may have written anything: what is taken is
 * what would be written, byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_act act;
	struct text again = {0};

	if (store_act_parse(&act, (const char *)data, size, NULL) < 0)
		return 0;
	if (store_act_write(&again, &act, NULL) < 0 || again.length != size || memcmp(again.data, data, size) != 0)
		abort();
	text_clear(&again);
	store_act_clear(&act);
	return 0;
}
