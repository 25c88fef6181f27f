#include <string.h>

#include "base/time.h"

#include "trust/internal.h"

enum { USER_PRESENT = 0x01, USER_VERIFIED = 0x04 }; /* flags of a token */

const char *trust_result_text(enum trust_result result)
{
	switch (result) {
	case TRUST_GOOD:
		return "the signature is good";
	case TRUST_OTHER_NAMESPACE:
		return "the signature was made for something else (-n " TRUST_NAMESPACE ")";
	case TRUST_UNKNOWN_KEY:
		return "the key is not in allowed_signers";
	case TRUST_NOT_FOR_THIS:
		return "the key is not allowed the namespace " TRUST_NAMESPACE " in allowed_signers";
	case TRUST_NOT_YET_VALID:
		return "the key is not valid yet";
	case TRUST_EXPIRED:
		return "the key has expired";
	case TRUST_NO_PRESENCE:
		return "the token signed without anyone touching it";
	case TRUST_NOT_VERIFIED:
		return "the token signed without a PIN or a finger";
	case TRUST_BAD_SIGNATURE:
		return "the signature is not of these bytes by this key";
	case TRUST_NOT_CHECKED:
		return "this host's OpenSSL cannot check signatures of this kind";
	}
	return "unknown";
}

static bool has_key(const struct trust_signer *signer, const struct trust_signature *signature)
{
	return signer->key_length == signature->key_length &&
	       memcmp(signer->key, signature->key, signer->key_length) == 0;
}

/* What a line says of the namespace and the day. Its times are whole seconds. */
static enum trust_result line_result(const struct trust_signer *signer, int64_t now)
{
	if (signer->namespaces && trust_patterns_match(signer->namespaces, TRUST_NAMESPACE) != 1)
		return TRUST_NOT_FOR_THIS;
	if (now < signer->valid_after)
		return TRUST_NOT_YET_VALID;
	if (signer->valid_before != TIME_NEVER && now >= signer->valid_before + TIME_SECOND)
		return TRUST_EXPIRED;
	return TRUST_GOOD;
}

static bool counts(const struct trust_signer *signer, const struct trust_signature *signature, int64_t now)
{
	return has_key(signer, signature) && line_result(signer, now) == TRUST_GOOD;
}

/* The best that the lines with the signature's key have to say. */
static enum trust_result lines_result(const struct trust_signature *signature,
				      const struct trust_signers *signers, int64_t now,
				      const struct trust_signer **ret_signer)
{
	enum trust_result best = TRUST_UNKNOWN_KEY;

	for (size_t i = 0; i < signers->count; i++) {
		if (!has_key(&signers->items[i], signature))
			continue;
		enum trust_result result = line_result(&signers->items[i], now);
		if (result == TRUST_GOOD) {
			*ret_signer = &signers->items[i];
			return TRUST_GOOD;
		}
		if (best == TRUST_UNKNOWN_KEY || result > best)
			best = result;
	}
	return best;
}

static enum trust_result check_message(const struct trust_signature *signature,
				       struct trust_message *message, const struct trust_policy *policy,
				       int64_t now, const struct trust_signer **ret_signer)
{
	const struct trust_signer *signer = NULL;

	if (strcmp(signature->name_space, TRUST_NAMESPACE) != 0)
		return TRUST_OTHER_NAMESPACE;
	enum trust_result lines = lines_result(signature, policy->signers, now, &signer);
	if (lines == TRUST_UNKNOWN_KEY)
		return TRUST_UNKNOWN_KEY;
	enum trust_result value = trust_verify(signature, message);
	if (value != TRUST_GOOD)
		return value;
	if (trust_key_type_is_token(signature->type)) {
		if (!(signature->flags & USER_PRESENT))
			return TRUST_NO_PRESENCE;
		if (policy->verify_required && !(signature->flags & USER_VERIFIED))
			return TRUST_NOT_VERIFIED;
	}
	*ret_signer = signer;
	return lines;
}

enum trust_result trust_check(const struct trust_signature *signature, const void *message, size_t length,
			      const struct trust_policy *policy, int64_t now,
			      const struct trust_signer **ret_signer)
{
	struct trust_message hashed = {.bytes = message, .length = length};
	const struct trust_signer *signer = NULL;
	enum trust_result result = check_message(signature, &hashed, policy, now, &signer);

	if (ret_signer)
		*ret_signer = signer;
	return result;
}

/* ---- the threshold ---- */

/* Whether two good signatures have a key in common, or may be of one person. */
static bool conflict(const struct trust_signature *one, const struct trust_signature *other,
		     const struct trust_signers *signers, int64_t now)
{
	if (one->key_length == other->key_length && memcmp(one->key, other->key, one->key_length) == 0)
		return true;
	for (size_t i = 0; i < signers->count; i++) {
		if (!counts(&signers->items[i], one, now))
			continue;
		for (size_t k = 0; k < signers->count; k++)
			if (counts(&signers->items[k], other, now) &&
			    trust_same_person(signers->items[i].principals, signers->items[k].principals))
				return true;
	}
	return false;
}

/* Whether a good signature may be of the one whose key has this fingerprint. Their lines tell
 * who they are also when they are not valid. */
static bool is_learner(const struct trust_signature *signature, const char *learner,
		       const struct trust_signers *signers, int64_t now)
{
	if (strcmp(signature->fingerprint, learner) == 0)
		return true;
	for (size_t i = 0; i < signers->count; i++) {
		if (strcmp(signers->items[i].fingerprint, learner) != 0)
			continue;
		for (size_t k = 0; k < signers->count; k++)
			if (counts(&signers->items[k], signature, now) &&
			    trust_same_person(signers->items[i].principals, signers->items[k].principals))
				return true;
	}
	return false;
}

static bool is_independent(uint32_t set, const uint32_t *conflicts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((set >> i & 1) && (set & conflicts[i]))
			return false;
	return true;
}

/* The size of the largest part of candidates in which none is in conflict with another. */
static int largest(uint32_t candidates, const uint32_t *conflicts, size_t count)
{
	int best = 0;

	for (uint32_t set = candidates; set != 0; set = (set - 1) & candidates) {
		int size = __builtin_popcount(set);
		if (size > best && is_independent(set, conflicts, count))
			best = size;
	}
	return best;
}

int trust_count(struct trust_vote *ret_votes, const struct trust_signature *signatures, size_t count,
		const void *message, size_t length, const struct trust_policy *policy, const char *learner,
		int64_t now)
{
	struct trust_message hashed = {.bytes = message, .length = length};
	uint32_t conflicts[TRUST_SIGNATURES_MAX] = {0};
	uint32_t candidates = 0;

	if (count > TRUST_SIGNATURES_MAX)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct trust_vote *vote = &ret_votes[i];
		*vote = (struct trust_vote){0};
		memcpy(vote->fingerprint, signatures[i].fingerprint, sizeof vote->fingerprint);
		vote->result = check_message(&signatures[i], &hashed, policy, now, &vote->signer);
		if (vote->result != TRUST_GOOD)
			continue;
		vote->learner = policy->threshold >= 2 && *learner != '\0' &&
				is_learner(&signatures[i], learner, policy->signers, now);
		if (vote->learner)
			continue;
		for (size_t k = 0; k < i; k++)
			if ((candidates >> k & 1) &&
			    conflict(&signatures[i], &signatures[k], policy->signers, now)) {
				conflicts[i] |= UINT32_C(1) << k;
				conflicts[k] |= UINT32_C(1) << i;
			}
		candidates |= UINT32_C(1) << i;
	}
	return largest(candidates, conflicts, count);
}
