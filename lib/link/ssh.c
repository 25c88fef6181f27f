#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/ssh.h"

/* A pin says nothing of the key's kind, so a server that has several may have to be asked for
 * each. One after the other, and none of them logs in. */
enum { CONNECTS_MAX = 3 };

/* ---- who is it? ---- */

/* Whether a space-separated list of pins has this one; empty: whether it has any of SSH. */
static bool has_pin(const char *pins, const char *pin)
{
	static const char kind[] = "SHA256:";

	for (const char *at = pins; at && *at != '\0'; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		if (pin[0] == '\0' ? strncmp(at, kind, sizeof kind - 1) == 0
				   : length == strlen(pin) && memcmp(at, pin, length) == 0)
			return true;
		at += length;
	}
	return false;
}

/* As ssh-keygen -l and ssh name it. */
static const char *family_name(unsigned family)
{
	switch (family) {
	case LINK_SSH_ED25519: return "ED25519";
	case LINK_SSH_ECDSA: return "ECDSA";
	case LINK_SSH_RSA: return "RSA";
	default: return "";
	}
}

/* Note the pin of the host key, and whether the session is weak. */
static struct link_result see_host_key(struct link_ssh *ssh, unsigned families, unsigned *ret_family)
{
	const struct visit_order *order = ssh->link->environment.order;
	unsigned char *hash = NULL;
	char *text = NULL;
	ssh_key key = NULL;
	size_t length = 0;

	if (ssh_get_server_publickey(ssh->session, &key) != SSH_OK)
		return link_ssh_nonsense(ssh, "no host key");
	if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == SSH_OK)
		text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
	*ret_family = link_ssh_family_of(key);
	bool is_short = link_ssh_key_is_short(key);
	ssh_clean_pubkey_hash(&hash);
	ssh_key_free(key);
	if (!text)
		return link_failed_memory();
	snprintf(ssh->seen.pin, sizeof ssh->seen.pin, "%s", text);
	snprintf(ssh->seen.key, sizeof ssh->seen.key, "%s", family_name(*ret_family));
	ssh_string_free_char(text);
	ssh->seen.grade.weak =
		is_short || families == LINK_SSH_RSA_SHA1 || link_ssh_is_weak(ssh->session);
	if (is_short && !order->legacy)
		return link_failed(VISIT_CRYPTO_INCOMPATIBLE,
				   "the host key is RSA of fewer than 2,048 bits");
	return link_ok();
}

/* Nothing is pinned: may it go on? */
static struct link_result first_contact(struct link_ssh *ssh)
{
	if (ssh->link->environment.order->learn_pin)
		return link_ok();
	return link_failed(VISIT_IDENTITY_UNKNOWN, "no host key is pinned; the device showed %s",
			   ssh->seen.pin);
}

/* The families to ask for next; 0: there are none. */
static unsigned next_families(unsigned families, unsigned seen, bool no_host_key, bool legacy)
{
	if (!no_host_key)
		families &= ~seen;
	else if (legacy && families != LINK_SSH_RSA_SHA1)
		families = LINK_SSH_RSA_SHA1;
	else
		families = 0;
	return families;
}

/* Connect until a pinned key is shown. */
static struct link_result meet(struct link_ssh *ssh)
{
	const struct visit_order *order = ssh->link->environment.order;
	bool pinned = has_pin(order->pins, "");
	struct link_seen first = {0};
	unsigned families = LINK_SSH_MODERN;
	struct link_result result = link_ok();

	for (int i = 0; i < CONNECTS_MAX && families != 0; i++) {
		unsigned family = 0;
		bool no_host_key = false;
		link_ssh_disconnect(ssh);
		result = link_ssh_connect(ssh, families, &no_host_key);
		if (result.outcome == VISIT_OK)
			result = see_host_key(ssh, families, &family);
		if (result.outcome != VISIT_OK && !no_host_key)
			return result;
		if (result.outcome == VISIT_OK && !pinned)
			return first_contact(ssh);
		if (result.outcome == VISIT_OK && has_pin(order->pins, ssh->seen.pin)) {
			ssh->seen.grade.authenticated = ssh->seen.grade.identified = true;
			return result;
		}
		if (first.pin[0] == '\0')
			first = ssh->seen;
		families = next_families(families, family, no_host_key, order->legacy);
	}
	if (first.pin[0] == '\0')
		return result;
	memcpy(ssh->seen.pin, first.pin, sizeof first.pin);
	memcpy(ssh->seen.key, first.key, sizeof first.key);
	return link_failed(VISIT_HOST_KEY_CHANGED, "the device showed %s", first.pin);
}

/* ---- the protocol ---- */

static struct link_result check_order(const struct visit_order *order)
{
	if (order->login == VISIT_LOGIN_CREDENTIAL && order->user && order->user[0] != '\0')
		return link_ok();
	return link_failed(VISIT_CREDENTIAL_UNUSABLE, "SFTP needs a user and a password or a key");
}

static struct link_result enter(struct link_ssh *ssh, ssh_key key)
{
	struct link_result result = meet(ssh);

	if (result.outcome == VISIT_OK)
		result = link_ssh_log_in(ssh, key);
	if (result.outcome == VISIT_OK)
		result = link_ssh_open_channel(ssh);
	if (result.outcome != VISIT_OK)
		link_ssh_disconnect(ssh);
	return result;
}

static struct link_result open_link(struct link *link)
{
	struct link_result result = check_order(link->environment.order);
	struct link_ssh *ssh = result.outcome == VISIT_OK ? calloc(1, sizeof *ssh) : NULL;
	ssh_key key = NULL;

	if (!ssh)
		return result.outcome == VISIT_OK ? link_failed_memory() : result;
	ssh->link = link;
	ssh->fd = -1;
	text_init(&ssh->outgoing);
	link->state = ssh;
	result = link_ssh_load_key(link->environment.secret, &key);
	if (result.outcome == VISIT_OK)
		result = enter(ssh, key);
	ssh_key_free(key);
	return result;
}

static void look(const struct link *link, struct link_seen *seen)
{
	const struct link_ssh *ssh = link->state;

	seen->grade = ssh->seen.grade;
	memcpy(seen->pin, ssh->seen.pin, sizeof seen->pin);
	memcpy(seen->key, ssh->seen.key, sizeof seen->key);
	memcpy(seen->greeting, ssh->seen.greeting, sizeof seen->greeting);
}

static bool is_usable(const struct link *link)
{
	const struct link_ssh *ssh = link->state;

	return ssh->usable && ssh_is_connected(ssh->session);
}

static void close_link(struct link *link)
{
	struct link_ssh *ssh = link->state;

	if (!ssh)
		return;
	link_ssh_disconnect(ssh);
	text_clear(&ssh->outgoing);
	free(ssh->packet);
	free(ssh);
	link->state = NULL;
}

const struct link_protocol link_protocol_ssh = {
	.open = open_link,
	.look = look,
	.list = link_ssh_list,
	.read = link_ssh_read,
	.stat = link_ssh_stat,
	.is_usable = is_usable,
	.close = close_link,
};
