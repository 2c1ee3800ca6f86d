/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections of the configuration, checked for sense. */
#include "policy/config_verify.h"

#include <net/if.h>
#include <string.h>

#include "core/err.h"
#include "http/icap_url.h"
#include "policy/config_error.h"

enum { PROCESSES_MAX = 256 };

struct verify {
	const struct raw_config *raw;
	const struct node *root;
	struct config_error *err;
};

/* The place of section.key, entry i, as an error; the section or the key may be missing. */
static int bad(
    struct verify *v, const char *section, const char *key, unsigned i, const char *expected)
{
	const struct node *in = section != NULL ? node_get(v->root, section) : v->root;
	const struct node *n = node_at(node_get(in, key), i);
	unsigned line = n != NULL ? n->line : in != NULL ? in->line : 0;

	return config_error_set(v->err, line,
	    n != NULL && n->kind == NODE_SCALAR ? n->text : str_c(key), "%s", expected);
}

static int verify_listen(struct verify *v)
{
	const struct config_listen *l = &v->raw->listen;

	if (l->http == 0 && l->tls == 0 && l->any == 0) {
		bad(v, "listen", "tls", 0, "at least one listening port");
		return config_error_fix(v->err, "listen: { http: 8080, tls: 8443 }");
	}
	if (l->http != 0 && (l->http == l->tls || l->http == l->any))
		return bad(v, "listen", "http", 0, "a port of its own for each listener");
	if (l->tls != 0 && l->tls == l->any)
		return bad(v, "listen", "any", 0, "a port of its own for each listener");
	if (v->raw->network.all_ports && l->any == 0) {
		bad(v, "network", "all_ports", 0,
		    "a port in listen.any: it takes what is on all ports");
		return config_error_fix(v->err, "listen: { any: 8081 }");
	}
	return 0;
}

/* The name goes into rules for iptables-restore: nothing but the plainest characters. */
static bool interface_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '.' && c != ':' && c != '@' && (c != '-' || i == 0))
			return false;
	}
	return s.n > 0 && s.n < IFNAMSIZ && !str_eq(s, STR(".")) && !str_eq(s, STR(".."));
}

static int verify_ports(struct verify *v, const char *key, const uint16_t *ports, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (ports[i] == 0)
			return bad(v, "network", key, i, "a port of 1 to 65535");
	return 0;
}

static int verify_network(struct verify *v)
{
	const struct config_network *n = &v->raw->network;
	int r;

	for (unsigned i = 0; i < n->inside_n; i++)
		if (!interface_ok(str_c(n->inside[i]))) {
			bad(v, "network", "inside", i, "the name of a network interface");
			return config_error_fix(v->err, "such as eth1; see 'ip link'");
		}
	if ((r = verify_ports(v, "http_ports", n->http_ports, n->http_ports_n)) != 0 ||
	    (r = verify_ports(v, "tls_ports", n->tls_ports, n->tls_ports_n)) != 0)
		return r;
	for (unsigned i = 0; i < n->tls_ports_n; i++)
		for (unsigned k = 0; k < n->http_ports_n; k++)
			if (n->tls_ports[i] == n->http_ports[k])
				return bad(v, "network", "tls_ports", i,
				    "ports that are not in http_ports");
	if (n->mark == 0)
		return bad(v, "network", "mark", 0,
		    "a mark other than 0: it keeps our own traffic from being intercepted again");
	if (n->table == 0 || (n->table >= 253 && n->table <= 255))
		return bad(v, "network", "table", 0, "a routing table other than 0 and 253 to 255");
	return 0;
}

/* The daemon's working directory is not the reader's. */
static int verify_tls_files(struct verify *v)
{
	const struct config_tls *t = &v->raw->tls;

	for (unsigned i = 0; i < t->crl_n; i++)
		if (t->crl[i][0] != '/')
			return bad(v, "tls", "crl", i, "the full path of a revocation list");
	if (t->revocation_set != NULL && t->revocation_set[0] != '/')
		return bad(v, "tls", "revocation_set", 0, "the full path of a revocation set");
	if (t->intermediates != NULL && t->intermediates[0] != '/')
		return bad(v, "tls", "intermediates", 0, "the full path of a bundle of certificates");
	return 0;
}

/* It stands in front of what the engine found, in log lines and verdicts. */
static bool engine_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' &&
		    s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= ENGINE_NAME_MAX;
}

static int bad_engine(struct verify *v, unsigned i, const char *key, const char *text, const char *expected)
{
	const struct node *in = node_at(node_get(node_get(v->root, "scanner"), "engines"), i), *n = node_get(in, key);

	return config_error_set(v->err, n != NULL ? n->line : in != NULL ? in->line : 0, str_c(text), "%s", expected);
}

static int verify_engine(struct verify *v, const struct config_engine *all, unsigned i)
{
	const struct config_engine *e = &all[i];
	struct icap_url url;

	if (!engine_name(str_c(e->name)))
		return bad_engine(v, i, "name", e->name, "a name of a to z, 0 to 9, - and _, at most 20 of them");
	for (unsigned k = 0; k < i; k++)
		if (strcmp(all[k].name, e->name) == 0)
			return bad_engine(v, i, "name", e->name, "a name that no other engine has");
	if (icap_url_parse(str_c(e->url), &url) != 0) {
		bad_engine(v, i, "url", e->url, "the URL of an ICAP service");
		return config_error_fix(v->err, "such as icap://192.0.2.7:1344/avscan, or icaps:// for TLS");
	}
	if (e->ca != NULL && e->ca[0] != '/')
		return bad_engine(v, i, "ca", e->ca, "the full path of a file of certificates");
	if (e->ca != NULL && !url.tls)
		return bad_engine(v, i, "ca", e->ca, "no ca where the URL is not icaps://");
	return 0;
}

static int verify_engines(struct verify *v)
{
	const struct config_scanner *s = &v->raw->scanner;
	int r = 0;

	for (unsigned i = 0; i < s->engines_n && r == 0; i++)
		r = verify_engine(v, s->engines, i);
	return r;
}

/* As far as it can be told without the rules for certificates: nothing but plain characters. */
static bool host_or_address(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-' && c != '_' && c != ':')
			return false;
	}
	return s.n > 0 && s.n < 254;
}

static int verify_management(struct verify *v)
{
	const struct config_tls *t = &v->raw->tls;

	for (unsigned i = 0; i < t->management_names_n; i++)
		if (!host_or_address(str_c(t->management_names[i]))) {
			bad(v, "tls", "management_names", i, "the name of a host, or an address");
			return config_error_fix(v->err, "such as gateway.example.org, without wildcards");
		}
	return 0;
}

static int verify_rest(struct verify *v)
{
	const struct config_tls *t = &v->raw->tls;
	int r = verify_tls_files(v);

	if (r != 0)
		return r;
	if ((t->ca_cert == NULL) != (t->ca_key == NULL)) {
		bad(v, "tls", t->ca_cert != NULL ? "ca_cert" : "ca_key", 0,
		    "both ca_cert and ca_key, or neither");
		return config_error_fix(v->err, "name the other file, too: they belong together");
	}
	if (v->raw->workers > PROCESSES_MAX)
		return bad(v, NULL, "workers", 0, "at most 256; 0 means one per core");
	if (v->raw->scanner.jobs > PROCESSES_MAX)
		return bad(v, "scanner", "jobs", 0, "at most 256; 0 means one per core");
	return verify_engines(v);
}

/* A number without a unit that it needs, or with one written out. */
static int unit_fix(struct verify *v, enum limit_kind kind, struct str text)
{
	uint64_t n;
	size_t digits = 0;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (kind == LIMIT_TIME && str_u64(text, &n) == 0)
		return config_error_fix(v->err, "did you mean %.*ss?", STR_FMT(text));
	if (kind == LIMIT_SIZE && digits > 0 && digits < text.n &&
	    (str_isuffix(text, STR("iB")) || str_isuffix(text, STR("B"))) && text.n - digits > 1)
		return config_error_fix(v->err, "did you mean %.*s?", (int)digits + 1, text.p);
	return config_error_fix(v->err, "%s",
	    kind == LIMIT_SIZE   ? "a number with nothing, K, M or G behind it, such as 64K"
	    : kind == LIMIT_TIME ? "a number with ms, s, m or h behind it, such as 30s"
				 : "a plain number, such as 128");
}

static int limit_error(struct verify *v, const struct limit_row *row, const char *text)
{
	static const char *const kinds[] = { "a size", "a time", "a count" };
	uint64_t n, least;
	bool low;

	bad(v, "limits", row->name, 0, ""); /* finds the line */
	if (limit_parse(row->kind, str_c(text), &n) != 0) {
		config_error_set(v->err, v->err->line, str_c(text), "limit %s: %s, %s to %s",
		    row->name, kinds[row->kind], row->least, row->most);
		return unit_fix(v, row->kind, str_c(text));
	}
	low = limit_parse(row->kind, str_c(row->least), &least) == 0 && n < least;
	config_error_set(v->err, v->err->line, str_c(text), "%s to %s (limit %s: %s is %s, %s)",
	    row->least, row->most, row->name, text, low ? "below the least" : "above the most",
	    low ? row->least : row->most);
	return config_error_fix(v->err, "the default is %s", row->def);
}

/* The texts of struct raw_limits in the order of limit_rows. */
static int verify_limits(struct verify *v, struct limits *limits)
{
	const struct raw_limits *raw = &v->raw->limits;
	const char *const texts[] = {
#define SIZE(name, def, least, most, doc) raw->name,
#define TIME(name, def, least, most, doc) raw->name,
#define COUNT(name, def, least, most, doc) raw->name,
#include "core/limit.def"
#undef SIZE
#undef TIME
#undef COUNT
	};

	limits_default(limits);
	for (size_t i = 0; i < limit_rows_n; i++)
		if (texts[i] != NULL &&
		    limits_set(limits, str_c(limit_rows[i].name), str_c(texts[i])) != 0)
			return limit_error(v, &limit_rows[i], texts[i]);
	return 0;
}

int config_verify(const struct raw_config *raw, const struct node *root, struct limits *limits,
    struct config_error *err)
{
	struct verify v = { raw, root, err };
	int r;

	if ((r = verify_listen(&v)) != 0 || (r = verify_network(&v)) != 0 ||
	    (r = verify_management(&v)) != 0 || (r = verify_rest(&v)) != 0)
		return r;
	return verify_limits(&v, limits);
}
