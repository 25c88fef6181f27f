#include "report/report.h"

int report_tasks_find(struct report_fleet *fleet, struct error *e)
{
	(void)fleet;
	(void)e;
	return 0;
}
