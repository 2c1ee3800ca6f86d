/* SPDX-License-Identifier: BSD-2-Clause */
/* sallyport explain: what the rules would do with a request, without any traffic. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/cmd.h"
#include "control/exit.h"
#include "control/files.h"
#include "core/limit.h"
#include "policy/config_error.h"
#include "policy/explain.h"
#include "policy/origin.h"
#include "policy/until.h"

enum { TEXT_SIZE = 2048 };

struct question {
	struct facts facts;
	struct verdict verdict;
	char host[TEXT_SIZE], type[TEXT_SIZE];
	uint32_t faults; /* of the origin: TLS_ERROR_BIT()s */
	bool has_spki;
	unsigned char spki[SPKI_DIGEST];
};

static int wrong(const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "sallyport explain: --%s '%s': expected %s\n", option,
	    value != NULL ? value : "", expected);
	return EXIT_USAGE;
}

static void lower(char *s)
{
	for (; *s != '\0'; s++) {
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s + 32);
	}
}

static bool take_scheme(struct facts *f, struct str *url)
{
	static const struct {
		struct str prefix;
		enum protocol protocol;
		uint16_t port;
		bool websocket;
	} rows[] = { { { "https://", 8 }, PROTOCOL_TLS, 443, false }, { { "http://", 7 }, PROTOCOL_HTTP, 80, false },
		{ { "wss://", 6 }, PROTOCOL_TLS, 443, true }, { { "ws://", 5 }, PROTOCOL_HTTP, 80, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!str_iprefix(*url, rows[i].prefix))
			continue;
		f->protocol = rows[i].protocol;
		f->destination.port = rows[i].port;
		f->websocket = rows[i].websocket;
		*url = str_sub(*url, rows[i].prefix.n, url->n);
		return true;
	}
	return false;
}

/* The host, "[v6]" without its brackets, and the port where one is given. */
static bool take_authority(struct question *q, struct str a)
{
	ptrdiff_t end = a.n > 0 && a.p[0] == '[' ? str_chr(a, ']') : str_chr(a, ':');
	bool literal = a.n > 0 && a.p[0] == '[';
	struct str host, rest;
	uint64_t port;

	if (literal && end < 0)
		return false;
	host =
	    literal ? str_sub(a, 1, (size_t)end - 1) : str_sub(a, 0, end < 0 ? a.n : (size_t)end);
	rest = end < 0 ? STR_NONE : str_sub(a, (size_t)end + literal, a.n);
	if (rest.n > 0) {
		if (rest.p[0] != ':' || str_u64(str_sub(rest, 1, rest.n), &port) != 0 ||
		    port == 0 || port > 65535)
			return false;
		q->facts.destination.port = (uint16_t)port;
	}
	if (host.n == 0 || str_copy(host, q->host, sizeof(q->host)) != 0)
		return false;
	lower(q->host);
	q->facts.host = str_c(q->host);
	addr_parse(host, &q->facts.destination.ip); /* a name leaves it unknown */
	return true;
}

static int take_url(struct question *q, const char *url)
{
	static const char expected[] = "http://HOST[:PORT][/PATH], https://..., ws://... or wss://...";
	struct str rest = str_c(url);
	ptrdiff_t slash;

	if (!take_scheme(&q->facts, &rest))
		return wrong("url", url, expected);
	slash = str_chr(rest, '/');
	q->facts.path = slash < 0 ? STR("/") : str_sub(rest, (size_t)slash, rest.n);
	if (!take_authority(q, slash < 0 ? rest : str_sub(rest, 0, (size_t)slash)))
		return wrong("url", url, expected);
	return EXIT_OK;
}

static bool take_verdict(struct question *q, const char *text)
{
	struct str s = str_c(text);
	ptrdiff_t dot = str_chr(s, '.');
	enum verdict_class class;
	enum verdict_reason reason = REASON_NONE;

	if (!verdict_of(str_sub(s, 0, dot < 0 ? s.n : (size_t)dot), &class) ||
	    (dot >= 0 && !reason_of(str_sub(s, (size_t)dot + 1, s.n), &reason)))
		return false;
	q->verdict = verdict_make(class, reason, STR_NONE);
	q->facts.verdict = &q->verdict;
	return true;
}

static bool take_kinds(uint32_t *kinds, const char *list)
{
	struct str rest = str_c(list), word;
	enum kind k;

	while (str_next(&rest, ',', &word)) {
		if (!kind_of_word(word, &k))
			return false;
		*kinds |= KIND_BIT(k);
	}
	return true;
}

/* Without --verdict it is a clean one: nothing is known of content before a verdict. */
static int take_content(struct question *q, const struct args *a)
{
	struct str s = str_c(a->content);
	ptrdiff_t dot = str_chr(s, '.');
	struct facts *f = &q->facts;

	f->file_name = str_c(a->file_name);
	if (a->content != NULL && !kind_of_word(str_sub(s, 0, dot < 0 ? s.n : (size_t)dot), &f->content))
		return wrong("content", a->content, "a kind such as archive, or kind.type such as archive.zip");
	f->file_type = dot < 0 ? STR_NONE : str_sub(s, (size_t)dot + 1, s.n);
	f->contains = a->content != NULL ? KIND_BIT(f->content) : 0;
	if (a->contains != NULL && !take_kinds(&f->contains, a->contains))
		return wrong("contains", a->contains, "kinds such as archive,executable");
	return EXIT_OK;
}

/* What is known of a body decides how far the walk goes. */
static int take_body(struct question *q, const struct args *a)
{
	struct facts *f = &q->facts;

	if (a->size != NULL) {
		if (limit_parse(LIMIT_SIZE, str_c(a->size), &f->size) != 0)
			return wrong("size", a->size, "a size such as 10M");
		f->size_known = true;
	}
	if (a->type != NULL) {
		if (str_copy(str_c(a->type), q->type, sizeof(q->type)) != 0)
			return wrong("type", a->type, "a content type");
		lower(q->type);
		f->content_type = str_c(q->type);
	}
	if (a->verdict != NULL && !take_verdict(q, a->verdict))
		return wrong("verdict", a->verdict,
		    "clean, infected, suspect, unscannable[.REASON] or bypassed[.REASON]");
	if ((a->content != NULL || a->contains != NULL) && a->verdict == NULL)
		take_verdict(q, "clean");
	if (take_content(q, a) != EXIT_OK)
		return EXIT_USAGE;
	f->stage = STAGE_REQUEST;
	if (a->upload)
		f->stage = STAGE_UPLOAD;
	else if (f->verdict != NULL)
		f->stage = STAGE_DOWNLOAD;
	else if (a->type != NULL || a->size != NULL)
		f->stage = STAGE_RESPONSE;
	return EXIT_OK;
}

static int wrong_fault(const char *word)
{
	struct suggest near = suggest_for(str_c(word));
	char list[256], expected[400];

	for (int e = 0; e < TLS_ERROR_COUNT; e++)
		suggest_offer(&near, tls_error_word((enum tls_error)e));
	tls_error_words(TLS_ERROR_BIT(TLS_ERROR_COUNT) - 1, list, sizeof(list));
	snprintf(expected, sizeof(expected), "one of %s%s%s%s", list,
	    near.best != NULL ? "; did you mean " : "", near.best != NULL ? near.best : "",
	    near.best != NULL ? "?" : "");
	return wrong("fault", word, expected);
}

static int take_faults(struct question *q, const struct args *a)
{
	enum tls_error e;

	for (unsigned i = 0; i < a->faults_n; i++) {
		if (!tls_error_of(str_c(a->faults[i]), &e))
			return wrong_fault(a->faults[i]);
		q->faults |= TLS_ERROR_BIT(e);
	}
	if (a->spki != NULL && !digest_parse(str_c(a->spki), q->spki))
		return wrong("spki", a->spki, "64 hexadecimal digits, or sha256// and base64");
	q->has_spki = a->spki != NULL;
	if (q->faults != 0 && q->facts.protocol != PROTOCOL_TLS)
		return wrong("fault", a->faults[0], "a URL with https: only TLS has such faults");
	return EXIT_OK;
}

static void explain_origin(const struct question *q, const struct policy *p)
{
	struct facts f = q->facts;
	struct decision d;

	f.stage = STAGE_HELLO;
	d = policy_decide(p, &f);
	if (d.action == ACTION_INTERCEPT || d.action == ACTION_ALLOW)
		policy_explain_origin(
		    stdout, p, &f, q->faults, q->has_spki ? q->spki : NULL, time(NULL));
	else
		printf("origin: not judged, the connection is not decrypted\n");
}

static int fill(struct question *q, const struct args *a)
{
	int code;

	if (a->client == NULL || !addr_parse(str_c(a->client), &q->facts.client.ip))
		return wrong("client", a->client, "the client's IP address");
	if (a->url == NULL)
		return wrong("url", a->url, "http://HOST[:PORT][/PATH], https://..., ws://... or wss://...");
	if ((code = take_url(q, a->url)) != EXIT_OK || (code = take_faults(q, a)) != EXIT_OK)
		return code;
	if (a->destination != NULL && !addr_parse(str_c(a->destination), &q->facts.destination.ip))
		return wrong("destination", a->destination, "the server's IP address");
	q->facts.method = str_c(a->method != NULL ? a->method : "GET");
	q->facts.accept = str_c(a->accept != NULL ? a->accept : "");
	return take_body(q, a);
}

int cmd_explain(const struct args *a, const struct cli_ops *ops)
{
	struct question *q = calloc(1, sizeof(*q));
	struct config_error e = { .line = 0 };
	const char *path = NULL;
	struct config *c = NULL;
	struct policy *p = NULL;
	int code = EXIT_OTHER;

	(void)ops;
	if (q == NULL || (code = fill(q, a)) != EXIT_OK ||
	    (c = config_for_command(a->config, &path, &code)) == NULL)
		goto out;
	if ((p = policy_new(c, &e)) == NULL) {
		config_complain(path, &e);
		code = EXIT_CONFIG;
		goto out;
	}
	policy_explain(stdout, p, &q->facts);
	if (q->faults != 0)
		explain_origin(q, p);
	code = EXIT_OK;
out:
	policy_free(p);
	free(q);
	return code;
}
