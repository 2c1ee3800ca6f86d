/* SPDX-License-Identifier: BSD-2-Clause */
/* Judgements and exceptions in words: explain, the list, the warnings of `check`. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "policy/origin.h"
#include "policy/origin_local.h"
#include "policy/until.h"

enum { DAY = 86400, SOON = 14 * DAY, WORDS = 256 };

static void explain_choices(FILE *out, const struct config *c, const struct origin_rule *r,
    uint32_t faults)
{
	for (int e = 0; e < TLS_ERROR_COUNT; e++)
		if ((faults & TLS_ERROR_BIT(e)) != 0)
			fprintf(out, "  %s: %s by '%s'\n", tls_error_word((enum tls_error)e),
			    fault_choice_word(origin_choice(c, r, (enum tls_error)e)),
			    r != NULL && r->faults.of[e] != FAULT_UNSET ? r->name : "tls.faults");
}

static void explain_exceptions(FILE *out, const struct config *c, const struct origin_rule *r,
    const struct facts *f, uint32_t faults, const unsigned char *spki, int64_t now)
{
	for (size_t i = 0; i < c->exceptions_n; i++) {
		const struct exception_rule *e = &c->exceptions[i];
		char end[UNTIL_TEXT];
		enum exception_fails why;

		if (!exception_holds(e, f)) {
			fprintf(out, "  exception '%s': is not for this origin\n", e->told.name);
			continue;
		}
		until_text(e->told.until, end);
		why = exception_helps(c, r, &e->told, faults, spki, now);
		fprintf(out, "  exception '%s' (until %s): %s%s\n", e->told.name, end,
		    exception_fails_text(why),
		    why == EXCEPTION_KEY && spki == NULL ? " (none is given: --spki)" : "");
		if (why == EXCEPTION_HELPS)
			return;
	}
}

void policy_explain_origin(FILE *out, const struct policy *p, const struct facts *f,
    uint32_t faults, const unsigned char *spki, int64_t now)
{
	static const char *const how[] = { "", "a page for navigations, an alert for programs",
		"a page", "an alert" };
	const struct config *c = policy_config(p);
	const struct origin_rule *r = origin_rule_of(c, f);
	struct origin_judgement j = policy_judge_origin(p, f, faults, spki, now);
	char words[WORDS];

	tls_error_words(faults, words, sizeof(words));
	fprintf(out, "origin with %s:\n", words);
	for (size_t i = 0; i < c->origins_n && r != &c->origins[i]; i++)
		fprintf(out, "  %s: does not match\n", c->origins[i].name);
	if (r != NULL)
		fprintf(out, "  %s: all its conditions hold\n", r->name);
	explain_choices(out, c, r, faults);
	explain_exceptions(out, c, r, f, faults, spki, now);
	fprintf(out, "  => %s by '%s'", fault_choice_word(j.choice),
	    j.exception != NULL ? j.exception->name : j.rule);
	if (j.choice == FAULT_REFUSE)
		fprintf(out, ", told by %s", how[j.how]);
	if (j.choice == FAULT_WARN)
		fprintf(out, ": the client sees a certificate that nobody trusts");
	fprintf(out, "\n");
	if ((faults & TLS_ERROR_BIT(TLS_ERROR_OLD_PROTOCOL)) != 0)
		fprintf(out, "  (old protocols are %s to this origin)\n",
		    policy_old_protocol(p, f, now) ? "offered" : "not offered");
}

/* ---- the list ---- */

static void places_of(const struct exception *e, char *to, size_t n)
{
	size_t at = 0;

	to[0] = '\0';
	for (unsigned i = 0; i < e->hosts_n + e->addresses_n && at < n; i++) {
		int k = snprintf(to + at, n - at, "%s%s", i > 0 ? " " : "",
		    i < e->hosts_n ? e->hosts[i] : e->addresses[i - e->hosts_n]);

		at += k > 0 ? (size_t)k : 0;
	}
}

static int64_t days_left(const struct exception *e, int64_t now)
{
	return e->until > now ? (e->until - now) / DAY : 0;
}

static void print_json(struct json *j, const struct exception *e, int64_t now,
    const struct exception_use *use)
{
	char places[1024], words[WORDS], end[UNTIL_TEXT], last[UNTIL_TEXT], hex[2 * SPKI_DIGEST + 1] = "";

	places_of(e, places, sizeof(places));
	tls_error_words(e->errors, words, sizeof(words));
	until_text(e->until, end);
	json_open(j, e->name);
	json_c(j, "for", places);
	json_c(j, "errors", words);
	for (int i = 0; i < SPKI_DIGEST && e->has_spki; i++)
		snprintf(hex + 2 * i, 3, "%02x", e->spki[i]);
	if (e->has_spki)
		json_c(j, "spki", hex);
	json_c(j, "until", end);
	json_bool(j, "over", now >= e->until);
	json_i64(j, "days_left", days_left(e, now));
	if (use != NULL)
		json_u64(j, "uses", use->n);
	if (use != NULL && use->last > 0) {
		until_text(use->last, last);
		json_c(j, "last_use", last);
	}
	if (e->reason != NULL)
		json_c(j, "reason", e->reason);
	json_close(j);
}

static void print_line(struct buf *out, const struct exception *e, int64_t now,
    const struct exception_use *use)
{
	char places[1024], words[WORDS], end[UNTIL_TEXT], last[UNTIL_TEXT] = "never";

	places_of(e, places, sizeof(places));
	tls_error_words(e->errors, words, sizeof(words));
	until_text(e->until, end);
	buf_printf(out, "%s\n  for      %s%s\n  forgives %s\n  until    %s", e->name, places,
	    e->has_spki ? ", with its key" : ", any key", words, end);
	if (now >= e->until)
		buf_printf(out, ", over: it does nothing\n");
	else
		buf_printf(out, ", %lld days left\n", (long long)days_left(e, now));
	if (use != NULL && use->last > 0)
		until_text(use->last, last);
	if (use != NULL)
		buf_printf(out, "  uses     %llu since the gateway's start, last %s\n",
		    (unsigned long long)use->n, last);
	if (e->reason != NULL)
		buf_printf(out, "  reason   %s\n", e->reason);
}

void exceptions_print(struct buf *out, const struct config *c, int64_t now, bool json,
    exception_use_fn *use, void *arg)
{
	struct json j;

	if (json) {
		json_begin(&j, out);
		json_open(&j, "exceptions");
	} else if (c->exceptions_n == 0) {
		buf_printf(out, "no exceptions\n");
	}
	for (size_t i = 0; i < c->exceptions_n; i++) {
		const struct exception *e = &c->exceptions[i].told;
		struct exception_use u = use != NULL ? use(arg, e) : (struct exception_use){ 0, 0 };

		if (json)
			print_json(&j, e, now, use != NULL ? &u : NULL);
		else
			print_line(out, e, now, use != NULL ? &u : NULL);
	}
	if (json) {
		json_close(&j);
		json_end(&j);
	}
}

void exceptions_warn(const struct config *c, int64_t now, bool keys,
    void (*say)(void *arg, const char *text), void *arg)
{
	char text[512], end[UNTIL_TEXT];

	for (size_t i = 0; i < c->exceptions_n; i++) {
		const struct exception *e = &c->exceptions[i].told;

		until_text(e->until, end);
		text[0] = '\0';
		if (now >= e->until)
			snprintf(text, sizeof(text),
			    "exception '%s' is over since %s: it does nothing", e->name, end);
		else if (e->until - now < SOON)
			snprintf(text, sizeof(text), "exception '%s' ends at %s", e->name, end);
		if (text[0] != '\0')
			say(arg, text);
		if (e->has_spki || !keys)
			continue;
		snprintf(text, sizeof(text),
		    "exception '%s' has no spki: whoever can answer for its host may use it", e->name);
		say(arg, text);
	}
}
