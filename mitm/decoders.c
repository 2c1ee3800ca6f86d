/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A built-in provider that passes everything on to OpenSSL's default one, but lists only the few
 * decoders that certificates need. OpenSSL 3.0 builds a chain of all that could fit, for each
 * key that it reads: a fifth of a handshake.
 */
#include "mitm/decoders.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <string.h>

enum { DECODERS_MAX = 32 };

static OSSL_PROVIDER *real;                   /* the default provider */
static OSSL_ALGORITHM kept[DECODERS_MAX + 1]; /* ends with names NULL */
static OSSL_LIB_CTX *trimmed;

/* Names are "EC:id-ecPublicKey:1.2...", properties "provider=default,...,structure=...". */
static bool wanted(const OSSL_ALGORITHM *a)
{
	static const char *const keys[] = { "RSA", "RSA-PSS", "EC", "ED25519", "ED448" };
	size_t n = strcspn(a->algorithm_names, ":");

	if (strstr(a->property_definition, "input=der") == NULL ||
	    (strstr(a->property_definition, "structure=SubjectPublicKeyInfo") == NULL &&
		strstr(a->property_definition, "structure=PrivateKeyInfo") == NULL))
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strlen(keys[i]) == n && strncmp(keys[i], a->algorithm_names, n) == 0)
			return true;
	return false;
}

static bool choose(void)
{
	int no_store;
	const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(real, OSSL_OP_DECODER, &no_store);
	size_t n = 0;

	for (; a != NULL && a->algorithm_names != NULL && n < DECODERS_MAX; a++)
		if (wanted(a))
			kept[n++] = *a;
	return n >= 2 * 4 && n < DECODERS_MAX; /* an OpenSSL that names them otherwise: hands off */
}

static const OSSL_ALGORITHM *query(void *ctx, int operation, int *no_store)
{
	(void)ctx;
	*no_store = 0;
	if (operation == OSSL_OP_DECODER)
		return kept;
	return OSSL_PROVIDER_query_operation(real, operation, no_store);
}

/* TLS asks its providers for groups. */
static int capabilities(void *ctx, const char *what, OSSL_CALLBACK *cb, void *arg)
{
	(void)ctx;
	return OSSL_PROVIDER_get_capabilities(real, what, cb, arg);
}

static const OSSL_DISPATCH functions[] = {
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
	{ OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities },
	{ 0, NULL },
};

static int init(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **ctx)
{
	(void)handle;
	(void)in;
	*out = functions;
	*ctx = OSSL_PROVIDER_get0_provider_ctx(real); /* what the default's functions expect */
	return 1;
}

static int note_other(OSSL_PROVIDER *p, void *others)
{
	if (strcmp(OSSL_PROVIDER_get0_name(p), "default") != 0)
		*(int *)others += 1;
	return 1;
}

static OSSL_LIB_CTX *make(void)
{
	OSSL_LIB_CTX *c;
	int others = 0;

	real = OSSL_PROVIDER_load(NULL, "default");
	OSSL_PROVIDER_do_all(NULL, note_other, &others);
	if (real == NULL || others > 0 || !choose())
		return NULL;
	c = OSSL_LIB_CTX_new();
	if (c != NULL && OSSL_PROVIDER_add_builtin(c, "few-decoders", init) == 1 &&
	    OSSL_PROVIDER_load(c, "few-decoders") != NULL)
		return c;
	OSSL_LIB_CTX_free(c);
	return NULL;
}

void decoders_trim(void)
{
	static bool tried;

	if (!tried)
		trimmed = make();
	tried = true;
	if (trimmed != NULL)
		OSSL_LIB_CTX_set0_default(trimmed);
	ERR_clear_error();
}
