/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration: defaults, values, and complaints that name line, token and likely fix. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bundle.h"
#include "policy/config.h"
#include "policy/docs.h"
#include "policy/policy.h"

/* Two small list files. */
static bool find_list(void *arg, const char *path, struct str *bytes)
{
	(void)arg;
	if (strcmp(path, "/lists/good") == 0)
		*bytes = STR("# banks\nbank.example\r\n\n.health.example # and below\n");
	else if (strcmp(path, "/lists/bad") == 0)
		*bytes = STR("a.example\n# c\nb\303\274cher.example\n");
	else if (strcmp(path, "/lists/star") == 0)
		*bytes = STR("*.example\n");
	else
		return false;
	return true;
}

static struct config *load(const char *yaml)
{
	struct config_error err;
	struct config *c = config_load(str_c(yaml), find_list, NULL, &err);
	char text[1024];

	if (c == NULL) {
		config_error_text(&err, "test.yaml", text, sizeof(text));
		ck_abort_msg("%s", text);
	}
	return c;
}

START_TEST(an_empty_file_is_a_good_configuration)
{
	static const char *const empty[] = { "", "# nothing\n", "---\n", "rules:\n",
		"listen:\nnetwork:\nlimits:\nrules: []\n", "{}\n" };
	struct config *c = load(empty[_i]);

	ck_assert_uint_eq(config_listen(c)->http, 8080);
	ck_assert_uint_eq(config_listen(c)->tls, 8443);
	ck_assert_uint_eq(config_listen(c)->any, 0);
	ck_assert_int_eq(config_network(c)->manage, MANAGE_OFF);
	ck_assert_uint_eq(config_network(c)->inside_n, 0);
	ck_assert_uint_eq(config_network(c)->http_ports_n, 1);
	ck_assert_uint_eq(config_network(c)->http_ports[0], 80);
	ck_assert_uint_eq(config_network(c)->tls_ports[0], 443);
	ck_assert(!config_network(c)->all_ports);
	ck_assert_int_eq(config_network(c)->source, SOURCE_CLIENT);
	ck_assert_int_eq(config_network(c)->quic, QUIC_REJECT);
	ck_assert_uint_eq(config_network(c)->mark, 0x5a11);
	ck_assert_uint_eq(config_network(c)->table, 5377);
	ck_assert(config_tls(c)->intercept);
	ck_assert_int_eq(config_tls(c)->passthrough_check, PASSTHROUGH_LOG);
	ck_assert_str_eq(config_tls(c)->ca_cert, "/var/lib/sallyport/ca/ca.pem");
	ck_assert_ptr_null(config_tls(c)->ca_passphrase_file);
	ck_assert_str_eq(config_tls(c)->ca_key, "/var/lib/sallyport/ca/ca.key");
	ck_assert_str_eq(config_tls(c)->trust, "/etc/ssl/certs/ca-certificates.crt");
	ck_assert_uint_eq(config_tls(c)->crl_n, 0);
	ck_assert_ptr_null(config_tls(c)->revocation_set);
	ck_assert(config_tls(c)->resumption);
	ck_assert(config_tls(c)->fetch_intermediates);
	ck_assert(!config_tls(c)->fetch_private);
	ck_assert_ptr_null(config_tls(c)->intermediates);
	ck_assert(config_scanner(c)->enabled);
	ck_assert_str_eq(config_scanner(c)->signatures, "/var/lib/clamav");
	ck_assert_uint_eq(config_scanner(c)->jobs, 0);
	ck_assert_str_eq(config_audit(c)->folder, "/var/log/sallyport");
	ck_assert_int_eq(config_audit(c)->when_full, WHEN_FULL_BLOCK);
	ck_assert_int_eq(config_patience(c)->browsers, PATIENCE_PAGE);
	ck_assert_int_eq(config_patience(c)->programs, PATIENCE_NONE);
	ck_assert_uint_eq(config_workers(c), 0);
	ck_assert_str_eq(config_state_dir(c), "/var/lib/sallyport");
	ck_assert_uint_eq(config_limits(c)->body_held, 100 << 20);
	ck_assert_uint_eq(config_limits(c)->idle, 60000);
	config_free(c);
}
END_TEST

START_TEST(every_key_is_taken)
{
	struct config *c = load("listen: { http: 1080, tls: 1443, any: 1081 }\n"
				"network:\n"
				"  manage: on\n"
				"  inside: [eth1, wg0, br-lan.7]\n"
				"  http_ports: [80, 8000]\n"
				"  tls_ports: 8443          # one value stands for a list of one\n"
				"  all_ports: Yes\n"
				"  source: gateway\n"
				"  quic: drop\n"
				"  mark: 0xff\n"
				"  table: 77\n"
				"tls: { ca_cert: /a/ca.pem, ca_key: /a/ca.key, trust: /a/trust.pem,\n"
				"  crl: [/a/1.crl, /a/2.crl], revocation_set: /a/set,\n"
				"  ca_passphrase_file: /a/pass, cluster_secret: /a/secret,\n"
				"  management_names: [gw.example, 10.0.0.1], ca_pin_file: /a/pin,\n"
				"  ca_module: /a/m.so, ca_token_dir: /a/tokens }\n"
				"scanner: { enabled: no, signatures: /sig, jobs: 3 }\n"
				"audit: { folder: /log, when_full: continue }\n"
				"workers: 2\n"
				"state_dir: \"/st\\u00e4te \\\"dir\\\"\"\n"
				"limits: { body_held: 10M, idle: 5s, fields: 64 }\n");
	const struct config_network *n = config_network(c);

	ck_assert_uint_eq(config_listen(c)->any, 1081);
	ck_assert_int_eq(n->manage, MANAGE_ON);
	ck_assert_uint_eq(n->inside_n, 3);
	ck_assert_str_eq(n->inside[2], "br-lan.7");
	ck_assert_uint_eq(n->http_ports[1], 8000);
	ck_assert_uint_eq(n->tls_ports_n, 1);
	ck_assert_uint_eq(n->tls_ports[0], 8443);
	ck_assert(n->all_ports);
	ck_assert_int_eq(n->source, SOURCE_GATEWAY);
	ck_assert_int_eq(n->quic, QUIC_DROP);
	ck_assert_uint_eq(n->mark, 255);
	ck_assert_uint_eq(n->table, 77);
	ck_assert_str_eq(config_tls(c)->ca_key, "/a/ca.key");
	ck_assert_uint_eq(config_tls(c)->crl_n, 2);
	ck_assert_str_eq(config_tls(c)->crl[1], "/a/2.crl");
	ck_assert_str_eq(config_tls(c)->revocation_set, "/a/set");
	ck_assert_str_eq(config_tls(c)->ca_passphrase_file, "/a/pass");
	ck_assert_str_eq(config_tls(c)->cluster_secret, "/a/secret");
	ck_assert_uint_eq(config_tls(c)->management_names_n, 2);
	ck_assert_str_eq(config_tls(c)->ca_pin_file, "/a/pin");
	ck_assert_str_eq(config_tls(c)->ca_module, "/a/m.so");
	ck_assert_str_eq(config_tls(c)->ca_token_dir, "/a/tokens");
	ck_assert_str_eq(config_tls(c)->management_names[1], "10.0.0.1");
	ck_assert(!config_scanner(c)->enabled);
	ck_assert_uint_eq(config_scanner(c)->jobs, 3);
	ck_assert_int_eq(config_audit(c)->when_full, WHEN_FULL_CONTINUE);
	ck_assert_uint_eq(config_workers(c), 2);
	ck_assert_str_eq(config_state_dir(c), "/st\303\244te \"dir\"");
	ck_assert_uint_eq(config_limits(c)->body_held, 10 << 20);
	ck_assert_uint_eq(config_limits(c)->idle, 5000);
	ck_assert_uint_eq(config_limits(c)->fields, 64);
	ck_assert_uint_eq(config_limits(c)->hello, 64 << 10);
	config_free(c);
}
END_TEST

START_TEST(a_listener_can_be_switched_off)
{
	struct config *c = load("listen: { http: 0 }\n");

	ck_assert_uint_eq(config_listen(c)->http, 0);
	ck_assert_uint_eq(config_listen(c)->tls, 8443);
	config_free(c);
}
END_TEST

START_TEST(booleans_have_six_words)
{
	static const struct {
		const char *yaml;
		bool want;
	} rows[] = { { "yes", true }, { "on", true }, { "true", true }, { "no", false },
		{ "off", false }, { "false", false }, { "ON", true }, { "\"no\"", false } };
	char yaml[64];
	struct config *c;

	snprintf(yaml, sizeof(yaml), "scanner: { enabled: %s }\n", rows[_i].yaml);
	c = load(yaml);
	ck_assert_int_eq(config_scanner(c)->enabled, rows[_i].want);
	config_free(c);
}
END_TEST

/* What is wrong; the line; a part of the token; of what was expected; of the fix. */
static const struct {
	const char *yaml;
	unsigned line;
	const char *token, *expected, *fix;
} errors[] = {
	/* keys */
	{ "lisen: { http: 1 }\n", 1, "lisen", "one of listen, network", "did you mean listen?" },
	{ "workers: 1\nlisten:\n  htpp: 80\n", 3, "htpp", "one of http, tls, any in listen", "did you mean http?" },
	{ "workers: 1\nworkers: 2\n", 2, "workers", "once", "line 1" },
	{ "rules:\n- name: a\n  host: [x]\n  action: block\n", 3, "host", "in rules", "host belongs below 'when:'" },
	{ "limits:\n  body_hold: 1M\n", 2, "body_hold", "...", "did you mean body_held?" },
	{ "Listen: { http: 1 }\n", 1, "Listen", "listen", "did you mean listen?" },
	{ "tls:\n  crl: [/a.crl, b.crl]\n", 2, "b.crl", "full path", "" },
	{ "tls: { revocation_set: set }\n", 1, "set", "full path", "" },
	{ "pinning: { bypass: listed }\n", 1, "listed", "conditions in 'when'", "host" },
	{ "pinning: { when: { host: [a.example] } }\n", 1, "when", "only with bypass: listed", "bypass: listed" },
	{ "pinning: { bypass: listed, when: { path: /x } }\n", 1, "/x", "no condition 'path'", "" },
	{ "pinning: { bypass: all }\n", 1, "all", "never, listed, any", "" },
	{ "patience: { programs: page }\n", 1, "page", "none, trickle", "" },
	{ "patience: { browsers: wait }\n", 1, "wait", "none, trickle, page", "" },
	{ "client_certificates:\n- { name: a, action: present, cert: /c }\n", 2, "key", "with action present", "both cert and key" },
	{ "client_certificates:\n- { action: present, cert: c, key: /k }\n", 2, "c", "full path", "" },
	{ "client_certificates:\n- { action: refuse, cert: /c }\n", 2, "/c", "but with action present", "" },
	{ "client_certificates:\n- { action: ignore, when: { method: GET } }\n", 2, "GET", "no condition 'method'", "host" },
	{ "client_certificates:\n- { name: a, action: ignore }\n- { name: a, action: refuse }\n", 3, "a", "no other entry", "" },
	{ "client_certificates:\n- { name: a, action: show }\n", 2, "show", "present, passthrough", "" },
	{ "tls: { intercept: no }\nrules:\n- { name: a, action: intercept }\n", 3, "intercept",
	    "tls.intercept is no", "passthrough" },
	{ "tls: { workers: 1 }\n", 1, "workers", "in tls", "stands alone" },
	{ "zzzzzz: 1\n", 1, "zzzzzz", "listen", "remove it" },
	/* kinds */
	{ "listen: 80\n", 1, "listen", "keys and values", "" },
	{ "listen: [80]\n", 1, "listen", "keys and values", "" },
	{ "- a\n- b\n", 1, "- a", "keys and values", "key: value" },
	{ "just text\n", 1, "just text", "keys and values", "key: value" },
	{ "workers: [1]\n", 1, "workers", "a number", "" },
	{ "workers:\n", 1, "workers", "a number", "" },
	{ "rules: { name: x }\n", 1, "rules", "a list of rules", "" },
	{ "rules:\n- x\n", 2, "rules", "keys and values", "" },
	{ "rules:\n- name: a\n  when: { host: }\n  action: block\n", 3, "host", "a list", "" },
	{ "rules:\n- name: a\n  when: { host: [] }\n  action: block\n", 3, "host", "a list", "" },
	{ "rules:\n- name: a\n  when: { direction: [upload] }\n  action: block\n", 3, "direction", "upload, download", "" },
	/* numbers and words */
	{ "listen:\n  http: 70000\n", 2, "70000", "0 to 65535", "" },
	{ "listen: { http: 80a }\n", 1, "80a", "0 to 65535", "" },
	{ "listen: { http: -1 }\n", 1, "-1", "0 to 65535", "" },
	{ "network: { mark: 010 }\n", 1, "010", "a number", "" },
	{ "network: { mark: 0x }\n", 1, "0x", "a number", "" },
	{ "network: { mark: 0x100000000 }\n", 1, "0x100000000", "a number", "" },
	{ "network: { mark: 0 }\n", 1, "0", "other than 0", "" },
	{ "network: { table: 254 }\n", 1, "254", "253 to 255", "" },
	{ "network: { tls_ports: [443, 80] }\n", 1, "80", "not in http_ports", "" },
	{ "network: { http_ports: [0] }\n", 1, "0", "1 to 65535", "" },
	{ "network:\n  inside: [eth1, \"eth2 -j ACCEPT\"]\n", 2, "eth2 -j ACCEPT", "interface", "ip link" },
	{ "network: { inside: [-A] }\n", 1, "-A", "interface", "" },
	{ "network: { inside: [abcdefghijklmnop] }\n", 1, "abcdefghijklmnop", "interface", "" },
	{ "network: { all_ports: yes }\n", 1, "yes", "listen.any", "8081" },
	{ "scanner: { enabled: flase }\n", 1, "flase", "yes or no", "" },
	{ "network: { source: clinet }\n", 1, "clinet", "one of client, gateway", "did you mean client?" },
	{ "listen: { http: 8443 }\n", 1, "8443", "of its own", "" },
	{ "listen: { http: 0, tls: 0 }\n", 1, "0", "at least one", "" },
	{ "workers: 9999\n", 1, "9999", "at most 256", "" },
	{ "tls: { management_names: ['*.example'] }\n", 1, "*.example", "the name of a host", "" },
	{ "tls: { ca_cert: /x }\n", 1, "/x", "both ca_cert and ca_key", "" },
	{ "state_dir: \"\"\n", 1, "state_dir", "a text", "" },
	/* limits */
	{ "limits:\n  idle: 1s\n  body_held: 2000M\n", 3, "2000M", "limit body_held: 2000M is above the most, 1000M", "100M" },
	{ "limits: { body_held: 1 }\n", 1, "1", "1 is below the least, 64K", "" },
	{ "limits: { idle: 60 }\n", 1, "60", "a time", "did you mean 60s?" },
	{ "limits: { head: 64KB }\n", 1, "64KB", "a size", "did you mean 64K?" },
	{ "limits: { fields: 1K }\n", 1, "1K", "a count", "" },
	{ "limits: { body_held: 99999999999999999999 }\n", 1, "9999", "a size", "" },
	/* rules */
	{ "rules:\n- name: one\n  when: { port: [1] }\n", 2, "one", "'action', one of intercept", "action:" },
	{ "rules:\n- name: a\n  action: pass\n", 3, "pass", "one of intercept, passthrough, block, reset, allow, log", "did you mean passthrough?" },
	{ "rules:\n- name: a\n  action: deny\n", 3, "deny", "one of", "did you mean block?" },
	{ "rules:\n- name: a\n  action: log\n- name: b\n  action: log\n- name: a\n  action: log\n", 6, "a", "no other rule", "line 2" },
	{ "rules:\n- name: default\n  action: log\n", 2, "default", "another name", "" },
	{ "rules:\n- name: a\n  when:\n    client:\n    - 10.0.0.0/8\n    - 10.0.0.256\n  action: log\n", 6, "10.0.0.256", "an address or network", "" },
	{ "rules:\n- action: log\n  when: { client: [10.0.0.0/33] }\n", 3, "10.0.0.0/33", "prefix length", "" },
	{ "rules:\n- action: log\n  when: { client: [\"fd00::/129\"] }\n", 3, "fd00::/129", "prefix length", "" },
	{ "rules:\n- action: log\n  when: { client: [10.1.0.0/8] }\n", 3, "10.1.0.0/8", "beyond the prefix", "10.0.0.0/8" },
	{ "rules:\n- action: log\n  when: { destination: [www.example] }\n", 3, "www.example", "an address", "names go to 'host'" },
	{ "rules:\n- action: log\n  when: { port: 70000 }\n", 3, "70000", "1 to 65535", "8000-8999" },
	{ "rules:\n- action: log\n  when: { port: [9-8] }\n", 3, "9-8", "low to high", "" },
	{ "rules:\n- action: log\n  when: { port: [\"-\"] }\n", 3, "-", "port", "" },
	{ "rules:\n- action: log\n  when: { protocol: [htp] }\n", 3, "htp", "one of tls, http", "did you mean http?" },
	{ "rules:\n- action: log\n  when: { host: [\"*.a.example\"] }\n", 3, "*.a.example", "a host name", "leading dot" },
	{ "rules:\n- action: log\n  when: { host: [\"https://a.example/\"] }\n", 3, "https", "a host name", "no scheme" },
	{ "rules:\n- action: log\n  when: { host: [a..example] }\n", 3, "a..example", "empty label", "" },
	{ "rules:\n- action: log\n  when: { host: [\".\"] }\n", 3, ".", "1 to 253", "" },
	{ "rules:\n- action: log\n  when: { host: [b\303\274cher.example] }\n", 3, "b\303\274cher", "ASCII", "xn--" },
	{ "rules:\n- action: log\n  when: { host_list: [/lists/none] }\n", 3, "/lists/none", "a readable file", "create" },
	{ "rules:\n- action: log\n  when: { host_list: [banks.txt] }\n", 3, "banks.txt", "from the root", "" },
	{ "rules:\n- action: log\n  when: { host_list: [/lists/good, /lists/bad] }\n", 3, "b\303\274cher.example", "in line 3 of /lists/bad: a host name in ASCII", "A-label" },
	{ "rules:\n- action: log\n  when: { host_list: /lists/star }\n", 3, "*.example", "in line 1 of /lists/star", "leading dot" },
	{ "rules:\n- action: log\n  when: { method: [\"GET /\"] }\n", 3, "GET /", "method", "POST" },
	{ "rules:\n- action: log\n  when: { path: [admin] }\n", 3, "admin", "starts with '/'", "" },
	{ "rules:\n- action: log\n  when: { path: [\"/a?b=c\"] }\n", 3, "/a?b=c", "without query", "" },
	{ "rules:\n- action: log\n  when: { content_type: [zip] }\n", 3, "zip", "media type", "" },
	{ "rules:\n- action: log\n  when: { content_type: [\"text/html; charset=x\"] }\n", 3, "charset", "without parameters", "" },
	{ "rules:\n- action: log\n  when: { size_over: 10X }\n", 3, "10X", "a size", "10M" },
	{ "rules:\n- action: log\n  when: { size_over: 10K, size_under: 10K }\n", 3, "10K", "above size_over", "" },
	{ "rules:\n- action: log\n  when: { size_under: 0 }\n", 3, "0", "above size_over", "" },
	{ "rules:\n- action: log\n  when: { verdict: [infectd] }\n", 3, "infectd", "one of clean, infected", "did you mean infected?" },
	{ "rules:\n- action: log\n  when: { verdict: [unscannable.encrypt] }\n", 3, "unscannable.encrypt", "unscannable alone or with", "unscannable.encrypted" },
	{ "rules:\n- action: log\n  when: { verdict: [infected.limit] }\n", 3, "infected.limit", "infected without a reason", "" },
	{ "rules:\n- action: log\n  when: { content: [executible] }\n", 3, "executible", "a kind of content", "did you mean executable?" },
	{ "rules:\n- action: log\n  when: { content: [archive.] }\n", 3, "archive.", "a type behind the dot", "" },
	{ "rules:\n- action: log\n  when: { contains: [archive.zip] }\n", 3, "archive.zip", "a kind of content", "archive" },
	{ "rules:\n- action: log\n  when: { mismatch: maybe }\n", 3, "maybe", "", "" },
	{ "rules:\n- action: passthrough\n  when: { content: [video] }\n", 3, "video", "known only after decryption", "" },
	{ "known_hosts: [a.example, \"*.b\"]\n", 1, "*.b", "", "" },
	{ "rules:\n- action: log\n  when: { verdict: [none] }\n", 3, "none", "one of clean", "" },
	/* what can never be known at the hello */
	{ "rules:\n- action: passthrough\n  when:\n    host: [a]\n    method: [GET]\n", 5, "GET", "no condition 'method' with action passthrough", "remove 'method'" },
	{ "rules:\n- action: passthrough\n  when: { path: [/a] }\n", 3, "/a", "known only after decryption", "" },
	{ "rules:\n- action: passthrough\n  when: { verdict: [clean] }\n", 3, "clean", "known only after decryption", "" },
	{ "rules:\n- action: passthrough\n  when: { content_type: [a/b] }\n", 3, "a/b", "known only after decryption", "" },
	{ "rules:\n- action: passthrough\n  when: { size_over: 1M }\n", 3, "1M", "'size_over'", "" },
	{ "rules:\n- action: passthrough\n  when: { size_under: 1M }\n", 3, "1M", "'size_under'", "" },
	{ "rules:\n- action: passthrough\n  when: { direction: upload }\n", 3, "upload", "'direction'", "" },
	{ "rules:\n- action: intercept\n  when: { method: [GET] }\n", 3, "GET", "action intercept", "" },
	{ "rules:\n- action: intercept\n  when: { protocol: [upgrade] }\n", 3, "upgrade", "only after decryption", "action passthrough" },
	{ "rules:\n- action: intercept\n  when: { protocol: [websocket] }\n", 3, "websocket", "only after decryption", "action passthrough" },
	{ "rules:\n- action: passthrough\n  when: { protocol: [upgrade], size_over: 1 }\n", 3, "1", "known only after decryption", "" },
	{ "rules:\n- action: passthrough\n  when: { protocol: [upgrade, tls], path: /a }\n", 3, "/a", "known only after decryption", "" },
	{ "rules:\n- action: ranges\n  when: { content_type: [video/mp4] }\n", 3, "video/mp4", "known only with the body", "" },
	{ "rules:\n- action: ranges\n  when: { size_over: 1M }\n", 3, "1M", "known only with the body", "" },
	{ "rules:\n- action: ranges\n  when: { protocol: [upgrade] }\n", 3, "upgrade", "tls or http with action ranges", "" },
	/* YAML */
	{ "a: [1\nb: 2\n", 2, "b: 2", "valid YAML", "" },
	{ "listen:\n\thttp: 1\n", 2, "http: 1", "valid YAML", "not with tabs" },
	{ "state_dir: &a /x\n", 1, "state_dir: &a /x", "without anchor", "" },
	{ "tls: &a { trust: /x }\n", 1, "&a", "without anchor", "" },
	{ "state_dir: *a\n", 1, "*a", "no alias", "" },
	{ "state_dir: !!str /x\n", 1, "!!str", "tag", "" },
	{ "workers: 1\n---\nworkers: 2\n", 2, "---", "one document", "" },
	{ "? [a]\n: b\n", 1, "[a]", "a plain word as key", "" },
	{ "state_dir: \"a\\0b\"\n", 1, "a\\0b", "control characters", "" },
	{ "state_dir: \"\xff\"\n", 1, "byte", "UTF-8", "" },
	{ "a: [[[[[[[[[[x]]]]]]]]]]\n", 1, "[[[", "no deeper nesting", "" },
};

START_TEST(a_mistake_is_explained)
{
	struct config_error err;
	struct config *c = config_load(str_c(errors[_i].yaml), find_list, NULL, &err);
	char text[1024];

	ck_assert_msg(c == NULL, "taken: %s", errors[_i].yaml);
	config_error_text(&err, "test.yaml", text, sizeof(text));
	if (getenv("SHOW") != NULL)
		puts(text);
	ck_assert_msg(err.line == errors[_i].line, "line %u: %s", errors[_i].line, text);
	ck_assert_msg(strstr(err.token, errors[_i].token) != NULL, "token %s: %s", errors[_i].token, text);
	ck_assert_msg(strstr(err.expected, errors[_i].expected) != NULL, "expected %s: %s",
	    errors[_i].expected, text);
	ck_assert_msg(strstr(err.fix, errors[_i].fix) != NULL, "fix %s: %s", errors[_i].fix, text);
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
	size_t n = (1 << 20) + 1;
	char *yaml = malloc(n);
	struct config_error err;

	ck_assert_ptr_nonnull(yaml);
	memset(yaml, '#', n);
	ck_assert_ptr_null(config_load(str_of(yaml, n), NULL, NULL, &err));
	ck_assert_str_eq(err.expected, "at most 1 MiB");
	yaml[0] = '#';
	ck_assert_ptr_nonnull(yaml);
	config_free(config_load(str_of(yaml, n - 1), NULL, NULL, &err));
	ck_assert_str_eq(err.expected, "");
	free(yaml);
}
END_TEST

START_TEST(control_bytes_do_not_reach_the_message)
{
	struct config_error err;
	char text[1024];

	ck_assert_ptr_null(config_load(STR("\"a\\tb\\nc\": 1\n"), NULL, NULL, &err));
	config_error_text(&err, "t", text, sizeof(text));
	for (const char *p = text; *p != '\0'; p++)
		ck_assert_int_ge((unsigned char)*p, 0x20);
}
END_TEST

START_TEST(list_files_are_named_once)
{
	struct config *c = load("rules:\n"
				"- { name: a, when: { host_list: [/lists/good] }, action: passthrough }\n"
				"- { name: b, when: { host_list: /lists/good }, action: log }\n");
	size_t n;
	const char *const *lists = config_lists(c, &n);

	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(lists[0], "/lists/good");
	config_free(c);
}
END_TEST

START_TEST(a_reference_keeps_it_alive)
{
	struct config *c = load("workers: 7\n");
	struct config_error err;
	struct policy *p = policy_new(config_ref(c), &err);

	ck_assert_ptr_nonnull(p);
	config_free(c);
	ck_assert_uint_eq(config_workers(policy_config(p)), 7);
	policy_free(policy_ref(p));
	policy_free(p);
	policy_free(NULL);
	config_free(NULL);
}
END_TEST

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(files_are_read_with_their_lists)
{
	char dir[] = "/tmp/sallyport-test-XXXXXX", conf[64], list[64], yaml[256];
	struct config_error err;
	struct config *c;
	size_t n;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(conf, sizeof(conf), "%s/sallyport.yaml", dir);
	snprintf(list, sizeof(list), "%s/banks.txt", dir);
	snprintf(yaml, sizeof(yaml),
	    "rules:\n- name: banks\n  when: { host_list: [%s] }\n  action: passthrough\n", list);
	write_file(conf, yaml);
	ck_assert_ptr_null(config_load_file(conf, &err));
	ck_assert_uint_eq(err.line, 3);
	ck_assert_str_eq(err.token, list);
	ck_assert_ptr_nonnull(strstr(err.expected, "No such file"));
	write_file(list, "bank.example\n");
	c = config_load_file(conf, &err);
	ck_assert_msg(c != NULL, "%s", err.expected);
	config_lists(c, &n);
	ck_assert_uint_eq(n, 1);
	config_free(c);
	unlink(conf);
	ck_assert_ptr_null(config_load_file(conf, &err));
	ck_assert_uint_eq(err.line, 0);
	ck_assert_str_eq(err.token, conf);
	ck_assert_ptr_null(config_load_file(dir, &err));
	ck_assert_ptr_nonnull(strstr(err.expected, "directory"));
	unlink(list);
	rmdir(dir);
	c = config_load_file(NULL, &err);
	ck_assert_ptr_nonnull(c);
	config_free(c);
}
END_TEST

START_TEST(a_bundle_carries_it_to_roles)
{
	struct bundle *w = bundle_new(), *b;
	struct config_error err;
	struct config *c;
	int fd, r;

	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(bundle_add(w, STR("config"), STR("workers: 5\nrules:\n- name: banks\n"
							  "  when: { host_list: [/x/banks] }\n"
							  "  action: passthrough\n")), 0);
	ck_assert_int_eq(bundle_add(w, STR("list:/x/banks"), STR("bank.example\n")), 0);
	fd = bundle_seal(w);
	bundle_free(w);
	ck_assert_int_ge(fd, 0);
	b = bundle_open(fd, &r);
	close(fd);
	ck_assert_ptr_nonnull(b);
	c = config_load_bundle(b, &err);
	bundle_free(b);
	ck_assert_msg(c != NULL, "%s", err.expected);
	ck_assert_uint_eq(config_workers(c), 5);
	config_free(c);
}
END_TEST

START_TEST(the_limits_table_has_every_limit)
{
	char *text = NULL;
	size_t n = 0, rows = 0;
	FILE *f = open_memstream(&text, &n);

	limits_print(f);
	fclose(f);
	for (size_t i = 0; i < n; i++)
		rows += text[i] == '\n';
	ck_assert_uint_eq(rows, limit_rows_n + 2);
	ck_assert_ptr_nonnull(strstr(text, "| `body_held` | 100M | 64K | 1000M | "));
	free(text);
}
END_TEST

/* A file of the source tree, beside which this test was compiled; NULL where it is not at hand. */
static char *source_file(const char *name)
{
	char path[4096];
	const char *slash = strrchr(__FILE__, '/');
	char *text = NULL;
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%.*s/../../%s", (int)(slash != NULL ? slash - __FILE__ : 1),
	    slash != NULL ? __FILE__ : ".", name);
	f = fopen(path, "r");
	if (f == NULL || getdelim(&text, &n, '\0', f) < 0) {
		printf("%s is not at hand, not compared\n", path);
		free(text);
		text = NULL;
	}
	if (f != NULL)
		fclose(f);
	return text;
}

START_TEST(the_reference_page_has_the_tables_of_the_program)
{
	static void (*const print[])(FILE *) = { limits_print, conditions_print };
	char *page = source_file("docs/configuration.md"), *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	print[_i](f);
	fclose(f);
	if (page != NULL)
		ck_assert_msg(strstr(page, text) != NULL, "docs/configuration.md lacks:\n%s", text);
	free(text);
	free(page);
}
END_TEST

START_TEST(the_shipped_file_says_the_defaults)
{
	char *text = source_file("scripts/sallyport.yaml");
	struct config *ship = load(text != NULL ? text : ""), *none = load("");

	ck_assert_int_eq(memcmp(config_limits(ship), config_limits(none), sizeof(struct limits)), 0);
	ck_assert_int_eq(memcmp(config_listen(ship), config_listen(none), sizeof(struct config_listen)), 0);
	ck_assert_uint_eq(config_network(ship)->mark, config_network(none)->mark);
	ck_assert_uint_eq(config_network(ship)->table, config_network(none)->table);
	ck_assert_int_eq(config_network(ship)->manage, config_network(none)->manage);
	ck_assert_str_eq(config_tls(ship)->ca_key, config_tls(none)->ca_key);
	ck_assert_str_eq(config_tls(ship)->trust, config_tls(none)->trust);
	ck_assert_str_eq(config_scanner(ship)->signatures, config_scanner(none)->signatures);
	ck_assert_str_eq(config_audit(ship)->folder, config_audit(none)->folder);
	config_free(ship);
	config_free(none);
	free(text);
}
END_TEST

/* The examples in comments, too: "# rules:" and what follows, without the "# ". */
START_TEST(the_shipped_examples_are_taken)
{
	char *text = source_file("scripts/sallyport.yaml"), *from, *to, yaml[4096] = "";
	struct config *c;

	from = text != NULL ? strstr(text, "# rules:\n") : NULL;
	for (to = yaml; from != NULL && *from == '#'; from = strchr(from, '\n') + 1)
		to += snprintf(to, sizeof(yaml) - (size_t)(to - yaml), "%.*s",
		    (int)(strchr(from, '\n') + 1 - from - 2), from + 2);
	ck_assert(text == NULL || yaml[0] != '\0');
	c = load(yaml);
	config_free(c);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, an_empty_file_is_a_good_configuration, 0, 6);
	tcase_add_test(t, every_key_is_taken);
	tcase_add_test(t, a_listener_can_be_switched_off);
	tcase_add_loop_test(t, booleans_have_six_words, 0, 8);
	tcase_add_loop_test(t, a_mistake_is_explained, 0, (int)(sizeof(errors) / sizeof(errors[0])));
	tcase_add_test(t, a_huge_file_is_refused);
	tcase_add_test(t, control_bytes_do_not_reach_the_message);
	tcase_add_test(t, list_files_are_named_once);
	tcase_add_test(t, a_reference_keeps_it_alive);
	tcase_add_test(t, files_are_read_with_their_lists);
	tcase_add_test(t, a_bundle_carries_it_to_roles);
	tcase_add_test(t, the_limits_table_has_every_limit);
	tcase_add_loop_test(t, the_reference_page_has_the_tables_of_the_program, 0, 2);
	tcase_add_test(t, the_shipped_file_says_the_defaults);
	tcase_add_test(t, the_shipped_examples_are_taken);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
