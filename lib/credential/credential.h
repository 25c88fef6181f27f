#pragma once
/* Finds a credential by its name: a file of "user = …", "password = …" and "passphrase = …"
 * lines, with the private key, where there is one, in NAME.key beside it:
 * pumpwatch-credential(5). A value is what follows "=" and one space, to the end of the line,
 * as it stands. Nothing of a credential is ever put into a message. */
#include "visit/visit.h"

struct error;

enum {
	CREDENTIAL_BYTES_MAX = 64 * 1024,
	CREDENTIAL_NAME_MAX = 64,
	CREDENTIAL_WORD_MAX = 255, /* bytes in a user name, a password, a passphrase */
};

/* Folders in the order in which they are searched; either may be NULL. */
struct credential_folders {
	const char *given;	/* $CREDENTIALS_DIRECTORY: systemd's, its modes are trusted */
	const char *configured; /* it and its files must be the caller's own or root's (for root:
				 * also the owner of the folder's), and closed to all others */
};

/* Read name ([A-Za-z0-9._-]+, not beginning with "." or "-") into a user name, which the caller
 * frees, and a secret. A file that group or others may read or write, a folder that they may
 * write, a symbolic link and a foreign owner are refused (ERROR_PERMISSION), where it can with
 * the command that mends it; one that is nowhere, or not understood, is ERROR_CONFIG. Returns
 * 0 or -1. */
int credential_load(const struct credential_folders *folders, const char *name, char **ret_user,
		    struct visit_secret *ret_secret, struct error *e);
