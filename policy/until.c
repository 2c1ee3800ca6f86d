/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates by RFC 3339 and digests in the three forms that tools print. */
#include "policy/until.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY = 86400 };

/* Exactly n digits at s[at]. */
static bool digits(struct str s, size_t at, size_t n, int least, int most, int *out)
{
	int v = 0;

	if (at + n > s.n)
		return false;
	for (size_t i = at; i < at + n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return v >= least && v <= most;
}

static bool is(struct str s, size_t at, char c)
{
	return at < s.n && s.p[at] == c;
}

static bool parse_day(struct str s, struct tm *tm)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int y, m, d;
	bool leap;

	if (!digits(s, 0, 4, 1970, 9998, &y) || !is(s, 4, '-') || !digits(s, 5, 2, 1, 12, &m) ||
	    !is(s, 7, '-') || !digits(s, 8, 2, 1, 31, &d))
		return false;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	tm->tm_year = y - 1900;
	tm->tm_mon = m - 1;
	tm->tm_mday = d;
	return d <= days[m - 1] + (m == 2 && leap);
}

/* "Z", or "+02:00". */
static bool parse_zone(struct str s, int64_t *seconds)
{
	int h, m;

	*seconds = 0;
	if (s.n == 1)
		return s.p[0] == 'Z' || s.p[0] == 'z';
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || !digits(s, 1, 2, 0, 23, &h) ||
	    s.p[3] != ':' || !digits(s, 4, 2, 0, 59, &m))
		return false;
	*seconds = (h * 3600 + m * 60) * (s.p[0] == '+' ? 1 : -1);
	return true;
}

static size_t skip_fraction(struct str s, size_t at)
{
	size_t i = at + 1;

	if (at >= s.n || s.p[at] != '.')
		return at;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i > at + 1 ? i : at;
}

bool until_parse(struct str s, int64_t *out)
{
	struct tm tm = { .tm_isdst = 0 };
	int64_t zone;

	if (!parse_day(s, &tm))
		return false;
	if (s.n == 10) {
		*out = timegm(&tm) + DAY;
		return true;
	}
	if ((s.p[10] != 'T' && s.p[10] != 't' && s.p[10] != ' ') ||
	    !digits(s, 11, 2, 0, 23, &tm.tm_hour) || s.n < 20 || s.p[13] != ':' ||
	    !digits(s, 14, 2, 0, 59, &tm.tm_min) || s.p[16] != ':' ||
	    !digits(s, 17, 2, 0, 60, &tm.tm_sec) ||
	    !parse_zone(str_sub(s, skip_fraction(s, 19), s.n), &zone))
		return false;
	*out = timegm(&tm) - zone;
	return true;
}

void until_text(int64_t t, char to[UNTIL_TEXT])
{
	time_t s = (time_t)t;
	struct tm tm;

	to[0] = '\0';
	if (gmtime_r(&s, &tm) != NULL && tm.tm_year <= 9999 - 1900)
		strftime(to, UNTIL_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				      -1;
}

static bool parse_hex(struct str s, unsigned char *to)
{
	size_t step = s.n == 2 * DIGEST_BYTES ? 2 : 3;

	if (s.n != 2 * DIGEST_BYTES && s.n != 3 * DIGEST_BYTES - 1)
		return false;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		int a = hex(s.p[i * step]), b = hex(s.p[i * step + 1]);

		if (a < 0 || b < 0 || (step == 3 && i + 1 < DIGEST_BYTES && s.p[i * 3 + 2] != ':'))
			return false;
		to[i] = (unsigned char)(a << 4 | b);
	}
	return true;
}

/* RFC 4648 section 4; 32 bytes are 43 characters and one '='. */
static bool parse_base64(struct str s, unsigned char *to)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	size_t n = 0;

	if (s.n == 44 && s.p[43] == '=')
		s.n--;
	if (s.n != 43)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const char *at = memchr(set, s.p[i], 64);

		if (at == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(at - set);
		/* After 2, 3 and 4 of four characters another byte is complete. */
		if (i % 4 != 0)
			to[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)) & 0xff);
	}
	return (bits & 3) == 0;
}

bool digest_parse(struct str s, unsigned char to[DIGEST_BYTES])
{
	static const struct str prefix = { .p = "sha256//", .n = 8 };

	if (str_iprefix(s, prefix))
		return parse_base64(str_sub(s, prefix.n, s.n), to);
	return parse_hex(s, to);
}
