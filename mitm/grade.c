/* SPDX-License-Identifier: BSD-2-Clause */
/* The grade of an intercepted connection: the first rule of grade.def that holds. */
#include "mitm/grade.h"

/* What leaves the origin verified: graded by rules of its own. */
#define TOLERABLE                                                                                  \
	(TLS_ERROR_BIT(TLS_ERROR_WEAK) | TLS_ERROR_BIT(TLS_ERROR_OLD_PROTOCOL) |                   \
	    TLS_ERROR_BIT(TLS_ERROR_REVOCATION_UNKNOWN))
#define HAS(error) ((f->accepted & TLS_ERROR_BIT(TLS_ERROR_##error)) != 0)

static const struct rule {
	const char *name, *doc;
	enum grade grade;
} rules[] = {
#define GRADE(name, grade, condition, doc) { #name, doc, GRADE_##grade },
#include "mitm/grade.def"
#undef GRADE
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

/* Which rule holds first; a leg's condition is tried on both. */
static unsigned first(const struct grade_facts *f)
{
	const struct tls_facts *l;
	unsigned i = 0;

#define ANY(x) ((l = f->client, (x)) || (l = f->origin, (x)))
#define GRADE(name, grade, condition, doc)                                                         \
	if (condition)                                                                             \
		return i;                                                                          \
	i++;
#include "mitm/grade.def"
#undef GRADE
#undef ANY
	return i - 1;
}

enum grade tls_grade(const struct grade_facts *f, const char **rule)
{
	unsigned i = first(f);

	*rule = rules[i].name;
	return rules[i].grade;
}

const char *grade_word(enum grade g)
{
	static const char *const words[] = { NULL, "A", "B", "C", "F" };

	return (unsigned)g < sizeof(words) / sizeof(words[0]) ? words[g] : NULL;
}

bool grade_rule(unsigned i, const char **name, enum grade *grade, const char **doc)
{
	if (i >= RULES)
		return false;
	*name = rules[i].name;
	*grade = rules[i].grade;
	*doc = rules[i].doc;
	return true;
}
