#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "baseline/baseline.h"
#include "config/config.h"
#include "file/file.h"

int baseline_signers_load(struct trust_signers *ret_signers, const struct config *config, struct error *e)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (config->approvals == 0) {
		*ret_signers = (struct trust_signers){0};
		return 0;
	}
	if (file_read(&text, config->signers, TRUST_SIGNERS_BYTES_MAX, ERROR_CONFIG, e) < 0) {
		if (e && e->code == ERROR_DATA)
			e->code = ERROR_CONFIG; /* too large: it is part of the configuration */
		return error_prefix(e, "approvals = %u asks for signatures, but who may sign cannot be read",
				    config->approvals);
	}
	return trust_signers_parse(ret_signers, config->signers, text.data ? text.data : "", text.length, e);
}

struct trust_policy baseline_policy(const struct config *config, const struct trust_signers *signers)
{
	return (struct trust_policy){
		.signers = signers,
		.threshold = config->approvals,
		.verify_required = config->verify_required,
	};
}

/* The signatures that can be read at all, with their places among the baseline's. */
struct readable {
	struct trust_signature items[TRUST_SIGNATURES_MAX];
	size_t places[TRUST_SIGNATURES_MAX];
	size_t count;
};

static void clear_readable(struct readable *readable)
{
	for (size_t i = 0; i < readable->count; i++)
		trust_signature_clear(&readable->items[i]);
}

static void read_signatures(struct readable *readable, struct baseline_check *check,
			    const struct store_baseline *baseline)
{
	for (size_t i = 0; i < baseline->signature_count && i < TRUST_SIGNATURES_MAX; i++) {
		const char *text = baseline->signatures[i];
		check->votes[i] = (struct trust_vote){.result = TRUST_BAD_SIGNATURE};
		check->vote_count = i + 1;
		if (trust_signature_parse(&readable->items[readable->count], "the signature", text, strlen(text),
					  NULL) < 0)
			continue;
		readable->places[readable->count++] = i;
	}
}

/* The signature that tells best why there are too few: one that is not good, else the learner's. */
static const struct trust_vote *find_lost(const struct baseline_check *check)
{
	const struct trust_vote *lost = NULL;

	for (size_t i = 0; i < check->vote_count; i++) {
		if (check->votes[i].result != TRUST_GOOD)
			return &check->votes[i];
		if (check->votes[i].learner)
			lost = &check->votes[i];
	}
	return lost;
}

static void say_short(struct baseline_check *check, unsigned threshold)
{
	int n = snprintf(check->why, sizeof check->why, "%u of %u approvals are good", check->approvals, threshold);
	const struct trust_vote *lost = find_lost(check);

	if (!lost)
		return;
	const char *why = lost->learner ? "is by the one who learnt it" : trust_result_text(lost->result);
	(void)snprintf(check->why + n, sizeof check->why - (size_t)n, "; %s: %s",
		       lost->fingerprint[0] ? lost->fingerprint : "a signature", why); /* fits */
}

int baseline_check(struct baseline_check *ret_check, const struct store_baseline *baseline,
		   const struct trust_policy *policy, int64_t now, struct error *e)
{
	CLEANUP(clear_readable) struct readable readable = {0};
	struct baseline_check check = {0};
	struct trust_vote votes[TRUST_SIGNATURES_MAX] = {0};

	*ret_check = check;
	if (baseline->fault[0] != '\0') {
		ret_check->fault = BASELINE_DAMAGED;
		text_copy(ret_check->why, sizeof ret_check->why, baseline->fault);
		return 0;
	}
	read_signatures(&readable, &check, baseline);
	int good = trust_count(votes, readable.items, readable.count, baseline->text, strlen(baseline->text), policy,
			       baseline->manifest.learner, now);
	if (good < 0)
		return error_memory(e);
	for (size_t i = 0; i < readable.count; i++)
		check.votes[readable.places[i]] = votes[i];
	check.approvals = (unsigned)good;
	if (check.approvals < policy->threshold) {
		check.fault = BASELINE_SHORT;
		say_short(&check, policy->threshold);
	}
	*ret_check = check;
	return 0;
}
