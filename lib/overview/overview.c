#include "base/error.h"
#include "overview/overview.h"
#include "setup/setup.h"

int overview_load(struct report_fleet *ret_fleet, const struct setup *setup, struct store *store,
		  struct error *e)
{
	(void)ret_fleet;
	(void)setup;
	(void)store;
	return error_set(e, ERROR_INTERNAL, "not gathered yet");
}

int overview_publish(const struct setup *setup, struct store *store, struct error *e)
{
	(void)setup;
	(void)store;
	(void)e;
	return 0;
}
