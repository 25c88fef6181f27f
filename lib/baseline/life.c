#include "base/text.h"
#include "base/time.h"
#include "baseline/baseline.h"

enum baseline_stage baseline_stage(const struct store_baseline *baseline, const struct baseline_check *check,
				   int64_t now)
{
	/* Of a text that is not believed, nothing is known of its end. */
	bool over = baseline->fault[0] == '\0' && baseline->manifest.expires_at <= now;

	switch (baseline->state) {
	case STORE_WITHDRAWN: return BASELINE_WITHDRAWN;
	case STORE_CURRENT: return over ? BASELINE_EXPIRED : BASELINE_CURRENT;
	case STORE_OLDER: return over || baseline->accept_until <= now ? BASELINE_EXPIRED : BASELINE_OLDER;
	case STORE_CANDIDATE: break;
	}
	if (over)
		return BASELINE_EXPIRED;
	return check->fault == BASELINE_FINE ? BASELINE_APPROVED : BASELINE_CANDIDATE;
}

const char *baseline_stage_name(enum baseline_stage stage)
{
	static const char *const names[] = {
		[BASELINE_CANDIDATE] = "candidate", [BASELINE_APPROVED] = "approved",
		[BASELINE_CURRENT] = "current",	    [BASELINE_OLDER] = "older",
		[BASELINE_EXPIRED] = "expired",	    [BASELINE_WITHDRAWN] = "withdrawn",
	};

	return names[stage];
}

const char *baseline_fault_name(enum baseline_fault fault)
{
	static const char *const names[] = {
		[BASELINE_FINE] = "fine", [BASELINE_SHORT] = "short", [BASELINE_DAMAGED] = "damaged",
		[BASELINE_MISPLACED] = "misplaced", [BASELINE_GONE] = "gone",
	};

	return names[fault];
}

char *baseline_approvers(const struct baseline_check *check)
{
	struct text names;

	text_init(&names);
	for (size_t i = 0; i < check->vote_count; i++) {
		const struct trust_vote *vote = &check->votes[i];
		bool named = !vote->signer || vote->result != TRUST_GOOD || vote->learner;
		for (size_t k = 0; k < i && !named; k++)
			named = check->votes[k].signer == vote->signer;
		if (!named)
			text_addf(&names, "%s%s", names.length ? ", " : "", vote->signer->principals);
	}
	return names.length ? text_take(&names) : NULL;
}

const char *baseline_caution(unsigned approvals)
{
	if (approvals == 0)
		return "Evaluation mode (approvals = 0): the baselines carry no signatures.";
	return approvals == 1 ? "A single approval (approvals = 1): one person alone decides what is believed." : NULL;
}
