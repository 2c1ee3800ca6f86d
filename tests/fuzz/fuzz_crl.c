/* SPDX-License-Identifier: BSD-2-Clause */
/* Revocation lists from a file: what is accepted can be asked, twice with the same answer. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "mitm/revoke_local.h"
#include "tests/fuzz/revoke_certs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static X509 *certificate(const char *pem)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	BIO_free(b);
	return x;
}

static void ask(struct revoke *r)
{
	static X509 *ca, *leaf;
	unsigned char spki[VERIFY_DIGEST];
	enum crl_answer first;
	const char *why = "";
	int64_t until;

	if (ca == NULL) {
		ca = certificate(fuzz_ca);
		leaf = certificate(fuzz_leaf);
	}
	if (ca == NULL || leaf == NULL || !revoke_spki(ca, spki))
		abort();
	first = crls_ask(revoke_crls(r), leaf, ca, spki, time(NULL), &until, &why);
	if (crls_ask(revoke_crls(r), leaf, ca, spki, time(NULL), &until, &why) != first)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct revoke_file none = { "set", STR_NONE }, f = { "list", STR_NONE };
	char why[200] = "", *copy = malloc(size > 0 ? size : 1); /* exact size, for the sanitizer */
	struct revoke *r;

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	f.bytes = str_of(copy, size);
	r = revoke_new(&none, &f, 1, why, sizeof(why));
	free(copy);
	if ((r == NULL) != (why[0] != '\0') || ERR_peek_error() != 0)
		abort();
	if (r != NULL)
		ask(r);
	revoke_free(r);
	ERR_clear_error();
	return 0;
}
