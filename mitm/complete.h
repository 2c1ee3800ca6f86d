/* SPDX-License-Identifier: BSD-2-Clause */
/* Verification with a chain completed from known intermediates, for the files of this wing only. */
#ifndef MITM_COMPLETE_H
#define MITM_COMPLETE_H

#include "mitm/intermediates_x509.h"
#include "mitm/verify.h"

/* Where the intermediates of a verified path are from, the farthest of them. */
enum tls_source { TLS_SOURCE_NONE, TLS_SOURCE_SENT, TLS_SOURCE_PRELOADED, TLS_SOURCE_FETCHED };

/* What to verify for, and with what. */
struct completion {
	struct verify_store *store;
	struct fetched *fetched; /* NULL: none */
	struct str name;
	const char *ip;
	/* An issuer is missing that this URL is said to have: true to stop here. NULL: never. */
	bool (*wait)(void *arg, const char *url);
	void *arg;
};

/*
 * As verify_x509(); where an issuer is missing, once more with those that are known besides. False:
 * wait() said so, there is no report. *path is the caller's in both cases.
 */
bool verify_completed(const struct completion *c, X509 *leaf, STACK_OF(X509) * sent,
    struct verify_report *out, STACK_OF(X509) * *path, enum tls_source *source);

#endif
