/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of an origin whose certificate or protocol has faults: refused, shown to the
 * client under a certificate that nobody trusts, or accepted by a named exception.
 */
#ifndef POLICY_ORIGIN_H
#define POLICY_ORIGIN_H

#include <stdio.h>

#include "core/buf.h"
#include "policy/policy.h"

/* An exception as the operator wrote it. Strings live as long as the configuration. */
struct exception {
	const char *name, *reason; /* reason may be NULL */
	const char *const *hosts, *const *addresses;
	unsigned hosts_n, addresses_n;
	uint32_t errors; /* TLS_ERROR_BIT()s that it forgives */
	int64_t until;	 /* Unix seconds; from then on it does nothing */
	bool has_spki;
	unsigned char spki[SPKI_DIGEST];
};

/* The exceptions in their order; NULL beyond the last. */
const struct exception *config_exception(const struct config *c, size_t i);

/* Why an exception whose conditions hold does not help. */
enum exception_fails { EXCEPTION_HELPS, EXCEPTION_OVER, EXCEPTION_KEY, EXCEPTION_ERRORS };
const char *exception_fails_text(enum exception_fails why);

struct origin_judgement {
	enum fault_choice choice;	 /* ACCEPT, WARN or REFUSE; ACCEPT without faults */
	uint32_t decisive;		 /* the faults that the choice comes from */
	const char *rule;		 /* entry of `origins` that decided, or "tls.faults" */
	const struct exception *exception; /* it was used; NULL: none */
	const struct exception *near;	 /* without: one for this origin that does not help, or NULL */
	enum exception_fails near_why;
	enum refuse_how how;		 /* how a refusal is told; never UNSET */
};

/*
 * The facts are those of STAGE_HELLO; faults a set of TLS_ERROR_BIT()s; spki the digest of the
 * leaf's key (SPKI_DIGEST bytes), NULL if not known; now in Unix seconds. The strictest choice
 * among the faults counts. TLS_ERROR_INVALID is always refused.
 */
struct origin_judgement policy_judge_origin(const struct policy *p, const struct facts *f,
    uint32_t faults, const unsigned char *spki, int64_t now);

/* The choice about one fault of this origin, without any exception: never UNSET. */
enum fault_choice policy_fault_choice(const struct policy *p, const struct facts *f, enum tls_error e);

/* Was it said beforehand that this origin may speak an old protocol? Else none is offered. */
bool policy_old_protocol(const struct policy *p, const struct facts *f, int64_t now);

/* The same judgement in words. */
void policy_explain_origin(FILE *out, const struct policy *p, const struct facts *f,
    uint32_t faults, const unsigned char *spki, int64_t now);

const char *fault_choice_word(enum fault_choice c);

/* What is known of an exception's use; counted since the gateway's start. */
struct exception_use {
	uint64_t n;
	int64_t last; /* Unix seconds, 0: never */
};

/* List the exceptions for people or as JSON; use NULL: not known (no gateway runs). */
typedef struct exception_use exception_use_fn(void *arg, const struct exception *e);
void exceptions_print(struct buf *out, const struct config *c, int64_t now, bool json,
    exception_use_fn *use, void *arg);

/* One line for each exception that does nothing or soon will; with `keys` also for those that are
 * wider than they should be. */
void exceptions_warn(const struct config *c, int64_t now, bool keys,
    void (*say)(void *arg, const char *text), void *arg);

#endif
