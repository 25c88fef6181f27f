#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#include "link/ftp.h"

static const struct visit_order *order_of(const struct link_ftp *ftp)
{
	return ftp->link->environment.order;
}

/* ---- opening ---- */

static struct link_result greet(struct link_ftp *ftp)
{
	struct link_result result = link_ftp_hear(ftp);

	while (result.outcome == VISIT_OK && ftp->reply.code == 120) /* ready in a while */
		result = link_ftp_hear(ftp);
	if (result.outcome != VISIT_OK)
		return result;
	snprintf(ftp->greeting, sizeof ftp->greeting, "%.*s", (int)sizeof ftp->greeting - 1,
		 ftp->reply.text);
	if (ftp->reply.code == 220)
		return result;
	if (ftp->reply.code / 100 == 4)
		return link_failed(VISIT_BUSY, "the device said: %s", ftp->reply.text);
	return link_ftp_refusal(ftp);
}

static struct link_result start_tls(struct link_ftp *ftp)
{
	ftp->context = SSL_CTX_new(TLS_client_method());
	if (!ftp->context || !link_tls_prepare(&ftp->tls, ftp->link, ftp->context))
		return link_failed(VISIT_PULLER_FAILED, "OpenSSL cannot be set up");
	if (order_of(ftp)->address.scheme == VISIT_FTPES) {
		struct link_result result = link_ftp_ask(ftp, "AUTH", "TLS");
		if (result.outcome != VISIT_OK)
			return result;
		if (ftp->reply.code != 234)
			return link_failed(VISIT_CRYPTO_INCOMPATIBLE,
					   "the device does not start TLS: %s", ftp->reply.text);
	}
	return link_ftp_secure(ftp);
}

/* A reply to a password is not shown when it repeats the password. */
static struct link_result login_refusal(const struct link_ftp *ftp, const char *password)
{
	bool repeats = password[0] != '\0' && strstr(ftp->reply.text, password);

	if (ftp->reply.code / 100 == 4)
		return link_failed(VISIT_BUSY, "the device answered the login with %d",
				   ftp->reply.code);
	if (ftp->reply.code == 332)
		return link_failed(VISIT_LOGIN_REFUSED, "the device asks for an account as well");
	return link_failed(VISIT_LOGIN_REFUSED, "the device said: %s",
			   repeats ? "(what was sent)" : ftp->reply.text);
}

/* A device that hangs up at the login has refused it: trying again may lock it. */
static struct link_result ask_login(struct link_ftp *ftp, const char *verb, const char *argument)
{
	struct link_result result = link_ftp_ask(ftp, verb, argument);

	if (result.outcome == VISIT_CONNECTION_LOST)
		return link_failed(VISIT_LOGIN_REFUSED, "the device hung up at the login");
	return result;
}

static struct link_result log_in(struct link_ftp *ftp, const char *user, const char *password)
{
	if (strpbrk(user, "\r\n") || strpbrk(password, "\r\n"))
		return link_failed(VISIT_CREDENTIAL_UNUSABLE, "a line end in the user or password");
	struct link_result result = ask_login(ftp, "USER", user);
	if (result.outcome == VISIT_OK && ftp->reply.code == 331)
		result = ask_login(ftp, "PASS", password);
	if (result.outcome != VISIT_OK)
		return result;
	bool is_in = link_ftp_is_fine(ftp) && ftp->reply.code != 221; /* "Goodbye" */
	return is_in ? result : login_refusal(ftp, password);
}

static struct link_result log_in_as_ordered(struct link_ftp *ftp)
{
	const struct visit_order *order = order_of(ftp);
	const struct visit_secret *secret = ftp->link->environment.secret;

	switch (order->login) {
	case VISIT_LOGIN_NONE:
		return link_ok();
	case VISIT_LOGIN_ANONYMOUS:
		return log_in(ftp, "anonymous", "anonymous@");
	case VISIT_LOGIN_CREDENTIAL:
		break;
	}
	if (!order->user || !secret || !secret->password)
		return link_failed(VISIT_CREDENTIAL_UNUSABLE, "FTP needs a user and a password");
	return log_in(ftp, order->user, secret->password);
}

/* Say something that the server must agree to, or nothing can be read as it should. */
static struct link_result demand(struct link_ftp *ftp, const char *verb, const char *argument,
				 enum visit_outcome outcome)
{
	struct link_result result = link_ftp_ask(ftp, verb, argument);

	if (result.outcome != VISIT_OK)
		return result;
	if (ftp->reply.code == 530 || ftp->reply.code == 221)
		return link_ftp_refusal(ftp);
	if (!link_ftp_is_fine(ftp))
		return link_failed(outcome, "%s %s is refused: %s", verb, argument,
				   ftp->reply.text);
	return result;
}

static struct link_result converse(struct link_ftp *ftp)
{
	enum visit_scheme scheme = order_of(ftp)->address.scheme;
	struct link_result result = link_ok();

	if (scheme == VISIT_FTPS)
		result = start_tls(ftp);
	if (result.outcome == VISIT_OK)
		result = greet(ftp);
	if (result.outcome == VISIT_OK && scheme == VISIT_FTPES)
		result = start_tls(ftp);
	if (result.outcome == VISIT_OK)
		result = log_in_as_ordered(ftp);
	if (result.outcome == VISIT_OK && ftp->context)
		result = demand(ftp, "PBSZ", "0", VISIT_CRYPTO_INCOMPATIBLE);
	if (result.outcome == VISIT_OK && ftp->context)
		result = demand(ftp, "PROT", "P", VISIT_CRYPTO_INCOMPATIBLE);
	if (result.outcome == VISIT_OK)
		result = demand(ftp, "TYPE", "I", VISIT_PROTOCOL_ERROR);
	return result;
}

static struct link_result ftp_open(struct link *link)
{
	struct link_ftp *ftp = calloc(1, sizeof *ftp);

	if (!ftp)
		return link_failed_memory();
	link->state = ftp;
	ftp->link = link;
	ftp->control.fd = -1;
	struct link_result result =
		link_connect(link, link->environment.order->address.port, &ftp->control.fd);
	if (result.outcome != VISIT_OK)
		return result;
	ftp->is_usable = true;
	return converse(ftp);
}

static void ftp_look(const struct link *link, struct link_seen *seen)
{
	const struct link_ftp *ftp = link->state;

	link_tls_look(&ftp->tls, seen);
	memcpy(seen->greeting, ftp->greeting, sizeof seen->greeting);
}

/* ---- where things are ---- */

static struct link_result join(const char *base, const char *path,
			       char ret_path[static LINK_FTP_PATH_MAX])
{
	size_t length = strlen(base);
	bool slash = length > 0 && path[0] != '\0' && base[length - 1] != '/';

	if (snprintf(ret_path, LINK_FTP_PATH_MAX, "%s%s%s", base, slash ? "/" : "", path) >=
	    LINK_FTP_PATH_MAX)
		return link_failed(VISIT_PROTOCOL_ERROR, "the path is too long");
	return link_ok();
}

static bool is_rooted_at_home(const struct link_ftp *ftp)
{
	return strcmp(order_of(ftp)->address.root, "/") == 0;
}

/* With the root "/" files are where the login lands, and are named without a slash as long as
 * that is where we are: the smallest servers know bare names only. */
static struct link_result find_path(const struct link_ftp *ftp, const char *path,
				    char ret_path[static LINK_FTP_PATH_MAX])
{
	if (!is_rooted_at_home(ftp))
		return join(order_of(ftp)->address.root, path, ret_path);
	return join(ftp->has_left_home ? ftp->home : "", path, ret_path);
}

/* Before the first step away from it, learn what home is called. */
static struct link_result learn_home(struct link_ftp *ftp)
{
	if (ftp->home[0] != '\0' || !is_rooted_at_home(ftp))
		return link_ok();
	struct link_result result = link_ftp_ask(ftp, "PWD", NULL);
	if (result.outcome != VISIT_OK)
		return result;
	if (ftp->reply.code != 257 ||
	    !link_ftp_reply_path(&ftp->reply, ftp->home, sizeof ftp->home))
		memcpy(ftp->home, "/", 2);
	return result;
}

/* Go into a folder. ret_gone is false when the server knows no command for that. */
static struct link_result go_into(struct link_ftp *ftp, const char *folder, bool *ret_gone)
{
	char path[LINK_FTP_PATH_MAX];
	struct link_result result = learn_home(ftp);

	*ret_gone = true;
	if (result.outcome == VISIT_OK)
		result = join(is_rooted_at_home(ftp) ? ftp->home : order_of(ftp)->address.root,
			      folder, path);
	if (result.outcome == VISIT_OK)
		result = link_ftp_ask(ftp, "CWD", path);
	if (result.outcome != VISIT_OK)
		return result;
	if (link_ftp_is_fine(ftp)) {
		ftp->has_left_home = true;
		return result;
	}
	*ret_gone = ftp->has_left_home || !link_ftp_is_unknown(ftp);
	ftp->lacks_cwd = !*ret_gone;
	return link_ftp_refusal(ftp);
}

/* Be where the folder can be listed without an argument, which servers take in many ways. Only
 * where there is no other way ret_argument is what to ask the listing by, else NULL. */
static struct link_result enter(struct link_ftp *ftp, const char *folder,
				char path[static LINK_FTP_PATH_MAX], const char **ret_argument)
{
	bool gone = true;

	*ret_argument = NULL;
	if (is_rooted_at_home(ftp) && folder[0] == '\0' && !ftp->has_left_home)
		return link_ok();
	struct link_result result = ftp->lacks_cwd ? link_ok() : go_into(ftp, folder, &gone);
	if (!ftp->lacks_cwd)
		return result;
	*ret_argument = path;
	return find_path(ftp, folder, path);
}

/* ---- listing ---- */

static bool keep_listing(void *userdata, const void *bytes, size_t length)
{
	struct text *text = userdata;

	text_add_bytes(text, bytes, length);
	return !text->failed;
}

static struct link_result learn_features(struct link_ftp *ftp)
{
	if (ftp->features_known)
		return link_ok();
	struct link_result result = link_ftp_ask(ftp, "FEAT", NULL);
	ftp->features_known = true;
	ftp->lacks_mlsd =
		ftp->reply.code != 211 || !link_ftp_reply_has_feature(&ftp->reply, "MLST");
	return result;
}

/* Servers that have nothing to list say so by an error, some of them. */
static bool says_empty(const struct link_ftp *ftp)
{
	return (ftp->reply.code == 450 || ftp->reply.code == 550) &&
	       link_ftp_reply_says(&ftp->reply, "no files");
}

static struct link_result list_by(struct link_ftp *ftp, const char *verb, const char *argument,
				  struct text *bytes)
{
	struct link_intake intake;
	int64_t announced;
	bool torn;

	link_intake_start(&intake, ftp->link, keep_listing, bytes);
	intake.most = LISTING_BYTES_MAX;
	struct link_result result =
		link_ftp_transfer(ftp, verb, argument, &intake, &announced, &torn);
	if (intake.stopped == VISIT_TOO_LARGE)
		return link_failed(VISIT_TOO_MANY_FILES, "the listing has more than %d bytes",
				   LISTING_BYTES_MAX);
	if (result.outcome == VISIT_OK && torn)
		return link_failed(VISIT_TRUNCATED, "the listing ended without the end of TLS");
	if (ftp->is_usable && result.outcome != VISIT_OK && says_empty(ftp))
		return link_ok();
	return result;
}

static struct link_result parse(const struct text *bytes, enum listing_format format,
				struct listing *ret_listing)
{
	const char *data = bytes->data ? bytes->data : "";
	struct error e = {0};

	if (listing_parse(ret_listing, format, data, bytes->length, &e) == 0)
		return link_ok();
	if (e.code != ERROR_DATA)
		return link_failed_memory();
	return link_failed(VISIT_LISTING_NOT_UNDERSTOOD, "%s", e.text);
}

static struct link_result ftp_list(struct link *link, const char *folder,
				   struct listing *ret_listing)
{
	struct link_ftp *ftp = link->state;
	const struct {
		const char *verb;
		enum listing_format format;
		bool *lacks;
	} ways[] = {
		{"MLSD", LISTING_MLSD, &ftp->lacks_mlsd},
		{"LIST", LISTING_LIST, &ftp->lacks_list},
		{"NLST", LISTING_NLST, &ftp->lacks_nlst},
	};
	CLEANUP(text_clear) struct text bytes;
	char path[LINK_FTP_PATH_MAX];
	const char *argument;

	text_init(&bytes);
	struct link_result result = learn_features(ftp);
	if (result.outcome == VISIT_OK)
		result = enter(ftp, folder, path, &argument);
	if (result.outcome != VISIT_OK)
		return result;
	for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
		if (*ways[way].lacks)
			continue;
		result = list_by(ftp, ways[way].verb, argument, &bytes);
		if (result.outcome == VISIT_OK)
			return parse(&bytes, ways[way].format, ret_listing);
		if (!ftp->is_usable || !link_ftp_is_unknown(ftp))
			return result;
		*ways[way].lacks = true;
	}
	return link_failed(VISIT_LISTING_UNSUPPORTED, "the device knows no MLSD, LIST or NLST");
}

/* ---- one file ---- */

/* The size of a file, or -1 where the server does not tell. */
static struct link_result ask_size(struct link_ftp *ftp, const char *path, int64_t *ret_size)
{
	*ret_size = -1;
	if (ftp->lacks_size)
		return link_ok();
	struct link_result result = link_ftp_ask(ftp, "SIZE", path);
	if (result.outcome != VISIT_OK)
		return result;
	if (ftp->reply.code != 213 || !link_ftp_reply_size(&ftp->reply, ret_size))
		*ret_size = -1;
	ftp->lacks_size = link_ftp_is_unknown(ftp);
	return result;
}

static struct link_result ftp_read(struct link *link, const char *path, int64_t expected,
				   link_on_bytes *on_bytes, void *userdata,
				   struct link_read *ret_read)
{
	struct link_ftp *ftp = link->state;
	uint64_t most = link->environment.order->limits.file_bytes;
	char whole[LINK_FTP_PATH_MAX];
	struct link_intake intake;
	int64_t in_reply;
	int64_t size;
	bool torn;

	struct link_result result = find_path(ftp, path, whole);
	if (result.outcome == VISIT_OK)
		result = ask_size(ftp, whole, &size);
	if (result.outcome != VISIT_OK)
		return result;
	if (size >= 0 && (uint64_t)size > most)
		return link_failed(VISIT_TOO_LARGE, "the file has %lld bytes", (long long)size);
	link_intake_start(&intake, link, on_bytes, userdata);
	result = link_ftp_transfer(ftp, "RETR", whole, &intake, &in_reply, &torn);
	if (result.outcome != VISIT_OK)
		return result;
	if (size < 0)
		size = in_reply;
	if (torn && size < 0)
		return link_failed(VISIT_TRUNCATED, "the file ended without the end of TLS");
	return link_intake_end(&intake, size, expected, ret_read);
}

/* SIZE and MDTM: two small questions instead of another listing. */
static struct link_result ftp_stat(struct link *link, const char *path,
				   struct listing_entry *ret_entry)
{
	struct link_ftp *ftp = link->state;
	char whole[LINK_FTP_PATH_MAX];
	int64_t size;

	struct link_result result = find_path(ftp, path, whole);
	if (result.outcome == VISIT_OK)
		result = ask_size(ftp, whole, &size);
	if (result.outcome == VISIT_OK && !ftp->lacks_mdtm) {
		result = link_ftp_ask(ftp, "MDTM", whole);
		ftp->lacks_mdtm = link_ftp_is_unknown(ftp);
		if (result.outcome == VISIT_OK && ftp->reply.code == 213)
			(void)link_ftp_reply_time(&ftp->reply, ret_entry->modified); /* or empty */
	}
	if (result.outcome != VISIT_OK)
		return result;
	ret_entry->has_size = size >= 0;
	ret_entry->size = size >= 0 ? (uint64_t)size : 0;
	if (ret_entry->has_size || ret_entry->modified[0] != '\0')
		return result;
	if (ftp->lacks_size && ftp->lacks_mdtm)
		return link_failed(VISIT_LISTING_UNSUPPORTED, "the device knows no SIZE or MDTM");
	return link_ftp_refusal(ftp);
}

/* ---- the end ---- */

static bool ftp_is_usable(const struct link *link)
{
	return ((const struct link_ftp *)link->state)->is_usable;
}

/* Say goodbye when nothing is under way, and give the device a moment to hang up, so that
 * the next connection does not find it busy with this one. */
static void part(struct link_ftp *ftp)
{
	int64_t until = link_now() + TIME_SECOND / 2;
	char ignored[256];
	size_t length = 1;

	if (link_stream_write(&ftp->control, ftp->link, "QUIT\r\n", 6, until).outcome != VISIT_OK)
		return;
	while (length > 0 && link_now() < until &&
	       link_stream_read(&ftp->control, ftp->link, ignored, sizeof ignored, until, &length)
			       .outcome == VISIT_OK)
		;
}

static void ftp_close(struct link *link)
{
	struct link_ftp *ftp = link->state;

	if (!ftp)
		return;
	if (ftp->is_usable)
		part(ftp);
	link_stream_close(&ftp->control);
	SSL_CTX_free(ftp->context);
	free(ftp);
}

const struct link_protocol link_protocol_ftp = {
	.open = ftp_open,
	.look = ftp_look,
	.list = ftp_list,
	.read = ftp_read,
	.stat = ftp_stat,
	.is_usable = ftp_is_usable,
	.close = ftp_close,
};
