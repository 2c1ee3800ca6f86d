/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fetch meets: URLs of certificates, answers of web servers, files with certificates, and
 * the messages about them. The first byte picks which.
 */
#include <assert.h>
#include <string.h>

#include "core/err.h"
#include "gateway/fetch_msg.h"
#include "gateway/fetch_reply.h"
#include "gateway/resolver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 70000 };

/* What is taken leaves as one request whose head has exactly the lines that we wrote. */
static void url(struct str in)
{
	struct fetch_url u;
	struct buf b;
	struct str s;
	size_t lines = 0;

	if (fetch_url_parse(in, &u) != 0)
		return;
	assert(u.port != 0 && u.host[0] != '\0' && u.path[0] == '/');
	assert(strpbrk(u.host, "@/\\ \r\n") == NULL && strpbrk(u.path, "# \r\n\\") == NULL);
	buf_init(&b, 2048);
	assert(fetch_request(&u, &b) == 0);
	s = buf_view(&b);
	for (size_t i = 0; i < s.n; i++)
		lines += s.p[i] == '\n';
	assert(lines == 6);
	buf_free(&b);
}

static int feed(const struct limits *l, struct str in, size_t piece, struct buf *body)
{
	struct fetch_reply r;
	int e = -ERR_MORE;

	assert(fetch_reply_init(&r, l) == 0);
	for (size_t at = 0; at < in.n && e == -ERR_MORE; at += piece)
		e = fetch_reply_feed(&r, str_sub(in, at, piece));
	if (e == -ERR_MORE)
		e = fetch_reply_end(&r);
	assert(e != -ERR_MORE && r.body.len <= l->fetch_size);
	if (e == 0)
		assert(r.status == 200 && buf_str(body, buf_view(&r.body)) == 0);
	fetch_reply_free(&r);
	return e;
}

/* Any segmentation gives the same. */
static void reply(struct str in)
{
	struct limits l;
	struct buf a, b;

	limits_default(&l);
	l.fetch_size = 4096;
	buf_init(&a, 4096);
	buf_init(&b, 4096);
	assert((feed(&l, in, in.n + 1, &a) == 0) == (feed(&l, in, 1, &b) == 0));
	assert(str_eq(buf_view(&a), buf_view(&b)));
	buf_free(&a);
	buf_free(&b);
}

static void count(void *arg, struct str der)
{
	assert(der.n > 0);
	++*(size_t *)arg;
}

static void file(struct str in)
{
	size_t told = 0, n;
	int64_t until;

	n = intermediates_read(in, count, &told, &until);
	assert(n == told && n <= INTERMEDIATES_PER_ANSWER);
}

static void pem(struct str in)
{
	size_t bad;

	intermediates_free(intermediates_new(in, &bad));
}

static void message(struct str in)
{
	struct str der[INTERMEDIATES_PER_ANSWER], why;
	char text[INTERMEDIATES_URL];
	struct in6_addr a;
	uint64_t id;
	uint16_t port;
	size_t n;

	fetch_read_question(in, &id, text);
	if (fetch_read_answer(in, &id, &why, der, &n) == 0)
		assert((n == 0) == (why.n > 0));
	fetch_read_connect(in, &id, &a, &port);
	fetch_read_connected(in, &id, &why);
}

static void names(struct str in)
{
	struct in6_addr at[RESOLVER_ADDRESSES];
	char text[128];

	resolver_servers(in, text, sizeof(text));
	assert(resolver_in_hosts(in, "a.example", at) <= RESOLVER_ADDRESSES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct str) = { url, reply, file, pem, message, names };

	if (size == 0 || size > INPUT_MAX)
		return 0;
	readers[data[0] % 6](str_of((const char *)data + 1, size - 1));
	return 0;
}
