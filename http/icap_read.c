/* SPDX-License-Identifier: BSD-2-Clause */
/* ICAP: the reader of answers. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/h1_lines.h"
#include "http/icap.h"

enum { HEAD_MOST = 16 << 10, HTTP_MOST = 64 << 10, EXT_MOST = 256, TRAILERS_MOST = 8 << 10, INTERIM_MOST = 4 };

enum state { IN_HEAD, IN_HTTP, IN_BODY, IN_TRAILERS, AT_END, BAD };

struct icap_reader {
	enum state state;
	struct h1_lines lines; /* the head; trailers behind the last chunk */
	struct h1_chunk chunk;
	struct icap_head head;
	uint64_t http_left; /* bytes of encapsulated heads that are still to come */
	bool has_body;
	unsigned interims;
	char http[16]; /* begin of the last encapsulated head: "HTTP/1.1 403" */
	uint64_t last_head, http_at;
};

struct icap_reader *icap_reader_new(void)
{
	struct icap_reader *r = calloc(1, sizeof(*r));

	if (r != NULL)
		h1_lines_init(&r->lines);
	return r;
}

void icap_reader_free(struct icap_reader *r)
{
	if (r == NULL)
		return;
	h1_lines_free(&r->lines);
	free(r);
}

/* ---- fields ---- */

static void take_name(struct icap_head *h, struct str s)
{
	size_t n = 0;

	while (s.n > 0 && (s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n'))
		s.n--; /* of a folded line */
	s = str_trim(s);
	h->infected = true;
	if (h->found[0] != '\0')
		return;
	for (size_t i = 0; i < s.n && n < ICAP_NAME_MAX; i++)
		h->found[n++] = s.p[i] > 0x20 && s.p[i] < 0x7f ? s.p[i] : '_';
	h->found[n] = '\0';
}

/* "Type=0; Resolution=2; Threat=Name;" */
static void infection_found(struct icap_head *h, struct str value)
{
	struct str part, name = STR("unnamed");

	while (str_next(&value, ';', &part))
		if (str_iprefix(part, STR("Threat=")))
			name = str_sub(part, 7, part.n);
	take_name(h, name);
}

/* A count, then for each four lines: file, threat, number, resolution (folded into one value). */
static void violations_found(struct icap_head *h, struct str value)
{
	struct str line, name = STR("unnamed");

	for (unsigned i = 0; str_next(&value, '\n', &line); i++)
		if (i == 0 && str_eq(str_trim(line), STR("0")))
			return;
		else if (i == 2)
			name = line;
	take_name(h, name);
}

static bool lists(struct str value, struct str wanted)
{
	struct str one;

	while (str_next(&value, ',', &one))
		if (str_ieq(one, wanted))
			return true;
	return false;
}

/* "res-hdr=0, res-body=213": where the heads end, and whether a body follows. */
static int encapsulated(struct icap_reader *r, struct str value)
{
	uint64_t at = 0, before = 0;
	struct str one;

	while (str_next(&value, ',', &one)) {
		ptrdiff_t eq = str_chr(one, '=');

		if (eq < 0 || str_u64(str_trim(str_sub(one, (size_t)eq + 1, one.n)), &at) != 0 || at < before)
			return -ERR_PROTO;
		one = str_trim(str_sub(one, 0, (size_t)eq));
		before = at;
		if (str_isuffix(one, STR("-hdr"))) {
			r->last_head = at;
			continue;
		}
		r->has_body = str_isuffix(one, STR("-body")) && !str_ieq(one, STR("null-body"));
		r->http_left = at;
		return at <= HTTP_MOST ? 0 : -ERR_LIMIT;
	}
	return -ERR_PROTO;
}

static int number(struct str value, uint64_t most, uint64_t *to)
{
	uint64_t v;

	if (str_u64(value, &v) != 0)
		return -ERR_PROTO;
	*to = v < most ? v : most;
	return 0;
}

static int field(struct icap_reader *r, struct str name, struct str value)
{
	struct icap_head *h = &r->head;
	uint64_t n;
	int e;

	if (str_ieq(name, STR("encapsulated")))
		return encapsulated(r, value);
	if (str_ieq(name, STR("connection"))) {
		h->close |= lists(value, STR("close"));
	} else if (str_ieq(name, STR("istag"))) {
		str_copy(str_sub(value, 0, sizeof(h->istag) - 1), h->istag, sizeof(h->istag));
	} else if (str_ieq(name, STR("methods"))) {
		h->reqmod = lists(value, STR("REQMOD"));
		h->respmod = lists(value, STR("RESPMOD"));
	} else if (str_ieq(name, STR("allow"))) {
		h->allow_204 = lists(value, STR("204"));
	} else if (str_ieq(name, STR("preview"))) {
		if ((e = number(value, 1 << 20, &n)) != 0)
			return e;
		h->preview = (long)n;
	} else if (str_ieq(name, STR("max-connections"))) {
		return number(value, 1 << 20, &h->connections);
	} else if (str_ieq(name, STR("options-ttl"))) {
		return number(value, 1 << 30, &h->ttl);
	} else if (str_ieq(name, STR("x-infection-found"))) {
		infection_found(h, value);
	} else if (str_ieq(name, STR("x-violations-found"))) {
		violations_found(h, value);
	} else if (str_ieq(name, STR("x-virus-id")) || str_ieq(name, STR("x-blocked"))) {
		take_name(h, value);
	}
	return 0;
}

/* One line without its end. */
static struct str cut_line(struct str *rest)
{
	ptrdiff_t n = str_chr(*rest, '\n');
	struct str line = str_sub(*rest, 0, n < 0 ? rest->n : (size_t)n);

	*rest = n < 0 ? STR_NONE : str_sub(*rest, (size_t)n + 1, rest->n);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool folded(struct str rest)
{
	return rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* "ICAP/1.0 200 OK" */
static int status_line(struct icap_head *h, struct str line)
{
	uint64_t status;

	if (!str_iprefix(line, STR("ICAP/1.")) || line.n < 12 || line.p[8] != ' ' ||
	    str_u64(str_sub(line, 9, 3), &status) != 0 || status < 100 || (line.n > 12 && line.p[12] != ' '))
		return -ERR_PROTO;
	h->status = (unsigned)status;
	return 0;
}

static int read_head(struct icap_reader *r)
{
	struct str rest = buf_view(&r->lines.text);
	int e;

	r->head = (struct icap_head){ .preview = ICAP_NO_PREVIEW };
	r->http_left = r->http_at = r->last_head = 0;
	r->has_body = false;
	r->chunk = (struct h1_chunk){ 0 };
	memset(r->http, 0, sizeof(r->http));
	if ((e = status_line(&r->head, cut_line(&rest))) != 0)
		return e;
	while (rest.n > 0) {
		struct str line = cut_line(&rest);
		ptrdiff_t colon = str_chr(line, ':');

		if (line.n == 0)
			break;
		while (folded(rest)) { /* real services fold; the value keeps its line ends */
			struct str more = cut_line(&rest);

			line.n = (size_t)(more.p + more.n - line.p);
		}
		if (colon <= 0)
			return -ERR_PROTO;
		if ((e = field(r, str_sub(line, 0, (size_t)colon),
			 str_trim(str_sub(line, (size_t)colon + 1, line.n)))) != 0)
			return e;
	}
	return 0;
}

/* ---- the states ---- */

static enum icap_event bad(struct icap_reader *r)
{
	r->state = BAD;
	return ICAP_BAD;
}

static enum icap_event head_in(struct icap_reader *r, struct str in, size_t *used, const struct icap_head **head)
{
	int e = h1_lines_add(&r->lines, in, HEAD_MOST, used);

	if (e == -ERR_MORE)
		return ICAP_MORE;
	if (e != 0 || read_head(r) != 0)
		return bad(r);
	h1_lines_free(&r->lines);
	if (r->head.status < 200) {
		if (r->head.status != 100 || ++r->interims > INTERIM_MOST)
			return bad(r);
		*head = &r->head;
		return ICAP_HEAD;
	}
	r->interims = 0;
	if (r->http_left > 0) {
		r->state = IN_HTTP; /* its status belongs to what is told */
		return ICAP_MORE;
	}
	r->state = r->has_body ? IN_BODY : AT_END;
	*head = &r->head;
	return ICAP_HEAD;
}

/* "HTTP/1.1 403 Forbidden" */
static unsigned http_status(const struct icap_reader *r)
{
	uint64_t status = 0;

	if (memcmp(r->http, "HTTP/1.", 7) == 0)
		str_u64(str_of(r->http + 9, 3), &status);
	return (unsigned)status;
}

/* The encapsulated heads are passed over; of the last one the first line is looked at. */
static enum icap_event http_in(struct icap_reader *r, struct str in, size_t *used, const struct icap_head **head)
{
	size_t n = in.n < r->http_left ? in.n : (size_t)r->http_left;

	for (size_t i = 0; i < n; i++, r->http_at++)
		if (r->http_at >= r->last_head && r->http_at - r->last_head < sizeof(r->http))
			r->http[r->http_at - r->last_head] = in.p[i];
	*used = n;
	r->http_left -= n;
	if (r->http_left > 0)
		return ICAP_MORE;
	r->head.http_status = http_status(r);
	r->state = r->has_body ? IN_BODY : AT_END;
	*head = &r->head;
	return ICAP_HEAD;
}

static enum icap_event body_in(struct icap_reader *r, struct str in, size_t *used, struct str *data)
{
	if (h1_chunk_next(&r->chunk, EXT_MOST, in, used, data) != 0)
		return bad(r);
	if (data->n > 0)
		return ICAP_BODY;
	if (r->chunk.state == CHUNK_LAST)
		r->state = IN_TRAILERS;
	return ICAP_MORE;
}

static enum icap_event trailers_in(struct icap_reader *r, struct str in, size_t *used)
{
	int e = h1_lines_add(&r->lines, in, TRAILERS_MOST, used);

	if (e == -ERR_MORE)
		return ICAP_MORE;
	if (e != 0)
		return bad(r);
	h1_lines_free(&r->lines);
	r->state = AT_END;
	return ICAP_MORE;
}

static enum icap_event step(struct icap_reader *r, struct str in, size_t *used, struct str *data,
    const struct icap_head **head)
{
	switch (r->state) {
	case IN_HEAD:
		return head_in(r, in, used, head);
	case IN_HTTP:
		return http_in(r, in, used, head);
	case IN_BODY:
		return body_in(r, in, used, data);
	case IN_TRAILERS:
		return trailers_in(r, in, used);
	case AT_END:
		r->state = IN_HEAD;
		return ICAP_END;
	default:
		return ICAP_BAD;
	}
}

enum icap_event icap_read(struct icap_reader *r, struct str in, size_t *used, struct str *data,
    const struct icap_head **head)
{
	enum icap_event e = ICAP_MORE;

	*used = 0;
	*data = STR_NONE;
	*head = NULL;
	while (e == ICAP_MORE && (*used < in.n || r->state == AT_END)) {
		size_t n = 0;

		e = step(r, str_sub(in, *used, in.n), &n, data, head);
		*used += n;
	}
	return e;
}
