/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes between a socket and its HTTP/2 end, and the fault that either direction may show. */
#include "gateway/mux_io.h"

#include "core/counter.h"
#include "core/err.h"
#include "gateway/share.h"
#include "gateway/txn.h"

enum { OUT_HIGH = 256 << 10, FEED = 4096 /* bytes between two looks at the clock */ };

/* That connection is at fault, whether that was found in what came or in what goes out. */
void mux_look_for_fault(struct flow *f, const struct end *e, const struct h2 *h, bool *over)
{
	if (h == NULL || *over || h2_error(h) == 0)
		return;
	*over = true;
	flow_note(f, NULL, NULL, "%s: %s: %s", e == &f->client ? "client" : "origin",
	    err_name(h2_error(h)), h2_failure(h));
	if (e == &f->client && h2_error(h) != -ERR_NOMEM &&
	    share_fault(f->share, &f->w->limits, loop_now(f->w->loop)))
		COUNT_ADD(clients_paused, 1);
}

/* Read from a socket into its HTTP/2 end: true when something came. */
bool mux_take(struct flow *f, struct end *e, struct h2 *h, bool *over)
{
	struct str in;
	ssize_t n;

	if (*over || h == NULL || e->fd < 0)
		return false;
	n = txn_input(f, e, &in);
	if (n == 0)
		return false;
	if (n < 0) {
		*over = true;
		return true;
	}
	do {
		size_t k = in.n < FEED ? in.n : FEED;

		h2_feed(h, str_sub(in, 0, k), loop_now(f->w->loop));
		in = str_sub(in, k, in.n);
	} while (in.n > 0 && h2_error(h) == 0 && !flow_spent(f));
	*over |= txn_keep(e, in) != 0;
	mux_look_for_fault(f, e, h, over);
	return true;
}

/* What the HTTP/2 end has to say goes to the socket, as far as that takes it. */
void mux_give(struct end *e, struct h2 *h)
{
	struct str s = STR(" "); /* also where the buffer is full at first: there may be more */

	if (h == NULL || e->fd < 0)
		return;
	do {
		while (e->out.len < OUT_HIGH && (s = h2_output(h)).n > 0)
			if (buf_str(&e->out, s) != 0)
				e->broken = true;
	} while (end_flush(e) == 0 && e->out.len == 0 && s.n > 0);
}
