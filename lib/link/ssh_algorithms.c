#include <stdio.h>
#include <string.h>

#include "link/ssh.h"

/* Fastest first among what is sound. group18 is left out: it costs the device seconds. */
#define MODERN_EXCHANGES                                                                      \
	"curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"                  \
	"ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group14-sha256,"                \
	"diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256"
#define MODERN_CIPHERS                                                                        \
	"aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,"        \
	"aes128-ctr,aes192-ctr,aes256-ctr"
#define MODERN_CODES                                                                          \
	"hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"

/* Without group exchange by SHA-1, which libssh does not tell from that by SHA-256 later. */
#define LEGACY_EXCHANGES "diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"
#define LEGACY_CIPHERS "aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc"
#define LEGACY_CODES   "hmac-sha1-etm@openssh.com,hmac-sha1"

/* A public RSA key of 2,048 bits takes 279 bytes (RFC 4253 §6.6), so 372 of base64. */
enum { BASE64_OF_RSA_2048 = 372 };

static const struct {
	unsigned family;
	const char *algorithms;
} host_keys[] = {
	{LINK_SSH_ED25519, "ssh-ed25519"},
	{LINK_SSH_ECDSA, "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"},
	{LINK_SSH_RSA, "rsa-sha2-512,rsa-sha2-256"},
	{LINK_SSH_RSA_SHA1, "ssh-rsa"},
};

static void write_host_keys(char *ret_list, size_t size, unsigned families)
{
	size_t length = 0;

	ret_list[0] = '\0';
	for (size_t i = 0; i < sizeof host_keys / sizeof *host_keys; i++) {
		if (!(host_keys[i].family & families))
			continue;
		int n = snprintf(ret_list + length, size - length, "%s%s", length > 0 ? "," : "",
				 host_keys[i].algorithms);
		length += (size_t)n; /* all of them together fit */
	}
}

int link_ssh_set_algorithms(ssh_session session, unsigned families, bool legacy)
{
	const char *exchanges = legacy ? MODERN_EXCHANGES "," LEGACY_EXCHANGES : MODERN_EXCHANGES;
	const char *ciphers = legacy ? MODERN_CIPHERS "," LEGACY_CIPHERS : MODERN_CIPHERS;
	const char *codes = legacy ? MODERN_CODES "," LEGACY_CODES : MODERN_CODES;
	char keys[256];

	write_host_keys(keys, sizeof keys, families);
	const struct {
		enum ssh_options_e option;
		const char *value;
	} lists[] = {
		{SSH_OPTIONS_KEY_EXCHANGE, exchanges},
		{SSH_OPTIONS_HOSTKEYS, keys},
		{SSH_OPTIONS_CIPHERS_C_S, ciphers},
		{SSH_OPTIONS_CIPHERS_S_C, ciphers},
		{SSH_OPTIONS_HMAC_C_S, codes},
		{SSH_OPTIONS_HMAC_S_C, codes},
		{SSH_OPTIONS_COMPRESSION_C_S, "none"},
		{SSH_OPTIONS_COMPRESSION_S_C, "none"},
		/* For our own key, whatever its kind: that is not the device's weakness. */
		{SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES,
		 legacy ? "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
			  "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,ssh-rsa"
			: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
			  "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"},
	};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (ssh_options_set(session, lists[i].option, lists[i].value) < 0)
			return -1;
	return 0;
}

unsigned link_ssh_family_of(ssh_key key)
{
	switch (ssh_key_type(key)) {
	case SSH_KEYTYPE_ED25519:
		return LINK_SSH_ED25519;
	case SSH_KEYTYPE_ECDSA_P256:
	case SSH_KEYTYPE_ECDSA_P384:
	case SSH_KEYTYPE_ECDSA_P521:
		return LINK_SSH_ECDSA;
	case SSH_KEYTYPE_RSA:
		return LINK_SSH_RSA;
	default:
		return 0;
	}
}

bool link_ssh_key_is_short(ssh_key key)
{
	char *base64 = NULL;

	if (ssh_key_type(key) != SSH_KEYTYPE_RSA)
		return false;
	if (ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK)
		return true;
	bool is_short = strlen(base64) < BASE64_OF_RSA_2048;
	ssh_string_free_char(base64);
	return is_short;
}

/* Whether name is one of a list with commas. */
static bool is_listed(const char *list, const char *name)
{
	size_t length = name ? strlen(name) : 0;

	if (length == 0)
		return false;
	for (const char *found = strstr(list, name); found; found = strstr(found + 1, name))
		if ((found == list || found[-1] == ',') &&
		    (found[length] == ',' || found[length] == '\0'))
			return true;
	return false;
}

bool link_ssh_is_weak(ssh_session session)
{
	return is_listed(LEGACY_EXCHANGES, ssh_get_kex_algo(session)) ||
	       is_listed(LEGACY_CIPHERS, ssh_get_cipher_in(session)) ||
	       is_listed(LEGACY_CIPHERS, ssh_get_cipher_out(session)) ||
	       is_listed(LEGACY_CODES, ssh_get_hmac_in(session)) ||
	       is_listed(LEGACY_CODES, ssh_get_hmac_out(session));
}
