#pragma once
/* Finds a credential by its name: a file of "user = …" and "password = …" lines, with the
 * private key, where there is one, in NAME.key beside it. Values are taken to the end of the
 * line as they stand. Nothing of a credential is ever put into a message. */
#include "visit/visit.h"

struct error;

enum { CREDENTIAL_BYTES_MAX = 64 * 1024 };

/* Folders in the order in which they are searched; either may be NULL. */
struct credential_folders {
	const char *given;	/* $CREDENTIALS_DIRECTORY: systemd's, its modes are trusted */
	const char *configured; /* files must be the caller's own or root's, and closed to others */
};

/* Read name ([A-Za-z0-9._-]+) into a user name, which the caller frees, and a secret. A file
 * that group may write or others may read is refused (ERROR_PERMISSION) with the chmod that
 * mends it; one that is nowhere, or not understood, is ERROR_CONFIG. Returns 0 or -1. */
int credential_load(const struct credential_folders *folders, const char *name, char **ret_user,
		    struct visit_secret *ret_secret, struct error *e);
