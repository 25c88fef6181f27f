#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "visit/visit.h"

/* The index of name among count names, or -EINVAL. */
static int find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -EINVAL;
}

static const char *const kinds[VISIT_KIND_COUNT] = {
	[VISIT_FIRMWARE] = "firmware",
	[VISIT_DRUG_LIBRARY] = "drug-library",
	[VISIT_CONFIG] = "config",
	[VISIT_OTHER] = "other",
};

const char *visit_kind_name(enum visit_kind kind)
{
	return kinds[kind];
}

int visit_kind_parse(enum visit_kind *ret_kind, const char *name)
{
	int i = find_name(kinds, VISIT_KIND_COUNT, name);

	if (i < 0)
		return i;
	*ret_kind = (enum visit_kind)i;
	return 0;
}

struct outcome_words {
	enum visit_contact contact;
	const char *name;
	const char *text;
	const char *advice;
};

static const struct outcome_words outcomes[VISIT_OUTCOME_COUNT] = {
	[VISIT_OK] = {VISIT_CONTACT_MADE, "ok", "was read", "nothing is to be done"},
	[VISIT_NAME_NOT_FOUND] = {VISIT_CONTACT_NONE, "name-not-found",
		"the host name of the link is not known",
		"check the name in the link, and the name server of this host"},
	[VISIT_CONNECTION_REFUSED] = {VISIT_CONTACT_NONE, "connection-refused",
		"the address answers, but the port is closed",
		"check that the file service is enabled on the device, and the port of the link"},
	[VISIT_TIMED_OUT] = {VISIT_CONTACT_NONE, "timed-out", "did not answer in time",
		"check that the device is switched on and connected"},
	[VISIT_HOST_UNREACHABLE] = {VISIT_CONTACT_NONE, "host-unreachable",
		"the network has no way to the address",
		"check the address of the link, the network and the firewall"},
	[VISIT_BUSY] = {VISIT_CONTACT_NONE, "busy", "the device says that it is busy",
		"nothing yet: it is tried again; if it stays so, see who else is connected"},
	[VISIT_PROTOCOL_ERROR] = {VISIT_CONTACT_NONE, "protocol-error",
		"what answers does not speak the protocol of the link as it should",
		"check the protocol and the port of the link"},
	[VISIT_CRYPTO_INCOMPATIBLE] = {VISIT_CONTACT_NONE, "crypto-incompatible",
		"no cipher or key exchange is common to both sides",
		"if the device knows only old ones, its model's profile must say legacy = yes"},
	[VISIT_LOGIN_REFUSED] = {VISIT_CONTACT_REFUSED, "login-refused",
		"the device refused the login",
		"check the credential; it is not tried again in this sweep, since devices lock out"},
	[VISIT_HOST_KEY_CHANGED] = {VISIT_CONTACT_WRONG, "host-key-changed",
		"the SSH host key is not the one enrolled",
		"find out whether the device was replaced or reset; until then treat it as another device"},
	[VISIT_CERTIFICATE_CHANGED] = {VISIT_CONTACT_WRONG, "certificate-changed",
		"the key of the TLS certificate is not the one enrolled",
		"find out whether the device was replaced or reset; until then treat it as another device"},
	[VISIT_SERIAL_CHANGED] = {VISIT_CONTACT_WRONG, "serial-changed",
		"another serial number answers than the one enrolled",
		"find the device that has this address now; correct the link or the serial"},
	[VISIT_IDENTITY_UNKNOWN] = {VISIT_CONTACT_WRONG, "identity-unknown",
		"the device could not show who it is",
		"compare its key or certificate and enroll it with --pin or --pin-seen"},
	[VISIT_FILE_NOT_FOUND] = {VISIT_CONTACT_MADE, "file-not-found", "the device has no such file",
		"check the device against its approved release"},
	[VISIT_PERMISSION_DENIED] = {VISIT_CONTACT_MADE, "permission-denied",
		"the device did not let the file be read",
		"check what the credential may read"},
	[VISIT_TOO_LARGE] = {VISIT_CONTACT_MADE, "too-large", "larger than the profile allows",
		"look at the file; raise file-size or visit-size in the profile if it is right"},
	[VISIT_TOO_SLOW] = {VISIT_CONTACT_MADE, "too-slow", "took longer than the profile allows",
		"look at the link; raise total-time in the profile if it is right"},
	[VISIT_TRUNCATED] = {VISIT_CONTACT_MADE, "truncated",
		"ended before the length that was announced",
		"nothing yet: it is tried again; if it stays so, check the device's file service"},
	[VISIT_CHANGED_WHILE_READ] = {VISIT_CONTACT_MADE, "changed-while-read",
		"changed while it was read, twice",
		"if the file always changes, its model's profile should leave it out"},
	[VISIT_UNSTABLE] = {VISIT_CONTACT_MADE, "unstable", "two readings gave two contents",
		"if the file always changes, its model's profile should leave it out; else check the device"},
	[VISIT_LISTING_UNSUPPORTED] = {VISIT_CONTACT_MADE, "listing-unsupported",
		"the device cannot list its files", "name the files in the model's profile"},
	[VISIT_LISTING_NOT_UNDERSTOOD] = {VISIT_CONTACT_MADE, "listing-not-understood",
		"the listing of the device was not understood",
		"send the line that is shown to whoever keeps the profile"},
	[VISIT_TOO_MANY_FILES] = {VISIT_CONTACT_MADE, "too-many-files",
		"more files or folders than the profile allows",
		"look at the device; raise entries or depth in the profile if it is right"},
	[VISIT_CONNECTION_LOST] = {VISIT_CONTACT_MADE, "connection-lost",
		"the connection broke in the middle",
		"nothing yet: it is tried again; if it stays so, check the device and the network"},
	[VISIT_CREDENTIAL_UNUSABLE] = {VISIT_CONTACT_NOT_TRIED, "credential-unusable",
		"its credential could not be read, so no contact was tried",
		"mend the credential's file; the message says how"},
	[VISIT_PROFILE_UNUSABLE] = {VISIT_CONTACT_NOT_TRIED, "profile-unusable",
		"its model's profile is missing or does not fit it, so no contact was tried",
		"mend the profile or the device's model; the message says which"},
	[VISIT_PULLER_FAILED] = {VISIT_CONTACT_NOT_TRIED, "puller-failed",
		"the process that reads from it ended or hung",
		"nothing yet: it is tried again; if it stays so for one device, report it with the log"},
	[VISIT_CANCELLED] = {VISIT_CONTACT_NOT_TRIED, "cancelled", "was stopped before its end",
		"start the sweep again when the stop is over"},
};

const char *visit_outcome_name(enum visit_outcome outcome)
{
	return outcomes[outcome].name;
}

const char *visit_outcome_text(enum visit_outcome outcome)
{
	return outcomes[outcome].text;
}

const char *visit_outcome_advice(enum visit_outcome outcome)
{
	return outcomes[outcome].advice;
}

enum visit_contact visit_outcome_contact(enum visit_outcome outcome)
{
	return outcomes[outcome].contact;
}

int visit_outcome_parse(enum visit_outcome *ret_outcome, const char *name)
{
	for (int i = 0; i < VISIT_OUTCOME_COUNT; i++) {
		if (strcmp(outcomes[i].name, name) != 0)
			continue;
		*ret_outcome = (enum visit_outcome)i;
		return 0;
	}
	return -EINVAL;
}

static const char *const schemes[VISIT_SCHEME_COUNT] = {
	[VISIT_FTP] = "ftp",   [VISIT_FTPS] = "ftps",	[VISIT_FTPES] = "ftpes", [VISIT_SFTP] = "sftp",
	[VISIT_HTTP] = "http", [VISIT_HTTPS] = "https", [VISIT_TFTP] = "tftp",	 [VISIT_FILE] = "file",
};

const char *visit_scheme_name(enum visit_scheme scheme)
{
	return schemes[scheme];
}

int visit_scheme_parse(enum visit_scheme *ret_scheme, const char *name)
{
	int i = find_name(schemes, VISIT_SCHEME_COUNT, name);

	if (i < 0)
		return i;
	*ret_scheme = (enum visit_scheme)i;
	return 0;
}

uint16_t visit_scheme_port(enum visit_scheme scheme)
{
	static const uint16_t ports[VISIT_SCHEME_COUNT] = {
		[VISIT_FTP] = 21,  [VISIT_FTPS] = 990,	[VISIT_FTPES] = 21, [VISIT_SFTP] = 22,
		[VISIT_HTTP] = 80, [VISIT_HTTPS] = 443, [VISIT_TFTP] = 69,
	};

	return ports[scheme];
}

bool visit_scheme_lists(enum visit_scheme scheme)
{
	return scheme != VISIT_HTTP && scheme != VISIT_HTTPS && scheme != VISIT_TFTP;
}

bool visit_scheme_encrypts(enum visit_scheme scheme)
{
	return scheme == VISIT_FTPS || scheme == VISIT_FTPES || scheme == VISIT_SFTP ||
	       scheme == VISIT_HTTPS;
}

void visit_grade_write(char ret_text[static VISIT_GRADE_TEXT_SIZE], const struct visit_grade *grade)
{
	(void)snprintf(ret_text, VISIT_GRADE_TEXT_SIZE, "%s%s%s%s",
		       grade->authenticated ? "authenticated, " : "",
		       grade->encrypted ? "encrypted" : "plain",
		       grade->identified ? ", identified" : ", not identified",
		       grade->weak ? ", weak" : ""); /* the longest text fits */
}

void visit_grade_explain(struct text *text, const struct visit_grade *grade, enum visit_scheme scheme)
{
	if (scheme == VISIT_FILE)
		text_add(text, "A folder of this computer: how the files came there is not known here.");
	else if (grade->authenticated && grade->encrypted)
		text_add(text, "Authenticated and encrypted: the device proved by its key who it is, and nobody on the "
			       "way could read or change the files.");
	else if (grade->encrypted)
		text_add(text, "Encrypted, but not authenticated: nobody could listen, but the device did not prove who "
			       "it is, so another one could have answered.");
	else if (grade->identified)
		text_add(text, "Neither authenticated nor encrypted: the device told its serial, which another one could "
			       "tell, too, and anybody on the network between could have read or changed the files.");
	else
		text_add(text, "Neither authenticated nor encrypted: nothing shows which device answered, and anybody on "
			       "the network between could have read or changed the files.");
	if (grade->weak)
		text_add(text, " Old algorithms were in use that can be broken.");
}
