/* SPDX-License-Identifier: BSD-2-Clause */
/* What the signer takes out of its bundle and its secrets: the CA, and a few settings. */
#ifndef GATEWAY_SIGNER_LOAD_H
#define GATEWAY_SIGNER_LOAD_H

#include "certs/cluster.h"
#include "certs/signer.h"
#include "control/ca_secrets.h"
#include "core/bundle.h"
#include "core/limit.h"

enum { SIGNER_OWN_MAX = 256 };

struct signer_setup {
	struct limits limits;
	bool go_on_when_full; /* sign though the audit cannot be written */
	char token_dir[4096]; /* "": none; what a token's module reads at run time */
	bool in_token;
	struct leaf_name own[SIGNER_OWN_MAX]; /* names of the gateway itself */
	size_t own_n;
};

/* Open files of the parent's, by kind; -1: not given. */
struct signer_secrets {
	int fd[CA_SECRETS];
};

void signer_secrets_init(struct signer_secrets *s);

/* Take descriptors over; those of a kind that is there already replace it. */
void signer_secrets_take(struct signer_secrets *s, struct str which, const int *fds, size_t n);
void signer_secrets_close(struct signer_secrets *s);

void signer_setup(const struct bundle *b, struct signer_setup *out);

/*
 * The bundle's CA, its key in locked memory where feasible; everything that signing needs later
 * is loaded, so that a sandbox may follow. NULL with a text in *why, good until the next call.
 */
struct ca *signer_load(const struct bundle *b, const struct signer_secrets *secrets,
    bool under_sandbox, const char **why);

/* The cluster's leaf keys: NULL with *why NULL where no secret is given, else with its text. */
struct cluster *signer_cluster(const struct signer_secrets *secrets, const char **why);

/*
 * A CA that nobody trusts, with a random key of this process: its leaves make clients warn. NULL
 * with a static text in *why.
 */
struct ca *signer_untrusted(const char **why);

#endif
