#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <openssl/evp.h>

#include "base/cleanup.h"

#include "tests/trust_fixture.h"

#define BEGIN_LINE "-----BEGIN SSH SIGNATURE-----\n"
#define END_LINE "\n-----END SSH SIGNATURE-----"

/* ---- files ---- */

static void provider_path(char ret_path[static PATH_MAX])
{
	const char *build = getenv("builddir");
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/tests/servers/sk_provider.so", build ? build : ".");
	ck_assert_msg(realpath(path, ret_path) != NULL, "%s is not built", path);
}

void fixture_make(struct server *place, const char *const keys[])
{
	char provider[PATH_MAX];

	provider_path(provider);
	server_prepare(place);
	for (; *keys; keys += 2)
		server_shell(place, "ssh-keygen -q %s -N '' -C 'a comment' -f %s -w %s </dev/null", keys[1],
			     keys[0], provider);
}

void fixture_sign(const struct server *place, const char *environment, const char *key,
		  const char *options, const char *message, const char *to)
{
	char provider[PATH_MAX];

	provider_path(provider);
	server_shell(place,
		     "rm -f %s.sig && SSH_SK_PROVIDER=%s %s ssh-keygen -q -Y sign -f %s %s %s && mv %s.sig %s",
		     message, provider, environment, key, options, message, message, to);
}

static FILE *open_file(const struct server *place, const char *name, const char *mode)
{
	char path[2 * SERVER_PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/%s", place->folder, name);
	FILE *file = fopen(path, mode);
	ck_assert_msg(file != NULL, "%s", path);
	return file;
}

char *fixture_read(const struct server *place, const char *name, size_t *ret_length)
{
	CLEANUP(cleanup_fclose) FILE *file = open_file(place, name, "re");
	char bytes[4096];
	struct text text;
	size_t length;

	text_init(&text);
	while ((length = fread(bytes, 1, sizeof bytes, file)) > 0)
		text_add_bytes(&text, bytes, length);
	*ret_length = text.length;
	char *whole = text_take(&text);
	ck_assert_ptr_nonnull(whole);
	return whole;
}

void fixture_write(const struct server *place, const char *name, const void *bytes, size_t length)
{
	FILE *file = open_file(place, name, "we");

	ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

static void add_public_key(struct text *text, const struct server *place, const char *name, bool whole)
{
	char file[64];
	size_t length;

	(void)snprintf(file, sizeof file, "%s.pub", name);
	CLEANUP(cleanup_free) char *key = fixture_read(place, file, &length);
	const char *digits = key + strcspn(key, " ") + 1;
	const char *from = whole ? key : digits;
	text_add_bytes(text, from, (size_t)(digits + strcspn(digits, " \n") - from));
}

void fixture_expand(struct text *text, const struct server *place, const char *template)
{
	for (; *template; template++) {
		char name[32];
		size_t length = strcspn(template + 1, ">");
		if (*template != '<') {
			text_add_char(text, *template);
			continue;
		}
		ck_assert_uint_lt(length, sizeof name);
		bool whole = template[length] != ':';
		memcpy(name, template + 1, length);
		name[whole ? length : length - 1] = '\0';
		add_public_key(text, place, name, whole);
		template += length + 1;
	}
}

bool fixture_verify(const struct server *place, const char *signers, const char *principal,
		    const char *signature, const char *message, const char *at, const char *zone)
{
	char command[8 * SERVER_PATH_MAX];

	int length = snprintf(command, sizeof command,
			      "cd %s && TZ=%s exec ssh-keygen -Y verify -f %s -I '%s' -n " FIXTURE_NAMESPACE
			      " -s %s -Overify-time=%s <%s >>verify.log 2>&1",
			      place->folder, zone, signers, principal, signature, at, message);
	ck_assert_int_lt(length, (int)sizeof command);
	int status = system(command);
	/* 255 is a refusal; anything else that is not 0 is a test that went wrong. */
	ck_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 255));
	return WEXITSTATUS(status) == 0;
}

/* ---- signatures in parts ---- */

uint8_t *fixture_blob(const char *armoured, size_t *ret_length)
{
	EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
	const char *digits = armoured + strlen(BEGIN_LINE);
	const char *end = strstr(armoured, END_LINE);
	int length = 0, rest = 0;

	ck_assert(strncmp(armoured, BEGIN_LINE, strlen(BEGIN_LINE)) == 0 && end);
	uint8_t *blob = malloc((size_t)(end - digits) + 64);
	ck_assert(context && blob);
	EVP_DecodeInit(context);
	ck_assert_int_ge(EVP_DecodeUpdate(context, blob, &length, (const unsigned char *)digits,
					  (int)(end - digits)), 0);
	ck_assert_int_eq(EVP_DecodeFinal(context, blob + length, &rest), 1);
	EVP_ENCODE_CTX_free(context);
	*ret_length = (size_t)length + (size_t)rest;
	return blob;
}

/* The next field of a blob, into a text of its own. */
static void take_string(const uint8_t **at, struct text *ret_content)
{
	size_t length = (size_t)(*at)[0] << 24 | (size_t)(*at)[1] << 16 | (size_t)(*at)[2] << 8 | (*at)[3];

	text_init(ret_content);
	text_add_bytes(ret_content, *at + 4, length);
	*at += 4 + length;
}

static void take_bytes(const uint8_t **at, size_t length, struct text *ret_content)
{
	text_init(ret_content);
	text_add_bytes(ret_content, *at, length);
	*at += length;
}

void parts_take(struct parts *parts, const char *armoured)
{
	CLEANUP(text_clear) struct text signature;
	size_t length;
	CLEANUP(cleanup_free) uint8_t *blob = fixture_blob(armoured, &length);
	const uint8_t *at = blob;

	take_bytes(&at, 6, &parts->magic);
	take_bytes(&at, 4, &parts->version);
	take_string(&at, &parts->key);
	take_string(&at, &parts->name_space);
	take_string(&at, &parts->reserved);
	take_string(&at, &parts->hash);
	take_string(&at, &signature);
	ck_assert_ptr_eq(at, blob + length);
	at = (const uint8_t *)signature.data;
	take_string(&at, &parts->algorithm);
	take_string(&at, &parts->value);
	take_bytes(&at, (size_t)((const uint8_t *)signature.data + signature.length - at), &parts->token);
	text_init(&parts->behind_value);
	text_init(&parts->behind);
}

void parts_clear(struct parts *parts)
{
	struct text *all[] = {&parts->magic, &parts->version, &parts->key, &parts->name_space,
			      &parts->reserved, &parts->hash, &parts->algorithm, &parts->value,
			      &parts->token, &parts->behind_value, &parts->behind};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		text_clear(all[i]);
}

void parts_add_string(struct text *text, const void *bytes, size_t length)
{
	const uint8_t number[] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
				  (uint8_t)length};

	text_add_bytes(text, number, sizeof number);
	text_add_bytes(text, bytes, length);
}

void parts_blob(const struct parts *parts, struct text *ret_blob)
{
	CLEANUP(text_clear) struct text signature;

	text_init(&signature);
	text_init(ret_blob);
	parts_add_string(&signature, parts->algorithm.data, parts->algorithm.length);
	parts_add_string(&signature, parts->value.data, parts->value.length);
	text_add_bytes(&signature, parts->token.data, parts->token.length);
	text_add_bytes(&signature, parts->behind_value.data, parts->behind_value.length);
	text_add_bytes(ret_blob, parts->magic.data, parts->magic.length);
	text_add_bytes(ret_blob, parts->version.data, parts->version.length);
	parts_add_string(ret_blob, parts->key.data, parts->key.length);
	parts_add_string(ret_blob, parts->name_space.data, parts->name_space.length);
	parts_add_string(ret_blob, parts->reserved.data, parts->reserved.length);
	parts_add_string(ret_blob, parts->hash.data, parts->hash.length);
	parts_add_string(ret_blob, signature.data, signature.length);
	text_add_bytes(ret_blob, parts->behind.data, parts->behind.length);
}

void fixture_armour(struct text *text, const void *blob, size_t length)
{
	CLEANUP(cleanup_free) unsigned char *digits = malloc(length / 3 * 4 + 5);

	ck_assert_ptr_nonnull(digits);
	(void)EVP_EncodeBlock(digits, blob, (int)length);
	text_add(text, BEGIN_LINE);
	text_add(text, (char *)digits);
	text_add(text, END_LINE "\n");
}
