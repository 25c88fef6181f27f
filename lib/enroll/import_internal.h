#pragma once
/* What the plan of an import and the search for twins share. */
#include "enroll/import.h"

/* Give every row a fault that would take a serial, MAC or link which another device keeps or
 * gets, too. Returns 0 or -1. */
int enroll_find_twins(struct enroll_import *import, const struct sheet *sheet, const bool *seen,
		      bool skip_bad, struct error *e);
