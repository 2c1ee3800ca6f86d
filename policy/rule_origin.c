/* SPDX-License-Identifier: BSD-2-Clause */
/* tls.faults, origins and exceptions: from words to choices; nothing may be accepted for all. */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "policy/config_error.h"
#include "policy/rule.h"
#include "policy/until.h"

enum { NAME_MAX_BYTES = 100, REASON_MAX_BYTES = 500 };

static const char handshake[] = "an origin is judged in its handshake,";

/* Choices below `in` (a "faults" map): accept is for exceptions, which end some day. */
static int check_faults(struct build *b, const struct node *in, const struct config_faults *f)
{
	for (int e = 0; e < TLS_ERROR_COUNT; e++) {
		const char *word = tls_error_word((enum tls_error)e);
		const struct node *n = node_get(in, word);
		unsigned line = n != NULL ? n->line : 0;

		if (f->of[e] == FAULT_UNSET)
			continue;
		if (e == TLS_ERROR_INVALID) {
			config_error_set(b->err, line, str_c(word), "no choice about '%s'", word);
			return config_error_fix(
			    b->err, "a malformed or misused certificate is always refused");
		}
		if (f->of[e] != FAULT_ACCEPT || e == TLS_ERROR_REVOCATION_UNKNOWN)
			continue;
		config_error_set(b->err, line, STR("accept"), "refuse or warn for '%s'", word);
		return config_error_fix(b->err,
		    "accept by an entry below 'exceptions:', which names the host and an end");
	}
	return 0;
}

static int check_name(struct build *b, const char *name)
{
	if (str_c(name).n > NAME_MAX_BYTES || str_chr(str_c(name), '\n') >= 0)
		return build_error(
		    b, "name", 0, "a name of one line, at most %d bytes", NAME_MAX_BYTES);
	return 0;
}

static const char *given_name(struct build *b, size_t i)
{
	char given[32];

	snprintf(given, sizeof(given), "origin %zu", i + 1);
	return arena_str(&b->c->arena, str_c(given));
}

static int build_match(struct build *b, struct rule *match, const char *name)
{
	int r;

	b->out = match;
	match->name = name;
	match->action = ACTION_NONE;
	if ((r = build_conds(b)) != 0 || (r = build_hosts(b)) != 0)
		return r;
	match->need = match->conds;
	return build_check_late(b, match, handshake);
}

static int build_origin(struct build *b, const struct raw_origin *raw, size_t i)
{
	struct origin_rule *out = &b->c->origins[i];
	struct raw_rule as_rule = { .name = raw->name, .when = raw->when };
	int r;

	*out = (struct origin_rule){ .name = raw->name, .faults = raw->faults, .refuse = raw->refuse };
	b->raw = &as_rule;
	b->when = node_get(b->rule, "when");
	if (out->name == NULL && (out->name = given_name(b, i)) == NULL)
		return config_error_memory(b->err);
	if ((r = check_name(b, out->name)) != 0)
		return r;
	for (size_t k = 0; k < i; k++)
		if (strcmp(b->c->origins[k].name, out->name) == 0)
			return build_error(b, "name", 0, "a name that no other entry has");
	if ((r = check_faults(b, node_get(b->rule, "faults"), &raw->faults)) != 0)
		return r;
	return build_match(b, &out->match, out->name);
}

static int build_errors(struct build *b, const struct raw_exception *raw, uint32_t *out)
{
	for (unsigned i = 0; i < raw->errors_n; i++) {
		if (raw->errors[i] == TLS_ERROR_INVALID) {
			build_error(b, "errors", i, "another fault than 'invalid'");
			return config_error_fix(
			    b->err, "a malformed or misused certificate is always refused");
		}
		*out |= TLS_ERROR_BIT(raw->errors[i]);
	}
	return 0;
}

static int build_key(struct build *b, const struct raw_exception *raw, struct exception *out)
{
	out->has_spki = raw->spki != NULL;
	if (raw->spki == NULL || digest_parse(str_c(raw->spki), out->spki))
		return 0;
	build_error(b, "spki", 0, "the SHA-256 of a key: 64 hexadecimal digits, or sha256// and base64");
	return config_error_fix(b->err, "copy origin_spki from the audit line of the refusal");
}

static int build_exception_told(struct build *b, const struct raw_exception *raw, size_t i)
{
	struct exception *out = &b->c->exceptions[i].told;
	int r;

	*out = (struct exception){ .name = raw->name, .reason = raw->reason,
		.hosts = (const char *const *)raw->host, .hosts_n = raw->host_n,
		.addresses = (const char *const *)raw->destination, .addresses_n = raw->destination_n };
	if ((r = check_name(b, raw->name)) != 0 || (r = build_errors(b, raw, &out->errors)) != 0 ||
	    (r = build_key(b, raw, out)) != 0)
		return r;
	if (str_c(raw->reason).n > REASON_MAX_BYTES)
		return build_error(b, "reason", 0, "at most %d bytes", REASON_MAX_BYTES);
	for (size_t k = 0; k < i; k++)
		if (strcmp(b->c->exceptions[k].told.name, raw->name) == 0) {
			build_error(b, "name", 0, "a name that no other exception has");
			return config_error_fix(b->err, "uses are counted by name");
		}
	if (raw->host_n + raw->destination_n == 0) {
		build_error(b, "host", 0, "'host', or 'destination' for a server without a name");
		return config_error_fix(b->err, "an exception is for named origins, never for all");
	}
	if (!until_parse(str_c(raw->until), &out->until)) {
		build_error(b, "until", 0, "a date, or a time with its zone");
		return config_error_fix(b->err, "such as 2027-01-31 or 2027-01-31T18:00:00Z");
	}
	return 0;
}

static int build_exception(struct build *b, const struct raw_exception *raw, size_t i)
{
	struct raw_rule as_rule = { .name = raw->name,
		.when = { .host = raw->host, .destination = raw->destination, .port = raw->port,
		    .host_n = raw->host_n, .destination_n = raw->destination_n, .port_n = raw->port_n } };
	int r;

	b->raw = &as_rule;
	b->when = b->rule; /* its conditions stand beside the rest */
	if ((r = build_exception_told(b, raw, i)) != 0)
		return r;
	return build_match(b, &b->c->exceptions[i].match, raw->name);
}

static const struct node *first(const struct node *root, const char *key)
{
	const struct node *list = node_get(root, key);

	return list != NULL && list->kind == NODE_LIST ? list->child : list;
}

int build_origins(struct build *b, const struct node *root)
{
	const struct raw_config *raw = b->c->raw;
	struct config *c = b->c;
	int r = check_faults(b, node_get(node_get(root, "tls"), "faults"), &raw->tls.faults);

	c->origins = arena_array(&c->arena, raw->origins_n, sizeof(c->origins[0]));
	c->exceptions = arena_array(&c->arena, raw->exceptions_n, sizeof(c->exceptions[0]));
	if (c->origins == NULL || c->exceptions == NULL)
		return config_error_memory(b->err);
	b->rule = first(root, "origins");
	for (size_t i = 0; i < raw->origins_n && r == 0 && b->rule != NULL; i++) {
		r = build_origin(b, &raw->origins[i], i);
		c->origins_n = i + 1;
		b->rule = b->rule->next;
	}
	b->rule = first(root, "exceptions");
	for (size_t i = 0; i < raw->exceptions_n && r == 0 && b->rule != NULL; i++) {
		r = build_exception(b, &raw->exceptions[i], i);
		c->exceptions_n = i + 1;
		b->rule = b->rule->next;
	}
	return r;
}

const struct exception *config_exception(const struct config *c, size_t i)
{
	return i < c->exceptions_n ? &c->exceptions[i].told : NULL;
}
