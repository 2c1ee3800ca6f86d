/* SPDX-License-Identifier: BSD-2-Clause */
/* What was learned about connections that cannot be decrypted, and what rules make of it. */
#include "gateway/bypass.h"

#include <stdio.h>
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/identities.h"
#include "gateway/known.h"
#include "gateway/pinning.h"
#include "intercept/sock.h"
#include "policy/origin.h"

enum { VERIFIED_LIFE = 10 * 60 * 1000, DESTINATION_KEY = HELLO_NAME_MAX + 96 };

/*
 * A key for what is learned of a destination: its address and the name asked for, under which
 * configuration and how strictly it was judged. A flow that began before a reload teaches nothing
 * to those that begin after it, nor a client whose origins are judged mildly one with strict rules.
 */
static void destination_key(const struct flow *f, char *to, size_t n)
{
	struct facts facts = flow_facts(f, STAGE_HELLO);
	bool hard = policy_fault_choice(f->policy, &facts, TLS_ERROR_REVOCATION_UNKNOWN) != FAULT_ACCEPT;
	char ip[64];

	snprintf(to, n, "%s|%u|%u|%d|%s",
	    sock_text((const struct sockaddr *)&f->to_sa, ip, sizeof(ip)), f->to.port,
	    f->generation, hard, f->host);
}

/* What was let pass by a choice of policy is that client's, and ends when the exception does. */
static void remember(const struct flow *f, struct known *where, uint64_t life)
{
	char key[DESTINATION_KEY];

	if (f->faults != 0)
		return;
	destination_key(f, key, sizeof(key));
	known_put(where, key, loop_now(f->w->loop) + life);
}

/* From now on the flow is a passthrough: its hello was not answered, and goes on as it came. */
static void pass(struct flow *f, const char *rule, enum verdict_reason reason, const char *why)
{
	f->decision.action = ACTION_PASSTHROUGH;
	f->decision.rule = rule;
	f->rule = rule;
	f->verdict = verdict_make(VERDICT_BYPASSED, reason, STR_NONE);
	COUNT_ADD(tunnels, 1);
	flow_note(f, "passthrough", rule, "%s", why);
}

static const struct client_cert *rule_of(const struct flow *f)
{
	struct facts facts = flow_facts(f, STAGE_HELLO);

	return policy_client_cert(f->policy, &facts);
}

static void pass_client_cert(struct flow *f)
{
	COUNT_ADD(tunnels_client_cert, 1);
	f->client_cert = "passthrough";
	pass(f, f->client_cert_rule, REASON_CLIENT_CERT, "the origin wants a client certificate");
}

/* A rule that says "decrypt" in so many words is not overruled by what was learned. */
static bool pinned(const struct flow *f)
{
	return !(f->decision.by_rule && f->decision.action == ACTION_INTERCEPT) &&
	       pinning_bypasses(f);
}

void bypass_known(struct flow *f)
{
	char key[DESTINATION_KEY];
	const struct client_cert *c;

	f->probe = pinned(f);

	destination_key(f, key, sizeof(key));
	if (!known_has(f->w->cert_wanted, key, loop_now(f->w->loop)))
		return;
	c = rule_of(f);
	if (c == NULL || c->action != CLIENT_CERT_PASSTHROUGH)
		return;
	f->client_cert_rule = c->name;
	pass_client_cert(f);
}

void bypass_probe(struct flow *f)
{
	char key[DESTINATION_KEY];

	if (f->protocol != PROTOCOL_TLS ||
	    config_tls(policy_config(f->policy))->passthrough_check != PASSTHROUGH_PROBE)
		return;
	destination_key(f, key, sizeof(key));
	f->probe = !known_has(f->w->verified, key, loop_now(f->w->loop));
}

enum flow_state bypass_unverified(struct flow *f, int err)
{
	COUNT_ADD(handshake_failed_origin, 1);
	f->verdict = (struct verdict){ .class = VERDICT_NONE };
	snprintf(f->reason, sizeof(f->reason), "origin: %s: %s", err_name(err),
	    tls_failure(f->origin.tls));
	f->action = "refuse";
	f->reset = true;
	return FLOW_END;
}

enum flow_state bypass_verified(struct flow *f)
{
	end_close(&f->origin, false);
	f->connected = false;
	f->probe = false;
	if (f->decision.action == ACTION_PASSTHROUGH) {
		remember(f, f->w->verified, VERIFIED_LIFE);
		return FLOW_CONNECT;
	}
	COUNT_ADD(tunnels_pinned, 1);
	pass(f, "pinning", REASON_PINNED, "learned: the client refuses our certificates");
	return FLOW_CONNECT;
}

void bypass_target(struct flow *f, struct tls_target *to)
{
	const struct client_cert *c = rule_of(f);

	if (f->probe) { /* who it is is all that is asked */
		to->on_request = TLS_REQUEST_STOP;
		return;
	}
	if (c == NULL)
		return;
	f->client_cert_rule = c->name;
	f->client_cert_action = c->action;
	to->identity = identities_find(f->w->identities, c);
	if (c->action == CLIENT_CERT_PASSTHROUGH || c->action == CLIENT_CERT_REFUSE ||
	    (c->action == CLIENT_CERT_PRESENT && to->identity == NULL)) /* gone by a reload */
		to->on_request = TLS_REQUEST_STOP;
}

void bypass_note(struct flow *f)
{
	const char *issuers;
	bool shown;

	if (f->client_cert != NULL || f->origin.tls == NULL ||
	    !tls_wanted(f->origin.tls, &shown, &issuers))
		return;
	COUNT_ADD(client_certs_wanted, 1);
	f->client_cert = shown ? "shown" : "none";
	snprintf(f->client_cert_issuers, sizeof(f->client_cert_issuers), "%s", issuers);
}

bool bypass_lacks_certificate(const struct flow *f)
{
	static const unsigned alerts[] = { 116, 40, 41, 42, 43, 46, 48, 49 };

	if (f->client_cert == NULL || strcmp(f->client_cert, "none") != 0)
		return false;
	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (f->origin.alert == alerts[i])
			return true;
	return false;
}

bool bypass_refused_late(struct flow *f)
{
	if (!bypass_lacks_certificate(f))
		return false;
	end_close(&f->origin, false);
	flow_note(f, "refuse", NULL, "origin: %s", err_name(-ERR_CERT_WANTED));
	f->refused = -ERR_CERT_WANTED;
	f->refused_status = 502;
	snprintf(f->refused_why, sizeof(f->refused_why), "%s", err_text(-ERR_CERT_WANTED));
	return true;
}

enum flow_state bypass_wanted(struct flow *f)
{
	bypass_note(f);
	end_close(&f->origin, false);
	if (f->client_cert_action != CLIENT_CERT_PASSTHROUGH) {
		f->client_cert = "refused";
		COUNT_ADD(blocked, 1);
		flow_note(f, "block", f->client_cert_rule, "%s", err_name(-ERR_CERT_WANTED));
		f->refused = -ERR_DENIED;
		f->refused_status = 403;
		f->refused_rule = f->client_cert_rule;
		snprintf(f->refused_why, sizeof(f->refused_why), "The server wants a client certificate.");
		return FLOW_FORGE;
	}
	if (f->judged.choice == FAULT_WARN) { /* undecrypted, nothing could warn */
		flow_note(f, "refuse", f->client_cert_rule, "%s, and the origin has faults", err_name(-ERR_CERT_WANTED));
		f->refused = -ERR_CERT_WANTED;
		f->refused_status = 502;
		snprintf(f->refused_why, sizeof(f->refused_why),
		    "The server wants a client certificate, and its own has faults.");
		return FLOW_FORGE;
	}
	remember(f, f->w->cert_wanted, f->w->limits.learned_client_cert);
	pass_client_cert(f);
	f->connected = false;
	return FLOW_CONNECT;
}
