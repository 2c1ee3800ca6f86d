/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signer's process: the only one that has the CA's key. Answers wishes within a rate, and
 * puts every serial into the audit before the certificate leaves.
 */
#include "gateway/signer_role.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "certs/signer.h"
#include "core/err.h"
#include "core/log.h"
#include "core/sandbox.h"
#include "gateway/audit.h"
#include "gateway/role.h"
#include "gateway/signer_load.h"

enum { DAY_MS = 86400 * 1000, MSG_LEAF_MAX = 32768, NAMES_TOLD = 5, WHY_TOLD = 200 };

struct asker {
	struct asker *next;
	struct signer_role *s;
	struct chan *chan;
	uint32_t index;
};

struct signer_role {
	struct role_host *host;
	struct audit *audit;
	struct asker *askers;
	struct ca *ca;
	struct ca *untrusted; /* made at the start, never stored, never shown but by its leaves */
	struct cluster *cluster; /* NULL: workers' own keys */
	struct signer_setup setup;
	struct signer_secrets secrets; /* for the next start or reload */
	struct timer *daily;
	uint64_t tokens, tokens_at; /* thousandths of a certificate; loop time */
	bool draining;
};

static void asker_free(struct asker *w)
{
	struct asker **at = &w->s->askers;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	chan_free(w->chan);
	free(w);
}

static void asker_close(void *arg, int why)
{
	struct asker *w = arg;

	if (why != 0)
		log_error("worker %u: channel dropped: %s", w->index, err_text(why));
	asker_free(w);
}

/* A bucket that holds one second's worth. */
static bool take_token(struct signer_role *s)
{
	uint64_t rate = s->setup.limits.sign_rate, now = loop_now(role_host_loop(s->host));

	s->tokens += (now - s->tokens_at) * rate;
	s->tokens_at = now;
	if (s->tokens > rate * 1000)
		s->tokens = rate * 1000;
	if (s->tokens < 1000)
		return false;
	s->tokens -= 1000;
	return true;
}

static int audit_certificate(struct signer_role *s, uint32_t worker, const struct leaf_wish *w,
    const char *serial, int64_t not_after)
{
	char names[NAMES_TOLD * LEAF_NAME_MAX] = "", end[AUDIT_TS_MAX];
	struct json j;
	struct buf b;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < w->nnames && i < NAMES_TOLD; i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i > 0 ? " " : "",
		    w->names[i].text);
	audit_ts(not_after * 1000, end);
	buf_init(&b, AUDIT_LINE_MAX);
	audit_begin(&j, &b, "certificate");
	json_u64(&j, "worker", worker);
	json_c(&j, "serial", serial);
	json_c(&j, "names", names);
	json_u64(&j, "names_count", w->nnames);
	json_c(&j, "not_after", end);
	if (w->untrusted)
		json_bool(&j, "untrusted", true);
	r = json_end(&j);
	if (r == 0)
		r = audit_line(s->audit, buf_view(&b));
	buf_free(&b);
	return r;
}

/* What is being answered; the bytes behind the answer's views. */
struct issue {
	struct leaf_answer answer;
	struct buf der;
	unsigned char key[CLUSTER_KEY], spki[CLUSTER_SPKI];
};

/* In a cluster the host's own key takes the place of the asker's P-256 key; RSA stays theirs. */
static bool host_key(struct signer_role *s, const struct leaf_wish *w, struct str *spki,
    struct issue *i)
{
	int64_t until;

	i->answer.until = INT64_MAX;
	if (s->cluster == NULL || w->untrusted || spki->n != CLUSTER_SPKI)
		return true;
	if (!cluster_key(s->cluster, &w->names[0], time(NULL), i->key, i->spki, &until))
		return false;
	*spki = str_of((const char *)i->spki, CLUSTER_SPKI);
	i->answer.key = str_of((const char *)i->key, CLUSTER_KEY);
	i->answer.until = until;
	return true;
}

/* NULL with the answer filled, or why not. */
static const char *issue(struct signer_role *s, uint32_t worker, struct str spki,
    struct leaf_wish *w, struct issue *i)
{
	char serial[CA_SERIAL_TEXT];
	int64_t not_after;
	const char *why;

	if (!take_token(s))
		return "rate";
	if (audit_full(s->audit) && !s->setup.go_on_when_full)
		return "the audit cannot be written";
	if ((why = ca_filter(w->untrusted ? s->untrusted : s->ca, s->setup.own, s->setup.own_n, w)) !=
	    NULL)
		return why;
	if (!host_key(s, w, &spki, i))
		return "the host's key cannot be derived";
	if (ca_sign(w->untrusted ? s->untrusted : s->ca, spki, w, time(NULL), &i->der, &not_after,
		serial, &why) != 0)
		return why;
	if (audit_certificate(s, worker, w, serial, not_after) != 0 && !s->setup.go_on_when_full)
		return "the audit cannot be written";
	i->answer.der = buf_view(&i->der);
	if (i->answer.until > not_after)
		i->answer.until = not_after;
	return NULL;
}

static void on_wish(struct asker *a, struct str body)
{
	static struct leaf_wish w; /* large; one at a time */
	struct issue i = { 0 };
	struct str spki;
	struct buf answer;
	const char *why;

	if (signer_read_wish(body, &i.answer.id, &spki, &w) != 0) {
		asker_close(a, -ERR_PROTO);
		return;
	}
	buf_init(&i.der, LEAF_DER_MAX);
	buf_init(&answer, MSG_LEAF_MAX);
	why = issue(a->s, a->index, spki, &w, &i);
	if (why != NULL)
		log_debug("worker %u: %s is refused: %s", a->index, w.names[0].text, why);
	i.answer.why = str_c(why);
	if (signer_pack_leaf(&answer, &i.answer) != 0 ||
	    chan_send(a->chan, MSG_LEAF, buf_view(&answer), NULL, 0) != 0)
		log_warn("worker %u does not take its answer", a->index);
	buf_free(&i.der);
	buf_wipe(&answer);
	explicit_bzero(i.key, sizeof(i.key));
}

static void asker_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct asker *a = arg;

	(void)fds;
	(void)nfds; /* the table allows none */
	if (type == MSG_SIGN)
		on_wish(a, body);
	else
		asker_close(a, -ERR_PROTO);
}

static void serve(struct signer_role *s, uint32_t index, int fd)
{
	struct asker *a = s->askers;

	while (a != NULL && a->index != index)
		a = a->next;
	if (a != NULL)
		asker_free(a);
	a = calloc(1, sizeof(*a));
	if (a == NULL) {
		close(fd);
		return;
	}
	*a = (struct asker){ .next = s->askers, .s = s, .index = index };
	a->chan = chan_new(role_host_loop(s->host), fd, ROLE_SIGNER, ROLE_WORKER, asker_msg,
	    asker_close, a);
	if (a->chan == NULL)
		free(a);
	else
		s->askers = a;
}

static void peer(void *arg, enum role role, uint32_t index, int fd)
{
	struct signer_role *s = arg;

	if (role == ROLE_WORKER)
		serve(s, index, fd);
	else if (role != ROLE_RECORDER)
		close(fd);
	else if (audit_connect(s->audit, fd) != 0)
		log_error("cannot reach the recorder");
}

static void audit_start(struct signer_role *s, uint32_t generation)
{
	struct json j;
	struct buf b;

	buf_init(&b, AUDIT_LINE_MAX);
	audit_begin(&j, &b, "start");
	json_c(&j, "source", role_name(ROLE_SIGNER));
	json_u64(&j, "worker", 0);
	json_c(&j, "version", SALLYPORT_VERSION);
	json_u64(&j, "generation", generation);
	if (json_end(&j) == 0)
		audit_line(s->audit, buf_view(&b));
	buf_free(&b);
}

/* Now and every day: what is weaker than it should be, and the end coming near. */
static void look_at_ca(void *arg)
{
	struct signer_role *s = arg;
	char text[160];

	if (ca_hint(s->ca) != NULL)
		log_warn("%s", ca_hint(s->ca));
	if (ca_ends_soon(ca_not_after(s->ca), time(NULL), text, sizeof(text)))
		log_warn("%s", text);
	if (s->daily == NULL)
		s->daily = timer_new(role_host_loop(s->host), look_at_ca, s);
	if (s->daily != NULL)
		timer_set(s->daily, DAY_MS);
}

static void secrets(void *arg, struct str which, const int *fds, size_t n)
{
	struct signer_role *s = arg;

	signer_secrets_take(&s->secrets, which, fds, n);
}

/* A token's module goes on reading its files; see core/sandbox.h. */
static int enter(const struct signer_setup *setup)
{
	if (!setup->in_token)
		return sandbox_enter(ROLE_SIGNER, NULL);
	return sandbox_enter_token(setup->token_dir[0] != '\0' ? setup->token_dir : NULL);
}

static int start(void *arg, const struct bundle *b, uint32_t index, uint32_t generation,
    char text[ROLE_TEXT_MAX])
{
	struct signer_role *s = arg;
	const char *why;
	int flags;

	signer_setup(b, &s->setup);
	s->ca = signer_load(b, &s->secrets, false, &why);
	if (s->ca != NULL)
		s->cluster = signer_cluster(&s->secrets, &why);
	signer_secrets_close(&s->secrets);
	if (s->ca == NULL || why != NULL) {
		snprintf(text, ROLE_TEXT_MAX, "%s", why);
		return -ERR_CONFIG;
	}
	look_at_ca(s);
	s->untrusted = signer_untrusted(&why);
	if (s->untrusted == NULL) {
		snprintf(text, ROLE_TEXT_MAX, "the CA for warnings: %s", why);
		return -ERR_SYSTEM;
	}
	s->audit = audit_new(role_host_loop(s->host), &s->setup.limits, ROLE_SIGNER, index);
	snprintf(text, ROLE_TEXT_MAX, "no sandbox");
	if (s->audit == NULL || (flags = enter(&s->setup)) < 0)
		return -ERR_SYSTEM;
	s->tokens = s->setup.limits.sign_rate * 1000;
	s->tokens_at = loop_now(role_host_loop(s->host));
	audit_start(s, generation);
	snprintf(text, ROLE_TEXT_MAX, "sandbox %s", sandbox_text(flags));
	return 0;
}

static int reload(void *arg, const struct bundle *b, char text[ROLE_TEXT_MAX])
{
	struct signer_role *s = arg;
	const char *why;
	struct ca *fresh = signer_load(b, &s->secrets, true, &why);
	struct cluster *cluster = fresh != NULL ? signer_cluster(&s->secrets, &why) : NULL;

	signer_secrets_close(&s->secrets);
	if (fresh == NULL || why != NULL) {
		ca_free(fresh);
		snprintf(text, ROLE_TEXT_MAX, "the old CA stays: %s", why);
		return -ERR_CONFIG;
	}
	ca_free(s->ca);
	s->ca = fresh;
	cluster_free(s->cluster);
	s->cluster = cluster;
	look_at_ca(s);
	signer_setup(b, &s->setup);
	snprintf(text, ROLE_TEXT_MAX, "the CA is loaded");
	return 0;
}

static void on_idle(void *arg)
{
	struct signer_role *s = arg;

	if (s->draining)
		role_done(s->host);
}

static void drain(void *arg)
{
	struct signer_role *s = arg;

	s->draining = true;
	if (s->audit == NULL || audit_idle(s->audit))
		role_done(s->host);
	else
		audit_on_idle(s->audit, on_idle, s);
}

int signer_main(int parent_fd)
{
	static const struct role_ops ops = { start, reload, peer, drain, secrets };
	struct signer_role s = { 0 };
	int code;

	signer_secrets_init(&s.secrets);
	s.host = role_host_new(ROLE_SIGNER, parent_fd, &ops, &s);
	if (s.host == NULL)
		return 1;
	code = role_host_run(s.host);
	while (s.askers != NULL)
		asker_free(s.askers);
	audit_free(s.audit);
	timer_free(s.daily);
	signer_secrets_close(&s.secrets);
	role_host_free(s.host);
	ca_free(s.ca);
	ca_free(s.untrusted);
	cluster_free(s.cluster);
	return code;
}
