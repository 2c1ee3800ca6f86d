/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for verdicts and reasons, from the table. */
#include "core/verdict.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const classes[VERDICT_COUNT] = {
#define VERDICT(name, text) #name,
#include "core/verdict.def"
#undef VERDICT
};

static const char *const reasons[REASON_COUNT] = {
#define VERDICT(name, text)
#define REASON(name, text) #name,
#include "core/verdict.def"
#undef REASON
#undef VERDICT
};

static const char *lowered(const char *const *words, int n, int i, char (*store)[24])
{
	if (i < 0 || i >= n)
		return "unknown";
	for (size_t k = 0; k < 23 && words[i][k] != '\0'; k++)
		store[i][k] = (char)tolower((unsigned char)words[i][k]);
	return store[i];
}

const char *verdict_word(enum verdict_class c)
{
	static char store[VERDICT_COUNT][24];

	return lowered(classes, VERDICT_COUNT, (int)c, store);
}

const char *reason_word(enum verdict_reason r)
{
	static char store[REASON_COUNT][24];

	return lowered(reasons, REASON_COUNT, (int)r, store);
}

bool verdict_of(struct str word, enum verdict_class *out)
{
	for (int i = 0; i < VERDICT_COUNT; i++)
		if (str_ieq(word, str_c(classes[i]))) {
			*out = (enum verdict_class)i;
			return true;
		}
	return false;
}

bool reason_of(struct str word, enum verdict_reason *out)
{
	for (int i = 0; i < REASON_COUNT; i++)
		if (str_ieq(word, str_c(reasons[i]))) {
			*out = (enum verdict_reason)i;
			return true;
		}
	return false;
}

unsigned verdict_rank(enum verdict_class c)
{
	static const unsigned char ranks[VERDICT_COUNT] = { [VERDICT_CLEAN] = 1, [VERDICT_BYPASSED] = 2,
		[VERDICT_UNSCANNABLE] = 3, [VERDICT_SUSPECT] = 4, [VERDICT_INFECTED] = 5 };

	return ranks[c];
}

struct verdict verdict_make(enum verdict_class c, enum verdict_reason r, struct str name)
{
	struct verdict v = { .class = c, .reason = r };

	for (size_t i = 0; i < name.n && i + 1 < sizeof(v.name); i++)
		v.name[i] = name.p[i] > 0x20 && name.p[i] < 0x7f ? name.p[i] : '?';
	return v;
}

void verdict_predicate(const struct verdict *v, char *to, size_t n)
{
	if (v->class == VERDICT_INFECTED)
		snprintf(to, n, "is infected");
	else if (v->class == VERDICT_SUSPECT)
		snprintf(to, n, "looks suspicious");
	else if (v->class == VERDICT_UNSCANNABLE)
		snprintf(to, n, "could not be searched: %s", reason_word(v->reason));
	else
		snprintf(to, n, "is not permitted here");
}
