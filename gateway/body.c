/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeping a body and having it searched. */
#include "gateway/body.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "certs/digest.h"
#include "core/counter.h"
#include "core/err.h"
#include "gateway/keep.h"
#include "gateway/search.h"
#include "gateway/share.h"
#include "http/coding.h"

enum { BODY_FIRST = 64, BODY_NAME = 255, READINGS = 4 };
/* Bytes that one call decodes; coded bytes that are read for it; how far it may lag behind. */
enum { STEP = 256 << 10, PIECE = 32 << 10, BEHIND = 256 << 10 };

/* Bytes that are kept, with their SHA-256. */
struct kept {
	struct keep bytes;
	struct digest *hash; /* so far; NULL: not asked for, over, or memory was short */
	bool has_digest;
	unsigned char digest[DIGEST_SIZE];
};

/* What engines beside ours are told of it. */
struct named {
	char method[SCAN_METHOD_MAX + 1], url[SCAN_URL_MAX + 1], type[SCAN_TYPE_MAX + 1];
};

/* One way in which a receiver may read the body: the first n bytes of what was kept. */
struct reading {
	struct kept *from;
	uint64_t n;
};

struct body {
	struct worker *w;
	struct share *client; /* NULL: nobody's */
	uint64_t client_number; /* stays when the share is left */
	struct kept coded_bytes, plain_bytes; /* as received; as decoded, where that is another thing */
	struct kept beside; /* searched with it, but no part of it */
	uint64_t raw, decoded, held;
	struct coding *coding;
	uint64_t fed; /* coded bytes that were used */
	bool more;    /* the decoder was stopped by its budget */
	bool ended;   /* the body is complete */
	bool coded;
	bool search_coded;
	int coding_err; /* sticky: the search has no whole object then */
	int direction;
	struct search *search; /* by several engines */
	uint64_t scan;	       /* or by the scanner alone */
	struct named *named;
	body_fn *fn;
	void *arg;
	struct verdict verdict;
	struct reading readings[READINGS]; /* to be searched, one after the other */
	size_t nreadings, searched;
	size_t first_n;
	char first[BODY_FIRST];
	char name[BODY_NAME + 1];
};

static void kept_init(struct kept *k, bool hash)
{
	keep_init(&k->bytes);
	k->hash = hash ? digest_new() : NULL;
}

static void kept_free(struct kept *k)
{
	keep_free(&k->bytes);
	digest_free(k->hash);
}

/* All is there: its digest, if there is one. */
static void kept_end(struct kept *k)
{
	k->has_digest = k->hash != NULL && digest_end(k->hash, k->digest);
	digest_free(k->hash);
	k->hash = NULL;
}

static int put(struct body *b, struct kept *k, struct str s)
{
	if (b->w->held + s.n > b->w->limits.held_total ||
	    (b->client != NULL && b->client->held + s.n > b->w->limits.client_held))
		return -ERR_LIMIT;
	b->w->held += s.n;
	b->held += s.n;
	if (b->client != NULL)
		b->client->held += s.n;
	COUNT_ADD(held_bytes, s.n);
	if (k->hash != NULL)
		digest_add(k->hash, s);
	return keep_add(&k->bytes, s);
}

static void note_first(struct body *b, struct str s)
{
	size_t n = BODY_FIRST - b->first_n < s.n ? BODY_FIRST - b->first_n : s.n;

	memcpy(b->first + b->first_n, s.p, n);
	b->first_n += n;
}

/* Decoded bytes are kept up to the size that the engine looks at: the rest changes nothing but
 * the verdict, which is UNSCANNABLE{limit} then. */
static int on_decoded(void *arg, struct str s)
{
	struct body *b = arg;
	int r;

	if (b->decoded + s.n > b->w->limits.body_held)
		return -ERR_CODING_LIMIT;
	if ((r = put(b, &b->plain_bytes, s)) != 0)
		return r == -ERR_LIMIT ? -ERR_CODING_LIMIT : r;
	note_first(b, s);
	b->decoded += s.n;
	return 0;
}

struct body *body_new(struct worker *w, struct str coding, int direction, struct str file_name)
{
	struct body *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->w = w;
	b->direction = direction;
	str_copy(str_sub(file_name, 0, BODY_NAME), b->name, sizeof(b->name));
	b->coding_err = coding_new(coding, &w->limits, on_decoded, b, &b->coding);
	b->coded = b->coding != NULL || b->coding_err != 0;
	kept_init(&b->coded_bytes, !b->coded);
	kept_init(&b->plain_bytes, b->coding != NULL);
	kept_init(&b->beside, false);
	return b;
}

void body_of(struct body *b, struct share *client)
{
	if (b->client != NULL)
		b->client->held -= b->held;
	b->client = client;
	if (client != NULL) {
		client->held += b->held;
		b->client_number = share_number(client);
	}
}

void body_named(struct body *b, struct str method, struct str url, struct str type)
{
	if (b->named == NULL && (b->named = calloc(1, sizeof(*b->named))) == NULL)
		return;
	str_copy(str_sub(method, 0, SCAN_METHOD_MAX), b->named->method, sizeof(b->named->method));
	str_copy(str_sub(url, 0, SCAN_URL_MAX), b->named->url, sizeof(b->named->url));
	str_copy(str_sub(type, 0, SCAN_TYPE_MAX), b->named->type, sizeof(b->named->type));
}

void body_free(struct body *b)
{
	if (b == NULL)
		return;
	if (b->scan != 0)
		scan_cancel(b->w->scanner, b->scan);
	if (b->search != NULL)
		search_cancel(b->search);
	free(b->named);
	coding_free(b->coding);
	kept_free(&b->coded_bytes);
	kept_free(&b->plain_bytes);
	kept_free(&b->beside);
	b->w->held -= b->held;
	if (b->client != NULL)
		b->client->held -= b->held;
	COUNT_SUB(held_bytes, b->held);
	free(b);
}

int body_share(struct body *b)
{
	int fd = keep_seal(&b->coded_bytes.bytes);

	if (fd >= 0)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd >= 0 ? fd : -ERR_SYSTEM;
}

struct body *body_from(struct worker *w, int fd, uint64_t length)
{
	struct keep bytes;
	struct body *b;

	if (!keep_open(&bytes, fd, length))
		return NULL;
	b = calloc(1, sizeof(*b));
	if (b == NULL) {
		keep_free(&bytes);
		return NULL;
	}
	b->w = w;
	b->coded_bytes.bytes = bytes;
	kept_init(&b->plain_bytes, false);
	kept_init(&b->beside, false);
	b->raw = b->decoded = length;
	return b;
}

void body_search_coded(struct body *b)
{
	b->search_coded = b->coded;
	if (b->coded && b->raw == 0 && b->coded_bytes.hash == NULL)
		b->coded_bytes.hash = digest_new();
}

int body_beside(struct body *b, struct str bytes)
{
	return put(b, &b->beside, bytes);
}

bool body_busy(const struct body *b)
{
	return b->coding != NULL && b->coding_err == 0 && (b->more || b->fed < b->raw);
}

bool body_wants(const struct body *b)
{
	return !body_busy(b) || b->raw - b->fed < BEHIND;
}

/* Decode what is kept but not decoded, as far as this turn's budgets go. */
static bool decode(struct body *b)
{
	static char piece[PIECE];
	size_t most = b->w->decode < STEP ? b->w->decode : STEP, budget = most;

	while (body_busy(b) && budget > 0) {
		ssize_t n = body_read(b, b->fed, piece, PIECE);
		struct str in = str_of(piece, n > 0 ? (size_t)n : 0);
		int r = n < 0 ? (int)n : coding_push(b->coding, &in, &budget);

		b->fed += n > 0 ? (uint64_t)n - in.n : 0;
		b->more = r == 1;
		b->coding_err = r < 0 ? r : 0;
	}
	b->w->decode -= most - budget;
	return most > 0;
}

int body_push(struct body *b, struct str raw)
{
	int r;

	if (b->raw + raw.n > b->w->limits.body_held)
		return -ERR_LIMIT;
	if ((r = put(b, &b->coded_bytes, raw)) != 0)
		return r;
	b->raw += raw.n;
	if (!b->coded) {
		note_first(b, raw);
		b->decoded += raw.n;
	} else {
		decode(b);
	}
	return 0;
}

static void decide_now(struct body *b, enum verdict_class c, enum verdict_reason r, struct str name)
{
	b->verdict = verdict_make(c, r, name);
}

static int submit(struct body *b);

static void on_scan(void *arg, const struct verdict *v)
{
	struct body *b = arg;
	bool first = b->searched == 0;

	b->scan = 0;
	b->search = NULL;
	if (first || verdict_rank(v->class) > verdict_rank(b->verdict.class))
		b->verdict = *v;
	b->searched++;
	if (v->class != VERDICT_INFECTED && b->searched < b->nreadings) {
		struct verdict so_far = b->verdict;

		if (submit(b) == 0)
			return;
		if (verdict_rank(so_far.class) > verdict_rank(b->verdict.class))
			b->verdict = so_far;
	}
	b->fn(b->arg, &b->verdict);
}

/* The next reading goes to the scanner: 0, or 1 where that cannot be (with a verdict). */
static int submit(struct body *b)
{
	const struct reading *x = &b->readings[b->searched];
	struct kept *from = x->from;
	bool whole = from->has_digest && x->n == keep_length(&from->bytes);
	struct scan_about about = { .direction = (uint8_t)b->direction,
		.client = b->client_number,
		.digest = whole ? from->digest : NULL,
		.file_name = str_c(b->name) };
	bool several = search_external(b->w, b->direction);
	int fd;

	if (!several)
		b->scan = scan_submit_known(b->w->scanner, about.digest, x->n, on_scan, b);
	if (b->scan != 0)
		return 0;
	fd = keep_seal(&from->bytes);
	if (fd < 0) {
		decide_now(b, VERDICT_UNSCANNABLE, REASON_ERROR, STR("seal"));
		return 1;
	}
	COUNT_ADD(scans, 1);
	if (several && b->named != NULL) {
		about.method = str_c(b->named->method);
		about.url = str_c(b->named->url);
		about.type = str_c(b->named->type);
	}
	if (several)
		b->search = search_submit(b->w, fd, x->n, &about, on_scan, b);
	else
		b->scan = scan_submit(b->w->scanner, fd, x->n, &about, on_scan, b);
	if (b->scan != 0 || b->search != NULL)
		return 0;
	decide_now(b, VERDICT_UNSCANNABLE, REASON_LIMIT, STR("scan-queue"));
	return 1;
}

static void add_reading(struct body *b, struct kept *from, uint64_t n)
{
	if (n > 0)
		b->readings[b->nreadings++] = (struct reading){ from, n };
}

static enum verdict_reason coding_reason(int err)
{
	switch (-err) {
	case ERR_CODING_LIMIT:
	case ERR_LIMIT:
		return REASON_LIMIT;
	case ERR_NOMEM:
	case ERR_SYSTEM:
		return REASON_ERROR;
	default:
		return REASON_MALFORMED;
	}
}

/* All that will be decoded is: 1 with the verdict there, 0 when the search has begun. */
static int conclude(struct body *b)
{
	uint64_t first = 0;
	bool several = false;

	if (b->coding != NULL && b->coding_err == 0) {
		b->coding_err = coding_end(b->coding);
		several = coding_first(b->coding, &first);
	}
	coding_free(b->coding); /* decoders are large: 16 MB for a brotli window */
	b->coding = NULL;
	if (b->coding_err != 0) {
		decide_now(b, VERDICT_UNSCANNABLE, coding_reason(b->coding_err),
		    str_c(err_name(b->coding_err)));
		return 1;
	}
	kept_end(&b->coded_bytes);
	kept_end(&b->plain_bytes);
	add_reading(b, b->coded ? &b->plain_bytes : &b->coded_bytes, b->decoded);
	if (several && first < b->decoded)
		add_reading(b, &b->plain_bytes, first);
	if (b->search_coded)
		add_reading(b, &b->coded_bytes, b->raw);
	add_reading(b, &b->beside, keep_length(&b->beside.bytes));
	if (b->nreadings > 0)
		return submit(b);
	decide_now(b, VERDICT_CLEAN, REASON_NO_BODY, STR_NONE);
	return 1;
}

bool body_work(struct body *b)
{
	if (!body_busy(b) || !decode(b))
		return false;
	if (b->ended && !body_busy(b) && conclude(b) == 1)
		b->fn(b->arg, &b->verdict);
	return true;
}

int body_finish(struct body *b, body_fn *fn, void *arg)
{
	b->fn = fn;
	b->arg = arg;
	b->ended = true;
	return body_busy(b) ? 0 : conclude(b);
}

const struct verdict *body_verdict(const struct body *b)
{
	return &b->verdict;
}

const unsigned char *body_digest(const struct body *b)
{
	const struct kept *k = b->coded ? &b->plain_bytes : &b->coded_bytes;

	return b->decoded > 0 && k->has_digest ? k->digest : NULL;
}

uint64_t body_length(const struct body *b)
{
	return b->raw;
}

uint64_t body_decoded(const struct body *b)
{
	return b->decoded;
}

ssize_t body_read(struct body *b, uint64_t at, char *to, size_t n)
{
	return keep_read(&b->coded_bytes.bytes, at, to, n);
}

struct str body_first(const struct body *b)
{
	return str_of(b->first, b->first_n);
}
