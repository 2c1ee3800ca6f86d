/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the HTTP/2 end share. */
#ifndef HTTP_H2_LOCAL_H
#define HTTP_H2_LOCAL_H

#include <nghttp2/nghttp2.h>

#include "core/buf.h"
#include "core/pace.h"
#include "http/h2.h"
#include "http/h2_frames.h"

/* A field of a head being collected: places in the text, since the text may move. */
struct h2_place {
	uint32_t at;
	uint32_t name_n, value_n;
};

enum { H2_BUCKETS = 64 };
enum { H2_FIELD_OVERHEAD = 32 }; /* RFC 9113 section 6.5.2 counts so */

struct h2_stream {
	struct h2_stream *next, **link; /* within its bucket */
	int32_t id;
	void *own;
	struct buf out;	     /* body bytes to send */
	bool out_end;	     /* after them the body ends */
	bool waits;	     /* the data source is deferred: nothing to send */
	struct h2_place *trailers; /* to be sent at the end; text in trailer_text */
	struct buf trailer_text;
	size_t ntrailers;
	bool has_trailers;
	/* The head that is being received. */
	struct buf text;
	struct h2_place *places;
	size_t nplaces, cap;
	bool too_large;
	size_t beyond; /* bytes of fields that were dropped for it */
	bool reset_in; /* the peer's RST_STREAM came */
	bool answered; /* a final response came or was sent */
	uint64_t sent;	   /* body bytes that went out */
	struct pace taking; /* how the peer takes them */
	size_t unconsumed; /* of DATA that the owner still has */
};

/* The settings that depend on the other leg. */
struct h2_said {
	uint32_t list; /* MAX_HEADER_LIST_SIZE */
	bool connect;  /* ENABLE_CONNECT_PROTOCOL */
};

struct h2 {
	nghttp2_session *session;
	enum h2_side side;
	const struct limits *limits;
	h2_on *on;
	void *arg;
	/* By number; the library finds none whose HEADERS are not out yet. */
	struct h2_stream *streams[H2_BUCKETS];
	size_t nstreams;
	bool goaway_in, goaway_out, own_goaway;
	bool settings_in, settings_out; /* the peer's came; ours are submitted */
	bool mirrors;			/* what it says is an origin's, too */
	struct h2_said said;
	int err;
	char failure[96];
	/* The budget of frames that cost us and carry nothing (h2_flood.c). */
	uint64_t tokens, refilled, now;
	uint64_t earned;  /* frames that answer what we sent */
	int32_t newest;	  /* stream that the peer began */
	size_t queued;	  /* body bytes of all streams that did not go out yet */
	uint64_t sent;	  /* and those that did */
	struct pace taking;
	struct h2_frames coming;
	unsigned own_resets; /* that we submitted ourselves and that are not out yet */
};

struct h2_stream *h2_stream_find(const struct h2 *h, int32_t id);
struct h2_stream *h2_stream_new(struct h2 *h, int32_t id);
void h2_stream_number(struct h2 *h, struct h2_stream *s, int32_t id);
void h2_stream_free(struct h2 *h, struct h2_stream *s);
/* The two steps of it. */
void h2_stream_unlink(struct h2 *h, struct h2_stream *s);
void h2_stream_destroy(struct h2_stream *s);

/* Our settings are submitted before anything else: 0 or what h->err is then. */
int h2_settings_out(struct h2 *h);

/* Collect one field: false when over a limit. */
bool h2_collect(struct h2 *h, struct h2_stream *s, struct str name, struct str value);
void h2_collect_clear(struct h2_stream *s);

/*
 * Make the collected fields a head: 0 or -ERR_HTTP_*. Views point into the stream and into
 * fields[]; *fields is allocated and the caller's to free.
 */
int h2_read_head(struct h2 *h, struct h2_stream *s, bool trailers, struct head *out, struct field **fields);

/* The other way: *nv is allocated and the caller's to free; views point into head and scratch. */
int h2_make_request(const struct head *head, struct buf *scratch, nghttp2_nv **nv, size_t *n);
int h2_make_response(const struct head *head, struct buf *scratch, nghttp2_nv **nv, size_t *n);
int h2_make_trailers(const struct head *head, struct buf *scratch, nghttp2_nv **nv, size_t *n);

/* Account for a frame that was received, or for a stream that we had to reset: -ERR_H2_FLOOD
 * when the budget is used up. */
int h2_flood_frame(struct h2 *h, const nghttp2_frame_hd *frame);
int h2_flood_data(struct h2 *h, const nghttp2_data *frame);
int h2_flood_reset(struct h2 *h);
int h2_flood_bomb(struct h2 *h); /* a head of more than twice the limit */
/* n bytes of a body went out in one frame. */
void h2_flood_sent(struct h2 *h, size_t n);

#endif
