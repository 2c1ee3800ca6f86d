/* SPDX-License-Identifier: BSD-2-Clause */
/* Over OpenSSL, which uses what the processor has for it. */
#include "certs/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct digest {
	EVP_MD_CTX *ctx;
	bool bad;
};

struct digest *digest_new(void)
{
	struct digest *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->ctx = EVP_MD_CTX_new();
	if (d->ctx != NULL && EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL) == 1)
		return d;
	digest_free(d);
	return NULL;
}

void digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

void digest_add(struct digest *d, struct str bytes)
{
	d->bad |= bytes.n > 0 && EVP_DigestUpdate(d->ctx, bytes.p, bytes.n) != 1;
}

bool digest_end(struct digest *d, unsigned char out[DIGEST_SIZE])
{
	d->bad |= EVP_DigestFinal_ex(d->ctx, out, NULL) != 1;
	return !d->bad;
}
