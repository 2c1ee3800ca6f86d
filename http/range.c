/* SPDX-License-Identifier: BSD-2-Clause */
/* Range fields read, and put into as few ranges as they need. */
#include "http/range.h"

#include "core/err.h"
#include "http/date.h"

/* About what the head of a part in multipart/byteranges takes: a smaller gap is sent along. */
enum { GAP = 80 };

static bool digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* Any number of digits; what does not fit is as good as without end. */
static bool position(struct str s, uint64_t *out)
{
	if (!digits(s))
		return false;
	if (str_u64(s, out) != 0)
		*out = UINT64_MAX;
	return true;
}

enum spec { SPEC_BAD, SPEC_OUTSIDE, SPEC_INSIDE };

/* "500-", "0-499", "-500" (section 14.1.2). */
static enum spec read_spec(struct str s, uint64_t length, struct range *r)
{
	ptrdiff_t dash = str_chr(s, '-');
	struct str from, to;

	if (dash < 0)
		return SPEC_BAD;
	from = str_sub(s, 0, (size_t)dash);
	to = str_sub(s, (size_t)dash + 1, s.n);
	if (from.n == 0) {
		uint64_t n;

		if (!position(to, &n))
			return SPEC_BAD;
		*r = (struct range){ n < length ? length - n : 0, length - 1 };
		return n > 0 && length > 0 ? SPEC_INSIDE : SPEC_OUTSIDE;
	}
	r->last = UINT64_MAX;
	if (!position(from, &r->first) || (to.n > 0 && !position(to, &r->last)) || r->last < r->first)
		return SPEC_BAD;
	if (r->first >= length)
		return SPEC_OUTSIDE;
	if (r->last >= length)
		r->last = length - 1;
	return SPEC_INSIDE;
}

static bool near(const struct range *a, const struct range *b)
{
	return a->first <= b->last + GAP + 1 && b->first <= a->last + GAP + 1;
}

/* Add it to those that are there: joined ones keep the place of the first. */
static void add(struct ranges *all, struct range r)
{
	size_t at = all->n;

	for (size_t i = 0; i < all->n;) {
		struct range *x = &all->r[i];

		if (!near(x, &r)) {
			i++;
			continue;
		}
		r.first = x->first < r.first ? x->first : r.first;
		r.last = x->last > r.last ? x->last : r.last;
		at = i < at ? i : at;
		for (size_t k = i; k + 1 < all->n; k++)
			all->r[k] = all->r[k + 1];
		all->n--;
		i = 0; /* it has grown */
	}
	at = at < all->n ? at : all->n;
	for (size_t k = all->n; k > at; k--)
		all->r[k] = all->r[k - 1];
	all->r[at] = r;
	all->n++;
}

/* The list behind "bytes="; false for other units and what is no list. */
static bool bytes_list(struct str field, struct str *list)
{
	ptrdiff_t eq = str_chr(field, '=');

	if (eq < 0 || !str_ieq(str_sub(field, 0, (size_t)eq), STR("bytes")))
		return false;
	*list = str_sub(field, (size_t)eq + 1, field.n);
	return true;
}

enum range_answer range_read(struct str field, uint64_t length, struct ranges *out)
{
	struct str list, e;
	size_t n = 0;

	out->n = 0;
	if (!bytes_list(field, &list))
		return RANGE_WHOLE;
	for (; str_next(&list, ',', &e); n++) {
		struct range r;
		enum spec s = n < RANGE_MOST ? read_spec(e, length, &r) : SPEC_BAD;

		if (s == SPEC_BAD)
			return RANGE_WHOLE;
		if (s == SPEC_INSIDE)
			add(out, r);
	}
	return n == 0 ? RANGE_WHOLE : out->n > 0 ? RANGE_PART : RANGE_UNSATISFIABLE;
}

bool range_single(struct str field)
{
	struct str list, e;
	struct range r;

	return bytes_list(field, &list) && str_next(&list, ',', &e) &&
	       read_spec(e, UINT64_MAX, &r) == SPEC_INSIDE && !str_next(&list, ',', &e);
}

bool range_if(struct str if_range, const struct head *response)
{
	struct str v, date;
	int64_t modified, sent;

	if (if_range.n == 0)
		return true;
	if (if_range.p[0] == '"') /* W/ is never equal here */
		return head_count(response, "etag") == 1 && head_get(response, "etag", &v) &&
		       str_eq(v, if_range);
	return head_count(response, "last-modified") == 1 &&
	       head_get(response, "last-modified", &v) && str_eq(v, if_range) &&
	       head_get(response, "date", &date) && date_read(v, &modified) == 0 &&
	       date_read(date, &sent) == 0 && sent > modified;
}

int range_read_content(struct str field, struct range *r, uint64_t *length)
{
	ptrdiff_t dash, slash;

	if (!str_iprefix(field, STR("bytes ")))
		return -ERR_NUMBER;
	field = str_sub(field, 6, field.n);
	dash = str_chr(field, '-');
	slash = str_chr(field, '/');
	if (dash < 0 || slash < dash)
		return -ERR_NUMBER;
	*length = UINT64_MAX;
	if (str_u64(str_sub(field, 0, (size_t)dash), &r->first) != 0 ||
	    str_u64(str_sub(field, (size_t)dash + 1, (size_t)(slash - dash) - 1), &r->last) != 0)
		return -ERR_NUMBER;
	field = str_sub(field, (size_t)slash + 1, field.n);
	if (!str_eq(field, STR("*")) && (str_u64(field, length) != 0 || *length == UINT64_MAX))
		return -ERR_NUMBER;
	return r->first <= r->last && r->last < *length ? 0 : -ERR_NUMBER;
}
