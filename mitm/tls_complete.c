/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A handshake whose chain lacks an intermediate stands until it was looked for
 * (SSL_set_retry_verify); the judgement comes afterwards, as always before any byte of a request.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mitm/tls_local.h"

enum { ASKED_MAX = 3 }; /* URLs in one handshake */

struct tls_asked {
	char url[ASKED_MAX][INTERMEDIATES_URL];
	unsigned n;
	bool waiting; /* for the last of them */
};

static bool was_asked(const struct tls_asked *a, const char *url)
{
	for (unsigned i = 0; a != NULL && i < a->n; i++)
		if (strcmp(a->url[i], url) == 0)
			return true;
	return false;
}

static bool wait_for(void *arg, const char *url)
{
	struct tls *t = arg;

	if (!t->fetch || was_asked(t->asked, url) || (t->asked != NULL && t->asked->n == ASKED_MAX))
		return false;
	if (t->asked == NULL && (t->asked = calloc(1, sizeof(*t->asked))) == NULL)
		return false;
	str_copy(str_c(url), t->asked->url[t->asked->n++], INTERMEDIATES_URL);
	return t->asked->waiting = true;
}

bool tls_verify_path(struct tls *t, X509 *leaf, STACK_OF(X509) * sent)
{
	const struct completion with = { .store = t->store,
		.fetched = t->ctx->fetched,
		.name = str_c(t->name),
		.ip = t->ip,
		.wait = wait_for,
		.arg = t };

	if (t->asked != NULL && t->asked->waiting)
		return false;
	sk_X509_pop_free(t->path, X509_free);
	t->path = NULL;
	return verify_completed(&with, leaf, sent, &t->report, &t->path, &t->source);
}

const char *tls_missing(const struct tls *t)
{
	return t->asked != NULL ? t->asked->url[t->asked->n - 1] : "";
}

void tls_found(struct tls *t, const struct str *der, size_t n)
{
	if (t->asked != NULL)
		t->asked->waiting = false;
	if (n > 0)
		fetched_put(t->ctx->fetched, tls_missing(t), der, n, time(NULL));
}

const char *tls_source_word(const struct tls *t)
{
	static const char *const words[] = { "", "sent", "preloaded", "fetched" };

	return words[t->source];
}
