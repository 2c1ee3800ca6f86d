/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading the CA for the signer: secrets are read, parsed and wiped. */
#include "gateway/signer_load.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "gateway/role.h"

static void set_own(struct signer_setup *s, struct str name)
{
	struct leaf_name *n = &s->own[s->own_n];
	char text[LEAF_NAME_MAX] = "";

	if (str_copy(name, text, sizeof(text)) == 0)
		for (char *p = text; *p != '\0'; p++)
			*p = (char)tolower((unsigned char)*p);
	name = str_c(text);
	if (s->own_n == SIGNER_OWN_MAX)
		log_warn("more than %d names of the gateway itself; %.*s is left out", SIGNER_OWN_MAX,
		    STR_FMT(name));
	else if (leaf_name_set(n, true, name) == 0 || leaf_name_set(n, false, name) == 0)
		s->own_n++;
}

void signer_setup(const struct bundle *b, struct signer_setup *out)
{
	struct str text, row;

	*out = (struct signer_setup){ 0 };
	role_limits(b, &out->limits);
	out->in_token = bundle_get(b, STR("ca.key_uri"), &text);
	if (bundle_get(b, STR("ca.token_dir"), &text) &&
	    str_copy(text, out->token_dir, sizeof(out->token_dir)) != 0)
		log_warn("tls.ca_token_dir is too long");
	if (bundle_get(b, STR("management"), &text))
		while (str_next(&text, '\n', &row))
			if (row.n > 0)
				set_own(out, row);
	if (bundle_get(b, STR("audit.when_full"), &text))
		out->go_on_when_full = str_eq(text, STR("continue"));
}

void signer_secrets_init(struct signer_secrets *s)
{
	for (int i = 0; i < CA_SECRETS; i++)
		s->fd[i] = -1;
}

static void drop(struct signer_secrets *s, unsigned i)
{
	if (s->fd[i] >= 0)
		close(s->fd[i]);
	s->fd[i] = -1;
}

void signer_secrets_take(struct signer_secrets *s, struct str which, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char kind = (unsigned char)which.p[i];

		if (kind >= CA_SECRETS) {
			close(fds[i]);
			continue;
		}
		drop(s, kind);
		s->fd[kind] = fds[i];
	}
}

void signer_secrets_close(struct signer_secrets *s)
{
	for (unsigned i = 0; i < CA_SECRETS; i++)
		drop(s, i);
}

/* 0 where it was not given, too: then out stays empty. */
static int take(const struct signer_secrets *s, enum ca_secret which, struct buf *out, char *why)
{
	return s->fd[which] < 0
		   ? 0
		   : ca_secret_read(s->fd[which], ca_secret_name(which), out, why);
}

/* Fills in what came as files; the buffers are behind its views. */
static bool take_all(const struct signer_secrets *secrets, struct ca_source *from, struct buf *key,
    struct buf *pass, struct buf *pin, char *why)
{
	if (take(secrets, CA_SECRET_KEY, key, why) != 0 ||
	    take(secrets, CA_SECRET_PASSPHRASE, pass, why) != 0 ||
	    take(secrets, CA_SECRET_PIN, pin, why) != 0)
		return false;
	if (from->key.n == 0)
		from->key = buf_view(key);
	from->passphrase = ca_first_line(buf_view(pass));
	from->pin = ca_first_line(buf_view(pin));
	return true;
}

static struct ca *load(struct ca_source *from, const struct signer_secrets *secrets, char *why)
{
	const char *reason = NULL;
	struct ca *ca = NULL;
	struct buf key, pass, pin;

	buf_init(&key, CA_SECRET_MAX);
	buf_init(&pass, CA_SECRET_MAX);
	buf_init(&pin, CA_SECRET_MAX);
	if (take_all(secrets, from, &key, &pass, &pin, why)) {
		ca = ca_open(from, &reason);
		if (ca != NULL && (reason = ca_try(ca, time(NULL))) != NULL) {
			ca_free(ca);
			ca = NULL;
		}
		if (reason != NULL)
			snprintf(why, CA_WHY_MAX, "%s", reason);
	}
	buf_wipe(&key);
	buf_wipe(&pass);
	buf_wipe(&pin);
	return ca;
}

struct ca *signer_load(const struct bundle *b, const struct signer_secrets *secrets,
    bool under_sandbox, const char **why)
{
	static char text[CA_WHY_MAX];
	struct ca_source from = { .no_modules = under_sandbox };
	struct ca *ca;

	*why = text;
	if (!ca_lock_memory())
		log_warn("the CA key cannot be locked in memory");
	snprintf(text, sizeof(text), "no CA certificate or no CA key is given");
	bundle_get(b, STR("ca.revoked"), &from.revoked);
	bundle_get(b, STR("ca.key_uri"), &from.key);
	bundle_get(b, STR("ca.module"), &from.module);
	if (!bundle_get(b, STR("ca.cert"), &from.cert) ||
	    (from.key.n == 0 && secrets->fd[CA_SECRET_KEY] < 0))
		return NULL;
	ca = load(&from, secrets, text);
	if (ca != NULL)
		*why = NULL;
	return ca;
}

struct cluster *signer_cluster(const struct signer_secrets *secrets, const char **why)
{
	static char text[CA_WHY_MAX];
	struct cluster *c = NULL;
	struct buf secret;

	*why = NULL;
	if (secrets->fd[CA_SECRET_CLUSTER] < 0)
		return NULL;
	buf_init(&secret, CA_SECRET_MAX);
	*why = text;
	if (take(secrets, CA_SECRET_CLUSTER, &secret, text) == 0)
		c = cluster_new(buf_view(&secret), why);
	buf_wipe(&secret);
	if (c != NULL)
		*why = NULL;
	return c;
}

struct ca *signer_untrusted(const char **why)
{
	struct buf cert, key;
	struct ca *ca = NULL;

	buf_init(&cert, CA_SECRET_MAX);
	buf_init(&key, CA_SECRET_MAX);
	*why = "it cannot be made";
	/* One piece of its final size: growing would leave copies behind. */
	if (buf_reserve(&key, CA_SECRET_MAX) != NULL &&
	    ca_create("Untrusted by sallyport", time(NULL), &cert, &key) == 0)
		ca = ca_new(buf_view(&cert), buf_view(&key), why);
	buf_free(&cert);
	buf_wipe(&key);
	return ca;
}
