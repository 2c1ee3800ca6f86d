/* SPDX-License-Identifier: BSD-2-Clause */
/* The one date format that is still generated. */
#include "http/date.h"

#include "core/err.h"

static int64_t number(struct str s, size_t at, size_t n)
{
	uint64_t v;

	return str_u64(str_sub(s, at, n), &v) == 0 ? (int64_t)v : -1;
}

static int month(struct str name)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };

	for (int i = 0; i < 12; i++)
		if (str_eq(name, str_c(names[i])))
			return i;
	return -1;
}

/* Days from 1970-01-01; years begin in March, so that leap days come last. */
static int64_t days(int64_t y, int m, int64_t d)
{
	y -= m < 2;
	m = (m + 10) % 12;
	return 365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + d - 1 - 719468;
}

int date_read(struct str s, int64_t *out)
{
	int64_t d = number(s, 5, 2), y = number(s, 12, 4);
	int64_t hour = number(s, 17, 2), min = number(s, 20, 2), sec = number(s, 23, 2);
	int m = month(str_sub(s, 8, 3));

	if (s.n != 29 || s.p[3] != ',' || s.p[4] != ' ' || s.p[7] != ' ' || s.p[11] != ' ' ||
	    s.p[16] != ' ' || s.p[19] != ':' || s.p[22] != ':' || !str_eq(str_sub(s, 25, 4), STR(" GMT")))
		return -ERR_NUMBER;
	if (m < 0 || d < 1 || d > 31 || y < 1 || hour < 0 || hour > 23 || min < 0 || min > 59 ||
	    sec < 0 || sec > 60)
		return -ERR_NUMBER;
	*out = days(y, m, d) * 86400 + hour * 3600 + min * 60 + sec;
	return 0;
}
