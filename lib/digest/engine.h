#pragma once
/* What an engine holds: for digest.c and engine.c only. */
#include <openssl/evp.h>
#include <openssl/provider.h>

struct digest_engine {
	OSSL_LIB_CTX *context;	/* for MD5 alone: untouched by the host's openssl.cnf */
	OSSL_PROVIDER *provider;
	EVP_MD *md5;
	EVP_MD *sha256;
};
