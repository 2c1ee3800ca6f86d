/* SPDX-License-Identifier: BSD-2-Clause */
/* What the signer takes out of its bundle: the CA, and a few settings. */
#ifndef GATEWAY_SIGNER_LOAD_H
#define GATEWAY_SIGNER_LOAD_H

#include "certs/signer.h"
#include "core/bundle.h"
#include "core/limit.h"

struct signer_setup {
	struct limits limits;
	bool go_on_when_full; /* sign though the audit cannot be written */
};

void signer_setup(const struct bundle *b, struct signer_setup *out);

/*
 * The bundle's CA, its key in locked memory where feasible; everything that signing needs later
 * is loaded, so that a sandbox may follow. Under the sandbox (may_open false) only a key in the
 * bundle itself can be taken. NULL with a static text in *why.
 */
struct ca *signer_load(const struct bundle *b, bool may_open, const char **why);

/*
 * A CA that nobody trusts, with a random key of this process: its leaves make clients warn. NULL
 * with a static text in *why.
 */
struct ca *signer_untrusted(const char **why);

/* The bundle names the certificate that is in force (its key file is out of reach by now). */
bool signer_same_ca(const struct bundle *b, const struct ca *ca);

#endif
