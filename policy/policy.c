/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision: one walk over the rules per stage. The whole meaning of the actions is here;
 * README.md says it in words.
 */
#include "policy/policy.h"

#include <assert.h>
#include <stdlib.h>

#include "policy/config_error.h"
#include "policy/walk.h"

struct policy {
	unsigned refs;
	struct config *conf;
};

struct policy *policy_new(struct config *conf, struct config_error *err)
{
	struct policy *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		config_error_memory(err);
		config_free(conf);
		return NULL;
	}
	p->refs = 1;
	p->conf = conf;
	return p;
}

struct policy *policy_ref(struct policy *p)
{
	p->refs++;
	return p;
}

void policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	assert(p->refs > 0);
	if (--p->refs > 0)
		return;
	config_free(p->conf);
	free(p);
}

const struct config *policy_config(const struct policy *p)
{
	return p->conf;
}

const char *stage_name(enum stage s)
{
	static const char *const names[] = { "connect", "hello", "request", "upload", "response",
		"download" };

	return (unsigned)s < sizeof(names) / sizeof(names[0]) ? names[s] : "unknown";
}

const char *action_name(enum action a)
{
	static const char *const names[] = { "log", "intercept", "passthrough", "block", "reset",
		"allow", "ranges", "hold", "comfort", "tail", "stream", "warn" };

	return (unsigned)a < sizeof(names) / sizeof(names[0]) ? names[a] : "unknown";
}

const char *client_cert_word(enum client_cert_action a)
{
	static const char *const names[] = { "present", "passthrough", "refuse", "ignore" };

	return (unsigned)a < sizeof(names) / sizeof(names[0]) ? names[a] : "unknown";
}

const struct client_cert *policy_client_cert(const struct policy *p, const struct facts *f)
{
	uint32_t known = facts_known(f);

	for (size_t i = 0; i < p->conf->client_certs_n; i++) {
		const struct client_cert_rule *r = &p->conf->client_certs[i];

		if ((r->match.need & ~known) == 0 && rule_fails(&r->match, UINT32_MAX, f) == COND_COUNT)
			return &r->told;
	}
	return NULL;
}

bool policy_known_host(const struct policy *p, struct str host)
{
	return p->conf->known_hosts != NULL && hosts_match(p->conf->known_hosts, host);
}

bool policy_pinning(const struct policy *p, const struct facts *f)
{
	const struct config_pinning *c = config_pinning(p->conf);
	const struct rule *r = &p->conf->pinning_match;

	if (!c->learn || c->bypass == PINNING_NEVER)
		return false;
	return c->bypass == PINNING_ANY ||
	       ((r->need & ~facts_known(f)) == 0 && rule_fails(r, UINT32_MAX, f) == COND_COUNT);
}

/* What the walk remembers of the rules that it passed. */
struct walk {
	const struct facts *f;
	uint32_t known;
	/* By action, the first rule that may still decide about the connection. */
	const struct rule *open[ACTION_STREAM + 1];
	const struct rule *permits;  /* an allow that holds: no later prohibition but by verdict */
	const struct rule *decrypts; /* intercept or passthrough: none by the connection alone */
};

static struct walk_step step_of(const struct rule *r, enum walk_outcome o)
{
	return (struct walk_step){ .rule = r, .outcome = o, .cond = COND_COUNT };
}

static struct walk_step step_by(const struct rule *r, enum walk_outcome o, const struct rule *by)
{
	return (struct walk_step){ .rule = r, .outcome = o, .by = by, .cond = COND_COUNT };
}

static bool before_request(const struct walk *w)
{
	return w->f->stage == STAGE_CONNECT || w->f->stage == STAGE_HELLO;
}

static bool leaves_http(const struct walk *w)
{
	return w->f->protocol == PROTOCOL_UPGRADE || w->f->protocol == PROTOCOL_CONNECT;
}

/* Leaving HTTP ends the search: only a rule that names upgrade or connect permits it. */
static bool leaves_http_by(const struct walk *w, const struct rule *r)
{
	return leaves_http(w) && (r->conds & COND_BIT(PROTOCOL)) != 0;
}

/* A WebSocket goes unsearched only by a rule that names it. */
static bool passes(const struct walk *w, const struct rule *r)
{
	return leaves_http_by(w, r) ||
	       (w->f->websocket && (r->protocols & 1u << PROTOCOL_WEBSOCKET) != 0);
}

/* A rule that needs facts that are not known. */
static struct walk_step try_unknown(struct walk *w, const struct rule *r)
{
	uint32_t missing = r->need & ~w->known;
	struct walk_step s = step_of(r, WALK_NOT_YET);
	enum cond fails = rule_fails(r, w->known, w->f);

	s.cond = (unsigned)__builtin_ctz(missing);
	if (fails != COND_COUNT) {
		s.outcome = WALK_FAILS;
		s.cond = fails;
	} else if (before_request(w) && (missing & ~CONDS_CONNECTION) == 0) {
		s.outcome = WALK_OPEN;
		if (w->open[r->action] == NULL)
			w->open[r->action] = r;
	}
	return s;
}

/* An open rule with another action that decides; NULL if none. */
static const struct rule *open_other(const struct walk *w, enum action than)
{
	for (int a = ACTION_INTERCEPT; a <= ACTION_ALLOW; a++)
		if (a != (int)than && w->open[a] != NULL)
			return w->open[a];
	return NULL;
}

static struct walk_step decide_unless_open(struct walk *w, const struct rule *r)
{
	const struct rule *other = open_other(w, r->action);

	return other != NULL ? step_by(r, WALK_WAITS, other) : step_of(r, WALK_DECIDES);
}

static struct walk_step try_prohibit(struct walk *w, const struct rule *r)
{
	bool by_verdict = (r->conds & COND_BIT(VERDICT)) != 0;

	if (w->permits != NULL && !by_verdict)
		return step_by(r, WALK_SHIELDED, w->permits);
	if (w->decrypts != NULL && (r->need & ~CONDS_CONNECTION) == 0)
		return step_by(r, WALK_SHIELDED, w->decrypts);
	return decide_unless_open(w, r);
}

static struct walk_step try_allow(struct walk *w, const struct rule *r)
{
	bool answers = false;

	switch (w->f->stage) {
	case STAGE_CONNECT:
		break;
	case STAGE_HELLO: /* unknown bytes cannot be searched: only passthrough lets them by */
		if (w->f->protocol != PROTOCOL_TLS && w->f->protocol != PROTOCOL_HTTP)
			return step_of(r, WALK_NO_MEANING);
		break;
	case STAGE_REQUEST:
		answers = !leaves_http(w) || leaves_http_by(w, r);
		break;
	case STAGE_RESPONSE:
		answers = true;
		break;
	case STAGE_UPLOAD:
	case STAGE_DOWNLOAD: /* what was found is let by only where a rule names it */
		answers = (r->conds & COND_BIT(VERDICT)) != 0;
		break;
	}
	if (answers)
		return step_of(r, WALK_DECIDES);
	if (w->permits == NULL)
		w->permits = r;
	return step_of(r, WALK_SHIELDS);
}

/* Like allow where it names the verdict; else it adds a warning to what others decide. */
static struct walk_step try_warn(const struct walk *w, const struct rule *r)
{
	if (w->f->stage != STAGE_UPLOAD && w->f->stage != STAGE_DOWNLOAD)
		return step_of(r, WALK_NO_MEANING);
	return step_of(r, (r->conds & COND_BIT(VERDICT)) != 0 ? WALK_DECIDES : WALK_WARNS);
}

static struct walk_step try_decrypt(struct walk *w, const struct rule *r)
{
	bool pass = r->action == ACTION_PASSTHROUGH;
	bool decides = w->f->stage == STAGE_HELLO || (w->f->stage == STAGE_CONNECT && pass) ||
		       (w->f->stage == STAGE_REQUEST && pass && passes(w, r));

	if (w->f->stage == STAGE_HELLO && !pass && w->f->protocol != PROTOCOL_TLS &&
	    w->f->protocol != PROTOCOL_HTTP)
		return step_of(r, WALK_NO_MEANING);
	if (decides && w->decrypts == NULL)
		return decide_unless_open(w, r);
	if (w->decrypts != NULL)
		return step_by(r, WALK_SHIELDED, w->decrypts);
	w->decrypts = r;
	return step_of(r, WALK_SHIELDS);
}

static struct walk_step try_rule(struct walk *w, const struct rule *r)
{
	struct walk_step s = step_of(r, WALK_FAILS);

	if ((r->need & ~w->known) != 0)
		return try_unknown(w, r);
	s.cond = rule_fails(r, UINT32_MAX, w->f);
	if (s.cond != COND_COUNT)
		return s;
	switch (r->action) {
	case ACTION_BLOCK:
	case ACTION_RESET:
		return try_prohibit(w, r);
	case ACTION_ALLOW:
		return try_allow(w, r);
	case ACTION_INTERCEPT:
	case ACTION_PASSTHROUGH:
		return try_decrypt(w, r);
	case ACTION_WARN:
		return try_warn(w, r);
	case ACTION_RANGES:
		return step_of(r, w->f->stage == STAGE_REQUEST ? WALK_RANGES : WALK_NO_MEANING);
	case ACTION_HOLD:
	case ACTION_COMFORT:
	case ACTION_TAIL:
	case ACTION_STREAM:
		return step_of(r, w->f->stage == STAGE_RESPONSE ? WALK_RELEASES : WALK_NO_MEANING);
	default:
		return step_of(r, WALK_LOGS);
	}
}

/*
 * What cannot be searched for being encrypted is mostly meant to be: as an upload it is the way out
 * for data that nobody may see, as a download its receiver is told.
 */
static bool passes_with_warning(const struct policy *p, const struct facts *f)
{
	return f->verdict != NULL && f->verdict->class == VERDICT_UNSCANNABLE &&
	       f->verdict->reason == REASON_ENCRYPTED &&
	       (f->stage == STAGE_DOWNLOAD || policy_known_host(p, f->host));
}

static enum action default_action(const struct policy *p, const struct walk *w)
{
	enum verdict_class class = w->f->verdict != NULL ? w->f->verdict->class : VERDICT_NONE;

	switch (w->f->stage) {
	case STAGE_HELLO:
		if (w->f->protocol == PROTOCOL_TLS && !config_tls(p->conf)->intercept)
			return ACTION_PASSTHROUGH;
		return w->f->protocol == PROTOCOL_TLS || w->f->protocol == PROTOCOL_HTTP
			   ? ACTION_INTERCEPT
			   : ACTION_RESET;
	case STAGE_REQUEST:
		return leaves_http(w) ? ACTION_BLOCK : ACTION_ALLOW;
	case STAGE_UPLOAD:
		/* With others it may make what would be refused as a whole. */
		if (class == VERDICT_BYPASSED && w->f->verdict->reason == REASON_PARTIAL)
			return ACTION_BLOCK;
		/* fall through */
	case STAGE_DOWNLOAD:
		return class == VERDICT_CLEAN || class == VERDICT_BYPASSED ||
			       passes_with_warning(p, w->f)
			   ? ACTION_ALLOW
			   : ACTION_BLOCK;
	case STAGE_CONNECT:
	case STAGE_RESPONSE:
		return ACTION_ALLOW;
	}
	return ACTION_BLOCK;
}

/* No rule decided; where one permits what is the default anyhow, its name explains more. */
static struct decision decide_default(const struct policy *p, const struct walk *w)
{
	struct decision d = { .action = default_action(p, w), .rule = "default" };

	if (d.action == ACTION_BLOCK || d.action == ACTION_RESET)
		return d;
	d.warn = passes_with_warning(p, w->f);
	if (w->permits != NULL && open_other(w, ACTION_NONE) == NULL)
		d.rule = w->permits->name;
	return d;
}

static struct decision decide_by(const struct rule *r)
{
	return (struct decision){ .action = r->action == ACTION_WARN ? ACTION_ALLOW : r->action,
		.rule = r->name,
		.reason = r->reason,
		.by_rule = true,
		.warn = r->action == ACTION_WARN };
}

struct decision policy_walk(const struct policy *p, const struct facts *f, walk_fn *each, void *arg)
{
	const struct config *c = p->conf;
	struct walk w = { .f = f, .known = facts_known(f) };
	const struct rule *by = NULL;
	struct decision d;
	enum action release = ACTION_NONE;
	bool log = false, ranges = false, warn = false;

	for (size_t i = 0; i < c->rules_n && by == NULL; i++) {
		const struct rule *r = &c->rules[i];
		struct walk_step s = try_rule(&w, r);

		if (each != NULL)
			each(arg, &s);
		log = log || s.outcome == WALK_LOGS;
		ranges = ranges || s.outcome == WALK_RANGES;
		if (s.outcome == WALK_RELEASES && release == ACTION_NONE)
			release = r->action;
		warn = warn || s.outcome == WALK_WARNS;
		if (s.outcome == WALK_DECIDES)
			by = r;
		if (s.outcome == WALK_WAITS)
			break;
	}
	d = by != NULL ? decide_by(by) : decide_default(p, &w);
	d.log = log;
	d.ranges = ranges;
	d.release = release;
	d.warn |= warn;
	return d;
}

struct decision policy_decide(const struct policy *p, const struct facts *f)
{
	return policy_walk(p, f, NULL, NULL);
}
