#pragma once
/* The tables, one a topic; each ends with an entry without a code. */
#include "explain/explain.h"

extern const struct explain_entry explain_results[];
extern const struct explain_entry explain_findings[];
extern const struct explain_entry explain_outcomes[];
extern const struct explain_entry explain_events[];
extern const struct explain_entry explain_alerts[];
extern const struct explain_entry explain_devices[];
extern const struct explain_entry explain_baselines[];
extern const struct explain_entry explain_standing[];
extern const struct explain_entry explain_rows[];
extern const struct explain_entry explain_sheets[];
extern const struct explain_entry explain_records[];
extern const struct explain_entry explain_exits[];
