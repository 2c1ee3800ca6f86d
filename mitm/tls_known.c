/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was found about an origin travels with its sessions. A resumed handshake shows no
 * certificate, and in TLS 1.3 each brings the next ticket: without this, one good verification
 * could be stretched without end.
 */
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "mitm/tls_local.h"

enum { KNOWN_LIFE = 3600 }; /* a session is for so long after the verification, at most */

struct known {
	struct verify_report report; /* its texts are static */
	int64_t until;
};

static int known_index = -1;
static pthread_once_t known_once = PTHREAD_ONCE_INIT;

static struct known *known_new(const struct verify_report *report, int64_t until)
{
	struct known *k = malloc(sizeof(*k));

	if (k != NULL)
		*k = (struct known){ .report = *report, .until = until };
	return k;
}

static int known_dup(
    CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **p, int index, long l, void *arg)
{
	const struct known *k = *p;

	(void)to;
	(void)from;
	(void)index;
	(void)l;
	(void)arg;
	*p = k != NULL ? known_new(&k->report, k->until) : NULL;
	return k == NULL || *p != NULL;
}

static void known_free(void *parent, void *p, CRYPTO_EX_DATA *data, int index, long l, void *arg)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)l;
	(void)arg;
	free(p);
}

static void make_index(void)
{
	known_index = SSL_SESSION_get_ex_new_index(0, NULL, NULL, known_dup, known_free);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t end_of(const X509 *x)
{
	struct tm tm;

	return ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1 ? timegm(&tm) : 0;
}

int64_t tls_known_until(const struct verify_report *r, const STACK_OF(X509) *path, int64_t now)
{
	int64_t until = now + KNOWN_LIFE;

	if (r->revocation_until > 0)
		until = earlier(until, r->revocation_until);
	for (int i = 0; path != NULL && i < sk_X509_num(path); i++)
		until = earlier(until, end_of(sk_X509_value(path, i)));
	return until;
}

bool tls_session_keep(const struct tls *t, SSL_SESSION *session)
{
	int64_t left = t->known_until - (int64_t)time(NULL);
	struct known *k = left > 0 ? known_new(&t->report, t->known_until) : NULL;
	void *old;

	pthread_once(&known_once, make_index);
	if (k == NULL)
		return false;
	old = SSL_SESSION_get_ex_data(session, known_index);
	if (SSL_SESSION_set_ex_data(session, known_index, k) != 1) {
		free(k);
		return false;
	}
	free(old);
	if (SSL_SESSION_get_timeout(session) > left)
		SSL_SESSION_set_timeout(session, (long)left);
	return true;
}

bool tls_session_take(struct tls *t, SSL_SESSION *session)
{
	const struct known *k;

	pthread_once(&known_once, make_index);
	k = SSL_SESSION_get_ex_data(session, known_index);
	if (k == NULL || k->until <= (int64_t)time(NULL))
		return false;
	t->report = k->report;
	t->known_until = k->until;
	return true;
}
