/* SPDX-License-Identifier: BSD-2-Clause */
/* Decisions: which rule speaks at which stage, and that nothing found slips through by accident. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/explain.h"
#include "policy/policy.h"

static struct str the_list;

static bool find_list(void *arg, const char *path, struct str *bytes)
{
	(void)arg;
	(void)path;
	*bytes = the_list;
	return true;
}

static struct policy *policy_of(const char *yaml)
{
	struct config_error err;
	struct config *c = config_load(str_c(yaml), find_list, NULL, &err);
	struct policy *p = c != NULL ? policy_new(c, &err) : NULL;
	char text[1024];

	if (p == NULL) {
		config_error_text(&err, "test.yaml", text, sizeof(text));
		ck_abort_msg("%s", text);
	}
	return p;
}

/* One question in short form; what is not set has the value of an ordinary GET over TLS. */
struct ask {
	enum stage stage;
	enum protocol protocol;
	const char *client, *destination, *host, *method, *path, *type, *accept;
	uint16_t port;
	uint64_t size; /* + 1; 0: not known */
	enum verdict_class verdict;
	enum verdict_reason reason;
	bool no_host, websocket;
	enum kind content;
	uint32_t contains;
	const char *file_type, *file_name;
};

static struct addr address(const char *text, const char *otherwise, uint16_t port)
{
	struct addr a = { .port = port };

	ck_assert(addr_parse(str_c(text != NULL ? text : otherwise), &a.ip));
	return a;
}

static struct decision decide(const struct policy *p, struct ask a)
{
	struct verdict v = verdict_make(a.verdict, a.reason, STR_NONE);
	struct facts f = {
		.stage = a.stage,
		.protocol = a.protocol != PROTOCOL_ANY ? a.protocol : PROTOCOL_TLS,
		.websocket = a.websocket,
		.client = address(a.client, "10.77.1.2", 40000),
		.destination = address(a.destination, "10.77.2.2", a.port != 0 ? a.port : 443),
		.host = a.no_host ? STR_NONE : str_c(a.host != NULL ? a.host : "www.example"),
		.method = str_c(a.method != NULL ? a.method : "GET"),
		.path = str_c(a.path != NULL ? a.path : "/"),
		.accept = str_c(a.accept != NULL ? a.accept : ""),
		.content_type = str_c(a.type != NULL ? a.type : "text/html"),
		.size = a.size > 0 ? a.size - 1 : 0,
		.size_known = a.size > 0,
		.verdict = a.stage == STAGE_UPLOAD || a.stage == STAGE_DOWNLOAD ? &v : NULL,
		.content = a.content,
		.contains = a.contains,
		.file_type = str_c(a.file_type != NULL ? a.file_type : ""),
		.file_name = str_c(a.file_name != NULL ? a.file_name : ""),
	};

	return policy_decide(p, &f);
}

/* {one rule's conditions, a question, does the rule speak} */
static const struct {
	const char *when;
	struct ask ask;
	bool want;
} conds[] = {
	{ "client: [10.77.0.0/16]", { STAGE_REQUEST }, true },
	{ "client: [10.78.0.0/16, 10.77.1.2]", { STAGE_REQUEST }, true },
	{ "client: [10.78.0.0/16]", { STAGE_REQUEST }, false },
	{ "client: [\"fd77::/48\"]", { STAGE_REQUEST, .client = "fd77::5" }, true },
	{ "client: [\"fd77::/47\"]", { STAGE_REQUEST, .client = "fd78::5" }, false },
	{ "client: [\"::/0\"]", { STAGE_REQUEST, .client = "fd78::5" }, true },
	{ "client: [\"::/0\"]", { STAGE_REQUEST }, false }, /* all of IPv6 is not IPv4 */
	{ "client: [0.0.0.0/0]", { STAGE_REQUEST }, true },
	{ "client: [0.0.0.0/0]", { STAGE_REQUEST, .client = "fd77::5" }, false },
	{ "client: [\"::ffff:10.77.0.0/112\"]", { STAGE_REQUEST }, true },
	{ "destination: [10.77.2.0/31]", { STAGE_REQUEST }, false },
	{ "destination: [10.77.2.2/31]", { STAGE_REQUEST }, true },
	{ "port: 443", { STAGE_REQUEST }, true },
	{ "port: [8000-8999, 80]", { STAGE_REQUEST, .port = 8999 }, true },
	{ "port: [8000-8999, 80]", { STAGE_REQUEST, .port = 9000 }, false },
	{ "protocol: tls", { STAGE_REQUEST }, true },
	{ "protocol: [http, unknown]", { STAGE_REQUEST }, false },
	{ "protocol: [http, upgrade]", { STAGE_REQUEST, .protocol = PROTOCOL_UPGRADE }, true },
	{ "protocol: connect", { STAGE_REQUEST, .protocol = PROTOCOL_CONNECT }, true },
	{ "protocol: websocket", { STAGE_REQUEST, .websocket = true }, true },
	{ "protocol: websocket", { STAGE_REQUEST }, false },
	{ "protocol: [upgrade, http]", { STAGE_REQUEST, .websocket = true }, false },
	{ "protocol: tls", { STAGE_REQUEST, .websocket = true }, true },
	{ "protocol: websocket", { STAGE_UPLOAD, .websocket = true }, true },
	{ "host: [www.example]", { STAGE_REQUEST }, true },
	{ "host: [WWW.Example.]", { STAGE_REQUEST }, true },
	{ "host: [www.example]", { STAGE_REQUEST, .host = "WWW.EXAMPLE." }, true },
	{ "host: [www.example]", { STAGE_REQUEST, .host = "a.www.example" }, false },
	{ "host: [www.example]", { STAGE_REQUEST, .no_host = true }, false },
	{ "host: [.example]", { STAGE_REQUEST }, true },
	{ "host: [.www.example]", { STAGE_REQUEST }, true },
	{ "host: [.www.example]", { STAGE_REQUEST, .host = "a.b.www.example" }, true },
	{ "host: [.www.example]", { STAGE_REQUEST, .host = "xwww.example" }, false },
	{ "host: [.www.example]", { STAGE_REQUEST, .host = "example" }, false },
	{ "host: [.example, www.example]", { STAGE_REQUEST, .host = "b.example" }, true },
	{ "host_list: [/l]", { STAGE_REQUEST, .host = "listed.example" }, true },
	{ "host_list: [/l]", { STAGE_REQUEST, .host = "below.suffix.example" }, true },
	{ "host_list: [/l]", { STAGE_REQUEST, .host = "below.listed.example" }, false },
	{ "{ host_list: [/l], host: [www.example] }", { STAGE_REQUEST }, true }, /* either */
	{ "method: [POST, GET]", { STAGE_REQUEST }, true },
	{ "method: [post]", { STAGE_REQUEST, .method = "POST" }, true },
	{ "method: [POST]", { STAGE_REQUEST }, false },
	{ "path: /admin", { STAGE_REQUEST, .path = "/admin/x" }, true },
	{ "path: /admin", { STAGE_REQUEST, .path = "/x/admin" }, false },
	{ "path: /admin", { STAGE_REQUEST, .path = "/x?/admin" }, false },
	{ "path: \"/f/*.exe\"", { STAGE_REQUEST, .path = "/f/a/b.exe" }, true },
	{ "path: \"/f/*.exe\"", { STAGE_REQUEST, .path = "/f/b.exe?x=y" }, true },
	{ "path: \"/f/*.exe\"", { STAGE_REQUEST, .path = "/f/b.exe.txt" }, false },
	{ "path: \"*/a?c\"", { STAGE_REQUEST, .path = "/x/abc" }, true },
	{ "path: \"*\"", { STAGE_REQUEST, .path = "" }, true },
	{ "path: /admin", { STAGE_REQUEST, .path = "/%61dmin" }, true },
	{ "path: /admin", { STAGE_REQUEST, .path = "//admin" }, true },
	{ "path: /admin", { STAGE_REQUEST, .path = "/x/../admin" }, true },
	{ "path: /admin", { STAGE_REQUEST, .path = "/x/%2e%2E/./admin/" }, true },
	{ "path: /admin", { STAGE_REQUEST, .path = "/%5cadmin" }, true },
	{ "path: /admin", { STAGE_REQUEST, .path = "/../../admin" }, true },
	{ "path: /admin", { STAGE_REQUEST, .path = "/%zz%6" }, false },
	{ "path: /a/b", { STAGE_REQUEST, .path = "/a/x/.." }, false },
	{ "content_type: application/zip", { STAGE_RESPONSE, .type = "application/zip" }, true },
	{ "content_type: application/zip", { STAGE_RESPONSE, .type = "Application/ZIP; x=y" }, true },
	{ "content_type: application/zip", { STAGE_RESPONSE, .type = "application/zipx" }, false },
	{ "content_type: video/*", { STAGE_RESPONSE, .type = "video/mp4" }, true },
	{ "content_type: video/*", { STAGE_RESPONSE, .type = "videos/mp4" }, false },
	{ "content_type: \"*/*\"", { STAGE_RESPONSE, .type = "x/y" }, true },
	{ "content_type: video/*", { STAGE_REQUEST, .type = "video/mp4" }, false }, /* not known yet */
	{ "accept: application/dns-message", { STAGE_REQUEST, .accept = "a/b, Application/DNS-Message;q=1" }, true },
	{ "accept: application/dns-message", { STAGE_RESPONSE, .accept = "application/dns-message" }, true },
	{ "accept: application/*", { STAGE_REQUEST, .accept = "application/dns-message" }, true },
	{ "accept: application/dns-message", { STAGE_REQUEST, .accept = "*/*, application/*" }, false },
	{ "accept: application/dns-message", { STAGE_REQUEST }, false },
	{ "accept: application/dns-message", { STAGE_HELLO, .accept = "application/dns-message" }, false },
	{ "direction: upload", { STAGE_UPLOAD, .verdict = VERDICT_CLEAN }, true },
	{ "direction: upload", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN }, false },
	{ "direction: upload", { STAGE_REQUEST }, false },
	{ "direction: download", { STAGE_RESPONSE }, true },
	{ "size_over: 1K", { STAGE_RESPONSE, .size = 1024 + 2 }, true },
	{ "size_over: 1K", { STAGE_RESPONSE, .size = 1024 + 1 }, false },
	{ "size_over: 1K", { STAGE_RESPONSE }, false }, /* not known */
	{ "size_under: 1K", { STAGE_RESPONSE, .size = 1 }, true },
	{ "size_under: 1K", { STAGE_RESPONSE, .size = 1024 + 1 }, false },
	{ "{ size_over: 1, size_under: 3 }", { STAGE_RESPONSE, .size = 3 }, true },
	{ "verdict: infected", { STAGE_DOWNLOAD, .verdict = VERDICT_INFECTED }, true },
	{ "verdict: infected", { STAGE_DOWNLOAD, .verdict = VERDICT_SUSPECT }, false },
	{ "verdict: unscannable", { STAGE_UPLOAD, .verdict = VERDICT_UNSCANNABLE, .reason = REASON_LIMIT }, true },
	{ "verdict: unscannable.encrypted", { STAGE_UPLOAD, .verdict = VERDICT_UNSCANNABLE, .reason = REASON_LIMIT }, false },
	{ "verdict: [clean, unscannable.encrypted]", { STAGE_UPLOAD, .verdict = VERDICT_UNSCANNABLE, .reason = REASON_ENCRYPTED }, true },
	{ "verdict: bypassed.client_cert", { STAGE_UPLOAD, .verdict = VERDICT_BYPASSED, .reason = REASON_CLIENT_CERT }, true },
	{ "verdict: clean", { STAGE_UPLOAD, .verdict = VERDICT_NONE }, false },
	{ "content: executable", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .content = KIND_EXECUTABLE }, true },
	{ "content: [image, executable]", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .content = KIND_ARCHIVE, .contains = KIND_BIT(KIND_EXECUTABLE) }, false },
	{ "content: executable", { STAGE_RESPONSE, .content = KIND_EXECUTABLE }, false }, /* not known yet */
	{ "content: archive.rar", { STAGE_UPLOAD, .verdict = VERDICT_CLEAN, .content = KIND_ARCHIVE, .file_type = "rar" }, true },
	{ "content: archive.rar", { STAGE_UPLOAD, .verdict = VERDICT_CLEAN, .content = KIND_ARCHIVE, .file_type = "zip" }, false },
	{ "content: document.rar", { STAGE_UPLOAD, .verdict = VERDICT_CLEAN, .content = KIND_ARCHIVE, .file_type = "rar" }, false },
	{ "contains: [encrypted, executable]", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .content = KIND_ARCHIVE, .contains = KIND_BIT(KIND_ARCHIVE) | KIND_BIT(KIND_EXECUTABLE) }, true },
	{ "contains: script", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .content = KIND_ARCHIVE, .contains = KIND_BIT(KIND_ARCHIVE) | KIND_BIT(KIND_EXECUTABLE) }, false },
	{ "mismatch: yes", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .type = "image/png", .content = KIND_EXECUTABLE }, true },
	{ "mismatch: yes", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .type = "image/png", .content = KIND_IMAGE }, false },
	{ "mismatch: no", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .type = "image/png", .content = KIND_IMAGE }, true },
	{ "mismatch: yes", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .type = "application/octet-stream", .file_name = "a.txt", .content = KIND_ARCHIVE }, true },
	{ "mismatch: yes", { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .type = "application/octet-stream", .content = KIND_ARCHIVE }, false },
	{ "mismatch: yes", { STAGE_DOWNLOAD, .verdict = VERDICT_NONE, .type = "image/png", .content = KIND_EXECUTABLE }, false },
	{ "{ client: [10.77.0.0/16], host: [other.example] }", { STAGE_REQUEST }, false }, /* all must hold */
	{ "{ }", { STAGE_CONNECT }, true },
};

START_TEST(a_condition_holds_or_not)
{
	char yaml[512];
	struct policy *p;
	struct decision d;

	the_list = STR("listed.example\n.suffix.example\n");
	snprintf(yaml, sizeof(yaml), "rules:\n- name: it\n  when:\n    %s\n  action: reset\n",
	    conds[_i].when);
	p = policy_of(yaml);
	d = decide(p, conds[_i].ask);
	ck_assert_msg((strcmp(d.rule, "it") == 0) == conds[_i].want, "%s: rule %s", conds[_i].when, d.rule);
	if (conds[_i].want)
		ck_assert_int_eq(d.action, ACTION_RESET);
	policy_free(p);
}
END_TEST

/* A permission needs the path as written and in plain form. */
START_TEST(a_path_cannot_be_dressed_up_to_be_allowed)
{
	struct policy *p = policy_of("rules:\n- { name: pub, when: { path: /pub/ }, action: allow }\n"
				     "- { name: rest, action: block }\n");
	static const struct {
		const char *path, *want;
	} rows[] = { { "/pub/a", "pub" }, { "/pub/../admin", "rest" }, { "/pub/%2e%2e/admin", "rest" },
		{ "/x/../pub/a", "rest" }, { "/pub/%61", "pub" }, { "/pub/..\\admin", "rest" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decision d = decide(p, (struct ask){ STAGE_REQUEST, .path = rows[i].path });

		ck_assert_msg(strcmp(d.rule, "rest") == 0 || d.action == ACTION_ALLOW, "%s", rows[i].path);
		ck_assert_str_eq(d.rule, rows[i].want);
	}
	policy_free(p);
}
END_TEST

START_TEST(without_rules_the_defaults_stand)
{
	static const struct {
		struct ask ask;
		enum action want;
	} rows[] = {
		{ { STAGE_CONNECT }, ACTION_ALLOW },
		{ { STAGE_HELLO, PROTOCOL_TLS }, ACTION_INTERCEPT },
		{ { STAGE_HELLO, PROTOCOL_HTTP }, ACTION_INTERCEPT },
		{ { STAGE_HELLO, PROTOCOL_UNKNOWN }, ACTION_RESET },
		{ { STAGE_REQUEST }, ACTION_ALLOW },
		{ { STAGE_REQUEST, PROTOCOL_UPGRADE }, ACTION_BLOCK },
		{ { STAGE_REQUEST, PROTOCOL_CONNECT }, ACTION_BLOCK },
		{ { STAGE_REQUEST, .websocket = true }, ACTION_ALLOW },
		{ { STAGE_UPLOAD, .websocket = true, .verdict = VERDICT_INFECTED }, ACTION_BLOCK },
		{ { STAGE_RESPONSE }, ACTION_ALLOW },
		{ { STAGE_UPLOAD, .verdict = VERDICT_CLEAN }, ACTION_ALLOW },
		{ { STAGE_UPLOAD, .verdict = VERDICT_INFECTED }, ACTION_BLOCK },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN }, ACTION_ALLOW },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_BYPASSED }, ACTION_ALLOW },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_INFECTED }, ACTION_BLOCK },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_SUSPECT }, ACTION_BLOCK },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_UNSCANNABLE }, ACTION_BLOCK },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_NONE }, ACTION_BLOCK },
	};
	struct policy *p = policy_of("");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decision d = decide(p, rows[i].ask);

		ck_assert_msg(d.action == rows[i].want, "row %zu: %s", i, action_name(d.action));
		ck_assert_str_eq(d.rule, "default");
		ck_assert_ptr_null(d.reason);
		ck_assert(!d.log);
	}
	policy_free(p);
}
END_TEST

/* Every verdict in both directions: docs/verdicts.md has the same table. */
START_TEST(each_verdict_has_a_default_answer)
{
	static const struct {
		enum verdict_class class;
		enum verdict_reason reason;
		enum action up, up_known, down;
		bool warn;
	} rows[] = {
#define A ACTION_ALLOW
#define X ACTION_BLOCK
		{ VERDICT_NONE, REASON_NONE, X, X, X, false },
		{ VERDICT_CLEAN, REASON_NONE, A, A, A, false },
		{ VERDICT_INFECTED, REASON_NONE, X, X, X, false },
		{ VERDICT_SUSPECT, REASON_NONE, X, X, X, false },
		{ VERDICT_UNSCANNABLE, REASON_ENCRYPTED, X, A, A, true },
		{ VERDICT_UNSCANNABLE, REASON_LIMIT, X, X, X, false },
		{ VERDICT_UNSCANNABLE, REASON_TIMEOUT, X, X, X, false },
		{ VERDICT_UNSCANNABLE, REASON_ERROR, X, X, X, false },
		{ VERDICT_UNSCANNABLE, REASON_MALFORMED, X, X, X, false },
		{ VERDICT_BYPASSED, REASON_POLICY, A, A, A, false },
		{ VERDICT_BYPASSED, REASON_PARTIAL, X, X, A, false },
#undef A
#undef X
	};
	struct policy *p = policy_of("known_hosts: [.partner.example]\n");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ask a = { STAGE_UPLOAD, .verdict = rows[i].class, .reason = rows[i].reason };
		struct decision up = decide(p, a), known, down;

		a.host = "www.partner.example";
		known = decide(p, a);
		a.host = "other.example";
		a.stage = STAGE_DOWNLOAD;
		down = decide(p, a);
		ck_assert_msg(up.action == rows[i].up && !up.warn, "row %zu", i);
		ck_assert_msg(known.action == rows[i].up_known && known.warn == rows[i].warn, "row %zu", i);
		ck_assert_msg(down.action == rows[i].down && down.warn == rows[i].warn, "row %zu", i);
		ck_assert_str_eq(down.rule, "default");
	}
	policy_free(p);
}
END_TEST

START_TEST(a_warning_passes_what_it_names_and_is_added_to_the_rest)
{
	static const char rules[] = "rules:\n"
				    "- { name: macros, when: { verdict: suspect, direction: download }, action: warn }\n"
				    "- { name: odd, when: { mismatch: yes }, action: warn }\n"
				    "- { name: all, when: { host: [.warned.example] }, action: warn }\n";
	static const struct {
		struct ask ask;
		enum action want;
		const char *rule;
		bool warn;
	} rows[] = {
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_SUSPECT }, ACTION_ALLOW, "macros", true },
		{ { STAGE_UPLOAD, .verdict = VERDICT_SUSPECT }, ACTION_BLOCK, "default", false },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_INFECTED }, ACTION_BLOCK, "default", false },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN }, ACTION_ALLOW, "default", false },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .type = "image/png", .content = KIND_ARCHIVE }, ACTION_ALLOW, "default", true },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_CLEAN, .host = "a.warned.example" }, ACTION_ALLOW, "default", true },
		{ { STAGE_DOWNLOAD, .verdict = VERDICT_INFECTED, .host = "a.warned.example" }, ACTION_BLOCK, "default", true },
		{ { STAGE_REQUEST, .host = "a.warned.example" }, ACTION_ALLOW, "default", false },
	};
	struct policy *p = policy_of(rules);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decision d = decide(p, rows[i].ask);

		ck_assert_msg(d.action == rows[i].want && d.warn == rows[i].warn, "row %zu: %s", i, action_name(d.action));
		ck_assert_str_eq(d.rule, rows[i].rule);
	}
	policy_free(p);
}
END_TEST

START_TEST(content_comes_from_the_search_or_else_from_the_first_bytes)
{
	struct verdict v = verdict_make(VERDICT_CLEAN, REASON_NONE, STR_NONE);
	struct facts f = { 0 };

	facts_content(&f, &v, STR("MZ\x90\0\3\0"));
	ck_assert_int_eq(f.content, KIND_EXECUTABLE);
	ck_assert_uint_eq(f.contains, KIND_BIT(KIND_EXECUTABLE));
	ck_assert(str_eq(f.file_type, STR("pe")));
	v.kind = KIND_ARCHIVE;
	v.kinds = KIND_BIT(KIND_ARCHIVE) | KIND_BIT(KIND_SCRIPT);
	memcpy(v.type, "zip", 4);
	facts_content(&f, &v, STR("MZ\x90\0\3\0"));
	ck_assert_int_eq(f.content, KIND_ARCHIVE);
	ck_assert_uint_eq(f.contains, v.kinds);
	ck_assert(str_eq(f.file_type, STR("zip")));
}
END_TEST

#define BANK "- { name: bank, when: { host: [.bank.example] }, action: passthrough }\n"
#define EVIL "- { name: evil, when: { host: [.evil.example] }, action: block, reason: bad place }\n"
#define GOOD "- { name: good, when: { host: [good.evil.example] }, action: allow }\n"
#define VIP "- { name: vip, when: { client: [10.77.1.2] }, action: passthrough }\n"
#define GUEST "- { name: guest, when: { client: [10.77.1.2] }, action: reset }\n"
#define ALL "- { name: all, action: block }\n"
#define EXE "- { name: exe, when: { content_type: [a/exe] }, action: block }\n"
#define BIG "- { name: big, when: { size_over: 1K }, action: block }\n"

/* {rules, a question, action, rule} */
static const struct {
	const char *rules;
	struct ask ask;
	enum action action;
	const char *rule;
} rows[] = {
	/* the first that holds decides */
	{ VIP GUEST, { STAGE_CONNECT }, ACTION_PASSTHROUGH, "vip" },
	{ GUEST VIP, { STAGE_CONNECT }, ACTION_RESET, "guest" },
	{ BANK EVIL, { STAGE_HELLO, .host = "www.bank.example" }, ACTION_PASSTHROUGH, "bank" },
	{ BANK EVIL, { STAGE_HELLO, .host = "evil.example" }, ACTION_BLOCK, "evil" },
	{ BANK EVIL, { STAGE_HELLO }, ACTION_INTERCEPT, "default" },
	/* addresses do not decide ahead of a name that comes first and says otherwise */
	{ EVIL VIP, { STAGE_CONNECT }, ACTION_ALLOW, "default" },
	{ EVIL VIP, { STAGE_HELLO, .host = "evil.example" }, ACTION_BLOCK, "evil" },
	{ EVIL VIP, { STAGE_HELLO }, ACTION_PASSTHROUGH, "vip" },
	{ EVIL VIP, { STAGE_HELLO, .no_host = true }, ACTION_PASSTHROUGH, "vip" },
	{ BANK VIP, { STAGE_CONNECT }, ACTION_PASSTHROUGH, "vip" }, /* both say the same */
	{ BANK GUEST, { STAGE_CONNECT }, ACTION_ALLOW, "default" },
	{ BANK GUEST, { STAGE_HELLO, .host = "bank.example" }, ACTION_PASSTHROUGH, "bank" },
	{ BANK GUEST, { STAGE_HELLO }, ACTION_RESET, "guest" },
	{ BANK GUEST, { STAGE_CONNECT, .client = "10.0.0.1" }, ACTION_ALLOW, "default" },
	/* plain HTTP has no name at the hello */
	{ BANK ALL, { STAGE_HELLO, PROTOCOL_HTTP, .no_host = true }, ACTION_INTERCEPT, "default" },
	{ BANK ALL, { STAGE_REQUEST, PROTOCOL_HTTP, .host = "bank.example" }, ACTION_ALLOW, "default" },
	{ BANK ALL, { STAGE_REQUEST, PROTOCOL_HTTP }, ACTION_BLOCK, "all" },
	{ BANK ALL, { STAGE_HELLO, PROTOCOL_TLS, .no_host = true }, ACTION_BLOCK, "all" },
	{ BANK ALL, { STAGE_HELLO, PROTOCOL_UNKNOWN, .no_host = true }, ACTION_BLOCK, "all" },
	/* an exception before a prohibition holds at every stage */
	{ GOOD EVIL, { STAGE_HELLO, .host = "good.evil.example" }, ACTION_INTERCEPT, "good" },
	{ GOOD EVIL, { STAGE_REQUEST, .host = "good.evil.example" }, ACTION_ALLOW, "good" },
	{ GOOD EVIL, { STAGE_RESPONSE, .host = "good.evil.example" }, ACTION_ALLOW, "good" },
	{ GOOD EVIL, { STAGE_DOWNLOAD, .host = "good.evil.example", .verdict = VERDICT_CLEAN }, ACTION_ALLOW, "good" },
	{ GOOD EXE, { STAGE_DOWNLOAD, .host = "good.evil.example", .type = "a/exe", .verdict = VERDICT_CLEAN }, ACTION_ALLOW, "good" },
	{ GOOD EXE, { STAGE_RESPONSE, .type = "a/exe" }, ACTION_BLOCK, "exe" },
	{ EXE GOOD, { STAGE_RESPONSE, .host = "good.evil.example", .type = "a/exe" }, ACTION_BLOCK, "exe" },
	/* ... but never lets by what was found */
	{ GOOD, { STAGE_DOWNLOAD, .host = "good.evil.example", .verdict = VERDICT_INFECTED }, ACTION_BLOCK, "default" },
	{ GOOD, { STAGE_UPLOAD, .host = "good.evil.example", .verdict = VERDICT_UNSCANNABLE }, ACTION_BLOCK, "default" },
	{ GOOD, { STAGE_DOWNLOAD, .host = "good.evil.example", .verdict = VERDICT_NONE }, ACTION_BLOCK, "default" },
	{ GOOD "- { name: v, when: { verdict: [bypassed] }, action: block }\n",
	    { STAGE_DOWNLOAD, .host = "good.evil.example", .verdict = VERDICT_BYPASSED }, ACTION_BLOCK, "v" },
	{ "- { name: big ok, when: { size_over: 1, content_type: [a/exe], direction: download }, action: allow }\n",
	    { STAGE_DOWNLOAD, .type = "a/exe", .size = 100, .verdict = VERDICT_INFECTED }, ACTION_BLOCK, "default" },
	/* only a rule that names the verdict does */
	{ "- { name: lab, when: { host: [www.example], verdict: [infected] }, action: allow }\n",
	    { STAGE_DOWNLOAD, .verdict = VERDICT_INFECTED }, ACTION_ALLOW, "lab" },
	{ "- { name: lab, when: { host: [www.example], verdict: [infected] }, action: allow }\n",
	    { STAGE_DOWNLOAD, .verdict = VERDICT_UNSCANNABLE }, ACTION_BLOCK, "default" },
	{ "- { name: zip, when: { verdict: [unscannable.encrypted] }, action: allow }\n",
	    { STAGE_UPLOAD, .verdict = VERDICT_UNSCANNABLE, .reason = REASON_ENCRYPTED }, ACTION_ALLOW, "zip" },
	{ "- { name: zip, when: { verdict: [unscannable.encrypted] }, action: allow }\n",
	    { STAGE_UPLOAD, .verdict = VERDICT_UNSCANNABLE, .reason = REASON_TIMEOUT }, ACTION_BLOCK, "default" },
	/* bodies by their facts */
	{ BIG, { STAGE_UPLOAD, .size = 2000, .verdict = VERDICT_CLEAN }, ACTION_BLOCK, "big" },
	{ BIG, { STAGE_RESPONSE, .size = 2000 }, ACTION_BLOCK, "big" },
	{ BIG, { STAGE_REQUEST, .size = 2000 }, ACTION_ALLOW, "default" },
	{ BIG, { STAGE_DOWNLOAD, .verdict = VERDICT_INFECTED }, ACTION_BLOCK, "default" },
	/* intercept answers for the connection, also later; what is inside is asked by itself */
	{ "- { name: see, when: { host: [www.evil.example] }, action: intercept }\n" EVIL,
	    { STAGE_HELLO, .host = "www.evil.example" }, ACTION_INTERCEPT, "see" },
	{ "- { name: see, when: { host: [www.evil.example] }, action: intercept }\n" EVIL,
	    { STAGE_REQUEST, .host = "www.evil.example" }, ACTION_ALLOW, "default" },
	{ "- { name: see, when: { host: [www.evil.example] }, action: intercept }\n" EVIL,
	    { STAGE_REQUEST, .host = "b.evil.example" }, ACTION_BLOCK, "evil" },
	{ "- { name: see, action: intercept }\n- { name: post, when: { method: POST }, action: block }\n",
	    { STAGE_REQUEST, .method = "POST" }, ACTION_BLOCK, "post" },
	{ "- { name: see, action: intercept }\n" EXE, { STAGE_RESPONSE, .type = "a/exe" }, ACTION_BLOCK, "exe" },
	{ "- { name: see, action: intercept }\n" GUEST, { STAGE_CONNECT }, ACTION_ALLOW, "default" },
	{ "- { name: see, action: intercept }\n" VIP, { STAGE_CONNECT }, ACTION_ALLOW, "default" },
	{ "- { name: see, action: intercept }\n" VIP, { STAGE_HELLO }, ACTION_INTERCEPT, "see" },
	{ "- { name: see, action: intercept }\n", { STAGE_HELLO, PROTOCOL_UNKNOWN }, ACTION_RESET, "default" },
	{ "- { name: ok, action: allow }\n", { STAGE_HELLO, PROTOCOL_UNKNOWN }, ACTION_RESET, "default" },
	{ "- { name: ok, action: allow }\n" BANK, { STAGE_HELLO, .host = "bank.example" }, ACTION_PASSTHROUGH, "bank" },
	{ "- { name: p, when: { protocol: unknown }, action: passthrough }\n",
	    { STAGE_HELLO, PROTOCOL_UNKNOWN }, ACTION_PASSTHROUGH, "p" },
	/* leaving HTTP needs a rule that says so */
	{ "- { name: ok, action: allow }\n", { STAGE_REQUEST, PROTOCOL_UPGRADE }, ACTION_BLOCK, "default" },
	{ "- { name: ws, when: { protocol: upgrade, host: [www.example] }, action: allow }\n",
	    { STAGE_REQUEST, PROTOCOL_UPGRADE }, ACTION_ALLOW, "ws" },
	{ "- { name: ws, when: { protocol: upgrade }, action: allow }\n",
	    { STAGE_REQUEST, PROTOCOL_CONNECT }, ACTION_BLOCK, "default" },
	{ "- { name: ws, when: { protocol: upgrade }, action: allow }\n" GUEST, { STAGE_CONNECT }, ACTION_RESET, "guest" },
	{ "- { name: ws, when: { protocol: [upgrade], path: /chat }, action: passthrough }\n" ALL,
	    { STAGE_REQUEST, PROTOCOL_UPGRADE, .path = "/chat" }, ACTION_PASSTHROUGH, "ws" },
	{ "- { name: ws, when: { protocol: [upgrade, http] }, action: passthrough }\n",
	    { STAGE_REQUEST, PROTOCOL_UPGRADE }, ACTION_PASSTHROUGH, "ws" },
	{ "- { name: ws, when: { protocol: [upgrade] }, action: passthrough }\n",
	    { STAGE_REQUEST, PROTOCOL_CONNECT }, ACTION_BLOCK, "default" },
	{ BANK, { STAGE_REQUEST, PROTOCOL_UPGRADE, .host = "bank.example" }, ACTION_BLOCK, "default" },
	/* a WebSocket is searched: it needs no rule, and one that names it to go unsearched */
	{ BANK, { STAGE_REQUEST, .websocket = true, .host = "bank.example" }, ACTION_ALLOW, "default" },
	{ "- { name: no, when: { protocol: [tls] , path: / }, action: block }\n", { STAGE_REQUEST, .websocket = true }, ACTION_BLOCK, "no" },
	{ "- { name: no, when: { protocol: upgrade }, action: block }\n", { STAGE_REQUEST, .websocket = true }, ACTION_ALLOW, "default" },
	{ "- { name: no, when: { protocol: websocket }, action: block }\n", { STAGE_REQUEST, .websocket = true }, ACTION_BLOCK, "no" },
	{ "- { name: no, when: { protocol: websocket }, action: block }\n", { STAGE_HELLO }, ACTION_INTERCEPT, "default" },
	{ "- { name: see, action: intercept }\n- { name: no, when: { protocol: websocket }, action: block }\n",
	    { STAGE_REQUEST, .websocket = true }, ACTION_BLOCK, "no" },
	{ "- { name: ws, when: { protocol: websocket, path: /a }, action: passthrough }\n",
	    { STAGE_REQUEST, .websocket = true, .path = "/a" }, ACTION_PASSTHROUGH, "ws" },
	{ "- { name: ws, when: { protocol: websocket, path: /a }, action: passthrough }\n",
	    { STAGE_REQUEST, .websocket = true, .path = "/a/../b" }, ACTION_ALLOW, "default" },
	{ "- { name: ws, when: { protocol: [upgrade, connect] }, action: passthrough }\n",
	    { STAGE_REQUEST, .websocket = true }, ACTION_ALLOW, "default" },
	/* a rule that knows too little yet is passed over */
	{ "- { name: post, when: { method: POST }, action: allow }\n" GUEST, { STAGE_HELLO }, ACTION_RESET, "guest" },
	{ "- { name: adm, when: { host: [www.example], path: /admin }, action: block }\n" VIP, { STAGE_HELLO }, ACTION_PASSTHROUGH, "vip" },
};

START_TEST(x4_the_first_rule_about_client_certificates_that_holds_decides)
{
	struct policy *p = policy_of(
	    "client_certificates:\n"
	    "- { name: bank, when: { host: [.bank.example], client: [10.77.1.2] }, action: present, cert: /c, key: /k }\n"
	    "- { when: { host: [.bank.example] }, action: passthrough }\n"
	    "- { name: port, when: { port: 8443 }, action: refuse }\n");
	struct facts f = { .stage = STAGE_HELLO, .protocol = PROTOCOL_TLS, .host = STR("x.bank.example"),
		.client = address("10.77.1.2", NULL, 1), .destination = address("10.77.2.2", NULL, 443) };
	const struct client_cert *c = policy_client_cert(p, &f);

	ck_assert_str_eq(c->name, "bank");
	ck_assert_int_eq(c->action, CLIENT_CERT_PRESENT);
	ck_assert_str_eq(c->cert, "/c");
	ck_assert_str_eq(c->key, "/k");
	f.client = address("10.77.1.3", NULL, 1);
	c = policy_client_cert(p, &f);
	ck_assert_str_eq(c->name, "client certificate 2");
	ck_assert_int_eq(c->action, CLIENT_CERT_PASSTHROUGH);
	f.host = STR("bank.other");
	ck_assert_ptr_null(policy_client_cert(p, &f));
	f.destination = address("10.77.2.2", NULL, 8443);
	c = policy_client_cert(p, &f);
	ck_assert_int_eq(c->action, CLIENT_CERT_REFUSE);
	policy_free(p);
}
END_TEST

START_TEST(x4_a_learned_bypass_is_permitted_by_policy_alone)
{
	static const struct {
		const char *yaml;
		bool listed, other;
	} pins[] = { { "", false, false }, { "pinning: { bypass: any }\n", true, true },
		{ "pinning: { learn: no, bypass: any }\n", false, false },
		{ "pinning: { bypass: listed, when: { host: [.app.example], client: [10.77.0.0/16] } }\n",
		    true, false } };
	struct facts f = { .stage = STAGE_HELLO, .protocol = PROTOCOL_TLS,
		.client = address("10.77.1.2", NULL, 1), .destination = address("10.77.2.2", NULL, 443) };
	struct policy *p = policy_of(pins[_i].yaml);

	f.host = STR("x.app.example");
	ck_assert_int_eq(policy_pinning(p, &f), pins[_i].listed);
	f.host = STR("c2.example");
	ck_assert_int_eq(policy_pinning(p, &f), pins[_i].other);
	f.host = STR_NONE;
	ck_assert_int_eq(policy_pinning(p, &f), pins[_i].other);
	policy_free(p);
}
END_TEST

START_TEST(splice_only_passes_tls_through_unless_a_rule_forbids_it)
{
	struct policy *p = policy_of(
	    "tls: { intercept: no }\nrules:\n"
	    "- { name: evil, when: { host: [.evil.example] }, action: block }\n"
	    "- { name: good, when: { host: [good.example] }, action: allow }\n");
	struct decision d = decide(p, (struct ask){ STAGE_HELLO });

	ck_assert_int_eq(d.action, ACTION_PASSTHROUGH);
	ck_assert_str_eq(d.rule, "default");
	d = decide(p, (struct ask){ STAGE_HELLO, .host = "good.example" });
	ck_assert_int_eq(d.action, ACTION_PASSTHROUGH);
	ck_assert_str_eq(d.rule, "good");
	d = decide(p, (struct ask){ STAGE_HELLO, .host = "a.evil.example" });
	ck_assert_int_eq(d.action, ACTION_BLOCK);
	d = decide(p, (struct ask){ STAGE_HELLO, .protocol = PROTOCOL_HTTP });
	ck_assert_int_eq(d.action, ACTION_INTERCEPT); /* plain HTTP is searched all the same */
	d = decide(p, (struct ask){ STAGE_HELLO, .protocol = PROTOCOL_UNKNOWN });
	ck_assert_int_eq(d.action, ACTION_RESET);
	policy_free(p);
}
END_TEST

START_TEST(the_right_rule_decides)
{
	char yaml[1024];
	struct policy *p;
	struct decision d;

	snprintf(yaml, sizeof(yaml), "rules:\n%s", rows[_i].rules);
	p = policy_of(yaml);
	d = decide(p, rows[_i].ask);
	ck_assert_msg(d.action == rows[_i].action && strcmp(d.rule, rows[_i].rule) == 0,
	    "row %d at %s:\n%swant %s by %s\ngot %s by %s", _i, stage_name(rows[_i].ask.stage),
	    rows[_i].rules, action_name(rows[_i].action), rows[_i].rule, action_name(d.action), d.rule);
	policy_free(p);
}
END_TEST

START_TEST(log_notes_and_goes_on)
{
	struct policy *p = policy_of("rules:\n- { name: note, when: { host: [www.example] }, action: log }\n" EVIL
				     "- { name: later, action: log }\n");
	struct decision d = decide(p, (struct ask){ STAGE_REQUEST });

	ck_assert_int_eq(d.action, ACTION_ALLOW);
	ck_assert(d.log);
	d = decide(p, (struct ask){ STAGE_REQUEST, .host = "evil.example" });
	ck_assert_int_eq(d.action, ACTION_BLOCK);
	ck_assert_str_eq(d.reason, "bad place");
	ck_assert(!d.log); /* the walk ended before `later` */
	policy_free(p);
}
END_TEST

START_TEST(ranges_go_to_the_origin_by_rule_alone)
{
	struct policy *p = policy_of("rules:\n- { name: resume, when: { host: [www.example], path: [/deb/] }, action: ranges }\n" EVIL
				     "- { name: never read, action: ranges }\n");
	struct decision d = decide(p, (struct ask){ STAGE_REQUEST, .path = "/deb/x" });

	ck_assert_int_eq(d.action, ACTION_ALLOW);
	ck_assert(d.ranges);
	ck_assert(!d.log);
	d = decide(p, (struct ask){ STAGE_REQUEST, .host = "evil.example" });
	ck_assert_int_eq(d.action, ACTION_BLOCK);
	ck_assert(!d.ranges);
	policy_free(p);
	p = policy_of("rules:\n- { name: resume, when: { path: [/deb/] }, action: ranges }\n");
	ck_assert(decide(p, (struct ask){ STAGE_REQUEST, .path = "/deb/x" }).ranges);
	ck_assert(!decide(p, (struct ask){ STAGE_REQUEST, .path = "/deb/../x" }).ranges); /* both spellings */
	ck_assert(!decide(p, (struct ask){ STAGE_REQUEST, .path = "/x" }).ranges);
	ck_assert(!decide(p, (struct ask){ STAGE_RESPONSE, .path = "/deb/x" }).ranges);
	ck_assert_int_eq(decide(p, (struct ask){ STAGE_HELLO }).action, ACTION_INTERCEPT);
	policy_free(p);
}
END_TEST

START_TEST(rules_without_a_name_are_numbered)
{
	struct policy *p = policy_of("rules:\n- action: log\n- action: block\n");

	ck_assert_str_eq(decide(p, (struct ask){ STAGE_REQUEST }).rule, "rule 2");
	policy_free(p);
}
END_TEST

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

START_TEST(a_long_list_costs_microseconds)
{
	enum { NAMES = 100000, ASKS = 100000 };
	char *list = malloc(NAMES * 40), host[64];
	size_t n = 0, hits = 0;
	uint64_t from, load, each;
	struct policy *p;

	ck_assert_ptr_nonnull(list);
	for (int i = 0; i < NAMES; i++)
		n += (size_t)sprintf(list + n, "%shost-%d.region-%d.example\n", i % 2 ? "." : "", i, i % 97);
	the_list = str_of(list, n);
	from = now_ns();
	p = policy_of("rules:\n- { name: l, when: { host_list: [/l] }, action: passthrough }\n");
	load = now_ns() - from;
	from = now_ns();
	for (int i = 0; i < ASKS; i++) {
		snprintf(host, sizeof(host), "www.host-%d.region-%d.example", i, i % 97);
		hits += decide(p, (struct ask){ STAGE_HELLO, .host = host }).action == ACTION_PASSTHROUGH;
	}
	each = (now_ns() - from) / ASKS;
	printf("100000 names: loaded in %llu ms, %llu ns a decision (with making the question)\n",
	    (unsigned long long)(load / 1000000), (unsigned long long)each);
	ck_assert_uint_eq(hits, ASKS / 2);
	ck_assert_uint_lt(each, 100000);
	policy_free(p);
	free(list);
}
END_TEST

static char *explained(const char *rules, struct facts f)
{
	char yaml[1024], *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	struct policy *p;

	snprintf(yaml, sizeof(yaml), "rules:\n%s", rules);
	p = policy_of(yaml);
	f.client = address("10.77.1.2", NULL, 1);
	f.destination = address("10.77.2.2", NULL, 443);
	policy_explain(out, p, &f);
	fclose(out);
	policy_free(p);
	if (getenv("SHOW") != NULL)
		puts(text);
	return text;
}

START_TEST(explain_says_why)
{
	struct verdict v = verdict_make(VERDICT_INFECTED, REASON_NONE, STR("Eicar"));
	char *text = explained(BANK GOOD EVIL VIP, (struct facts){ .stage = STAGE_REQUEST,
	    .protocol = PROTOCOL_TLS, .host = STR("evil.example"), .path = STR("/") });

	ck_assert_ptr_nonnull(strstr(text, "connect:\n  bank (passthrough): open, its host, host_list is"));
	ck_assert_ptr_nonnull(strstr(text, "vip (passthrough): holds, but 'evil' comes before it"));
	ck_assert_ptr_nonnull(strstr(text, "hello:\n  bank (passthrough): its host, host_list does not match"));
	ck_assert_ptr_nonnull(strstr(text, "  => block by 'evil', reason: bad place\n"));
	ck_assert_ptr_null(strstr(text, "request:")); /* settled before */
	free(text);
	text = explained("- { name: ok, when: { host: [a.example] }, action: allow }\n",
	    (struct facts){ .stage = STAGE_DOWNLOAD, .protocol = PROTOCOL_TLS, .host = STR("a.example"),
		.method = STR("GET"), .path = STR("/"), .verdict = &v });
	ck_assert_ptr_nonnull(strstr(text, "request:\n  ok (allow): all its conditions hold, it decides"));
	ck_assert_ptr_nonnull(strstr(text, "download:\n  ok (allow): holds; it permits"));
	ck_assert_ptr_nonnull(strstr(text, "  => block by 'default'\n"));
	ck_assert_ptr_null(strstr(text, "upload:"));
	free(text);
	text = explained("- { name: ws, when: { protocol: websocket }, action: passthrough }\n",
	    (struct facts){ .stage = STAGE_REQUEST, .protocol = PROTOCOL_TLS, .websocket = true,
		.host = STR("a.example"), .method = STR("GET"), .path = STR("/") });
	ck_assert_ptr_nonnull(strstr(text, "hello:\n  ws (passthrough): "));
	ck_assert_ptr_nonnull(strstr(text, "request:\n  ws (passthrough): all its conditions hold, it decides"));
	free(text);
}
END_TEST

START_TEST(addresses_are_parsed_strictly)
{
	static const struct {
		const char *text;
		bool want;
	} list[] = { { "10.0.0.1", true }, { "fd77::1", true }, { "::ffff:1.2.3.4", true },
		{ "", false }, { "1.2.3", false }, { "1.2.3.4.", false }, { "1.2.3.400", false },
		{ "fe80::1%eth0", false }, { "[::1]", false }, { " 1.2.3.4", false },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", false } };
	struct in6_addr a, b;

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		ck_assert_msg(addr_parse(str_c(list[i].text), &a) == list[i].want, "%s", list[i].text);
	ck_assert(addr_parse(STR("1.2.3.4"), &a) && addr_parse(STR("::ffff:1.2.3.4"), &b));
	ck_assert_int_eq(memcmp(&a, &b, sizeof(a)), 0);
	ck_assert(!addr_parse(str_of("1.2.3.4\0x", 9), &a));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_condition_holds_or_not, 0, (int)(sizeof(conds) / sizeof(conds[0])));
	tcase_add_test(t, a_path_cannot_be_dressed_up_to_be_allowed);
	tcase_add_test(t, without_rules_the_defaults_stand);
	tcase_add_test(t, each_verdict_has_a_default_answer);
	tcase_add_test(t, a_warning_passes_what_it_names_and_is_added_to_the_rest);
	tcase_add_test(t, content_comes_from_the_search_or_else_from_the_first_bytes);
	tcase_add_test(t, x4_the_first_rule_about_client_certificates_that_holds_decides);
	tcase_add_loop_test(t, x4_a_learned_bypass_is_permitted_by_policy_alone, 0, 4);
	tcase_add_test(t, splice_only_passes_tls_through_unless_a_rule_forbids_it);
	tcase_add_loop_test(t, the_right_rule_decides, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, log_notes_and_goes_on);
	tcase_add_test(t, ranges_go_to_the_origin_by_rule_alone);
	tcase_add_test(t, rules_without_a_name_are_numbered);
	tcase_add_test(t, a_long_list_costs_microseconds);
	tcase_add_test(t, explain_says_why);
	tcase_add_test(t, addresses_are_parsed_strictly);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
