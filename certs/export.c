/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing the CA certificate out for clients and people. */
#include "certs/export.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "certs/ca.h"
#include "certs/export_forms.h"
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

typedef bool put_fn(BIO *b, STACK_OF(X509) *all);

static bool put_pem(BIO *b, STACK_OF(X509) *all)
{
	bool ok = true;

	for (int i = 0; ok && i < sk_X509_num(all); i++)
		ok = PEM_write_bio_X509(b, sk_X509_value(all, i)) == 1;
	return ok;
}

static bool put_der(BIO *b, STACK_OF(X509) *all)
{
	return i2d_X509_bio(b, sk_X509_value(all, 0)) == 1;
}

static bool put_fingerprint1(BIO *b, STACK_OF(X509) *all)
{
	return put_fingerprint(b, sk_X509_value(all, 0));
}

static bool put_text1(BIO *b, STACK_OF(X509) *all)
{
	return put_text(b, sk_X509_value(all, 0));
}

static put_fn *const put_by[CA_FORMATS] = { [CA_PEM] = put_pem,
	[CA_DER] = put_der,
	[CA_CER] = put_der,
	[CA_P7B] = export_p7b,
	[CA_P12] = export_p12,
	[CA_MOBILECONFIG] = export_mobileconfig,
	[CA_ANDROID] = export_android,
	[CA_FIREFOX] = export_firefox,
	[CA_NSS] = export_nss,
	[CA_SPKI] = export_spki,
	[CA_FINGERPRINT] = put_fingerprint1,
	[CA_TEXT] = put_text1 };

static const struct {
	const char *word, *doc;
} forms[CA_FORMATS] = {
#define FORM(id, word, all, doc) [CA_##id] = { word, doc },
#include "certs/export.def"
#undef FORM
};

bool ca_format_of(struct str word, enum ca_format *out)
{
	for (size_t i = 0; i < CA_FORMATS; i++)
		if (str_eq(word, str_c(forms[i].word))) {
			*out = (enum ca_format)i;
			return true;
		}
	return false;
}

void ca_formats_print(FILE *f)
{
	for (size_t i = 0; i < CA_FORMATS; i++)
		fprintf(f, "  %-13s %s\n", forms[i].word, forms[i].doc);
}

static int take(BIO *b, struct buf *out)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);

	return n > 0 ? buf_append(out, p, (size_t)n) : -ERR_NOMEM;
}

int ca_export(struct str certs_pem, enum ca_format format, struct buf *out)
{
	STACK_OF(X509) *all = ca_read_chain(certs_pem);
	BIO *b = BIO_new(BIO_s_mem());
	int r = all == NULL ? -ERR_CERT_INVALID : -ERR_NOMEM;

	if (all != NULL && b != NULL && put_by[format](b, all))
		r = take(b, out);
	BIO_free(b);
	sk_X509_pop_free(all, X509_free);
	ERR_clear_error();
	return r;
}

int ca_anchor(struct str ca_pem, struct buf *out)
{
	STACK_OF(X509) *all = ca_read_chain(ca_pem);
	BIO *b = BIO_new(BIO_s_mem());
	int r = all == NULL ? -ERR_CERT_INVALID : -ERR_NOMEM;

	if (all != NULL && b != NULL &&
	    PEM_write_bio_X509(b, sk_X509_value(all, sk_X509_num(all) - 1)) == 1)
		r = take(b, out);
	BIO_free(b);
	sk_X509_pop_free(all, X509_free);
	ERR_clear_error();
	return r;
}
