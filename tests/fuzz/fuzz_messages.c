/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message bodies between processes. The first byte picks the reader, the rest is the body. What
 * was read well must survive packing and reading again, byte for byte.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "certs/signer.h"
#include "scanner/client.h"
#include "scanner/sigset.h"
#include "scanner/poison.h"
#include "scanner/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 98304 };

static void same(const struct buf *b, struct str body)
{
	assert(str_eq(buf_view(b), body));
}

static void wish(struct str body)
{
	static struct leaf_wish w;
	struct str spki;
	struct buf b;
	uint64_t id;

	if (signer_read_wish(body, &id, &spki, &w) != 0)
		return;
	buf_init(&b, BODY_MAX);
	assert(signer_pack_wish(&b, id, spki, &w) == 0);
	same(&b, body);
	buf_free(&b);
}

static void leaf(struct str body)
{
	struct leaf_answer a;
	struct buf b;

	if (signer_read_leaf(body, &a) != 0)
		return;
	buf_init(&b, BODY_MAX);
	assert(signer_pack_leaf(&b, &a) == 0);
	same(&b, body);
	buf_free(&b);
}

static void verdict(struct str body)
{
	struct verdict v;
	struct buf b;
	uint64_t id;

	memset(&v, 0, sizeof(v));
	if (scan_read_verdict(body, &id, &v) != 0)
		return;
	assert(v.class < VERDICT_COUNT && v.reason < REASON_COUNT);
	assert(strnlen(v.name, sizeof(v.name)) < sizeof(v.name));
	assert(strnlen(v.type, sizeof(v.type)) < sizeof(v.type));
	buf_init(&b, BODY_MAX);
	assert(scan_pack_verdict(&b, id, &v) == 0);
	assert(scan_read_verdict(buf_view(&b), &id, &v) == 0);
	buf_free(&b);
}

static void order(struct str body)
{
	struct scan_order o;
	struct buf b;

	if (scan_read_order(body, &o) != 0)
		return;
	buf_init(&b, BODY_MAX);
	assert(scan_pack_order(&b, &o) == 0);
	same(&b, body);
	buf_free(&b);
}

static void signatures(struct str body)
{
	struct sigset set;
	struct buf b;

	if (sigset_read(body, &set) != 0)
		return;
	buf_init(&b, BODY_MAX);
	assert(sigset_pack(&b, &set) == 0);
	same(&b, body);
	buf_free(&b);
}

static void sample(struct str body)
{
	struct scan_sample s;
	struct buf b;
	char how[32];

	if (sample_read(body, &s) != 0)
		return;
	sample_text(&s, how, sizeof(how));
	buf_init(&b, BODY_MAX);
	assert(sample_pack(&b, &s) == 0);
	assert(sample_read(buf_view(&b), &s) == 0);
	buf_free(&b);
}

static void poison(struct str body)
{
	static struct poison p;

	poison_read(&p, body, 1);
	assert(p.n <= POISON_MOST && p.next < POISON_MOST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct str) = { wish, leaf, verdict, order, signatures, sample, poison };
	struct str body;

	if (size == 0 || size > BODY_MAX)
		return 0;
	body = str_of((const char *)data + 1, size - 1);
	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](body);
	return 0;
}
