/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What we forward of any HTTP/1.1 stream is read by ourselves as the same messages, no more and
 * no less of them whole, and is forwarded as the same bytes. The first byte picks the side and
 * the method that responses answer.
 */
#include <stdint.h>

#include "tests/differential/canonical.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = { "GET", "HEAD", "CONNECT", "GET" };
	struct limits l, wide;
	struct canonical a = { .limits = &l }, b = { .limits = &wide };

	if (size == 0)
		return 0;
	limits_default(&l);
	l.head = 4096;
	l.fields = 16;
	l.chunk_ext = 32;
	wide = l;
	wide.head *= 2;
	wide.fields += 8;
	a.side = b.side = data[0] % 2 == 0 ? H1_REQUEST : H1_RESPONSE;
	a.method = b.method = methods[data[0] / 2 % 4];
	canonical_run(&a, str_of((const char *)data + 1, size - 1));
	canonical_run(&b, buf_view(&a.out));
	if (a.whole != b.whole || a.tunnel != b.tunnel || !str_eq(buf_view(&a.out), buf_view(&b.out)))
		abort();
	if (a.err == 0 && b.err != 0)
		abort();
	buf_free(&a.out);
	buf_free(&b.out);
	return 0;
}
