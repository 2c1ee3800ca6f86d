/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over the rules in words. */
#include "policy/explain.h"

#include "policy/walk.h"

static const char *const cond_keys[COND_COUNT + 1] = {
#define COND(name, keys, known, example, doc) keys,
#include "policy/cond.def"
#undef COND
	"upgrade, connect or websocket",
};

static const char *cond_key(unsigned c)
{
	return c <= COND_COUNT ? cond_keys[c] : "condition";
}

static void print_step(void *arg, const struct walk_step *s)
{
	FILE *out = arg;
	const char *by = s->by != NULL ? s->by->name : "";

	fprintf(out, "  %s (%s): ", s->rule->name, action_name(s->rule->action));
	switch (s->outcome) {
	case WALK_DECIDES:
		fprintf(out, "all its conditions hold, it decides\n");
		break;
	case WALK_LOGS:
		fprintf(out, "all its conditions hold, noted in the audit\n");
		break;
	case WALK_WARNS:
		fprintf(out, "all its conditions hold, the receiver is warned\n");
		break;
	case WALK_RANGES:
		fprintf(out, "all its conditions hold, a range goes to the origin as it is asked for\n");
		break;
	case WALK_RELEASES:
		fprintf(out, "all its conditions hold, the download is released so where its content permits that\n");
		break;
	case WALK_FAILS:
		fprintf(out, "its %s does not match\n", cond_key(s->cond));
		break;
	case WALK_NOT_YET:
		fprintf(out, "passed over, its %s is not known at this stage\n", cond_key(s->cond));
		break;
	case WALK_OPEN:
		fprintf(out, "open, its %s is not known yet\n", cond_key(s->cond));
		break;
	case WALK_SHIELDS:
		fprintf(out, "holds; it permits, so that later prohibitions by the same facts do "
			     "not count\n");
		break;
	case WALK_SHIELDED:
		fprintf(out, "holds, but '%s' comes before it\n", by);
		break;
	case WALK_NO_MEANING:
		fprintf(out, "holds, but %s\n",
		    s->rule->action == ACTION_RANGES ? "ranges are asked about with the request"
		    : s->rule->action == ACTION_WARN ? "warnings are about bodies"
		    : s->rule->action > ACTION_RANGES ? "how to release is asked about with the response"
						     : "bytes of an unknown protocol cannot be searched");
		break;
	case WALK_WAITS:
		fprintf(out, "holds, but '%s' comes before it and is still open\n", by);
		break;
	}
}

/* Facts as they are at an earlier stage of the same connection. */
static struct facts facts_at(const struct facts *last, enum stage stage)
{
	struct facts f = *last;

	f.stage = stage;
	if (stage != last->stage)
		f.verdict = NULL;
	if (stage < STAGE_UPLOAD)
		f.size_known = false;
	f.websocket = last->websocket && stage >= STAGE_REQUEST;
	if (stage == STAGE_CONNECT)
		f.protocol = PROTOCOL_ANY;
	else if (stage == STAGE_HELLO &&
		 (f.protocol == PROTOCOL_UPGRADE || f.protocol == PROTOCOL_CONNECT))
		f.protocol = f.destination.port == 443 ? PROTOCOL_TLS : PROTOCOL_HTTP;
	if (stage == STAGE_CONNECT || (stage == STAGE_HELLO && f.protocol == PROTOCOL_HTTP))
		f.host = STR_NONE;
	return f;
}

/* Does nothing follow this decision? */
static bool settles(enum stage stage, enum action a)
{
	return a == ACTION_BLOCK || a == ACTION_RESET || a == ACTION_PASSTHROUGH ||
	       stage == STAGE_DOWNLOAD;
}

static void print_client_cert(FILE *out, const struct policy *p, const struct facts *f)
{
	const struct client_cert *c = policy_client_cert(p, f);

	if (c != NULL)
		fprintf(out, "  (if the origin asks for a client certificate: %s by '%s')\n",
		    client_cert_word(c->action), c->name);
}

void policy_explain(FILE *out, const struct policy *p, const struct facts *f)
{
	for (int s = STAGE_CONNECT; s <= (int)f->stage; s++) {
		struct facts at = facts_at(f, (enum stage)s);
		struct decision d;

		if (s == STAGE_UPLOAD && f->stage != STAGE_UPLOAD)
			continue; /* the facts are about the response's body */
		fprintf(out, "%s:\n", stage_name(at.stage));
		if ((s == STAGE_UPLOAD || s == STAGE_DOWNLOAD) && at.verdict == NULL)
			fprintf(out, "  (no verdict is given: the body counts as not searched)\n");
		d = policy_walk(p, &at, print_step, out);
		fprintf(out, "  => %s by '%s'%s%s%s%s\n", action_name(d.action), d.rule,
		    d.reason != NULL ? ", reason: " : "", d.reason != NULL ? d.reason : "",
		    d.log ? ", with a note in the audit" : "",
		    d.warn && d.action == ACTION_ALLOW ? ", with a warning" : "");
		if (s == STAGE_HELLO && at.protocol == PROTOCOL_TLS)
			print_client_cert(out, p, &at);
		if (settles(at.stage, d.action))
			break;
	}
}
