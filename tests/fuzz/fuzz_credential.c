/* What credential_parse() takes can go to a device as one word; nothing is left behind when it
 * refuses. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "credential/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_word(const char *word)
{
	expect(strlen(word) <= CREDENTIAL_WORD_MAX && !strpbrk(word, "\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CLEANUP(cleanup_free) char *user = NULL;
	CLEANUP(visit_secret_clear) struct visit_secret secret = {0};
	struct error e = {0};

	if (credential_parse("f", (const char *)bytes, length, &user, &secret, &e) < 0) {
		expect(e.code == ERROR_CONFIG && !user && !secret.password && !secret.passphrase);
		return 0;
	}
	expect(user && *user && !secret.private_key);
	check_word(user);
	if (secret.password)
		check_word(secret.password);
	if (secret.passphrase)
		check_word(secret.passphrase);
	return 0;
}
