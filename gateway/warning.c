/* SPDX-License-Identifier: BSD-2-Clause */
/* Warnings about bodies that pass. */
#include "gateway/warning.h"

#include <stdio.h>

#include "core/counter.h"
#include "gateway/wire.h"

static bool passes(const struct decision *d)
{
	return d->action == ACTION_ALLOW || d->action == ACTION_INTERCEPT;
}

void warning_note(struct txn *t, struct leg *g, const struct decision *d)
{
	if (!d->warn || !passes(d))
		return;
	g->warned = true;
	t->warned = true;
	COUNT_ADD(warned, 1);
}

/* RFC 9111 has retired Warning: this field is the gateway's own. */
int warning_put(struct txn *t, struct leg *g)
{
	const struct verdict *v = &g->verdict;
	char text[80];
	struct field f = { .name = STR("Sallyport-Warning") };

	if (!g->warned || g != &t->down || g->head_out)
		return 0;
	snprintf(text, sizeof(text), "%s%s%s", verdict_word(v->class), v->reason != REASON_NONE ? "." : "",
	    v->reason != REASON_NONE ? reason_word(v->reason) : "");
	f.value = str_c(text);
	return t->wire->add(t, g, &f);
}
