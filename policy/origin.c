/* SPDX-License-Identifier: BSD-2-Clause */
/* The judgement about an origin with faults. Pure; the strictest choice counts. */
#include "policy/origin.h"

#include <string.h>

#include "policy/origin_local.h"

static const char everywhere[] = "tls.faults";

const char *fault_choice_word(enum fault_choice c)
{
	static const char *const words[] = { "unset", "accept", "warn", "refuse" };

	return (unsigned)c < sizeof(words) / sizeof(words[0]) ? words[c] : "unknown";
}

const char *exception_fails_text(enum exception_fails why)
{
	static const char *const texts[] = { "it helps", "it is over", "it is for another key",
		"it does not forgive all of it" };

	return (unsigned)why < sizeof(texts) / sizeof(texts[0]) ? texts[why] : "unknown";
}

bool origin_holds(const struct rule *match, const struct facts *f)
{
	return (match->need & ~facts_known(f)) == 0 && rule_fails(match, UINT32_MAX, f) == COND_COUNT;
}

bool exception_holds(const struct exception_rule *e, const struct facts *f)
{
	return origin_holds(&e->match, f) && (e->told.hosts_n > 0 || f->host.n == 0);
}

const struct origin_rule *origin_rule_of(const struct config *c, const struct facts *f)
{
	for (size_t i = 0; i < c->origins_n; i++)
		if (origin_holds(&c->origins[i].match, f))
			return &c->origins[i];
	return NULL;
}

enum fault_choice origin_choice(const struct config *c, const struct origin_rule *r, enum tls_error e)
{
	if (e == TLS_ERROR_INVALID)
		return FAULT_REFUSE;
	if (r != NULL && r->faults.of[e] != FAULT_UNSET)
		return r->faults.of[e];
	if (c->raw->tls.faults.of[e] != FAULT_UNSET)
		return c->raw->tls.faults.of[e];
	return e == TLS_ERROR_REVOCATION_UNKNOWN ? FAULT_ACCEPT : FAULT_REFUSE;
}

/* The strictest choice among the faults of a set, and which of them ask for it. */
static enum fault_choice strictest(const struct config *c, const struct origin_rule *r,
    uint32_t faults, uint32_t *decisive)
{
	enum fault_choice most = FAULT_ACCEPT;

	*decisive = 0;
	for (unsigned e = 0; e < 32; e++) {
		enum fault_choice one;

		if ((faults & TLS_ERROR_BIT(e)) == 0)
			continue;
		/* A bit that is no row of the table is nobody's choice. */
		one = e < TLS_ERROR_COUNT ? origin_choice(c, r, (enum tls_error)e) : FAULT_REFUSE;
		if (one > most)
			*decisive = 0;
		most = one > most ? one : most;
		if (one == most)
			*decisive |= TLS_ERROR_BIT(e);
	}
	return most;
}

enum exception_fails exception_helps(const struct config *c, const struct origin_rule *r,
    const struct exception *e, uint32_t faults, const unsigned char *spki, int64_t now)
{
	uint32_t unused;

	if (now >= e->until)
		return EXCEPTION_OVER;
	if (e->has_spki && (spki == NULL || memcmp(spki, e->spki, SPKI_DIGEST) != 0))
		return EXCEPTION_KEY;
	return strictest(c, r, faults & ~e->errors, &unused) == FAULT_ACCEPT ? EXCEPTION_HELPS :
									     EXCEPTION_ERRORS;
}

/* The first exception that helps; the first that does not is noted, to be told. */
static void find_exception(const struct config *c, const struct origin_rule *r, const struct facts *f,
    uint32_t faults, const unsigned char *spki, int64_t now, struct origin_judgement *j)
{
	for (size_t i = 0; i < c->exceptions_n && j->exception == NULL; i++) {
		const struct exception_rule *e = &c->exceptions[i];
		enum exception_fails why;

		if (!exception_holds(e, f))
			continue;
		why = exception_helps(c, r, &e->told, faults, spki, now);
		if (why == EXCEPTION_HELPS)
			j->exception = &e->told;
		else if (j->near == NULL) {
			j->near = &e->told;
			j->near_why = why;
		}
	}
}

/* The entry sets one of the decisive choices itself. */
static bool decided_by(const struct origin_rule *r, uint32_t decisive)
{
	for (int e = 0; r != NULL && e < TLS_ERROR_COUNT; e++)
		if ((decisive & TLS_ERROR_BIT(e)) != 0 && r->faults.of[e] != FAULT_UNSET)
			return true;
	return false;
}

struct origin_judgement policy_judge_origin(const struct policy *p, const struct facts *f,
    uint32_t faults, const unsigned char *spki, int64_t now)
{
	const struct config *c = policy_config(p);
	const struct origin_rule *r = origin_rule_of(c, f);
	struct origin_judgement j = { .choice = FAULT_ACCEPT, .rule = everywhere };

	j.how = r != NULL && r->refuse != REFUSE_UNSET ? r->refuse : c->raw->tls.refuse;
	j.choice = strictest(c, r, faults, &j.decisive);
	if (j.choice == FAULT_ACCEPT)
		return j;
	find_exception(c, r, f, faults, spki, now, &j);
	if (j.exception != NULL) {
		j.choice = FAULT_ACCEPT;
		j.near = NULL;
		return j;
	}
	if (decided_by(r, j.decisive))
		j.rule = r->name;
	return j;
}

enum fault_choice policy_fault_choice(const struct policy *p, const struct facts *f, enum tls_error e)
{
	const struct config *c = policy_config(p);

	return origin_choice(c, origin_rule_of(c, f), e);
}

bool policy_old_protocol(const struct policy *p, const struct facts *f, int64_t now)
{
	const struct config *c = policy_config(p);

	if (origin_choice(c, origin_rule_of(c, f), TLS_ERROR_OLD_PROTOCOL) != FAULT_REFUSE)
		return true;
	for (size_t i = 0; i < c->exceptions_n; i++) {
		const struct exception_rule *e = &c->exceptions[i];

		if ((e->told.errors & TLS_ERROR_BIT(TLS_ERROR_OLD_PROTOCOL)) != 0 &&
		    now < e->told.until && exception_holds(e, f))
			return true;
	}
	return false;
}
