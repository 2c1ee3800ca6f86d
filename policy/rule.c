/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules: names, actions, and whether a rule can ever decide. */
#include "policy/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "policy/config_error.h"

enum { NAME_MAX_BYTES = 100, REASON_MAX_BYTES = 500 };

static const struct {
	const char *keys, *first_known;
} conds[COND_COUNT] = {
#define COND(name, keys, known, example, doc) { keys, #known },
#include "policy/cond.def"
#undef COND
};

int build_error(struct build *b, const char *key, unsigned i, const char *fmt, ...)
{
	const struct node *in = node_get(b->when, key);
	const struct node *n = node_at(in != NULL ? in : node_get(b->rule, key), i);
	char text[sizeof(b->err->expected)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return config_error_set(b->err, n != NULL ? n->line : b->rule->line,
	    n != NULL && n->kind == NODE_SCALAR ? n->text : str_c(key), "%s", text);
}

static int build_name(struct build *b, size_t i)
{
	struct str name = str_c(b->raw->name);
	char given[32];

	if (b->raw->name == NULL) {
		snprintf(given, sizeof(given), "rule %zu", i + 1);
		b->out->name = arena_str(&b->c->arena, str_c(given));
		return b->out->name != NULL ? 0 : config_error_memory(b->err);
	}
	if (name.n > NAME_MAX_BYTES || str_chr(name, '\n') >= 0)
		return build_error(
		    b, "name", 0, "a name of one line, at most %d bytes", NAME_MAX_BYTES);
	if (str_eq(name, STR("default"))) {
		build_error(b, "name", 0, "another name");
		return config_error_fix(
		    b->err, "'default' stands for the built-in decisions in the audit");
	}
	b->out->name = b->raw->name;
	return 0;
}

static int build_reason(struct build *b)
{
	if (str_c(b->raw->reason).n > REASON_MAX_BYTES)
		return build_error(b, "reason", 0, "at most %d bytes", REASON_MAX_BYTES);
	b->out->reason = b->raw->reason;
	return 0;
}

static void build_need(struct rule *r)
{
	const uint32_t hello = 1u << PROTOCOL_TLS | 1u << PROTOCOL_HTTP | 1u << PROTOCOL_UNKNOWN;

	r->need = r->conds;
	if ((r->conds & COND_BIT(PROTOCOL)) != 0 && (r->protocols & hello) == 0)
		r->need |= COND_BIT(LEAVES_HTTP);
}

/* What may be asked of a request before it is answered. */
enum {
	CONDS_REQUEST = COND_BIT(METHOD) | COND_BIT(PATH) | COND_BIT(ACCEPT) |
			COND_BIT(LEAVES_HTTP)
};

static int late_error(struct build *b, const char *key)
{
	const char *action = action_name(b->out->action);

	build_error(b, key, 0,
	    "no condition '%s' with action %s: whether to decrypt is decided at the "
	    "TLS hello, and %s is known only after decryption",
	    key, action, key);
	return config_error_fix(b->err, "remove '%s', or use action allow, block or reset", key);
}

/* Whether a range is passed on is said with the request. */
static int check_ranges(struct build *b)
{
	uint32_t late = b->out->need & ~(CONDS_CONNECTION | (uint32_t)CONDS_REQUEST);

	if (late == 0 && (b->out->need & COND_BIT(LEAVES_HTTP)) == 0)
		return 0;
	for (int i = 0; i < COND_COUNT && late != 0; i++)
		if ((late & 1u << i) != 0)
			return build_error(b, i == COND_SIZE ? b->raw->when.size_over != NULL ? "size_over" : "size_under" : conds[i].keys, 0,
			    "no such condition with action ranges: it is known only with the body");
	return build_error(b, "protocol", 0, "tls or http with action ranges");
}

/* How to release is said with the response's head. */
static int check_release(struct build *b)
{
	if ((b->out->need & COND_BIT(VERDICT)) != 0)
		return build_error(b, "verdict", 0,
		    "no such condition with action %s: it is known only when all has been held", action_name(b->out->action));
	if (b->out->direction == DIRECTION_UPLOAD)
		return build_error(b, "direction", 0, "download with action %s", action_name(b->out->action));
	return 0;
}

/*
 * Whether to decrypt is decided once, before anything of HTTP can be seen. Only a request for
 * another protocol can be passed through later.
 */
static int check_stage(struct build *b)
{
	const struct rule *r = b->out;
	uint32_t late = r->need & ~CONDS_CONNECTION;

	if (r->action == ACTION_RANGES)
		return check_ranges(b);
	if (r->action > ACTION_RANGES && r->action != ACTION_WARN)
		return check_release(b);
	if (r->action != ACTION_INTERCEPT && r->action != ACTION_PASSTHROUGH)
		return 0;
	if (r->action == ACTION_PASSTHROUGH && (late & COND_BIT(LEAVES_HTTP)) != 0)
		late &= ~(uint32_t)CONDS_REQUEST;
	for (int i = 0; i < COND_COUNT; i++)
		if ((late & 1u << i) != 0)
			return late_error(b, i != COND_SIZE                   ? conds[i].keys
					     : b->raw->when.size_over != NULL ? "size_over"
									      : "size_under");
	if (late == 0)
		return 0;
	build_error(b, "protocol", 0,
	    "tls or http with action intercept: upgrade, connect and websocket are asked "
	    "for only after decryption");
	return config_error_fix(
	    b->err, "action passthrough lets an upgrade, CONNECT or WebSocket through, unsearched");
}

/* Hashing is not worth it: a thousand rules are half a million short compares, once. */
static int check_unique(struct build *b, size_t n, const struct node *rules)
{
	for (size_t i = 0; i < n; i++) {
		const struct node *at;

		if (strcmp(b->c->rules[i].name, b->out->name) != 0)
			continue;
		at = node_at(rules, (unsigned)i);
		build_error(b, "name", 0, "a name that no other rule has");
		return config_error_fix(
		    b->err, "the rule in line %u has this name already", at != NULL ? at->line : 0);
	}
	return 0;
}

/* Without a CA nothing can be decrypted. */
static int check_splice(struct build *b)
{
	if (b->c->tls.intercept || b->out->action != ACTION_INTERCEPT)
		return 0;
	build_error(b, "action", 0,
	    "no action intercept while tls.intercept is no: without a CA nothing is decrypted");
	return config_error_fix(b->err, "allow, passthrough, block or reset; or tls.intercept: yes");
}

static int build_rule(struct build *b, size_t i, const struct node *rules)
{
	int r;

	b->out->action = b->raw->action;
	if ((r = build_name(b, i)) != 0 || (r = check_unique(b, i, rules)) != 0 ||
	    (r = build_reason(b)) != 0 || (r = build_conds(b)) != 0 || (r = build_hosts(b)) != 0)
		return r;
	build_need(b->out);
	return (r = check_splice(b)) != 0 ? r : check_stage(b);
}

int build_rules(struct build *b, const struct node *root)
{
	const struct raw_config *raw = b->c->raw;
	const struct node *rules = node_get(root, "rules");
	int r = 0;

	b->c->rules = arena_array(&b->c->arena, raw->rules_n, sizeof(struct rule));
	if (b->c->rules == NULL)
		return config_error_memory(b->err);
	b->rule = rules != NULL && rules->kind == NODE_LIST ? rules->child : rules;
	for (size_t i = 0; i < raw->rules_n && r == 0 && b->rule != NULL; i++) {
		b->when = node_get(b->rule, "when");
		b->raw = &raw->rules[i];
		b->out = &b->c->rules[i];
		r = build_rule(b, i, rules);
		b->c->rules_n = i + 1;
		b->rule = b->rule->next;
	}
	return r;
}
