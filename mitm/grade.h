/* SPDX-License-Identifier: BSD-2-Clause */
/* The grade of an intercepted connection, by the rules of grade.def. Pure. */
#ifndef MITM_GRADE_H
#define MITM_GRADE_H

#include "core/tls_error.h"
#include "mitm/tls_facts.h"

enum grade { GRADE_NONE, GRADE_A, GRADE_B, GRADE_C, GRADE_F };

struct grade_facts {
	uint32_t accepted; /* faults of the origin that an exception let pass: TLS_ERROR_BIT()s */
	const struct tls_facts *client, *origin;
	enum tls_pq pq;
};

/* The grade; *rule is the name of the row that decided (static). */
enum grade tls_grade(const struct grade_facts *f, const char **rule);

/* "A", "B", "C", "F"; NULL for GRADE_NONE. */
const char *grade_word(enum grade g);

/* The i-th rule for the documentation: false past the last. */
bool grade_rule(unsigned i, const char **name, enum grade *grade, const char **doc);

#endif
