/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of client_certificates: conditions as in other rules, but known by the TLS hello. */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "policy/config_error.h"
#include "policy/rule.h"

static const char *const cond_keys[COND_COUNT] = {
#define COND(name, keys, known, example, doc) keys,
#include "policy/cond.def"
#undef COND
};

static int build_told(struct build *b, const struct raw_client_cert *raw, size_t i,
    struct client_cert *out)
{
	char given[48];

	*out = (struct client_cert){ raw->name, raw->action, raw->cert, raw->key };
	if (raw->name == NULL) {
		snprintf(given, sizeof(given), "client certificate %zu", i + 1);
		out->name = arena_str(&b->c->arena, str_c(given));
		if (out->name == NULL)
			return config_error_memory(b->err);
	}
	for (size_t k = 0; k < i; k++)
		if (strcmp(b->c->client_certs[k].told.name, out->name) == 0)
			return build_error(b, "name", 0, "a name that no other entry has");
	return 0;
}

static int check_file(struct build *b, const char *key, const char *path, bool wanted)
{
	if (wanted && path == NULL) {
		build_error(b, key, 0, "'%s', the path of a PEM file, with action present", key);
		return config_error_fix(b->err, "name both cert and key");
	}
	if (!wanted && path != NULL)
		return build_error(b, key, 0, "no '%s' but with action present", key);
	if (wanted && path[0] != '/')
		return build_error(b, key, 0, "a full path, starting with '/'");
	return 0;
}

/* What is asked within the handshake can be decided by what is known there. */
int build_check_late(struct build *b, const struct rule *r, const char *why)
{
	uint32_t late = r->need & ~CONDS_CONNECTION;
	char key[32];

	for (int i = 0; i < COND_COUNT; i++) {
		if ((late & 1u << i) == 0)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)strcspn(cond_keys[i], ","), cond_keys[i]);
		build_error(b, key, 0,
		    "no condition '%s' here: %s before any request", key, why);
		return config_error_fix(b->err, "use host, host_list, client, destination, port");
	}
	return 0;
}

static int build_one(struct build *b, const struct raw_client_cert *raw, size_t i)
{
	struct client_cert_rule *out = &b->c->client_certs[i];
	struct raw_rule as_rule = { .name = raw->name, .when = raw->when };
	bool present = raw->action == CLIENT_CERT_PRESENT;
	int r;

	b->raw = &as_rule;
	b->out = &out->match;
	out->match.action = ACTION_NONE;
	if ((r = build_told(b, raw, i, &out->told)) != 0 ||
	    (r = check_file(b, "cert", raw->cert, present)) != 0 ||
	    (r = check_file(b, "key", raw->key, present)) != 0 || (r = build_conds(b)) != 0 ||
	    (r = build_hosts(b)) != 0)
		return r;
	out->match.need = out->match.conds;
	out->match.name = out->told.name;
	return build_check_late(b, &out->match, "an origin asks for a certificate");
}

int build_client_certs(struct build *b, const struct node *root)
{
	const struct raw_config *raw = b->c->raw;
	const struct node *list = node_get(root, "client_certificates");
	int r = 0;

	b->c->client_certs =
	    arena_array(&b->c->arena, raw->client_certificates_n, sizeof(struct client_cert_rule));
	if (b->c->client_certs == NULL)
		return config_error_memory(b->err);
	b->rule = list != NULL && list->kind == NODE_LIST ? list->child : list;
	for (size_t i = 0; i < raw->client_certificates_n && r == 0 && b->rule != NULL; i++) {
		b->when = node_get(b->rule, "when");
		r = build_one(b, &raw->client_certificates[i], i);
		b->c->client_certs_n = i + 1;
		b->rule = b->rule->next;
	}
	return r;
}

int build_pinning(struct build *b, const struct node *root)
{
	const struct raw_pinning *raw = &b->c->raw->pinning;
	struct raw_rule as_rule = { .when = raw->when };
	struct rule *out = &b->c->pinning_match;
	int r;

	b->rule = node_get(root, "pinning");
	b->when = node_get(b->rule, "when");
	b->raw = &as_rule;
	b->out = out;
	if ((r = build_conds(b)) != 0 || (r = build_hosts(b)) != 0)
		return r;
	out->need = out->conds;
	out->name = "pinning";
	out->action = ACTION_NONE;
	if (raw->told.bypass == PINNING_LISTED && out->conds == 0) {
		build_error(b, "bypass", 0, "conditions in 'when' for the listed ones");
		return config_error_fix(b->err, "when: { host: [.app.example] }, or bypass: any");
	}
	if (raw->told.bypass != PINNING_LISTED && out->conds != 0) {
		build_error(b, "when", 0, "'when' only with bypass: listed");
		return config_error_fix(b->err, "bypass: listed");
	}
	return build_check_late(b, out, "a client judges our certificate");
}

const struct client_cert *config_client_cert(const struct config *c, size_t i)
{
	return i < c->client_certs_n ? &c->client_certs[i].told : NULL;
}
