/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading the CA: its certificate with those above it, and the key that belongs to it. */
#include "certs/ca.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "certs/ca_token.h"

enum { SECURE_HEAP = 256 << 10, SECURE_LEAST = 32 };
enum { DAY = 86400, SOON = 90 * DAY };

/*
 * All of the process, not the keys' heap alone: texts are read into ordinary memory before they are
 * parsed. What comes later only where the limit can be lifted, or allocations would fail.
 */
static bool lock_all(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return true; /* its shadow memory would be locked, too */
#else
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int future = setrlimit(RLIMIT_MEMLOCK, &all) == 0 ? MCL_FUTURE : 0;

	return mlockall(MCL_CURRENT | MCL_ONFAULT | future) == 0;
#endif
}

bool ca_lock_memory(void)
{
	if (CRYPTO_secure_malloc_initialized())
		return true;
	/* 2 means mapped but not locked or not guarded. */
	return CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_LEAST) == 1 && lock_all();
}

bool ca_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

/* What is encrypted is refused instead of asking at a terminal. */
static int no_password(char *to, int size, int writing, void *arg)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static BIO *open_text(struct str pem)
{
	return pem.n > 0 && pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
}

X509 *ca_read_cert(struct str pem)
{
	BIO *in = open_text(pem);
	X509 *x = in != NULL ? PEM_read_bio_X509(in, NULL, no_password, NULL) : NULL;

	BIO_free(in);
	ERR_clear_error();
	return x;
}

STACK_OF(X509) *ca_read_chain(struct str pem)
{
	BIO *in = open_text(pem);
	STACK_OF(X509) *all = sk_X509_new_null();
	X509 *x = NULL;
	bool end;

	while (in != NULL && all != NULL &&
	       (x = PEM_read_bio_X509(in, NULL, no_password, NULL)) != NULL &&
	       sk_X509_num(all) < CA_CHAIN_MAX && sk_X509_push(all, x) > 0)
		;
	/* Left over: one too many, or one that could not be read. */
	end = x == NULL && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	X509_free(x);
	BIO_free(in);
	ERR_clear_error();
	if (end && sk_X509_num(all) > 0)
		return all;
	sk_X509_pop_free(all, X509_free);
	return NULL;
}

/* The passphrase, and whether it was asked for. */
struct opener {
	struct str passphrase;
	bool asked;
};

static int give_passphrase(char *to, int size, int writing, void *arg)
{
	struct opener *o = arg;

	o->asked = true;
	if (writing || o->passphrase.n == 0 || o->passphrase.n > (size_t)size)
		return -1;
	memcpy(to, o->passphrase.p, o->passphrase.n);
	return (int)o->passphrase.n;
}

static EVP_PKEY *read_key(struct str pem, struct str passphrase, const char **why)
{
	struct opener o = { .passphrase = passphrase };
	BIO *in = open_text(pem);
	EVP_PKEY *k = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, give_passphrase, &o) : NULL;

	BIO_free(in);
	ERR_clear_error();
	if (k == NULL)
		*why = !o.asked ? "the CA key is not readable as PEM"
		       : passphrase.n == 0
			   ? "the CA key is encrypted and there is no passphrase; fix: "
			     "tls.ca_passphrase_file"
			   : "the passphrase does not open the CA key";
	return k;
}

/* False where they are malformed: then nobody knows what they forbid. */
static bool note_constraints(struct ca *ca, X509 *x)
{
	int critical = 0;
	NAME_CONSTRAINTS *nc = X509_get_ext_d2i(x, NID_name_constraints, &critical, NULL);

	if (nc == NULL)
		return critical == -1; /* there are none */
	ca->constraints[ca->constraints_n++] = nc;
	return true;
}

static bool note_all_constraints(struct ca *ca)
{
	bool ok = note_constraints(ca, ca->cert);

	for (int i = 0; ok && i < sk_X509_num(ca->above) && i < CA_CHAIN_MAX - 1; i++)
		ok = note_constraints(ca, sk_X509_value(ca->above, i));
	return ok;
}

/* The list has the SHA-256 of a certificate in hex at the beginning of each line. */
static bool is_revoked(X509 *x, struct str list)
{
	char hex[CA_FINGERPRINT_HEX];
	struct str line;

	if (!ca_fingerprint(x, hex))
		return true;
	while (str_next(&list, '\n', &line))
		if (str_iprefix(line, str_c(hex)))
			return true;
	return false;
}

static const char *load(struct ca *ca, const struct ca_source *from)
{
	const char *why = NULL;

	if ((ca->above = ca_read_chain(from->cert)) == NULL)
		return "the CA certificate is not readable as PEM";
	ca->cert = sk_X509_shift(ca->above);
	if ((why = ca_check(ca, time(NULL))) != NULL)
		return why;
	if (!note_all_constraints(ca))
		return "the CA certificate's name constraints are malformed";
	if (is_revoked(ca->cert, from->revoked))
		return "this CA was revoked (sallyport ca revoke)";
	ca->key = str_iprefix(from->key, STR("pkcs11:"))
		      ? ca_token_key(from->key, from->module, from->pin, !from->no_modules, &why)
		      : read_key(from->key, from->passphrase, &why);
	if (ca->key == NULL)
		return why;
	return X509_check_private_key(ca->cert, ca->key) == 1
		   ? NULL
		   : "the CA key does not belong to the CA certificate";
}

struct ca *ca_open(const struct ca_source *from, const char **why)
{
	struct ca *ca = calloc(1, sizeof(*ca));

	*why = ca != NULL ? load(ca, from) : "out of memory";
	ERR_clear_error();
	if (*why == NULL)
		return ca;
	ca_free(ca);
	return NULL;
}

bool ca_fingerprint(X509 *x, char to[CA_FINGERPRINT_HEX])
{
	unsigned char md[32];

	if (X509_digest(x, EVP_sha256(), md, NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof(md); i++)
		snprintf(to + 2 * i, 3, "%02x", md[i]);
	return true;
}

bool ca_cert_fingerprint(struct str cert_pem, char to[CA_FINGERPRINT_HEX])
{
	X509 *x = ca_read_cert(cert_pem);
	bool ok = x != NULL && ca_fingerprint(x, to);

	X509_free(x);
	return ok;
}

struct ca *ca_new(struct str cert_pem, struct str key_pem, const char **why)
{
	return ca_open(&(struct ca_source){ .cert = cert_pem, .key = key_pem }, why);
}

void ca_free(struct ca *ca)
{
	if (ca == NULL)
		return;
	X509_free(ca->cert);
	sk_X509_pop_free(ca->above, X509_free);
	while (ca->constraints_n > 0)
		NAME_CONSTRAINTS_free(ca->constraints[--ca->constraints_n]);
	EVP_PKEY_free(ca->key); /* clears the private parts */
	for (size_t i = 0; i < CA_KNOWN_KEYS; i++)
		X509_PUBKEY_free(ca->known[i].key);
	free(ca);
}

int64_t ca_not_after(const struct ca *ca)
{
	return ca->not_after;
}

bool ca_cert_end(struct str cert_pem, int64_t *not_after)
{
	X509 *x = ca_read_cert(cert_pem);
	bool ok = x != NULL && ca_time(X509_get0_notAfter(x), not_after);

	X509_free(x);
	return ok;
}

bool ca_ends_soon(int64_t not_after, int64_t now, char *to, size_t n)
{
	int64_t left = not_after - now;
	time_t at = (time_t)not_after;
	char date[16] = "";
	struct tm tm;

	if (left >= SOON)
		return false;
	if (gmtime_r(&at, &tm) != NULL)
		strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	if (left <= 0)
		snprintf(to, n, "the CA has ended on %s; fix: sallyport ca create --force", date);
	else
		snprintf(to, n, "the CA ends in %lld days (%s); fix: sallyport ca rotate",
		    (long long)(left / DAY), date);
	return true;
}

const char *ca_hint(const struct ca *ca)
{
	return ca->hint;
}
