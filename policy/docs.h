/* SPDX-License-Identifier: BSD-2-Clause */
/* Reference tables, printed from the tables in the program, in Markdown. */
#ifndef POLICY_DOCS_H
#define POLICY_DOCS_H

#include <stdio.h>

/* Every limit of core/limit.def, as it stands in docs/configuration.md. */
void limits_print(FILE *out);

/* Every condition of a rule (policy/cond.def), likewise. */
void conditions_print(FILE *out);

#endif
