#include "overview/internal.h"

int overview_publish(const struct setup *setup, const struct baseline_memory *memory, struct error *e)
{
	(void)setup;
	(void)memory;
	(void)e;
	return 0;
}
