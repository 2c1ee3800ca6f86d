/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sallyport hunt: who received or sent an object, by the audit of the running gateway. Objects are
 * named by SHA-256 on the command line or in a list, or are local files.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "certs/digest.h"
#include "control/client.h"
#include "control/cmd.h"
#include "control/exit.h"
#include "control/files.h"
#include "core/err.h"

/* Digests of one question; digits of one. */
enum { AT_ONCE = 512, DIGITS = 2 * DIGEST_SIZE, SECONDS = 600, ANSWER_MAX = 2 << 20 };

struct question {
	const char *state_dir;
	bool json;
	struct buf line;
	unsigned n;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "sallyport hunt: %s: %s\n", what, why);
	return EXIT_USAGE;
}

static void begin(struct question *q)
{
	buf_consume(&q->line, q->line.len);
	buf_printf(&q->line, "hunt %s", q->json ? "--json " : "");
	q->n = 0;
}

static int not_answered(const struct question *q, int r)
{
	if (r == -ERR_NOT_FOUND)
		fprintf(stderr, "sallyport hunt: not running: no gateway has the state folder %s\n", q->state_dir);
	else if (r == -ERR_DENIED)
		fprintf(stderr, "sallyport hunt: not permitted to ask; fix: run as root\n");
	else
		fprintf(stderr, "sallyport hunt: the gateway does not answer: %s\n", err_text(r));
	return r == -ERR_NOT_FOUND ? EXIT_NOT_RUNNING : r == -ERR_DENIED ? EXIT_CAPABILITY : EXIT_OTHER;
}

/* Ask what was gathered, print the answer. */
static int ask(struct question *q)
{
	struct buf answer;
	int r;

	if (q->n == 0)
		return 0;
	if (buf_append(&q->line, "", 1) != 0)
		return fail("memory", err_text(ERR_NOMEM));
	buf_init(&answer, ANSWER_MAX);
	r = control_ask(q->state_dir, buf_view(&q->line).p, SECONDS, &answer);
	if (r < 0)
		r = not_answered(q, r);
	else
		fwrite(buf_view(&answer).p, 1, answer.len, r == EXIT_OK ? stdout : stderr);
	buf_free(&answer);
	begin(q);
	return r;
}

static bool is_digest(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("0123456789abcdefABCDEF", s.p[i]) == NULL)
			return false;
	return s.n == DIGITS;
}

static int add(struct question *q, struct str digest, const char *where)
{
	if (!is_digest(digest))
		return fail(where, "expected a SHA-256, 64 hexadecimal digits");
	if (buf_printf(&q->line, "%s%.*s", q->n > 0 ? " " : "", STR_FMT(digest)) != 0)
		return fail("memory", err_text(ERR_NOMEM));
	return ++q->n == AT_ONCE ? ask(q) : 0;
}

/* One digest a line, with or without a name behind it; lines may be empty or begin with '#'. */
static int add_list(struct question *q, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[4300];
	int r = 0;

	if (f == NULL)
		return fail(path, strerror(errno));
	while (r == 0 && fgets(line, sizeof(line), f) != NULL) {
		struct str s = str_sub(str_c(line), 0, strcspn(line, "\r\n"));
		ptrdiff_t blank;

		s = str_trim(s);
		blank = str_chr(s, ' ');
		if (s.n > 0 && s.p[0] != '#')
			r = add(q, blank >= 0 ? str_sub(s, 0, (size_t)blank) : s, path);
	}
	if (r == 0 && ferror(f))
		r = fail(path, strerror(errno));
	fclose(f);
	return r;
}

static bool hash(FILE *f, char hex[DIGITS + 1])
{
	struct digest *d = digest_new();
	unsigned char sha256[DIGEST_SIZE];
	char piece[65536];
	bool ok = d != NULL;
	size_t n;

	while (ok && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		digest_add(d, str_of(piece, n));
	ok = ok && !ferror(f) && digest_end(d, sha256);
	digest_free(d);
	for (size_t i = 0; ok && i < DIGEST_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", sha256[i]);
	return ok;
}

static int add_file(struct question *q, const char *path)
{
	FILE *f = fopen(path, "rb");
	char hex[DIGITS + 1];
	bool ok = f != NULL && hash(f, hex);
	int e = errno;

	if (f != NULL)
		fclose(f);
	return ok ? add(q, str_c(hex), path) : fail(path, strerror(e));
}

static int gather(struct question *q, const struct args *a)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < a->words_n; i++)
		r = add(q, str_c(a->words[i]), a->words[i]);
	if (r == 0 && a->list != NULL)
		r = add_list(q, a->list);
	if (r == 0 && a->object != NULL)
		r = add_file(q, a->object);
	return r == 0 ? ask(q) : r;
}

int cmd_hunt(const struct args *a, const struct cli_ops *ops)
{
	struct question q = { .json = a->json };
	int code = EXIT_OTHER;
	struct config *c;

	(void)ops;
	if (a->words_n == 0 && a->list == NULL && a->object == NULL)
		return fail("nothing to look for", "expected SHA-256 digests, --list or --object");
	if ((c = config_for_command(a->config, NULL, &code)) == NULL)
		return code;
	q.state_dir = config_state_dir(c);
	buf_init(&q.line, 64 + AT_ONCE * (DIGITS + 1));
	begin(&q);
	code = gather(&q, a);
	buf_free(&q.line);
	config_free(c);
	return code;
}
