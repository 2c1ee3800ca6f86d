/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker's client certificates, by the paths that the configuration names; read from its bundle. */
#ifndef GATEWAY_IDENTITIES_H
#define GATEWAY_IDENTITIES_H

#include "certs/identity.h"
#include "core/bundle.h"
#include "policy/config.h"

struct identities;

/* All of a configuration: NULL with a sentence in text where one cannot be used. */
struct identities *identities_load(const struct bundle *b, const struct config *conf, char *text,
    size_t n);
void identities_free(struct identities *ids); /* accepts NULL */

/* Borrowed; NULL where the rule has none, or it is gone by a reload. */
struct identity *identities_find(const struct identities *ids, const struct client_cert *rule);

#endif
