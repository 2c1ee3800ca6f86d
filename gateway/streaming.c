/* SPDX-License-Identifier: BSD-2-Clause */
/* gRPC, gRPC-web and event streams: which reader a body gets, and how a block is told. */
#include "gateway/streaming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/messages.h"
#include "gateway/wire.h"
#include "http/event_stream.h"
#include "http/grpc.h"
#include "http/layered.h"

/* gRPC status codes (grpc/doc/statuscodes.md). */
enum { GRPC_PERMISSION_DENIED = 7, GRPC_INTERNAL = 13 };

static enum grpc_form form_of(const struct leg *g)
{
	return grpc_form(str_c(g->type));
}

/* ---- how a block is told ---- */

/* Before the response's head: an answer of one head, with the status in it ("Trailers-Only"). */
static int answer(struct txn *t, const struct field *fields, size_t n)
{
	struct head h = { .status = 200, .minor = 1, .reason = STR("OK"), .fields = fields, .nfields = n,
		.body = BODY_NONE, .keep_alive = true };
	struct h1_edit e = { .frame = H1_FRAME_LENGTH, .close = true };
	int r;

	buf_free(&t->down.head);
	t->down.kind = BODY_NONE;
	t->down.chunked = false;
	t->status = 200;
	r = t->wire->keep_response(t, &h, &e);
	return r == 0 ? t->wire->send_head(t, &t->down) : r;
}

/* Behind it: the trailers instead of the origin's, in HTTP or in a last frame of the body. */
static int append(struct txn *t, enum grpc_form form, unsigned status, const char *message,
    const struct field *fields, size_t n)
{
	struct head trailers = { .fields = fields, .nfields = n };
	char frame[GRPC_TRAILERS_MAX];

	buf_free(&t->down.tail);
	free(t->down.kept_trailers);
	t->down.kept_trailers = NULL;
	if (form == GRPC_PLAIN)
		return t->wire->keep_trailers(t, &t->down, &trailers);
	return t->wire->put(t, &t->down, str_of(frame, grpc_web_trailers(form, status, message, frame)));
}

static void tell_status(struct txn *t, unsigned status)
{
	enum grpc_form form = form_of(&t->down) != GRPC_NONE ? form_of(&t->down) : form_of(&t->up);
	/* A length was promised, or our frame would stand behind a coding that was not ended. */
	bool fixed = (t->down.has_length && t->client_stream == 0) || (form != GRPC_PLAIN && t->down.coding[0] != '\0');
	char text[256], encoded[300], number[4], incident[40];
	struct field fields[] = { { STR("content-type"), str_c(t->up.type) }, { STR("grpc-status"), STR_NONE },
		{ STR("grpc-message"), STR_NONE } };
	int r;

	txn_incident(t->f, t, incident, sizeof(incident));
	snprintf(text, sizeof(text), "security gateway: %s (incident %s)", t->reason, incident);
	snprintf(number, sizeof(number), "%u", status);
	grpc_message(text, encoded, sizeof(encoded));
	fields[1].value = str_c(number);
	fields[2].value = str_c(encoded);
	if (t->down.head_out && (fixed || t->down.end_out)) {
		t->wire->kill(t);
		return;
	}
	r = t->down.head_out ? append(t, form, status, text, fields + 1, 2) : answer(t, fields, 3);
	t->close = true;
	if (r != 0) {
		t->wire->kill(t);
		return;
	}
	leg_finish(t, &t->down);
	t->up.state = LEG_DONE;
	t->wire->leave(t);
}

static void grpc_blocked(struct txn *t, struct leg *g, const struct decision *d, const struct verdict *v)
{
	const char *what = g == &t->up ? "message of the client" : "message of the origin";

	if (t->refused)
		return;
	if (d->rule == NULL) { /* the stream itself is at fault */
		COUNT_ADD(malformed, 1);
		txn_refused(t, "refuse", NULL, "a %s: %s", what, v->name);
	} else {
		txn_refused_verdict(t, what, d, v);
	}
	if (d->action == ACTION_RESET)
		t->wire->kill(t);
	else
		tell_status(t, d->rule == NULL ? GRPC_INTERNAL : GRPC_PERMISSION_DENIED);
}

/* An event stream has no word for it: it ends in a way that nobody takes for its end. */
static void event_blocked(struct txn *t, struct leg *g, const struct decision *d, const struct verdict *v)
{
	(void)g;
	if (t->refused)
		return;
	if (d->rule == NULL) {
		COUNT_ADD(malformed, 1);
		txn_refuse(t, 502, "refuse", NULL, v, "an event: %s", v->name);
	} else {
		txn_refuse_verdict(t, "event", d, v);
	}
}

/* ---- readers ---- */

/* What a browser was led to would be saved as a file: that is searched as a whole, whatever it is
 * called. Scripts and programs read events, and do not all ask for them in Accept. */
static bool is_events(const struct txn *t, const struct leg *g)
{
	return g == &t->down && !t->wants_html && str_eq(str_c(g->type), STR("text/event-stream"));
}

static bool is_grpc(const struct txn *t, const struct leg *g)
{
	return form_of(g) != GRPC_NONE &&
	       (g == &t->up || (form_of(&t->up) == GRPC_PLAIN) == (form_of(g) == GRPC_PLAIN)) &&
	       form_of(&t->up) != GRPC_NONE;
}

static int make_grpc(const struct txn *t, const struct leg *g, const struct message_reader **reader,
    void **self)
{
	const struct limits *l = &t->f->w->limits;
	struct grpc *made = grpc_new(form_of(g), str_c(g->message_coding), l);

	if (made == NULL)
		return -ERR_NOMEM;
	*reader = &grpc_reader;
	*self = made;
	if (form_of(g) != GRPC_WEB_TEXT)
		return 0;
	*reader = &layered_reader;
	return layered_base64(l, &grpc_reader, made, self);
}

static int make_events(const struct txn *t, const struct message_reader **reader, void **self)
{
	*reader = &event_stream_reader;
	*self = event_stream_new(&t->f->w->limits);
	return *self != NULL ? 0 : -ERR_NOMEM;
}

int streaming_begin(struct txn *t, struct leg *g)
{
	const struct message_reader *reader, *inner;
	bool events = is_events(t, g);
	void *self, *made;
	int r;

	if (!events && !is_grpc(t, g))
		return 1;
	r = events ? make_events(t, &reader, &self) : make_grpc(t, g, &reader, &self);
	if (r != 0)
		return r;
	if (g->coding[0] != '\0' && !str_ieq(str_c(g->coding), STR("identity"))) {
		inner = reader;
		made = self;
		reader = &layered_reader;
		r = layered_coding(str_c(g->coding), &t->f->w->limits, inner, made, &self);
		if (r != 0) /* a coding that cannot be undone in a stream: as any other body */
			return r == -ERR_CODING_UNKNOWN ? 1 : r;
	}
	r = messages_begin(t, g, reader, self, events ? event_blocked : grpc_blocked);
	if (r == 0)
		messages_carry(g->messages);
	return r;
}
