/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker's client certificates. */
#include "gateway/identities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"

struct entry {
	char *cert, *key; /* paths; a flow's rule may be of an older configuration */
	struct identity *identity;
};

struct identities {
	struct entry *entries;
	size_t n;
};

static size_t count(const struct config *conf)
{
	size_t n = 0;

	while (config_client_cert(conf, n) != NULL)
		n++;
	return n;
}

static struct str of_bundle(const struct bundle *b, const char *path)
{
	char name[4200];
	struct str s = STR_NONE;

	snprintf(name, sizeof(name), "client:%s", path);
	bundle_get(b, str_c(name), &s);
	return s;
}

static const char *load(const struct bundle *b, const struct client_cert *c, struct entry *e)
{
	const char *why = NULL;

	e->cert = strdup(c->cert);
	e->key = strdup(c->key);
	if (e->cert == NULL || e->key == NULL)
		return "out of memory";
	e->identity = identity_new(of_bundle(b, c->cert), of_bundle(b, c->key), &why);
	if (e->identity != NULL && identity_not_after(e->identity) < (int64_t)time(NULL))
		log_warn("client certificate %s has expired", c->cert);
	return why;
}

struct identities *identities_load(const struct bundle *b, const struct config *conf, char *text,
    size_t n)
{
	struct identities *ids = calloc(1, sizeof(*ids));
	const struct client_cert *c;
	const char *why = "out of memory";

	if (ids == NULL || (ids->entries = calloc(count(conf) + 1, sizeof(struct entry))) == NULL)
		goto fail;
	for (size_t i = 0; (c = config_client_cert(conf, i)) != NULL; i++) {
		if (c->action != CLIENT_CERT_PRESENT)
			continue;
		if ((why = load(b, c, &ids->entries[ids->n++])) != NULL) {
			snprintf(text, n, "client certificate %s: %s", c->cert, why);
			identities_free(ids);
			return NULL;
		}
	}
	return ids;
fail:
	snprintf(text, n, "client certificates: %s", why);
	identities_free(ids);
	return NULL;
}

void identities_free(struct identities *ids)
{
	if (ids == NULL)
		return;
	for (size_t i = 0; i < ids->n; i++) {
		free(ids->entries[i].cert);
		free(ids->entries[i].key);
		identity_free(ids->entries[i].identity);
	}
	free(ids->entries);
	free(ids);
}

struct identity *identities_find(const struct identities *ids, const struct client_cert *rule)
{
	if (rule == NULL || rule->action != CLIENT_CERT_PRESENT)
		return NULL;
	for (size_t i = 0; i < ids->n; i++)
		if (strcmp(ids->entries[i].cert, rule->cert) == 0 &&
		    strcmp(ids->entries[i].key, rule->key) == 0)
			return ids->entries[i].identity;
	return NULL;
}
