/* SPDX-License-Identifier: BSD-2-Clause */
/* How an audit line begins, how long a peer's text in it may be, and the table of its fields. */
#include <string.h>
#include <time.h>

#include "gateway/audit.h"
#include "mitm/grade.h"

static const char ellipsis[] = "\xe2\x80\xa6";

void audit_ts(int64_t unix_ms, char to[AUDIT_TS_MAX])
{
	time_t s = (time_t)(unix_ms / 1000);
	struct tm tm;
	size_t n;

	to[0] = '\0';
	if (unix_ms < 0 || gmtime_r(&s, &tm) == NULL || tm.tm_year > 9999 - 1900)
		return;
	n = strftime(to, AUDIT_TS_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to + n, AUDIT_TS_MAX - n, ".%03uZ", (unsigned)(unix_ms % 1000) % 1000u);
}

void audit_begin(struct json *j, struct buf *out, const char *event)
{
	struct timespec now;
	char ts[AUDIT_TS_MAX];

	clock_gettime(CLOCK_REALTIME, &now);
	audit_ts((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, ts);
	json_begin(j, out);
	json_c(j, "ts", ts);
	json_c(j, "event", event);
}

/* The most bytes that core/json.c makes of one: \u00XX, an escape, or U+FFFD for what is no UTF-8. */
static size_t cost(unsigned char c)
{
	if (c < 0x20 || c == 0x7f)
		return 6;
	if (c == '"' || c == '\\')
		return 2;
	return c < 0x80 ? 1 : 3;
}

/* Not in the middle of a character: step back over continuation bytes to its first. */
static size_t char_start(struct str s, size_t at)
{
	size_t i = at;

	while (i > 0 && at - i < 3 && ((unsigned char)s.p[i] & 0xc0) == 0x80)
		i--;
	return (unsigned char)s.p[i] >= 0xc0 ? i : at;
}

void audit_str(struct json *j, const char *key, struct str value)
{
	char cut[AUDIT_TEXT_MAX + sizeof(ellipsis)];
	size_t n = 0, used = 0;

	while (n < value.n && used + cost((unsigned char)value.p[n]) <= AUDIT_TEXT_MAX)
		used += cost((unsigned char)value.p[n++]);
	if (n == value.n) {
		json_str(j, key, value);
		return;
	}
	n = char_start(value, n);
	memcpy(cut, value.p, n);
	memcpy(cut + n, ellipsis, sizeof(ellipsis) - 1);
	json_str(j, key, str_of(cut, n + sizeof(ellipsis) - 1));
}

struct row {
	const char *event, *name, *type, *when, *doc;
};

static const struct row rows[] = {
#define EVENT(name, doc) { #name, NULL, NULL, NULL, doc },
#define FIELD(event, name, type, when, doc) { #event, #name, #type, #when, doc },
#include "gateway/audit.def"
#undef EVENT
#undef FIELD
};

static void grades_print(FILE *f)
{
	const char *name, *doc;
	enum grade grade;

	fputs("\n## Grades\n\n`tls_grade` says how good the encryption of a decrypted connection was, both "
	      "legs taken together. The first rule that holds decides.\n\n| grade | `tls_grade_rule` | "
	      "holds where |\n|---|---|---|\n", f);
	for (unsigned i = 0; grade_rule(i, &name, &grade, &doc); i++)
		fprintf(f, "| %s | `%s` | %s |\n", grade_word(grade), name, doc);
}

void audit_fields_print(FILE *f)
{
	fputs("# Audit lines\n\nOne JSON object a line. Fields of a kind other than `always` are "
	      "left out where there is nothing to say; texts longer than 4 KiB end in an "
	      "ellipsis.\n", f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].name == NULL)
			fprintf(f, "\n## `%s`\n\n%s\n\n| field | type | there | meaning |\n|---|---|---|---|\n",
			    rows[i].event, rows[i].doc);
		else
			fprintf(f, "| `%s` | %s | %s | %s |\n", rows[i].name, rows[i].type,
			    rows[i].when, rows[i].doc);
	grades_print(f);
}
