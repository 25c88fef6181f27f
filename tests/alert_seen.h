#pragma once
/* What a receiver sees of one event in any format, by the names that the fields have in the
 * structured data. Where each format has them stands in alert_seen.c: it is the table of
 * docs/siem.md, and not the renderer's. */
#include <jansson.h>

#include "alert/alert.h"

#include "cef_line.h"
#include "leef_line.h"
#include "syslog_line.h"

struct alert_seen {
	enum alert_format format;
	struct syslog_line header; /* and the fields of ALERT_RFC5424 */
	struct cef_line cef;
	struct leef_line leef;
	json_t *json;
	char number[32];
};

/* Read a whole message. Returns 0, or -1 for what a strict receiver would refuse. */
int alert_seen_parse(struct alert_seen *ret_seen, enum alert_format format, enum alert_carrier carrier,
		     const char *message, size_t length);

/* Read the bare text of a format other than ALERT_RFC5424. */
int alert_seen_body(struct alert_seen *ret_seen, enum alert_format format, const char *body, size_t length);
void alert_seen_clear(struct alert_seen *seen);

/* The value of a field; entries of a list with ", " between are lent until the next call. NULL:
 * it is not there. A name that no table has ends the test. */
const char *alert_seen_get(struct alert_seen *seen, const char *field);

/* The fields that the tables have; NULL after the last. */
const char *alert_seen_field(size_t index);

/* What stands at "host.ip.0" of JSON, or NULL. */
const json_t *alert_seen_at(const json_t *root, const char *place);
