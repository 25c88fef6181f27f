#include <stdio.h>
#include <string.h>

#include "link/ssh.h"

/* Rounds of questions by keyboard-interactive: the password, and a word after it. */
enum { ROUNDS_MAX = 4 };

/* ---- the key ---- */

/* For a passphrase that was not given: libssh must not ask on a terminal. */
static int no_passphrase(const char *prompt, char *buffer, size_t length, int echo, int verify,
			 void *userdata)
{
	(void)prompt;
	(void)buffer;
	(void)length;
	(void)echo;
	(void)verify;
	(void)userdata;
	return -1;
}

struct link_result link_ssh_load_key(const struct visit_secret *secret, ssh_key *ret_key)
{
	if (!secret || !secret->private_key)
		return link_ok();
	if (ssh_pki_import_privkey_base64(secret->private_key, secret->passphrase, no_passphrase,
					  NULL, ret_key) == SSH_OK)
		return link_ok();
	return link_failed(VISIT_CREDENTIAL_UNUSABLE, "the private key cannot be read: %s",
			   secret->passphrase ? "wrong passphrase or unknown format"
					      : "unknown format, or it has a passphrase");
}

/* ---- one method after the other ---- */

enum method { METHOD_NONE, METHOD_KEY, METHOD_PASSWORD, METHOD_QUESTIONS };

/* One step of libssh's; SSH_AUTH_AGAIN: more is to come from the peer. */
static int step(struct link_ssh *ssh, enum method method, ssh_key key)
{
	const char *user = ssh->link->environment.order->user;

	switch (method) {
	case METHOD_KEY:
		return ssh_userauth_publickey(ssh->session, user, key);
	case METHOD_PASSWORD:
		return ssh_userauth_password(ssh->session, user,
					     ssh->link->environment.secret->password);
	case METHOD_QUESTIONS:
		return ssh_userauth_kbdint(ssh->session, user, NULL);
	default:
		return ssh_userauth_none(ssh->session, user);
	}
}

/* What the peer says is not passed on from here: it knows the password now. */
static struct link_result refused(const struct link_ssh *ssh, const char *what)
{
	return link_failed(VISIT_LOGIN_REFUSED, "user %s: %s",
			   ssh->link->environment.order->user, what);
}

/* Go through one method to its end. A connection that ends over it is a refusal, so that it
 * is not tried again: many servers hang up after the first wrong password. */
static struct link_result attempt(struct link_ssh *ssh, enum method method, ssh_key key,
				  int *ret_answer)
{
	for (;;) {
		int answer = step(ssh, method, key);
		struct link_result result = link_ok();
		if (answer == SSH_AUTH_AGAIN)
			result = link_ssh_wait(ssh);
		else if (answer == SSH_AUTH_ERROR)
			result = link_ssh_lost(ssh);
		if (!ssh_is_connected(ssh->session) && method != METHOD_NONE)
			return refused(ssh, "the device hung up on it");
		if (result.outcome != VISIT_OK)
			return result;
		if (answer != SSH_AUTH_AGAIN) {
			*ret_answer = answer;
			return result;
		}
	}
}

/* Answer the questions of one round. Only one that hides its answer, and only once, is taken
 * for that of the password. */
static const char *answer_round(struct link_ssh *ssh, bool *password_sent)
{
	int count = ssh_userauth_kbdint_getnprompts(ssh->session);
	char echo = 0;

	if (count <= 0)
		return NULL;
	if (count > 1)
		return "the device asks for more than a password";
	if (!ssh_userauth_kbdint_getprompt(ssh->session, 0, &echo) || echo)
		return "the device asks for something else than a password";
	if (*password_sent)
		return "the device asks for the password again";
	*password_sent = true;
	if (ssh_userauth_kbdint_setanswer(ssh->session, 0,
					  ssh->link->environment.secret->password) < 0)
		return "out of memory";
	return NULL;
}

static struct link_result answer_questions(struct link_ssh *ssh, int *ret_answer)
{
	bool password_sent = false;

	for (int round = 0; round < ROUNDS_MAX; round++) {
		struct link_result result = attempt(ssh, METHOD_QUESTIONS, NULL, ret_answer);
		if (result.outcome != VISIT_OK || *ret_answer != SSH_AUTH_INFO)
			return result;
		const char *trouble = answer_round(ssh, &password_sent);
		if (trouble)
			return refused(ssh, trouble);
	}
	return refused(ssh, "the device asks without end");
}

/* What the credential has and was not used yet. */
struct secrets {
	ssh_key key;
	bool password;
};

static struct link_result not_taken(const struct link_ssh *ssh, const struct secrets *left)
{
	if (!left->key && !left->password)
		return link_failed(VISIT_CREDENTIAL_UNUSABLE,
				   "it has no password and no key, and the device wants one");
	return refused(ssh, left->key && left->password ? "the device takes neither key nor password"
			    : left->key			? "the device takes no key"
							: "the device takes no password");
}

/* The one method for which there is a secret and that the server takes. */
static struct link_result log_in_once(struct link_ssh *ssh, struct secrets *left, int *ret_answer)
{
	unsigned methods = (unsigned)ssh_userauth_list(ssh->session, NULL);

	if (left->key && (methods & SSH_AUTH_METHOD_PUBLICKEY)) {
		ssh_key key = left->key;
		left->key = NULL;
		return attempt(ssh, METHOD_KEY, key, ret_answer);
	}
	if (!left->password ||
	    !(methods & (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE)))
		return not_taken(ssh, left);
	left->password = false;
	if (methods & SSH_AUTH_METHOD_PASSWORD)
		return attempt(ssh, METHOD_PASSWORD, NULL, ret_answer);
	return answer_questions(ssh, ret_answer);
}

struct link_result link_ssh_log_in(struct link_ssh *ssh, ssh_key key)
{
	const struct visit_secret *secret = ssh->link->environment.secret;
	struct secrets left = {.key = key, .password = secret && secret->password};
	int answer = SSH_AUTH_ERROR;
	struct link_result result = attempt(ssh, METHOD_NONE, NULL, &answer);

	if (result.outcome == VISIT_OK && answer != SSH_AUTH_SUCCESS)
		result = log_in_once(ssh, &left, &answer);
	/* A server may want both, and says so; after a refusal there is no second way. */
	if (result.outcome == VISIT_OK && answer == SSH_AUTH_PARTIAL && (left.key || left.password))
		result = log_in_once(ssh, &left, &answer);
	if (result.outcome != VISIT_OK)
		return result;
	if (answer != SSH_AUTH_SUCCESS)
		return refused(ssh, answer == SSH_AUTH_PARTIAL
					    ? "the device wants more than the credential has"
					    : "the device did not accept it");
	ssh->logged_in = true;
	return result;
}
