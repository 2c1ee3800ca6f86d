/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile answers of an ICAP service: the first byte chooses the length of the pieces. Whole and in pieces
 * they are told alike, what is told lies in the input, and a bad end is an end.
 */
#include <assert.h>
#include <string.h>

#include "http/icap.h"
#include "http/icap_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	uint64_t body, heads, ends, bad, last;
};

static void note(struct sum *s, enum icap_event e, const struct icap_head *h, struct str data)
{
	s->body += data.n;
	s->heads += e == ICAP_HEAD;
	s->ends += e == ICAP_END;
	s->bad += e == ICAP_BAD;
	if (e == ICAP_HEAD) {
		assert(strlen(h->found) <= ICAP_NAME_MAX && strlen(h->istag) < sizeof(h->istag));
		assert(h->status >= 100 && h->status <= 999);
		s->last = h->status + 1000ull * h->http_status + h->infected;
	}
}

static struct sum read_in(struct str all, size_t piece)
{
	struct icap_reader *r = icap_reader_new();
	struct sum s = { 0 };

	assert(r != NULL);
	for (size_t at = 0; at < all.n && s.bad == 0; at += piece) {
		struct str in = str_sub(all, at, piece), out;
		const struct icap_head *h;
		enum icap_event e;
		size_t used;

		do {
			e = icap_read(r, in, &used, &out, &h);
			assert(used <= in.n && (out.n == 0 || (out.p >= in.p && out.p + out.n <= in.p + used)));
			in = str_sub(in, used, in.n);
			note(&s, e, h, out);
		} while (e != ICAP_BAD && (e != ICAP_MORE || in.n > 0));
	}
	icap_reader_free(r);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_of((const char *)data + (size > 0), size > 0 ? size - 1 : 0);
	struct icap_url url;
	struct sum whole = read_in(all, all.n > 0 ? all.n : 1), pieces = read_in(all, size > 0 ? data[0] % 32 + 1 : 1);

	assert(whole.heads == pieces.heads && whole.ends == pieces.ends && whole.bad == pieces.bad && whole.last == pieces.last);
	assert(whole.bad != 0 || whole.body == pieces.body);
	if (icap_url_parse(all, &url) == 0)
		assert(url.host[0] != '\0' && url.port != 0);
	return 0;
}
