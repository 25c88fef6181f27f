#pragma once
/* The parts of credential_load() that tests and fuzzers see alone. */
#include <stddef.h>
#include <sys/stat.h>

#include "credential/credential.h"

/* Read the lines of a credential's file; path is for messages. The private key stays NULL.
 * Returns 0 or -1 (ERROR_CONFIG). */
int credential_parse(const char *path, const char *bytes, size_t length, char **ret_user,
		     struct visit_secret *ret_secret, struct error *e);

/* Who may own a configured folder and its files. */
struct credential_owners {
	uid_t caller;
	uid_t folder;
};

/* Whether a file or folder is closed to those whose bits are in forbidden, and has a fitting
 * owner. Returns 0 or -1 (ERROR_PERMISSION). */
int credential_check_owner(const struct stat *status, const struct credential_owners *owners,
			   mode_t forbidden, const char *path, struct error *e);
