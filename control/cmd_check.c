/* SPDX-License-Identifier: BSD-2-Clause */
/* sallyport check: the configuration, its rules, and the files and folders that it names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/ca_files.h"
#include "control/client_files.h"
#include "control/cmd.h"
#include "control/exit.h"
#include "control/files.h"
#include "control/plan.h"
#include "core/err.h"
#include "core/sigfile.h"
#include "policy/origin.h"

enum { TRUST_MAX = 32 << 20 };

/* A bundle of certificates in PEM; the fix may be "". */
static int check_pem(const char *what, const char *path, const char *fix)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	struct buf pem;
	struct str s;
	int code = EXIT_OK;

	buf_init(&pem, TRUST_MAX);
	if (file_read(path, &pem) != 0) {
		fprintf(stderr,
		    "sallyport check: %s %s cannot be read: %s%s\n", what, path, strerror(errno), fix);
		code = EXIT_FILE;
	} else {
		s = buf_view(&pem);
		if (memmem(s.p, s.n, begin, sizeof(begin) - 1) == NULL) {
			fprintf(stderr, "sallyport check: %s %s holds no certificate\n", what, path);
			code = EXIT_CONFIG;
		}
	}
	buf_free(&pem);
	return code;
}

static int check_ca(const struct config *c)
{
	char warning[160];
	int there = ca_files_there(c), code;

	if (!config_tls(c)->intercept) {
		printf("note: tls.intercept is no: TLS is not decrypted, and no CA is needed\n");
		return EXIT_OK;
	}
	if (there == 0) {
		printf("note: there is no CA yet; `sallyport up` or `sallyport ca create` makes "
		       "one\n");
		return EXIT_OK;
	}
	code = ca_files_check(c, warning, sizeof(warning));
	if (code == EXIT_OK && warning[0] != '\0')
		printf("warning: %s\n", warning);
	return code;
}

/* Without signatures the gateway still runs, on its test database: worth a loud word. So are old ones. */
static void check_signatures(const struct config *c)
{
	const struct config_scanner *s = config_scanner(c);
	uint64_t stale = config_limits(c)->signatures_stale;
	struct sigfolder look;
	int64_t age;

	if (!s->enabled) {
		printf("warning: scanner.enabled is no: nothing is searched for malware\n");
		return;
	}
	sigfolder_look(s->signatures, &look);
	age = time(NULL) - look.newest;
	if (look.detects == 0)
		printf("warning: %s holds no signatures; only the built-in test signature would be "
		       "found; fix: install "
		       "clamav-freshclam\n",
		    s->signatures);
	else if (age > 0 && (uint64_t)age * 1000 > stale)
		printf("warning: the newest signatures in %s are %lld days old; fix: see why freshclam "
		       "does not bring new ones\n",
		    s->signatures, (long long)age / 86400);
}

static int check_network(const struct config *c)
{
	struct net_plan p;

	plan_of(c, NULL, 0, &p);
	if (config_network(c)->manage == MANAGE_OFF && p.inside_n == 0)
		return EXIT_OK;
	if (net_plan_fault(&p) == NULL)
		return EXIT_OK;
	fprintf(stderr, "sallyport check: network: %s\n", net_plan_fault(&p));
	return EXIT_CONFIG;
}

static int worse(int a, int b)
{
	return a != EXIT_OK ? a : b;
}

static void warn(void *arg, const char *text)
{
	(void)arg;
	printf("warning: %s\n", text);
}

int cmd_check(const struct args *a, const struct cli_ops *ops)
{
	struct config_error e = { .line = 0 };
	const char *path = NULL;
	struct policy *p;
	int code = EXIT_OTHER;
	struct config *c = config_for_command(a->config, &path, &code);
	const struct config_tls *tls;

	if (c == NULL)
		return code;
	tls = config_tls(c);
	if ((p = policy_new(c, &e)) == NULL) {
		config_complain(path, &e);
		return EXIT_CONFIG;
	}
	/* All of them are looked at; the first that failed decides the exit code. */
	code = worse(check_network(c), check_ca(c));
	code = worse(code, client_files_check(c));
	code = worse(code, check_pem("trust store", tls->trust,
			       "; fix: install ca-certificates, or set tls.trust"));
	if (tls->intermediates != NULL)
		code = worse(code, check_pem("intermediates", tls->intermediates, ""));
	code = worse(code, ops->check_revocation(c));
	check_signatures(c);
	exceptions_warn(c, time(NULL), true, warn, NULL);
	if (code == EXIT_OK)
		printf("%s: good\n", path != NULL ? path : "built-in configuration");
	policy_free(p);
	return code;
}
