/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of the signatures: for `status`, the log and the audit. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "gateway/audit.h"
#include "gateway/renewal_int.h"

enum { DAY = 86400 };

/* Since they were made. */
static int64_t age(const struct renewal *r)
{
	int64_t now = time(NULL), made = (int64_t)r->force.set.made;

	return made > 0 && made <= now ? now - made : made > now ? 0 : -1;
}

static bool stale(const struct renewal *r)
{
	return age(r) >= 0 && (uint64_t)age(r) * 1000 > r->p->limits.signatures_stale;
}

/* The worst that is true. */
static const char *state_word(const struct renewal *r)
{
	if (!config_scanner(r->p->config)->enabled)
		return "off";
	if (r->broken)
		return "broken";
	if (r->p->scanner.state != CHILD_READY)
		return "loading";
	if (r->force.set.test)
		return "test-only";
	return stale(r) ? "stale" : "good";
}

static void hex(char to[17], uint64_t v)
{
	snprintf(to, 17, "%016llx", (unsigned long long)v);
}

static void fields(const struct renewal *r, struct json *j)
{
	const struct sigset *s = &r->force.set;
	char text[17];

	json_u64(j, "signatures", s->number);
	json_u64(j, "own_files", s->own);
	json_u64(j, "version", s->version);
	hex(text, s->generation);
	json_c(j, "signature_generation", text);
	if (age(r) >= 0)
		json_i64(j, "age_s", age(r));
}

int64_t renewal_age(const struct renewal *r)
{
	return r->p->scanner.state == CHILD_READY ? age(r) : -1;
}

const char *renewal_state(const struct renewal *r)
{
	return state_word(r);
}

void renewal_json(const struct renewal *r, struct json *j)
{
	const struct sigset *s = &r->force.set;
	bool serving = r->p->scanner.state == CHILD_READY;

	json_open(j, "signatures");
	json_c(j, "state", state_word(r));
	json_bool(j, "in_force", serving);
	json_bool(j, "loading", r->p->second.state == CHILD_STARTING || r->p->scanner.state == CHILD_STARTING);
	if (serving) {
		fields(r, j);
		if (age(r) >= 0)
			json_i64(j, "age_days", age(r) / DAY);
		json_u64(j, "layer_us", s->layer_us);
	}
	if (r->broken)
		json_c(j, "trouble", r->why);
	json_close(j);
}

void renewal_text(const struct renewal *r, struct buf *out)
{
	const struct sigset *s = &r->force.set;
	char text[17];

	buf_printf(out, "  signatures   %s", state_word(r));
	if (r->p->scanner.state == CHILD_READY) {
		hex(text, s->generation);
		buf_printf(out, ": %u, own files %u, generation %s, %u us for a small layer", s->number, s->own, text, s->layer_us);
		if (s->version > 0)
			buf_printf(out, ", version %llu", (unsigned long long)s->version);
		if (age(r) >= 0)
			buf_printf(out, ", %lld days old", (long long)age(r) / DAY);
	}
	buf_printf(out, "\n");
	if (r->broken)
		buf_printf(out, "  warning: signatures are broken, %s: %s\n",
		    r->p->scanner.state == CHILD_READY ? "the old ones are in force" : "NONE are in force", r->why);
	if (r->p->scanner.state == CHILD_READY && r->force.set.test)
		buf_printf(out, "  warning: there are no signatures; NO real malware is found; install clamav-freshclam\n");
	if (r->p->scanner.state == CHILD_READY && stale(r))
		buf_printf(out, "  warning: signatures are stale; does freshclam run?\n");
}

void renewal_event(const struct renewal *r, const char *outcome, const char *reason)
{
	struct json j;
	struct buf line;

	buf_init(&line, AUDIT_LINE_MAX);
	audit_begin(&j, &line, "signatures");
	json_c(&j, "source", "parent");
	json_u64(&j, "generation", r->p->generation);
	json_c(&j, "outcome", outcome);
	json_c(&j, "state", state_word(r));
	if (r->p->scanner.state == CHILD_READY)
		fields(r, &j);
	if (reason != NULL)
		json_c(&j, "reason", reason);
	if (json_end(&j) == 0)
		audit_line(r->p->audit, buf_view(&line));
	buf_free(&line);
}

void renewal_watch_state(void *renewal)
{
	struct renewal *r = renewal;
	const char *word = state_word(r);

	if (r->said != NULL && strcmp(word, r->said) == 0)
		return;
	r->said = word;
	if (strcmp(word, "stale") != 0)
		return;
	log_warn("signatures are %lld days old; does freshclam run?", (long long)age(r) / DAY);
	renewal_event(r, "stale", NULL);
}
