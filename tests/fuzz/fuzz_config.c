/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as configuration: taken or refused with a message, never a crash or a leak. What is
 * taken is asked some questions at every stage. Bytes behind a NUL are the host list's.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "policy/explain.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool find_list(void *arg, const char *path, struct str *bytes)
{
	*bytes = *(const struct str *)arg;
	return strcmp(path, "/missing") != 0;
}

static void check_error(const struct config_error *err)
{
	char text[1024];
	int n = config_error_text(err, "f", text, sizeof(text));

	assert(n > 0 && (size_t)n < sizeof(text) && err->expected[0] != '\0');
	for (int i = 0; i < n; i++)
		assert((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

static void ask(const struct policy *p, enum stage stage, enum protocol protocol, FILE *out)
{
	const struct verdict v = { .class = VERDICT_UNSCANNABLE, .reason = REASON_LIMIT };
	struct facts f = { .stage = stage,
		.protocol = protocol,
		.host = STR("www.bank.example"),
		.method = STR("POST"),
		.path = STR("/files/%2e./a.exe?x"),
		.content_type = STR("application/zip"),
		.size = 4096,
		.size_known = true,
		.verdict = &v };

	addr_parse(STR("10.77.1.2"), &f.client.ip);
	addr_parse(STR("fd77::2"), &f.destination.ip);
	f.destination.port = 443;
	struct decision d = policy_decide(p, &f);

	assert(d.action != ACTION_NONE && d.rule != NULL);
	if (out != NULL)
		policy_explain(out, p, &f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str yaml = str_of((const char *)data, size),
		   list = STR("bank.example\n.sub.example\n");
	const char *nul = size > 0 ? memchr(data, 0, size) : NULL;
	struct config_error err;
	static FILE *out;
	struct config *c;
	struct policy *p;

	if (nul != NULL) {
		yaml.n = (size_t)(nul - yaml.p);
		list = str_of(nul + 1, size - yaml.n - 1);
	}
	if (out == NULL)
		out = fopen("/dev/null", "w");
	c = config_load(yaml, find_list, &list, &err);
	if (c == NULL) {
		check_error(&err);
		return 0;
	}
	p = policy_new(c, &err);
	for (int s = STAGE_CONNECT; p != NULL && s <= STAGE_DOWNLOAD; s++)
		for (int k = PROTOCOL_ANY; k <= PROTOCOL_CONNECT; k++)
			ask(p, (enum stage)s, (enum protocol)k, s == STAGE_DOWNLOAD ? out : NULL);
	policy_free(p);
	return 0;
}
