/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opening handshake of WebSocket: a request, a zero byte, an answer to it (HTTP/1.1 heads; the
 * first byte picks whether they count as HTTP/2). What is offered to the origin is offered
 * unchanged when it is cut again, and nothing is negotiated that was not in it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/h1.h"
#include "http/ws_handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct limits limits;

/* Cut again: the same. */
static void check_offer(const struct ws_handshake *once)
{
	struct field f[] = { { STR("Sec-WebSocket-Version"), STR("13") },
		{ STR("Sec-WebSocket-Extensions"), str_c(once->offer) } };
	struct head h = { .protocol = STR("websocket"), .body = BODY_CHUNKED, .fields = f, .nfields = 2 };
	struct ws_handshake twice;

	if (strlen(once->offer) >= WS_OFFER_MAX || ws_request(&h, &twice) != 0 ||
	    strcmp(once->offer, twice.offer) != 0)
		abort();
}

static void check_answer(struct str in, bool h2, const struct ws_handshake *asked)
{
	struct h1 *d = h1_new(H1_RESPONSE, &limits);
	struct ws_deflate deflate;
	struct h1_ev ev;
	size_t used;

	h1_expect(d, STR("GET"));
	h1_next(d, in, &used, &ev);
	if (ev.type == H1_HEAD && ws_response(ev.head, asked, &deflate) == 0 &&
	    ((deflate.on && asked->offer[0] == '\0') || (!h2 && head_count(ev.head, "sec-websocket-accept") != 1)))
		abort();
	h1_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all, request;
	struct ws_handshake asked;
	struct h1_ev ev;
	ptrdiff_t zero;
	struct h1 *d;
	size_t used;
	bool h2;

	if (size < 2)
		return 0;
	limits_default(&limits);
	h2 = (data[0] & 1) != 0;
	all = str_of((const char *)data + 1, size - 1);
	zero = str_chr(all, '\0');
	request = zero < 0 ? all : str_sub(all, 0, (size_t)zero);
	d = h1_new(H1_REQUEST, &limits);
	h1_next(d, request, &used, &ev);
	if (ev.type == H1_HEAD) {
		struct head h = *ev.head;

		if (h2) {
			h.protocol = STR("websocket");
			h.body = BODY_CHUNKED;
		}
		if (ws_asked(&h) && ws_request(&h, &asked) == 0) {
			check_offer(&asked);
			if (zero >= 0)
				check_answer(str_sub(all, (size_t)zero + 1, all.n), h2, &asked);
		}
	}
	h1_free(d);
	return 0;
}
