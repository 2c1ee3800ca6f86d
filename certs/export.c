/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing the CA certificate out for clients and people. */
#include "certs/export.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "certs/ca.h"
#include "core/err.h"

static bool put_fingerprint(BIO *b, X509 *x)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n;

	if (X509_digest(x, EVP_sha256(), md, &n) != 1)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (BIO_printf(b, "%s%02X", i > 0 ? ":" : "", md[i]) <= 0)
			return false;
	return BIO_puts(b, "\n") > 0;
}

static bool put_key(BIO *b, X509 *x)
{
	EVP_PKEY *k = X509_get0_pubkey(x);

	return k != NULL && BIO_printf(b, "%s, %d bits\n", EVP_PKEY_get0_type_name(k),
				EVP_PKEY_get_bits(k)) > 0;
}

/* A subject is printed as RFC 2253 with everything but printable ASCII escaped. */
static bool put_text(BIO *b, X509 *x)
{
	return BIO_puts(b, "subject: ") > 0 &&
	       X509_NAME_print_ex(b, X509_get_subject_name(x), 0, XN_FLAG_RFC2253) >= 0 &&
	       BIO_puts(b, "\nvalid from: ") > 0 &&
	       ASN1_TIME_print_ex(b, X509_get0_notBefore(x), ASN1_DTFLGS_ISO8601) == 1 &&
	       BIO_puts(b, "\nvalid until: ") > 0 &&
	       ASN1_TIME_print_ex(b, X509_get0_notAfter(x), ASN1_DTFLGS_ISO8601) == 1 &&
	       BIO_puts(b, "\nkey: ") > 0 && put_key(b, x) && BIO_puts(b, "SHA-256: ") > 0 &&
	       put_fingerprint(b, x);
}

static bool put(BIO *b, X509 *x, enum ca_format format)
{
	switch (format) {
	case CA_PEM:
		return PEM_write_bio_X509(b, x) == 1;
	case CA_DER:
		return i2d_X509_bio(b, x) == 1;
	case CA_FINGERPRINT:
		return put_fingerprint(b, x);
	case CA_TEXT:
		return put_text(b, x);
	}
	return false;
}

bool ca_format_of(struct str word, enum ca_format *out)
{
	static const char *const words[] = { [CA_PEM] = "pem", [CA_DER] = "der",
		[CA_FINGERPRINT] = "fingerprint", [CA_TEXT] = "text" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(word, str_c(words[i]))) {
			*out = (enum ca_format)i;
			return true;
		}
	return false;
}

int ca_export(struct str cert_pem, enum ca_format format, struct buf *out)
{
	X509 *x = ca_read_cert(cert_pem);
	BIO *b = BIO_new(BIO_s_mem());
	int r = x == NULL ? -ERR_CERT_INVALID : -ERR_NOMEM;
	char *p;
	long n;

	if (x != NULL && b != NULL && put(b, x, format) && (n = BIO_get_mem_data(b, &p)) > 0)
		r = buf_append(out, p, (size_t)n);
	BIO_free(b);
	X509_free(x);
	ERR_clear_error();
	return r;
}
