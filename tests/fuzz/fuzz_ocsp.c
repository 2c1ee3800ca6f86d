/* SPDX-License-Identifier: BSD-2-Clause */
/* Stapled answers as an origin may send them: what is good must say until when. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "mitm/revoke_local.h"
#include "tests/fuzz/revoke_certs.h"

enum { AGE = 2000000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static X509 *certificate(const char *pem)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	BIO_free(b);
	return x;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static X509 *ca, *leaf;
	const char *why = "";
	int64_t until = 0;
	char *copy = malloc(size > 0 ? size : 1); /* exact size, for the sanitizer */
	enum staple_answer a;

	if (ca == NULL) {
		ca = certificate(fuzz_ca);
		leaf = certificate(fuzz_leaf);
	}
	if (copy == NULL || ca == NULL || leaf == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	a = staple_read(NULL, leaf, ca, str_of(copy, size), AGE, &until, &why);
	free(copy);
	if ((a == STAPLE_GOOD) != (why == NULL) || (a == STAPLE_GOOD && until <= 0) ||
	    ERR_peek_error() != 0)
		abort();
	return 0;
}
