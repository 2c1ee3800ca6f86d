/* SPDX-License-Identifier: BSD-2-Clause */
/* Error texts of the configuration: one line each, whatever bytes the file had. */
#include "policy/config_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"

enum { SUGGEST_WORD = 40 };

/* Control bytes would break the one line or steer a terminal. */
static void printable(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = ' ';
}

/* Not cut within a UTF-8 sequence. */
static void put_text(char *to, size_t cap, struct str s)
{
	size_t n = s.n < cap ? s.n : cap - 1;

	if (n < s.n)
		while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
			n--;
	if (n > 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (to[i] == '\0')
			to[i] = ' ';
	printable(to);
}

int config_error_set(struct config_error *e, unsigned line, struct str token, const char *fmt, ...)
{
	va_list ap;

	*e = (struct config_error){ .line = line };
	put_text(e->token, sizeof(e->token), token);
	va_start(ap, fmt);
	vsnprintf(e->expected, sizeof(e->expected), fmt, ap);
	va_end(ap);
	printable(e->expected);
	return -ERR_CONFIG;
}

int config_error_fix(struct config_error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->fix, sizeof(e->fix), fmt, ap);
	va_end(ap);
	printable(e->fix);
	return -ERR_CONFIG;
}

int config_error_memory(struct config_error *e)
{
	config_error_set(e, 0, STR("configuration"), "a configuration that fits into memory");
	return config_error_fix(e, "fewer rules or shorter lists");
}

int config_error_text(const struct config_error *e, const char *path, char *to, size_t n)
{
	char line[16] = "";

	if (e->line > 0)
		snprintf(line, sizeof(line), ":%u", e->line);
	return snprintf(to, n, "%s%s: '%s': expected %s%s%s", path, line, e->token, e->expected,
	    e->fix[0] != '\0' ? "; " : "", e->fix);
}

struct suggest suggest_for(struct str word)
{
	return (struct suggest){ .word = word };
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c == '-' ? '_' : c;
}

/* Damerau-Levenshtein distance with swaps of neighbours; both at most SUGGEST_WORD long. */
static unsigned distance(struct str a, struct str b)
{
	unsigned d[3][SUGGEST_WORD + 1];

	for (size_t j = 0; j <= b.n; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned *row = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = fold(a.p[i - 1]) == fold(b.p[j - 1]);
			unsigned v = up[j - 1] + (same ? 0 : 1);

			v = up[j] + 1 < v ? up[j] + 1 : v;
			v = row[j - 1] + 1 < v ? row[j - 1] + 1 : v;
			if (i > 1 && j > 1 && fold(a.p[i - 1]) == fold(b.p[j - 2]) &&
			    fold(a.p[i - 2]) == fold(b.p[j - 1]) && up2[j - 2] + 1 < v)
				v = up2[j - 2] + 1;
			row[j] = v;
		}
	}
	return d[a.n % 3][b.n];
}

void suggest_offer(struct suggest *s, const char *candidate)
{
	struct str c = str_c(candidate);
	unsigned far, most = s->word.n <= 3 ? 1 : s->word.n <= 7 ? 2 : 3;

	if (s->word.n == 0 || s->word.n > SUGGEST_WORD || c.n > SUGGEST_WORD)
		return;
	far = distance(s->word, c);
	if (s->word.n >= 3 && (str_iprefix(c, s->word) || str_iprefix(s->word, c)) && far > 1)
		far = 1; /* "pass" for "passthrough", "ports" for "port" */
	if (far > most || far >= c.n || (s->best != NULL && far >= s->distance))
		return;
	s->best = candidate;
	s->distance = far;
}
