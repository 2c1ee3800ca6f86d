/* SPDX-License-Identifier: BSD-2-Clause */
/* Field by field, as all messages. */
#include "gateway/fetch_msg.h"

#include <string.h>

#include "core/err.h"

enum { DER_MAX = 64 << 10 };

int fetch_pack_question(struct buf *b, uint64_t id, const char *url)
{
	int r = pack_u64(b, id);

	return r != 0 ? r : pack_str(b, str_c(url));
}

int fetch_read_question(struct str body, uint64_t *id, char url[INTERMEDIATES_URL])
{
	struct rd r = rd_of(body);
	struct str s;

	*id = rd_u64(&r);
	s = rd_str(&r, INTERMEDIATES_URL - 1);
	if (rd_done(&r) != 0 || s.n == 0 || memchr(s.p, '\0', s.n) != NULL)
		return -ERR_PROTO;
	return str_copy(s, url, INTERMEDIATES_URL);
}

int fetch_pack_found(struct buf *b, const char *why, const struct str *der, size_t n)
{
	int r = pack_str(b, str_c(why));

	if (r == 0)
		r = pack_u8(b, (uint8_t)n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = pack_str(b, der[i]);
	return r;
}

int fetch_pack_answer(struct buf *b, uint64_t id, struct str found)
{
	int r = pack_u64(b, id);

	return r != 0 ? r : buf_str(b, found);
}

int fetch_read_answer(struct str body, uint64_t *id, struct str *why,
    struct str der[INTERMEDIATES_PER_ANSWER], size_t *n)
{
	struct rd r = rd_of(body);
	uint8_t count;

	*id = rd_u64(&r);
	*why = rd_str(&r, FETCH_WHY_MAX);
	count = rd_u8(&r);
	if (count > INTERMEDIATES_PER_ANSWER || (count == 0) == (why->n == 0))
		return -ERR_PROTO;
	for (size_t i = 0; i < count; i++)
		der[i] = rd_str(&r, DER_MAX);
	*n = count;
	return rd_done(&r);
}

int fetch_pack_connect(struct buf *b, uint64_t id, const struct in6_addr *to, uint16_t port)
{
	int r = pack_u64(b, id);

	if (r == 0)
		r = pack_str(b, str_of((const char *)to->s6_addr, sizeof(to->s6_addr)));
	return r != 0 ? r : pack_u16(b, port);
}

int fetch_read_connect(struct str body, uint64_t *id, struct in6_addr *to, uint16_t *port)
{
	struct rd r = rd_of(body);
	struct str s;

	*id = rd_u64(&r);
	s = rd_str(&r, sizeof(to->s6_addr));
	*port = rd_u16(&r);
	if (rd_done(&r) != 0 || s.n != sizeof(to->s6_addr) || *port == 0)
		return -ERR_PROTO;
	memcpy(to->s6_addr, s.p, sizeof(to->s6_addr));
	return 0;
}

int fetch_pack_connected(struct buf *b, uint64_t id, const char *why)
{
	int r = pack_u64(b, id);

	return r != 0 ? r : pack_str(b, str_c(why));
}

int fetch_read_connected(struct str body, uint64_t *id, struct str *why)
{
	struct rd r = rd_of(body);

	*id = rd_u64(&r);
	*why = rd_str(&r, FETCH_WHY_MAX);
	return rd_done(&r);
}
