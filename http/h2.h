/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One end of an HTTP/2 connection (RFC 9113) over libnghttp2, without I/O: bytes in, events out,
 * bytes to write out. Messages are told with the same vocabulary as HTTP/1.1 (http/head.h).
 * Windows open only as the owner says that it is done with bytes, so that a held or slow body
 * holds its sender back. What a peer may cost is bounded (limits h2_*).
 */
#ifndef HTTP_H2_H
#define HTTP_H2_H

#include "core/limit.h"
#include "http/head.h"

enum h2_side { H2_SERVER, H2_CLIENT }; /* toward a client; toward an origin */

enum h2_event {
	H2_HEAD,     /* ev.head; ev.end: no body follows. A response with status below 200 is interim */
	H2_DATA,     /* ev.data; give it back with h2_consumed() when done */
	H2_TRAILERS, /* ev.head with fields only; the end follows */
	H2_END,      /* the peer has sent all of this stream */
	H2_RESET,    /* the stream is gone: ev.code is the peer's or our reason (RFC 9113 section 7);
		      * ev.err says what was malformed, also where no head was ever told */
	H2_SPACE,    /* what was queued on the stream has gone out */
	H2_GOAWAY,   /* the peer takes no new streams; those above ev.stream were not processed */
	H2_SETTINGS, /* the peer's settings came (or changed) */
	H2_PRIORITY  /* ev.data is the stream's new priority (RFC 9218 section 7.1) */
};

struct h2_ev {
	enum h2_event type;
	int32_t stream;
	void *own; /* what the owner keeps with the stream */
	const struct head *head; /* dies with the callback */
	struct str data;	 /* as well */
	bool end;
	uint32_t code;
	int err; /* -ERR_*: the peer's message was malformed; 0: the peer's own reset, or the end */
};

/* May call h2_* on the same connection, but not h2_feed() or h2_free(). */
typedef void h2_on(void *arg, const struct h2_ev *ev);

struct h2;

/* limits is kept by reference. The preface and our settings go out first. NULL: no memory. */
struct h2 *h2_new(enum h2_side side, const struct limits *limits, h2_on *on, void *arg);
void h2_free(struct h2 *h);

/*
 * Bytes from the peer; now is a monotonic clock in ms (for the budgets). 0, or -ERR_H2_PROTOCOL,
 * -ERR_H2_FLOOD, -ERR_NOMEM: the connection is over, what h2_output() still gives (a GOAWAY)
 * should be written before it is closed.
 */
int h2_feed(struct h2 *h, struct str in, uint64_t now);

/* The next bytes to write (valid until the next call of any h2_*), empty when there are none. */
struct str h2_output(struct h2 *h);

/*
 * A server's end permits its client no more than the origin's end was permitted: size of a head,
 * extended CONNECT (RFC 8441). Before anything else went through h in our first SETTINGS; later
 * in another one, where something has changed.
 */
void h2_mirror(struct h2 *h, const struct h2 *origin);

/* Tell an origin the new priority of a request; without effect where it does not want to know, or
 * where the value is nothing that a field could hold. */
void h2_priority(struct h2 *h, int32_t stream, struct str value);

/* Nothing to write and nothing to read for: every stream is gone and either side said GOAWAY. */
bool h2_finished(const struct h2 *h);

/* Why the connection is over, as h2_feed() says it: also what was found while writing. 0: it is not. */
int h2_error(const struct h2 *h);

/* Streams open now. */
size_t h2_streams(const struct h2 *h);

/* Another request may be sent now: the peer's limit and its GOAWAY allow. */
bool h2_can_request(const struct h2 *h);

/*
 * Send heads. Fields of the connection, Host and what Connection names are left out; request
 * pseudo-fields come from method, host, path and h->protocol. 0 (or the new stream's number),
 * -ERR_HTTP_FIELD, -ERR_NOMEM, -ERR_H2_STREAM (gone).
 */
int32_t h2_request(struct h2 *h, const struct head *head, bool end);
int h2_response(struct h2 *h, int32_t stream, const struct head *head, bool end);

/* Queue body bytes (copied): 0, -ERR_LIMIT (more than limits->out wait), -ERR_H2_STREAM. */
int h2_data(struct h2 *h, int32_t stream, struct str data);

/* End the body, with trailers where not NULL. */
int h2_end(struct h2 *h, int32_t stream, const struct head *trailers);

/* Bytes queued on a stream that did not go out yet; and those of all streams. */
size_t h2_queued(const struct h2 *h, int32_t stream);
size_t h2_queued_all(const struct h2 *h);

/*
 * Who takes queued bytes too slowly (limits rate_*): the next such stream, where its own window is
 * what stands still, or 0. The whole connection, where it is that of the connection. To be asked
 * every now and then; now in ms.
 */
int32_t h2_slow_stream(struct h2 *h, uint64_t now);
bool h2_slow(struct h2 *h, uint64_t now);

/* Since when bytes come that do not make up a frame, ms; 0: there is none under way. */
uint64_t h2_waits_since(const struct h2 *h);

/* The owner is done with n bytes of an H2_DATA: the peer may send as many more. */
void h2_consumed(struct h2 *h, int32_t stream, size_t n);

/* Abandon a stream; both directions end. No event follows. */
void h2_reset(struct h2 *h, int32_t stream, uint32_t code);

/* Tell the peer to send no new streams; those that run go on. */
void h2_goaway(struct h2 *h, uint32_t code);

/*
 * The first step of an orderly end (RFC 9113 section 6.8), server's side: the peer should send no
 * new streams, those that are on their way are still served. h2_goaway() follows a round trip later.
 */
void h2_notice(struct h2 *h);

/* What the owner keeps with a stream; NULL at first. Every event of the stream brings it. */
void h2_set_own(struct h2 *h, int32_t stream, void *own);
void *h2_own(const struct h2 *h, int32_t stream);

/* "flood: 201 resets" and the like, after an error; static or inside h. */
const char *h2_failure(const struct h2 *h);

#endif
