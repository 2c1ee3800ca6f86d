/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of an event stream, one character class at a time; data leaves as views of the input. */
#include "http/event_stream.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"

enum { NAME_MAX_LEN = 32 };

enum where {
	AT_START, /* of the stream: a byte order mark may come */
	AT_LINE,  /* at the beginning of a line */
	IN_NAME,
	IN_DATA_SPACE, /* one blank after "data:" is no data */
	IN_DATA,
	IN_OTHER /* a comment's text, or another field's value */
};

struct event_stream {
	enum where where;
	unsigned mark; /* bytes of the byte order mark */
	char name[NAME_MAX_LEN];
	size_t nname;
	bool after_cr;	  /* a line feed now belongs to the end of line before it */
	bool in_event;	  /* something of it came */
	bool alone;	  /* it is a comment between events, which ends with its line */
	bool had_data;	  /* a data line came: the next one is joined by a line feed */
	bool end_due, given; /* the event is over; its other lines were told */
	struct buf other; /* what is not data */
	int err;
};

struct event_stream *event_stream_new(const struct limits *limits)
{
	struct event_stream *s = calloc(1, sizeof(*s));

	if (s != NULL)
		buf_init(&s->other, limits->head);
	return s;
}

static void stream_free(void *self)
{
	struct event_stream *s = self;

	if (s != NULL)
		buf_free(&s->other);
	free(s);
}

static bool idle(const void *self)
{
	const struct event_stream *s = self;

	return !s->in_event && (s->where == AT_LINE || (s->where == AT_START && s->mark == 0));
}

static bool is_end(char c)
{
	return c == '\n' || c == '\r';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_';
}

static void keep(struct event_stream *s, struct str text)
{
	int r = buf_str(&s->other, text);

	if (r != 0 && s->err == 0)
		s->err = r;
}

/* The rest of a finished event: true with an event in ev. */
static void finish(struct event_stream *s, struct message_ev *ev)
{
	if (s->other.len > 0 && !s->given) {
		s->given = true;
		*ev = (struct message_ev){ .type = MESSAGE_DATA, .data = buf_view(&s->other), .aside = true };
		return;
	}
	buf_free(&s->other);
	s->in_event = s->alone = s->had_data = s->end_due = s->given = false;
	*ev = (struct message_ev){ .type = MESSAGE_END };
}

static void end_line(struct event_stream *s, char c)
{
	s->after_cr = c == '\r';
	s->where = AT_LINE;
	s->nname = 0;
	s->end_due = s->alone;
}

static bool is_data(const struct event_stream *s)
{
	return s->nname == 4 && memcmp(s->name, "data", 4) == 0;
}

/* A data line begins: true where the joining line feed is told. */
static bool begin_data(struct event_stream *s, struct message_ev *ev)
{
	bool joined = s->had_data;

	s->had_data = true;
	if (joined)
		*ev = (struct message_ev){ .type = MESSAGE_DATA, .data = STR("\n") };
	return joined;
}

/* The colon behind a name, or the end of a line that has none. */
static bool end_name(struct event_stream *s, bool colon, struct message_ev *ev)
{
	bool data = is_data(s);

	if (!data && s->nname > 0) {
		keep(s, str_of(s->name, s->nname));
		keep(s, colon ? STR(":") : STR("\n"));
	}
	s->where = data ? IN_DATA_SPACE : IN_OTHER;
	s->nname = 0;
	return data && begin_data(s, ev);
}

/* A run of a value, up to the end of its line: how long. */
static size_t run(struct str s)
{
	size_t n = 0;

	while (n < s.n && !is_end(s.p[n]) && s.p[n] != '\0')
		n++;
	return n;
}

static bool at_line(struct event_stream *s, char c, size_t *used, struct message_ev *ev)
{
	if (is_end(c)) {
		++*used;
		s->after_cr = c == '\r';
		s->end_due = s->in_event;
		if (!s->in_event)
			*ev = (struct message_ev){ .type = MESSAGE_CONTROL };
		return !s->in_event;
	}
	s->where = IN_NAME;
	if (s->in_event)
		return false;
	s->in_event = true;
	s->alone = c == ':';
	*ev = (struct message_ev){ .type = MESSAGE_BEGIN, .text = true };
	return true;
}

static bool in_name(struct event_stream *s, char c, size_t *used, struct message_ev *ev)
{
	if (is_name(c) && s->nname < NAME_MAX_LEN) {
		s->name[s->nname++] = c;
		++*used;
		return false;
	}
	if (c == ':') {
		++*used;
		return end_name(s, true, ev);
	}
	if (!is_end(c)) {
		s->err = -ERR_EVENT_STREAM;
		return false;
	}
	++*used;
	if (end_name(s, false, ev)) {
		end_line(s, c);
		return true;
	}
	end_line(s, c);
	return false;
}

static bool in_value(struct event_stream *s, struct str rest, size_t *used, struct message_ev *ev)
{
	size_t n = run(rest);
	bool data = s->where == IN_DATA;

	*used += n;
	if (data && n > 0) {
		*ev = (struct message_ev){ .type = MESSAGE_DATA, .data = str_sub(rest, 0, n) };
		return true;
	}
	if (!data)
		keep(s, str_sub(rest, 0, n));
	if (n == rest.n)
		return false;
	if (rest.p[n] == '\0') {
		s->err = -ERR_EVENT_STREAM;
		return false;
	}
	++*used;
	if (!data)
		keep(s, STR("\n"));
	end_line(s, rest.p[n]);
	return false;
}

static void at_start(struct event_stream *s, char c, size_t *used)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (c == bom[s->mark]) {
		++*used;
		if (++s->mark == 3)
			s->where = AT_LINE;
	} else if (s->mark > 0) {
		s->err = -ERR_EVENT_STREAM;
	} else {
		s->where = AT_LINE;
	}
}

/* One step at a character: true with an event in ev. */
static bool step(struct event_stream *s, struct str in, size_t *used, struct message_ev *ev)
{
	char c = in.p[*used];

	if (s->after_cr) {
		s->after_cr = false;
		if (c == '\n') {
			++*used;
			if (!s->in_event)
				*ev = (struct message_ev){ .type = MESSAGE_CONTROL };
			return !s->in_event;
		}
	}
	switch (s->where) {
	case AT_START:
		at_start(s, c, used);
		return false;
	case AT_LINE:
		return at_line(s, c, used, ev);
	case IN_NAME:
		return in_name(s, c, used, ev);
	case IN_DATA_SPACE:
		*used += c == ' ';
		s->where = IN_DATA;
		return false;
	default:
		return in_value(s, str_sub(in, *used, in.n), used, ev);
	}
}

static void next(void *self, struct str in, size_t *used, struct message_ev *ev)
{
	struct event_stream *s = self;

	*used = 0;
	*ev = (struct message_ev){ .type = MESSAGE_MORE };
	while (s->err == 0) {
		if (s->end_due) {
			finish(s, ev);
			return;
		}
		if (*used == in.n)
			return;
		if (step(s, in, used, ev) && s->err == 0)
			return;
	}
	*ev = (struct message_ev){ .type = MESSAGE_ERROR, .err = s->err };
}

static void end(void *self, struct message_ev *ev)
{
	struct event_stream *s = self;

	*ev = (struct message_ev){ .type = MESSAGE_MORE };
	if (!s->in_event)
		return;
	keep(s, str_of(s->name, s->nname)); /* a name that nothing followed */
	s->nname = 0;
	s->where = AT_LINE;
	if (s->err != 0)
		*ev = (struct message_ev){ .type = MESSAGE_ERROR, .err = s->err };
	else
		finish(s, ev);
}

const struct message_reader event_stream_reader = { next, end, idle, stream_free };
