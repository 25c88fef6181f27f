#include "base/text.h"
#include "report/report.h"

int report_page_write(struct text *text, const struct report_fleet *fleet, struct error *e)
{
	(void)fleet;
	(void)e;
	text_add(text, "<!DOCTYPE html>\n");
	return 0;
}
