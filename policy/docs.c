/* SPDX-License-Identifier: BSD-2-Clause */
/* Reference tables in Markdown; docs/configuration.md must hold their lines as they are. */
#include "policy/docs.h"

#include "core/limit.h"

static const struct {
	const char *keys, *known, *example, *doc;
} conds[] = {
#define COND(name, keys, known, example, doc) { keys, #known, example, doc },
#include "policy/cond.def"
#undef COND
};

void limits_print(FILE *out)
{
	fprintf(out, "| limit | default | least | most | meaning |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < limit_rows_n; i++) {
		const struct limit_row *r = &limit_rows[i];

		fprintf(out, "| `%s` | %s | %s | %s | %s |\n", r->name, r->def, r->least, r->most,
		    r->doc);
	}
}

void conditions_print(FILE *out)
{
	fprintf(out, "| condition | example | known from | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(conds) / sizeof(conds[0]); i++)
		fprintf(out, "| `%s` | `%s` | %s | %s |\n", conds[i].keys, conds[i].example,
		    conds[i].known, conds[i].doc);
}
