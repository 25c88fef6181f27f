#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session.h"

/* Bring an argument, from the session's folder, into the form of a path: relative to the
 * root, without "." and "..". False when it is too long. */
static bool resolve(const struct session *session, const char *argument,
		    char ret_path[static SESSION_PATH_MAX])
{
	char joined[SESSION_PATH_MAX * 2];
	size_t length = 0;
	char *rest = joined;
	char *segment;

	int n = *argument == '/' ?
			snprintf(joined, sizeof joined, "%s", argument) :
			snprintf(joined, sizeof joined, "%s/%s", session->folder, argument);
	if (n >= SESSION_PATH_MAX)
		return false;
	ret_path[0] = '\0';
	while ((segment = strsep(&rest, "/")) != NULL) {
		if (*segment == '\0' || strcmp(segment, ".") == 0)
			continue;
		if (strcmp(segment, "..") == 0) {
			char *slash = strrchr(ret_path, '/');
			length = slash ? (size_t)(slash - ret_path) : 0;
		} else {
			size_t size = strlen(segment);
			if (length > 0)
				ret_path[length++] = '/';
			memcpy(ret_path + length, segment, size);
			length += size;
		}
		ret_path[length] = '\0';
	}
	return true;
}

static bool needs_login(struct session *session)
{
	if (!session->fleet->options.user || session->logged_in)
		return false;
	session_reply(session, "530 Please login with USER and PASS.");
	return true;
}

static void run_user(struct session *session, const char *argument)
{
	(void)snprintf(session->user, sizeof session->user, "%s", argument);
	session->logged_in = false;
	session_reply(session, "331 Password required");
	/* As was published: retrieval works without a login, a login as anonymous does not. */
	if (!session->fleet->options.user && strcasecmp(argument, "anonymous") == 0)
		session_close(session);
}

static void run_pass(struct session *session, const char *argument)
{
	const struct fleet_options *options = &session->fleet->options;

	if (options->user && strcmp(session->user, options->user) == 0 &&
	    strcmp(argument, options->password) == 0) {
		session->logged_in = true;
		session_reply(session, "230 User logged in");
		return;
	}
	session_reply(session, "530 Login failed");
}

static void run_cwd(struct session *session, const char *argument)
{
	char path[SESSION_PATH_MAX];

	if (!resolve(session, argument, path) || !pump_has_folder(&session->pump->pump, path)) {
		session_reply(session, "550 No such directory");
		return;
	}
	memcpy(session->folder, path, sizeof path);
	session_reply(session, "250 Changed directory to \"/%s\"", path);
}

static void run_list(struct session *session, const char *argument, bool names)
{
	struct pump *pump = &session->pump->pump;
	struct transfer *transfer = &session->transfer;
	char path[SESSION_PATH_MAX];

	while (*argument == '-') { /* options of ls */
		argument += strcspn(argument, " ");
		argument += strspn(argument, " ");
	}
	if (!resolve(session, argument, path) ||
	    (!pump_has_folder(pump, path) && !pump_find(pump, path))) {
		session_reply(session, "550 No such file or directory");
		return;
	}
	*transfer = (struct transfer){.kind = TRANSFER_TEXT};
	if (pump->faults.listing == PUMP_LISTING_ENDLESS)
		transfer->kind = TRANSFER_ENDLESS;
	else if (pump->faults.listing == PUMP_LISTING_GARBAGE)
		folder_garbage(&transfer->text, pump->number);
	else if (names)
		folder_names(&transfer->text, pump, path);
	else
		folder_list(&transfer->text, pump, path);
	transfer->end = transfer->text.length;
	if (pump->faults.hang_listing) {
		transfer->end /= 2;
		transfer->ending = PUMP_END_HANG;
	}
	transfer_start(session);
}

/* The file that an argument names, or NULL after a reply. */
static struct pump_file *find_file(struct session *session, const char *argument)
{
	char path[SESSION_PATH_MAX];
	struct pump_file *file =
		resolve(session, argument, path) ? pump_find(&session->pump->pump, path) : NULL;

	if (!file)
		session_reply(session, "550 File not found");
	else if (file->denied)
		session_reply(session, "550 Permission denied");
	return file && !file->denied ? file : NULL;
}

static void run_retr(struct session *session, const char *argument)
{
	struct pump_file *file = find_file(session, argument);
	struct transfer *transfer = &session->transfer;

	if (!file)
		return;
	file->readings++;
	*transfer = (struct transfer){.kind = TRANSFER_FILE, .file = *file, .end = pump_file_size(file)};
	(void)content_reference(file->content); /* released with the transfer */
	if (session->ascii)
		transfer_to_ascii(transfer);
	if (file->end != PUMP_END_WELL && file->end_at < transfer->end) {
		transfer->end = file->end_at;
		transfer->ending = file->end;
	}
	transfer_start(session);
}

static void run_size(struct session *session, const char *argument, bool time_wanted)
{
	char date[32];

	if (!session->fleet->options.knows_size) {
		session_reply(session, "500 Command not understood");
		return;
	}
	struct pump_file *file = find_file(session, argument);
	if (!file)
		return;
	time_t modified = file->modified;
	struct tm tm;
	(void)gmtime_r(&modified, &tm); /* such years fit */
	(void)strftime(date, sizeof date, "%Y%m%d%H%M%S", &tm);
	if (time_wanted)
		session_reply(session, "213 %s", date);
	else
		session_reply(session, "213 %llu", (unsigned long long)pump_file_size(file));
}

/* What would write: taken, thrown away, and told by the record. */
static void run_store(struct session *session, const char *verb)
{
	record_add(&session->fleet->record, session->pump->pump.number, "violation", verb);
	if (strcmp(verb, "STOR") != 0 && strcmp(verb, "APPE") != 0 && strcmp(verb, "STOU") != 0) {
		session_reply(session, "250 Command successful");
		return;
	}
	session->transfer = (struct transfer){.kind = TRANSFER_STORE};
	transfer_start(session);
}

static void run_type(struct session *session, const char *argument)
{
	int type = toupper((unsigned char)*argument);

	if (type != 'A' && type != 'I' && type != 'L') {
		session_reply(session, "504 Type not supported");
		return;
	}
	session->ascii = type == 'A';
	session_reply(session, "200 Type set to %c", type);
}

static void run_quit(struct session *session)
{
	session_reply(session, "221 Bye");
	session_close(session);
}

static bool is_one_of(const char *verb, const char *verbs)
{
	char word[16];

	(void)snprintf(word, sizeof word, " %s ", verb);
	return strstr(verbs, word) != NULL;
}

/* Commands that need a login where there is one. */
static void run_inside(struct session *session, const char *verb, const char *argument)
{
	if (needs_login(session))
		return;
	if (strcmp(verb, "PWD") == 0 || strcmp(verb, "XPWD") == 0)
		session_reply(session, "257 \"/%s\"", session->folder);
	else if (strcmp(verb, "CWD") == 0)
		run_cwd(session, argument);
	else if (strcmp(verb, "CDUP") == 0)
		run_cwd(session, "..");
	else if (strcmp(verb, "TYPE") == 0)
		run_type(session, argument);
	else if (strcmp(verb, "PASV") == 0)
		transfer_passive(session);
	else if (strcmp(verb, "PORT") == 0)
		session_reply(session, transfer_active(session, argument) ? "200 PORT command successful" :
									   "501 Bad address");
	else if (strcmp(verb, "LIST") == 0 || strcmp(verb, "NLST") == 0)
		run_list(session, argument, *verb == 'N');
	else if (strcmp(verb, "RETR") == 0)
		run_retr(session, argument);
	else if (strcmp(verb, "SIZE") == 0 || strcmp(verb, "MDTM") == 0)
		run_size(session, argument, *verb == 'M');
	else if (is_one_of(verb, " STOR APPE STOU DELE MKD RMD RNFR RNTO SITE MFMT "))
		run_store(session, verb);
	else
		session_reply(session, "500 Command not understood");
}

void command_run(struct session *session, char *line)
{
	char *argument = line + strcspn(line, " ");

	if (*argument == ' ')
		*argument++ = '\0';
	for (char *c = line; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	bool secret = strcmp(line, "PASS") == 0;
	record_add(&session->fleet->record, session->pump->pump.number, line,
		   secret ? "***" : argument);
	if (session->silent)
		return;
	if (strcmp(line, "USER") == 0)
		run_user(session, argument);
	else if (secret)
		run_pass(session, argument);
	else if (strcmp(line, "QUIT") == 0)
		run_quit(session);
	else if (strcmp(line, "NOOP") == 0)
		session_reply(session, "200 OK");
	else if (session->transfer.kind != TRANSFER_NONE)
		session_reply(session, "425 A transfer is under way");
	else
		run_inside(session, line, argument);
}
