/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Range, If-Range, Content-Range, dates: the first byte is the length's width. Ranges lie within
 * the length and apart from each other; together they are no more than all of it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "http/date.h"
#include "http/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ranges *x, uint64_t length)
{
	uint64_t sum = 0;

	if (x->n == 0 || x->n > RANGE_MOST)
		abort();
	for (size_t i = 0; i < x->n; i++) {
		if (x->r[i].first > x->r[i].last || x->r[i].last >= length)
			abort();
		sum += x->r[i].last - x->r[i].first + 1;
		for (size_t k = 0; k < i; k++)
			if (x->r[i].first <= x->r[k].last && x->r[k].first <= x->r[i].last)
				abort();
	}
	if (sum > length)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data + 1, size > 0 ? size - 1 : 0);
	struct field f[] = { { STR("etag"), in }, { STR("last-modified"), in },
		{ STR("date"), STR("Tue, 19 Jan 2038 03:14:08 GMT") } };
	struct head h = { .status = 200, .fields = f, .nfields = 3 };
	struct ranges x;
	struct range r;
	uint64_t length;
	int64_t date;

	if (size == 0)
		return 0;
	length = data[0] % 64 == 63 ? INT64_MAX : (1ull << data[0] % 64) - 1;
	if (range_read(in, length, &x) == RANGE_PART)
		check(&x, length);
	else if (range_single(in) && length > 0 && range_read(in, INT64_MAX, &x) == RANGE_WHOLE)
		abort();
	if (range_read_content(in, &r, &length) == 0 && (r.first > r.last || r.last >= length))
		abort();
	(void)range_if(in, &h);
	(void)date_read(in, &date);
	return 0;
}
