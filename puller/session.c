#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "puller/identity.h"

#include "puller/session.h"

static const struct visit_order *order_of(const struct session *session)
{
	return session->environment.link.order;
}

/* What was seen before stays where a later look shows nothing. */
static void look(struct session *session, const struct link_seen *seen)
{
	bool identified = session->seen.grade.identified;

	session->seen.grade = seen->grade;
	session->seen.grade.identified |= identified;
	if (seen->pin[0] != '\0') {
		memcpy(session->seen.pin, seen->pin, sizeof seen->pin);
		memcpy(session->seen.key, seen->key, sizeof seen->key);
	}
	if (seen->address[0] != '\0')
		memcpy(session->seen.address, seen->address, sizeof seen->address);
	if (seen->greeting[0] != '\0')
		memcpy(session->seen.greeting, seen->greeting, sizeof seen->greeting);
}

static void hang_up(struct session *session)
{
	struct link_seen seen;

	if (!session->link)
		return;
	link_look(session->link, &seen);
	look(session, &seen);
	link_close(TAKE(session->link));
}

/* ---- who answers ---- */

struct intake {
	struct session *session;
	struct text bytes;
};

static bool keep_bytes(void *userdata, const void *bytes, size_t length)
{
	struct intake *intake = userdata;

	intake->session->bytes += length;
	if (length > VISIT_IDENTITY_MAX - intake->bytes.length)
		return false;
	text_add_bytes(&intake->bytes, bytes, length);
	return !intake->bytes.failed;
}

/* Nobody has shown a serial: only a device of which none is expected may go on. */
static struct link_result show_nothing(const struct visit_identity *identity, const char *where,
				       const struct link_result *why)
{
	if (!identity->serial)
		return (struct link_result){.outcome = VISIT_OK};
	if (why && why->outcome != VISIT_OK)
		return link_failed(VISIT_IDENTITY_UNKNOWN, "%s: %s", where,
				   visit_outcome_text(why->outcome));
	return link_failed(VISIT_IDENTITY_UNKNOWN, "no serial is shown in %s", where);
}

/* Hold the serial that bytes show against the one expected. */
static struct link_result compare_serial(struct session *session, const char *where,
					 const void *bytes, size_t length)
{
	const struct visit_identity *identity = &order_of(session)->identity;

	if (!identity_find(session->serial, identity->pattern, bytes, length))
		return show_nothing(identity, where, NULL);
	if (!identity->serial)
		return (struct link_result){.outcome = VISIT_OK};
	if (strcmp(session->serial, identity->serial) != 0)
		return link_failed(VISIT_SERIAL_CHANGED, "%s answers, %s is enrolled",
				   session->serial, identity->serial);
	session->seen.grade.identified = true;
	return (struct link_result){.outcome = VISIT_OK};
}

/* Whether an outcome is about one file, so that the connection and its peer are not in doubt. */
static bool is_about_a_file(const struct session *session, const struct link_result *result)
{
	return visit_outcome_contact(result->outcome) == VISIT_CONTACT_MADE &&
	       link_is_usable(session->link);
}

static struct link_result identify_by_file(struct session *session)
{
	const struct visit_identity *identity = &order_of(session)->identity;
	struct intake intake = {.session = session};
	struct link_read read;

	text_init(&intake.bytes);
	struct link_result result =
		link_read(session->link, identity->path, -1, keep_bytes, &intake, &read);
	if (result.outcome == VISIT_OK)
		result = compare_serial(session, identity->path,
					intake.bytes.data ? intake.bytes.data : "",
					intake.bytes.length);
	else if (is_about_a_file(session, &result))
		result = show_nothing(identity, identity->path, &result);
	text_clear(&intake.bytes);
	return result;
}

static struct link_result identify(struct session *session)
{
	const char *greeting = session->seen.greeting;

	session->serial[0] = '\0';
	switch (order_of(session)->identity.source) {
	case VISIT_IDENTITY_GREETING:
		return compare_serial(session, "the greeting", greeting,
				      strnlen(greeting, sizeof session->seen.greeting));
	case VISIT_IDENTITY_FILE:
		return identify_by_file(session);
	case VISIT_IDENTITY_NONE:
		break;
	}
	return (struct link_result){.outcome = VISIT_OK};
}

/* ---- the connection ---- */

/* Connect and see who it is; ended tells whether it may go on. */
static void connect_and_identify(struct session *session)
{
	struct link_seen seen;
	struct link_result result = link_open(&session->link, &session->environment.link, &seen);

	look(session, &seen);
	if (result.outcome == VISIT_OK) {
		/* Where nothing is listed, opening may not have asked anything yet. */
		session->met |= visit_scheme_lists(order_of(session)->address.scheme);
		result = identify(session);
	}
	if (result.outcome != VISIT_OK)
		session_end(session, &result);
}

bool session_open(struct session *session, const struct session_environment *environment)
{
	*session = (struct session){.environment = *environment};
	connect_and_identify(session);
	return session->ended.outcome == VISIT_OK;
}

struct link_result session_as_lost(const struct session *session, const struct link_result *result)
{
	struct link_result lost = *result;

	if (!session->met || visit_outcome_contact(result->outcome) != VISIT_CONTACT_NONE)
		return lost;
	lost.outcome = VISIT_CONNECTION_LOST;
	if (lost.detail[0] == '\0')
		lost = link_failed(lost.outcome, "%s", visit_outcome_text(result->outcome));
	return lost;
}

void session_end(struct session *session, const struct link_result *why)
{
	session->ended = session_as_lost(session, why);
	hang_up(session);
}

/* Whether the visit was neither cancelled nor is out of time. */
static bool may_go_on(struct session *session)
{
	const struct session_environment *environment = &session->environment;
	const atomic_bool *cancelled = environment->link.cancelled;

	if (session->ended.outcome != VISIT_OK)
		return false;
	if (cancelled && atomic_load(cancelled))
		session->ended = link_failed(VISIT_CANCELLED, "the visit was cancelled");
	else if (environment->clock.now(environment->clock.userdata) >=
		 environment->link.deadline_at)
		session->ended = link_failed(VISIT_TOO_SLOW,
					     "the time for the whole visit is over");
	if (session->ended.outcome == VISIT_OK)
		return true;
	hang_up(session);
	return false;
}

bool session_is_ready(struct session *session)
{
	enum { STEP_MS = 100 };

	if (!may_go_on(session))
		return false;
	if (session->link)
		return true;
	if (session->reconnects == SESSION_RECONNECTS) {
		session_end(session, &session->broken);
		return false;
	}
	session->reconnects++;
	for (unsigned waited = 0; waited < session->environment.pause_ms; waited += STEP_MS) {
		(void)poll(NULL, 0, STEP_MS); /* cut short, it is only a shorter pause */
		if (!may_go_on(session))
			return false;
	}
	connect_and_identify(session);
	return session->ended.outcome == VISIT_OK;
}

bool session_settle(struct session *session, const struct link_result *result)
{
	enum visit_contact contact = visit_outcome_contact(result->outcome);

	/* A link that cannot list or tell says so without asking the device. */
	session->met |= contact == VISIT_CONTACT_MADE && result->outcome != VISIT_CONNECTION_LOST &&
			result->outcome != VISIT_LISTING_UNSUPPORTED;
	if (contact != VISIT_CONTACT_MADE && contact != VISIT_CONTACT_NONE) {
		session_end(session, result);
		return false;
	}
	if (contact == VISIT_CONTACT_NONE && !session->met) {
		session_end(session, result);
		return false;
	}
	if (link_is_usable(session->link))
		return false;
	session->broken = *result;
	hang_up(session);
	return true;
}

void session_close(struct session *session)
{
	hang_up(session);
}
