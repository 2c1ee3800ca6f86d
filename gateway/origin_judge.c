/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of origins with faults; the choice itself is policy's (policy/origin.h). */
#include "gateway/origin_judge.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/counter.h"
#include "core/err.h"

enum { DAY = 86400 };

/* Asked within the handshake, before any byte of a request goes out. */
static bool judge(void *arg, const struct verify_report *report)
{
	struct flow *f = arg;
	struct facts facts = flow_facts(f, STAGE_HELLO);

	f->faults = report->errors;
	memcpy(f->origin_spki, report->spki, sizeof(f->origin_spki));
	f->judged = policy_judge_origin(f->policy, &facts, report->errors, report->spki, time(NULL));
	if (f->probe && f->judged.choice == FAULT_WARN)
		f->judged.choice = FAULT_REFUSE; /* it would pass undecrypted: nothing could warn */
	return f->judged.choice != FAULT_REFUSE;
}

void origin_target(struct flow *f, struct tls_target *to)
{
	struct facts facts = flow_facts(f, STAGE_HELLO);

	to->judge = judge;
	to->arg = f;
	to->hard_revocation =
	    policy_fault_choice(f->policy, &facts, TLS_ERROR_REVOCATION_UNKNOWN) != FAULT_ACCEPT;
	to->allow_old = policy_old_protocol(f->policy, &facts, time(NULL));
}

void origin_passed(struct flow *f)
{
	const struct exception *e = f->judged.exception;

	if (f->judged.choice == FAULT_WARN)
		COUNT_ADD(origins_warned, 1);
	if (e == NULL)
		return;
	COUNT_ADD(exceptions_used, 1);
	counter_named_add(counter_id(str_c(e->name)), time(NULL));
}

/* Programs that cannot be a browser, as far as a hello shows: no current one stops at TLS 1.2,
 * or offers protocols without HTTP/1.1. */
static bool surely_program(const struct hello *h)
{
	return h->version < 0x0304 || (h->has_alpn && !hello_offers(h, "http/1.1"));
}

void origin_keep_counts(const struct config *c)
{
	static uint64_t ids[COUNTERS_NAMED];
	const struct exception *e;
	size_t n = 0;

	while (n < COUNTERS_NAMED && (e = config_exception(c, n)) != NULL)
		ids[n++] = counter_id(str_c(e->name));
	counter_named_keep(ids, n);
}

bool origin_refused(struct flow *f, int err)
{
	const struct verify_report *r = tls_report(f->origin.tls);
	const struct exception *near;

	if (f->judged.choice == FAULT_UNSET && r->errors != 0)
		judge(f, r); /* it ended before its certificate: an old protocol */
	near = f->judged.near;
	flow_note(f, "refuse", NULL, "origin: %s: %s%s%.40s%s%s", err_name(err),
	    tls_failure(f->origin.tls), near != NULL ? "; exception '" : "",
	    near != NULL ? near->name : "", near != NULL ? "': " : "",
	    near != NULL ? exception_fails_text(f->judged.near_why) : "");
	if (f->faults == 0)
		return false; /* no fault that anybody chose about */
	COUNT_ADD(origins_refused, 1);
	f->told = f->judged.how == REFUSE_ALERT ||
			  (f->judged.how == REFUSE_AUTO && surely_program(f->hello)) ?
		      "alert" :
		      "page";
	return f->told[0] == 'a';
}

void origin_why(struct flow *f, int err)
{
	char words[200];
	bool several = (f->faults & (f->faults - 1)) != 0;

	tls_error_words(f->faults, words, sizeof(words));
	snprintf(f->refused_why, sizeof(f->refused_why), "The origin was refused: %s%s%.60s%s.",
	    err_text(err), several ? " (all that is wrong: " : "", several ? words : "",
	    several ? ")" : "");
}

enum flow_state origin_alert(struct flow *f)
{
	end_close(&f->origin, true);
	return flow_alert(f, ALERT_ACCESS_DENIED);
}

bool origin_deny(struct flow *f, bool person)
{
	if (f->faults == 0 || f->judged.choice != FAULT_REFUSE || f->judged.how != REFUSE_AUTO ||
	    person || !tls_deny(f->client.tls))
		return false;
	f->told = "alert";
	return true;
}

void origin_wish_own(const struct flow *f, struct str name, struct leaf_wish *w)
{
	int64_t now = time(NULL);

	w->names[0].is_ip = f->host[0] == '\0';
	str_copy(name, w->names[0].text, sizeof(w->names[0].text));
	w->nnames = 1;
	w->not_before = now - DAY;
	w->not_after = now + DAY;
}

/*
 * Nobody vouches for what stands in such a certificate: under a trusted leaf only the name goes
 * on that the exception was made for, and no longer than the exception lives. Under the untrusted
 * one the origin's names stand, too, so that the client's warning is about the issuer alone.
 */
int origin_wish(const struct flow *f, struct str name, struct leaf_wish *w, int err)
{
	const struct exception *e = f->judged.exception;
	bool warn = f->judged.choice == FAULT_WARN;
	size_t mirrored = err == 0 ? w->nnames : 0;

	if (!warn && e == NULL)
		return err;
	if (err != 0)
		memcpy(w->origin, f->origin_spki, sizeof(w->origin));
	origin_wish_own(f, name, w);
	w->untrusted = warn;
	if (warn && mirrored > 0)
		w->nnames = mirrored; /* the requested name is their first */
	if (e != NULL && e->until < w->not_after)
		w->not_after = e->until;
	return 0;
}
