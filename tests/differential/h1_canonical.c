/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads HTTP/1.1 streams as the gateway does and says what it read and what it would forward.
 * Standard input: for each case a line "request|response METHOD LENGTH", then that many bytes.
 * Standard output: for each case a line of JSON; bytes in hexadecimal.
 */
#include <stdio.h>

#include "tests/differential/canonical.h"

static bool in_message, in_body;

static void hex(struct str s)
{
	putchar('"');
	for (size_t i = 0; i < s.n; i++)
		printf("%02x", (unsigned char)s.p[i]);
	putchar('"');
}

static void fields(const char *name, const struct head *h)
{
	printf(",\"%s\":[", name);
	for (size_t i = 0; i < h->nfields; i++) {
		printf("%s[", i > 0 ? "," : "");
		hex(h->fields[i].name);
		putchar(',');
		hex(h->fields[i].value);
		putchar(']');
	}
	putchar(']');
}

static void head(const struct head *h)
{
	printf("%s{\"status\":%u,\"minor\":%u,\"method\":", in_message ? "}," : "", h->status, h->minor);
	in_message = true;
	hex(h->method);
	printf(",\"target\":");
	hex(h->target);
	printf(",\"path\":");
	hex(h->path);
	printf(",\"host\":");
	hex(h->host);
	fields("fields", h);
	printf(",\"body\":[");
	in_body = true;
}

static void close_body(void)
{
	if (in_body)
		printf("\"\"]");
	in_body = false;
}

static void on(struct canonical *c, const struct h1_ev *ev)
{
	(void)c;
	if (ev->type != H1_DATA)
		close_body();
	if (ev->type == H1_HEAD) {
		head(ev->head);
	} else if (ev->type == H1_DATA) {
		hex(ev->data);
		putchar(',');
	} else if (ev->type == H1_TRAILERS) {
		fields("trailers", ev->head);
	} else if (ev->type == H1_END) {
		printf(",\"whole\":true");
	}
}

static void one(enum h1_side side, const char *method, struct str in)
{
	struct limits l;
	struct canonical c = { .side = side, .method = method, .limits = &l, .on = on };

	limits_default(&l);
	in_message = in_body = false;
	printf("{\"messages\":[");
	canonical_run(&c, in);
	close_body();
	printf("%s],\"closed\":%s,\"tunnel\":%s,\"error\":\"%s\",\"forwarded\":", in_message ? "}" : "",
	    c.closed && c.whole > 0 ? "true" : "false", c.tunnel ? "true" : "false", c.err != 0 ? err_name(c.err) : "");
	hex(buf_view(&c.out));
	printf("}\n");
	buf_free(&c.out);
}

int main(void)
{
	char line[128], side[16], method[32];
	size_t n;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *bytes;

		if (sscanf(line, "%15s %31s %zu", side, method, &n) != 3 || n > (8u << 20))
			return 2;
		bytes = malloc(n > 0 ? n : 1);
		if (bytes == NULL || fread(bytes, 1, n, stdin) != n) {
			free(bytes);
			return 2;
		}
		one(strcmp(side, "request") == 0 ? H1_REQUEST : H1_RESPONSE, method, str_of(bytes, n));
		free(bytes);
	}
	return 0;
}
