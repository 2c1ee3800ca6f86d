/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTP/2 end fed with any bytes: the first byte says which side and whether the owner acts,
 * the second the size of the pieces. Heads that are told obey our own rules.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/h2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct h2 *h;
static uint8_t mode;
static unsigned told;

static void check_head(const struct head *head)
{
	for (size_t i = 0; i < head->nfields; i++) {
		struct str name = head->fields[i].name, value = head->fields[i].value;

		if (name.n == 0 || name.p[0] == ':' || str_ieq(name, STR("connection")) ||
		    str_ieq(name, STR("transfer-encoding")) || str_chr(value, '\n') >= 0 ||
		    str_chr(value, '\r') >= 0 || str_chr(value, '\0') >= 0)
			abort();
	}
	if (head->status == 0 && (head->method.n == 0 || head->host.n == 0))
		abort();
}

static void act(const struct h2_ev *ev)
{
	struct head a = { .status = 200 };

	switch ((mode >> 2) + told++ % 5) {
	case 0:
		h2_reset(h, ev->stream, 8);
		break;
	case 1:
		h2_response(h, ev->stream, &a, false);
		h2_data(h, ev->stream, STR("some bytes"));
		break;
	case 2:
		h2_end(h, ev->stream, ev->head);
		break;
	case 3:
		h2_goaway(h, 0);
		break;
	default:
		break;
	}
}

static void on(void *arg, const struct h2_ev *ev)
{
	(void)arg;
	if (ev->type == H2_HEAD)
		check_head(ev->head);
	if (ev->type == H2_DATA && (mode & 2) == 0)
		h2_consumed(h, ev->stream, ev->data.n);
	if (ev->stream != 0 && (mode & 2) != 0)
		act(ev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct head q = { .method = STR("GET"), .path = STR("/"), .host = STR("a.example") };
	struct limits l;
	size_t piece;

	if (size < 3)
		return 0;
	limits_default(&l);
	mode = data[0];
	told = 0;
	piece = data[1] % 128 + 1;
	h = h2_new(mode & 1 ? H2_CLIENT : H2_SERVER, &l, on, NULL);
	if (h == NULL)
		abort();
	if (mode & 1) {
		h2_request(h, &q, true);
		h2_request(h, &q, false);
	} else {
		h2_feed(h, str_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24), 1);
	}
	for (size_t at = 2; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece, out = 0;

		if (h2_feed(h, str_of((const char *)data + at, n), at) != 0)
			break;
		for (struct str s = h2_output(h); s.n > 0; s = h2_output(h))
			if ((out += s.n) > (8u << 20))
				abort();
	}
	h2_free(h);
	return 0;
}
