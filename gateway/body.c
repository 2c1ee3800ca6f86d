/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeping a body in memfds and having it searched. */
#include "gateway/body.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/share.h"
#include "http/coding.h"

enum { BODY_FIRST = 64, BODY_NAME = 255 };
/* Pieces below SMALL are gathered: a body that comes byte by byte is not written byte by byte. */
enum { SMALL = 1024, GATHER = 4096 };
enum { BODY_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

struct body {
	struct worker *w;
	struct share *client; /* NULL: nobody's */
	int raw_fd, decoded_fd; /* decoded_fd -1: not coded, or nothing decoded */
	uint64_t raw, decoded, held;
	struct buf raw_small, decoded_small; /* at the end of each, not written yet */
	struct coding *coding;
	bool coded;
	int coding_err; /* sticky: the search has no whole object then */
	int direction;
	uint64_t scan;
	body_fn *fn;
	void *arg;
	struct verdict verdict;
	size_t first_n;
	char first[BODY_FIRST];
	char name[BODY_NAME + 1];
};

static int new_memfd(void)
{
	return memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int write_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n <= 0)
			return -ERR_SYSTEM;
		s = str_sub(s, (size_t)n, s.n);
	}
	return 0;
}

static int flush(int fd, struct buf *small)
{
	int r = small->len > 0 ? write_all(fd, buf_view(small)) : 0;

	buf_consume(small, small->len);
	return r;
}

static int put(struct body *b, int fd, struct buf *small, struct str s)
{
	int r = 0;

	if (b->w->held + s.n > b->w->limits.held_total ||
	    (b->client != NULL && b->client->held + s.n > b->w->limits.client_held))
		return -ERR_LIMIT;
	b->w->held += s.n;
	b->held += s.n;
	if (b->client != NULL)
		b->client->held += s.n;
	COUNT_ADD(held_bytes, s.n);
	if (small->len + s.n > GATHER)
		r = flush(fd, small);
	if (r != 0)
		return r;
	return s.n < SMALL ? buf_str(small, s) : (r = flush(fd, small)) != 0 ? r : write_all(fd, s);
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

	if (b->decoded_fd < 0 && (b->decoded_fd = new_memfd()) < 0)
		return -ERR_SYSTEM;
	if (b->decoded + s.n > b->w->limits.body_held)
		return -ERR_CODING_LIMIT;
	if ((r = put(b, b->decoded_fd, &b->decoded_small, s)) != 0)
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
	b->decoded_fd = -1;
	buf_init(&b->raw_small, GATHER);
	buf_init(&b->decoded_small, GATHER);
	str_copy(str_sub(file_name, 0, BODY_NAME), b->name, sizeof(b->name));
	b->raw_fd = new_memfd();
	if (b->raw_fd < 0) {
		free(b);
		return NULL;
	}
	b->coding_err = coding_new(coding, &w->limits, on_decoded, b, &b->coding);
	b->coded = b->coding != NULL || b->coding_err != 0;
	return b;
}

void body_of(struct body *b, struct share *client)
{
	b->client = client;
}

void body_free(struct body *b)
{
	if (b == NULL)
		return;
	if (b->scan != 0)
		scan_cancel(b->w->scanner, b->scan);
	coding_free(b->coding);
	buf_free(&b->raw_small);
	buf_free(&b->decoded_small);
	close(b->raw_fd);
	if (b->decoded_fd >= 0)
		close(b->decoded_fd);
	b->w->held -= b->held;
	if (b->client != NULL)
		b->client->held -= b->held;
	COUNT_SUB(held_bytes, b->held);
	free(b);
}

int body_push(struct body *b, struct str raw)
{
	int r;

	if (b->raw + raw.n > b->w->limits.body_held)
		return -ERR_LIMIT;
	if ((r = put(b, b->raw_fd, &b->raw_small, raw)) != 0)
		return r;
	b->raw += raw.n;
	if (!b->coded) {
		note_first(b, raw);
		b->decoded += raw.n;
	} else if (b->coding_err == 0) {
		b->coding_err = coding_push(b->coding, raw);
	}
	return 0;
}

static void decide_now(struct body *b, enum verdict_class c, enum verdict_reason r, struct str name)
{
	b->verdict = verdict_make(c, r, name);
}

static void on_scan(void *arg, const struct verdict *v)
{
	struct body *b = arg;

	b->scan = 0;
	b->verdict = *v;
	b->fn(b->arg, &b->verdict);
}

static int submit(struct body *b, int fd)
{
	if (flush(b->raw_fd, &b->raw_small) != 0 || flush(b->decoded_fd, &b->decoded_small) != 0 ||
	    fcntl(fd, F_ADD_SEALS, BODY_SEALS) != 0) {
		decide_now(b, VERDICT_UNSCANNABLE, REASON_ERROR, STR("seal"));
		return 1;
	}
	COUNT_ADD(scans, 1);
	b->scan = scan_submit(b->w->scanner, fd, b->decoded, b->direction, str_c(b->name), on_scan, b);
	if (b->scan != 0)
		return 0;
	decide_now(b, VERDICT_UNSCANNABLE, REASON_LIMIT, STR("scan-queue"));
	return 1;
}

int body_finish(struct body *b, body_fn *fn, void *arg)
{
	b->fn = fn;
	b->arg = arg;
	if (b->coded && b->coding_err == 0)
		b->coding_err = coding_end(b->coding);
	coding_free(b->coding); /* decoders are large: 16 MB for a brotli window */
	b->coding = NULL;
	if (b->coding_err != 0)
		decide_now(b, VERDICT_UNSCANNABLE,
		    b->coding_err == -ERR_CODING_LIMIT || b->coding_err == -ERR_LIMIT ? REASON_LIMIT :
											REASON_MALFORMED,
		    str_c(err_name(b->coding_err)));
	else if (b->decoded == 0)
		decide_now(b, VERDICT_CLEAN, REASON_NO_BODY, STR_NONE);
	else
		return submit(b, b->coded ? b->decoded_fd : b->raw_fd);
	return 1;
}

const struct verdict *body_verdict(const struct body *b)
{
	return &b->verdict;
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
	ssize_t r;

	if (flush(b->raw_fd, &b->raw_small) != 0)
		return -ERR_SYSTEM;
	r = pread(b->raw_fd, to, n, (off_t)at);
	return r < 0 ? -ERR_SYSTEM : r;
}

struct str body_first(const struct body *b)
{
	return str_of(b->first, b->first_n);
}
