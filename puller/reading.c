#include <string.h>

#include "base/cleanup.h"

#include "puller/reading.h"

struct reading {
	struct reading_environment *environment;
	struct session *session;
	const struct visit_limits *limits;
	struct target known; /* what the link said of the file last; path is lent */
	uint64_t size;	     /* bytes of the attempt at hand */
	bool visit_is_full;
};

static bool hash_bytes(void *userdata, const void *bytes, size_t length)
{
	struct reading *reading = userdata;
	struct session *session = reading->session;

	session->bytes += length;
	reading->size += length;
	reading->visit_is_full = session->bytes > reading->limits->visit_bytes;
	if (reading->visit_is_full || reading->size > reading->limits->file_bytes)
		return false;
	digest_update(reading->environment->digest, bytes, length);
	reading->environment->on_bytes(reading->environment->userdata);
	return true;
}

static void end_full_visit(struct reading *reading)
{
	struct link_result why =
		link_failed(VISIT_TOO_LARGE, "all files together have more than %llu bytes",
			    (unsigned long long)reading->limits->visit_bytes);

	session_end(reading->session, &why);
}

/* What is listed as too large is not even begun. */
static bool fits(struct reading *reading, struct visit_observation *observation)
{
	const struct target *known = &reading->known;
	const struct visit_limits *limits = reading->limits;
	uint64_t so_far = reading->session->bytes;

	if (!known->has_size)
		return true;
	if (known->size > limits->file_bytes) {
		observation->outcome = VISIT_TOO_LARGE;
		observation->size = known->size;
		return false;
	}
	if (so_far > limits->visit_bytes || known->size > limits->visit_bytes - so_far) {
		observation->outcome = VISIT_TOO_LARGE;
		observation->size = known->size;
		end_full_visit(reading);
		return false;
	}
	return true;
}

/* Whether two words for a time are of one form, so that they can be compared: digits stand
 * where digits stand. A listing and a question about one file may use different forms. */
static bool are_of_one_form(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a >= '0' && *a <= '9') != (*b >= '0' && *b <= '9'))
			return false;
	return *a == *b;
}

/* Ask the link about the file. Returns what came of it: VISIT_OK with ret_now. */
static enum visit_outcome ask(struct reading *reading, struct target *ret_now)
{
	struct session *session = reading->session;
	struct listing_entry entry = {0};
	struct link_result result = {.outcome = VISIT_CANCELLED};
	bool again = true;

	for (unsigned attempt = 0; attempt < 2 && again && session_is_ready(session); attempt++) {
		result = link_stat(session->link, reading->known.path, &entry);
		again = session_settle(session, &result);
	}
	*ret_now = reading->known;
	ret_now->has_size = entry.has_size;
	ret_now->size = entry.size;
	memcpy(ret_now->modified, entry.modified, sizeof entry.modified);
	free(entry.name);
	return result.outcome;
}

/* Ask before reading, unless the listing has told the same. */
static void ask_before(struct reading *reading)
{
	struct reading_environment *environment = reading->environment;
	struct target now;

	if (environment->words == READING_WORDS_AGREE || ask(reading, &now) != VISIT_OK)
		return;
	environment->words = reading->known.modified[0] != '\0' &&
					     are_of_one_form(reading->known.modified, now.modified)
				     ? READING_WORDS_AGREE
				     : READING_WORDS_DIFFER;
	reading->known = now;
}

/* Ask again. Returns whether the file is still as it was when size bytes of it were read, as
 * far as the link tells. */
static bool is_unchanged(struct reading *reading, uint64_t size)
{
	struct target before = reading->known;
	struct target now;
	enum visit_outcome outcome = ask(reading, &now);

	if (outcome != VISIT_OK)
		return outcome != VISIT_FILE_NOT_FOUND; /* what was read was read */
	reading->known = now;
	return (!now.has_size || now.size == size) &&
	       (!are_of_one_form(before.modified, now.modified) ||
		strcmp(before.modified, now.modified) == 0);
}

/* One attempt. Returns whether another may do better. */
static bool read_once(struct reading *reading, struct visit_observation *observation)
{
	struct session *session = reading->session;
	struct digest *digest = reading->environment->digest;
	const struct target *known = &reading->known;
	struct link_read read;

	reading->size = 0;
	digest_start(digest);
	struct link_result result =
		link_read(session->link, known->path,
			  known->has_size ? (int64_t)known->size : -1, hash_bytes, reading, &read);
	bool broke = session_settle(session, &result);
	observation->outcome = result.outcome;
	observation->size = reading->size;
	if (reading->visit_is_full)
		end_full_visit(reading);
	if (result.outcome == VISIT_TRUNCATED || result.outcome == VISIT_CHANGED_WHILE_READ) {
		(void)is_unchanged(reading, reading->size); /* asked for what it says now */
		return true;
	}
	if (result.outcome != VISIT_OK)
		return broke && result.outcome != VISIT_TOO_LARGE;
	if (!is_unchanged(reading, reading->size)) {
		observation->outcome = VISIT_CHANGED_WHILE_READ;
		return true;
	}
	observation->length_verified = read.length_verified;
	if (digest_final(digest, &observation->digest) < 0) {
		result = link_failed(VISIT_PULLER_FAILED, "OpenSSL could not hash");
		observation->outcome = result.outcome;
		session_end(session, &result);
	}
	return false;
}

/* Without reading: the size as listed or as the link tells it. Returns false where the link
 * tells nothing without a reading. */
static bool look_at(struct reading *reading, struct visit_observation *observation)
{
	const struct visit_order *order = reading->session->environment.link.order;
	struct target now = reading->known;

	if (!now.has_size)
		observation->outcome = ask(reading, &now);
	if (observation->outcome == VISIT_LISTING_UNSUPPORTED) {
		if (!visit_scheme_lists(order->address.scheme))
			return false;
		observation->outcome = VISIT_OK; /* it is listed, though without a size */
	}
	observation->size = now.size;
	return true;
}

static void read_twice_at_most(struct reading *reading, struct visit_observation *observation)
{
	bool again = true;

	observation->outcome = VISIT_CANCELLED; /* until it was tried */
	ask_before(reading);
	for (unsigned i = 0; i < 2 && again && session_is_ready(reading->session); i++)
		again = read_once(reading, observation);
}

/* Whether an outcome says something about the file, and not about the visit. */
static bool is_answer(enum visit_outcome outcome)
{
	enum visit_contact contact = visit_outcome_contact(outcome);

	return contact == VISIT_CONTACT_MADE || contact == VISIT_CONTACT_NONE;
}

bool reading_run(struct reading_environment *environment, const struct target *target,
		 struct visit_observation *ret_observation)
{
	struct session *session = environment->session;
	const struct visit_order *order = session->environment.link.order;
	struct reading reading = {
		.environment = environment,
		.session = session,
		.limits = &order->limits,
		.known = *target,
	};
	struct visit_observation observation = {.path = target->path, .kind = target->kind};

	if (order->list_only && !look_at(&reading, &observation)) {
		read_twice_at_most(&reading, &observation);
		observation.digest = (struct digest_pair){0};
	} else if (!order->list_only && fits(&reading, &observation)) {
		read_twice_at_most(&reading, &observation);
	}
	*ret_observation = observation;
	return is_answer(observation.outcome);
}
