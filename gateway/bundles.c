/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each role is told at its start. A role gets what its duty needs and nothing else: secrets
 * go to the signer alone, as open files that nobody else has read.
 */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/ca_secrets.h"
#include "core/bundle.h"
#include "core/err.h"
#include "core/log.h"
#include "gateway/parent.h"
#include "gateway/samples.h"
#include "intercept/sock.h"
#include "gateway/revocation.h"

enum { RESOLUTION_MAX = 1 << 20, CONFIG_MAX = 1 << 20, LIST_MAX = 64 << 20, PEM_MAX = 16 << 20, CLIENT_MAX = 256 << 10, POISON_TEXT_MAX = 256 << 10 };

static char file_trouble[600]; /* the last one's, for who asked for a reload */

int parent_read_file(const char *path, size_t max, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[16384];
	ssize_t n = 0;
	int r = fd < 0 ? -ERR_FILE : 0;

	buf_init(out, max);
	while (r == 0 && (n = read(fd, piece, sizeof(piece))) > 0)
		r = buf_append(out, piece, (size_t)n);
	if (n < 0)
		r = -ERR_FILE;
	if (r != 0) {
		snprintf(file_trouble, sizeof(file_trouble), "%s: %s", path,
		    r == -ERR_LIMIT ? "too large" : strerror(errno));
		log_error("%s", file_trouble);
		buf_free(out);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

static int add_file(struct bundle *b, const char *name, const char *path, size_t max)
{
	struct buf bytes;
	int r = parent_read_file(path, max, &bytes);

	if (r == 0)
		r = bundle_add(b, str_c(name), buf_view(&bytes));
	buf_wipe(&bytes);
	return r;
}

static int add_limits(struct bundle *b, const struct limits *l)
{
	struct buf text;
	int r = 0;

	buf_init(&text, 65536);
	for (size_t i = 0; i < limit_rows_n && r == 0; i++) {
		uint64_t v = *(const uint64_t *)((const char *)l + limit_rows[i].offset);

		r = buf_printf(&text, "%s %llu%s\n", limit_rows[i].name, (unsigned long long)v,
		    limit_rows[i].kind == LIMIT_TIME ? "ms" : "");
	}
	if (r == 0)
		r = bundle_add(b, STR("limits"), buf_view(&text));
	buf_free(&text);
	return r;
}

static int add_config(struct bundle *b, const struct parent *p, const struct config *conf)
{
	size_t n = 0;
	const char *const *lists = config_lists(conf, &n);
	int r = p->config_path != NULL ? add_file(b, "config", p->config_path, CONFIG_MAX) :
					 bundle_add(b, STR("config"), STR_NONE);

	for (size_t i = 0; i < n && r == 0; i++) {
		char name[4200];

		snprintf(name, sizeof(name), "list:%s", lists[i]);
		r = add_file(b, name, lists[i], LIST_MAX);
	}
	return r;
}

/* The private keys of client certificates: a worker has to sign with them. */
static int add_clients(struct bundle *b, const struct config *conf)
{
	const struct client_cert *c;
	char name[4200];
	struct str there;
	int r = 0;

	for (size_t i = 0; r == 0 && (c = config_client_cert(conf, i)) != NULL; i++) {
		const char *const paths[] = { c->cert, c->key };

		for (size_t k = 0; r == 0 && c->action == CLIENT_CERT_PRESENT && k < 2; k++) {
			snprintf(name, sizeof(name), "client:%s", paths[k]);
			if (!bundle_get(b, str_c(name), &there))
				r = add_file(b, name, paths[k], CLIENT_MAX);
		}
	}
	return r;
}

/* What is revoked; a file may be named twice. */
static int add_revocation(struct bundle *b, const struct config_tls *tls)
{
	char name[4200];
	struct str there;
	int r = 0;

	for (unsigned i = 0; i <= tls->crl_n && r == 0; i++) {
		const char *path = i < tls->crl_n ? tls->crl[i] : tls->revocation_set;

		if (path == NULL)
			continue;
		revocation_entry(path, name, sizeof(name));
		if (!bundle_get(b, str_c(name), &there))
			r = add_file(b, name, path, REVOCATION_MAX);
	}
	return r;
}

static int add_line(struct buf *to, const char *text)
{
	return buf_printf(to, "%s\n", text);
}

/* Addresses of this host: whoever asks for them asks for the gateway. */
static int add_addresses(struct buf *to)
{
	struct ifaddrs *all = NULL;
	char text[64];
	int r = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *a = all; a != NULL && r == 0; a = a->ifa_next) {
		if (a->ifa_addr == NULL ||
		    (a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6))
			continue;
		sock_text(a->ifa_addr, text, sizeof(text));
		r = add_line(to, text);
	}
	freeifaddrs(all);
	return r;
}

/* Names that the signer must never sign for: those configured, the host's own, its addresses. */
static int add_management(struct bundle *b, const struct config_tls *tls)
{
	char host[256] = "";
	struct buf text;
	int r = 0;

	buf_init(&text, 65536);
	for (unsigned i = 0; i < tls->management_names_n && r == 0; i++)
		r = add_line(&text, tls->management_names[i]);
	if (r == 0 && gethostname(host, sizeof(host) - 1) == 0 && strchr(host, '.') != NULL)
		r = add_line(&text, host);
	if (r == 0)
		r = add_addresses(&text);
	if (r == 0)
		r = bundle_add(b, STR("management"), buf_view(&text));
	buf_free(&text);
	return r;
}

/* Where the CA's key is in a token: what the signer needs to find it. */
static int add_token(struct bundle *b, const struct config *conf)
{
	const struct config_tls *tls = config_tls(conf);
	int r;

	if (!ca_in_token(conf))
		return 0;
	if ((r = bundle_add(b, STR("ca.key_uri"), str_c(tls->ca_key))) == 0 &&
	    (r = bundle_add(b, STR("ca.module"), str_c(tls->ca_module))) == 0)
		r = bundle_add(b, STR("ca.token_dir"), str_c(tls->ca_token_dir));
	return r;
}

/* The list of revoked CAs; there need not be one. */
static int add_revoked(struct bundle *b, const struct config *conf)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/ca/revoked", config_state_dir(conf));
	return access(path, F_OK) != 0 ? 0 : add_file(b, "ca.revoked", path, CONFIG_MAX);
}

/* How names are resolved here, for a process without files. A host may do without either. */
static int add_resolution(struct bundle *b)
{
	static const char *const files[][2] = { { "resolv.conf", "/etc/resolv.conf" }, { "hosts", "/etc/hosts" } };
	int r = 0;

	for (size_t i = 0; i < 2 && r == 0; i++)
		if (access(files[i][1], R_OK) == 0)
			r = add_file(b, files[i][0], files[i][1], RESOLUTION_MAX);
	return r;
}

/* A file without any certificate is noticed here, before a reload gives anything up. */
static int add_intermediates(struct bundle *b, const char *path)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	struct buf pem;
	struct str s;
	int r = parent_read_file(path, PEM_MAX, &pem);

	s = buf_view(&pem);
	if (r == 0 && (s.n == 0 || memmem(s.p, s.n, begin, sizeof(begin) - 1) == NULL)) {
		snprintf(file_trouble, sizeof(file_trouble), "%s: holds no certificate", path);
		log_error("%s", file_trouble);
		r = -ERR_FILE;
	}
	if (r == 0)
		r = bundle_add(b, STR("intermediates"), s);
	buf_free(&pem);
	return r;
}

/* What killed jobs of scanners before this one is not tried by it. */
static int add_poison(struct bundle *b, const struct parent *p)
{
	struct buf text;
	int r;

	buf_init(&text, POISON_TEXT_MAX);
	r = samples_poison(p->samples, &text);
	if (r == 0)
		r = bundle_add(b, STR("scanner.poison"), buf_view(&text));
	buf_free(&text);
	return r;
}

/* The services of all external engines: each process finds its own by its number. */
static int add_engines(struct bundle *b, const struct config *conf)
{
	const struct config_scanner *scan = config_scanner(conf);
	int r = add_resolution(b);

	for (unsigned i = 0; i < scan->engines_n && i < ENGINES_MAX && r == 0; i++) {
		const struct config_engine *e = &scan->engines[i];
		char key[40];

		snprintf(key, sizeof(key), "engine.%u.name", i);
		r = bundle_add(b, str_c(key), str_c(e->name));
		snprintf(key, sizeof(key), "engine.%u.url", i);
		r = r != 0 ? r : bundle_add(b, str_c(key), str_c(e->url));
		snprintf(key, sizeof(key), "engine.%u.trust", i);
		if (r == 0 && str_iprefix(str_c(e->url), STR("icaps:")))
			r = add_file(b, key, e->ca != NULL ? e->ca : config_tls(conf)->trust, PEM_MAX);
	}
	return r;
}

static int fill(struct bundle *b, const struct parent *p, const struct config *conf, enum role role)
{
	const struct config_tls *tls = config_tls(conf);
	const struct config_scanner *scan = config_scanner(conf);
	const struct config_audit *audit = config_audit(conf);
	static const char *const phishing[] = { "signatures", "links", "off" };
	char jobs[16];
	int r = add_limits(b, config_limits(conf));

	if (r == 0 && tls->intercept && (role == ROLE_WORKER || role == ROLE_SIGNER))
		r = add_file(b, "ca.cert", tls->ca_cert, PEM_MAX);
	if (r == 0 && role == ROLE_SIGNER && (r = add_management(b, tls)) == 0 &&
	    (r = add_token(b, conf)) == 0)
		r = add_revoked(b, conf);
	if (r == 0 && role == ROLE_SIGNER)
		r = bundle_add(b, STR("audit.when_full"),
		    audit->when_full == WHEN_FULL_BLOCK ? STR("block") : STR("continue"));
	if (r == 0 && role == ROLE_WORKER)
		r = add_file(b, "trust", tls->trust, PEM_MAX);
	if (r == 0 && role == ROLE_WORKER)
		r = add_revocation(b, tls);
	if (r == 0 && role == ROLE_WORKER && tls->intermediates != NULL)
		r = add_intermediates(b, tls->intermediates);
	if (r == 0 && role == ROLE_WORKER)
		r = add_config(b, p, conf);
	if (r == 0 && role == ROLE_WORKER)
		r = add_clients(b, conf);
	if (r == 0 && role == ROLE_FETCHER)
		r = add_resolution(b);
	if (r == 0 && role == ROLE_ICAP)
		r = add_engines(b, conf);
	if (r == 0 && role == ROLE_RECORDER)
		r = bundle_add(b, STR("audit.folder"), str_c(audit->folder));
	snprintf(jobs, sizeof(jobs), "%u", scan->jobs);
	if (r == 0 && role == ROLE_SCANNER)
		r = bundle_add(b, STR("scanner.signatures"), str_c(scan->signatures));
	if (r == 0 && role == ROLE_SCANNER)
		r = bundle_add(b, STR("scanner.own_signatures"), str_c(scan->own_signatures));
	if (r == 0 && role == ROLE_SCANNER)
		r = bundle_add(b, STR("scanner.jobs"), str_c(jobs));
	if (r == 0 && role == ROLE_SCANNER)
		r = bundle_add(b, STR("scanner.phishing"), str_c(phishing[scan->phishing]));
	if (r == 0 && role == ROLE_SCANNER)
		r = add_poison(b, p);
	return r;
}

int secrets_send(struct child *c, const struct config *conf, char *why, size_t n)
{
	char reason[CA_WHY_MAX], space[CA_SECRETS];
	struct buf which = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	int fds[CA_SECRETS], r = 0;
	size_t k = 0;

	for (int i = 0; r == 0 && i < CA_SECRETS; i++) {
		int fd = ca_secret_open(conf, (enum ca_secret)i, reason);

		if (fd >= 0) {
			pack_u8(&which, (uint8_t)i);
			fds[k++] = fd;
		} else if (fd != -ERR_NOT_FOUND) {
			snprintf(why, n, "%s", reason);
			r = fd;
		}
	}
	if (r == 0 && (r = chan_send(c->chan, MSG_SECRETS, buf_view(&which), fds, k)) != 0)
		snprintf(why, n, "%s", err_text(r));
	while (k > 0)
		close(fds[--k]);
	return r;
}

int bundle_for(const struct parent *p, const struct config *conf, enum role role)
{
	struct bundle *b = bundle_new();
	int r = b != NULL ? fill(b, p, conf, role) : -ERR_NOMEM;

	if (r == 0)
		r = bundle_seal(b);
	bundle_free(b);
	return r;
}

const char *bundle_trouble(const struct parent *p, const struct config *conf)
{
	static const enum role roles[] = { ROLE_WORKER, ROLE_SIGNER, ROLE_RECORDER, ROLE_ICAP };

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		int fd;

		file_trouble[0] = '\0';
		if (roles[i] == ROLE_SIGNER && !parent_has_signer(p))
			continue;
		if ((fd = bundle_for(p, conf, roles[i])) < 0)
			return file_trouble[0] != '\0' ? file_trouble : err_text(fd);
		close(fd);
	}
	return NULL;
}
