/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sallyport up. Everything that can be asked is asked before anything is changed; the network
 * rules come last, when the gateway serves; a step that fails takes the earlier ones back.
 */
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/export.h"
#include "control/ca_files.h"
#include "control/cmd.h"
#include "control/daemon.h"
#include "control/exit.h"
#include "control/files.h"
#include "control/pidfile.h"
#include "control/plan.h"
#include "core/err.h"
#include "intercept/sock.h"
#include "policy/policy.h"

enum { WHY = 512, PATH_SIZE = 4096, READY_SECONDS = 120, GRACE_SECONDS = 5, PEM_MAX = 65536 };

struct up {
	const struct args *args;
	const struct config *config;
	const char *path; /* of the configuration, or NULL */
	struct net_plan plan;
	char log[PATH_SIZE];
	bool made_ca, made_state;
	pid_t pid;
};

static int fail(int code, const char *what, const char *why)
{
	fprintf(stderr, "sallyport up: %s%s\n", what, why);
	return code;
}

static int check_plan(const struct up *u)
{
	const struct net_plan *p = &u->plan;
	bool told = u->args->inside_n > 0;
	char text[WHY];

	if (p->inside_n == 0)
		return fail(EXIT_USAGE,
		    "no inside interface is named; fix: --inside IF, or network.inside", "");
	if (net_plan_fault(p) != NULL)
		return fail(told ? EXIT_USAGE : EXIT_CONFIG, net_plan_fault(p), "");
	for (unsigned i = 0; i < p->inside_n; i++) {
		if (if_nametoindex(p->inside[i]) != 0)
			continue;
		snprintf(text, sizeof(text),
		    "there is no interface %s; fix: one of those that `ip link` shows",
		    p->inside[i]);
		return fail(told ? EXIT_USAGE : EXIT_CONFIG, text, "");
	}
	return EXIT_OK;
}

static int check_port(uint16_t port)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char text[WHY];
	int fd;

	for (unsigned i = 0; port != 0 && i < 2; i++) {
		if ((fd = sock_probe(families[i], port)) >= 0) {
			close(fd);
		} else if (errno == EADDRINUSE) {
			snprintf(text, sizeof(text),
			    "port %u is in use (IPv%c); fix: stop its owner (ss -ltnp), or set "
			    "listen",
			    port, i == 0 ? '4' : '6');
			return fail(EXIT_PORT, text, "");
		}
	}
	return EXIT_OK;
}

static int check_kernel(const struct up *u)
{
	char why[WHY] = "";
	int r = net_probe(&u->plan, why, sizeof(why));

	switch (r) {
	case 0:
		return EXIT_OK;
	case -ERR_DENIED:
		return fail(EXIT_CAPABILITY, why, "");
	case -ERR_NOT_FOUND:
		return fail(EXIT_KERNEL, why, "; fix: install iptables");
	default:
		return fail(EXIT_KERNEL,
		    "the kernel lacks what interception needs (TPROXY, socket match): ", why);
	}
}

static int check_all(const struct up *u)
{
	const struct config_listen *l = config_listen(u->config);
	int code;

	if ((code = check_plan(u)) != EXIT_OK || u->pid != 0 ||
	    (code = check_port(l->http)) != EXIT_OK || (code = check_port(l->tls)) != EXIT_OK ||
	    (code = check_port(l->any)) != EXIT_OK)
		return code;
	return check_kernel(u);
}

static int make_files(struct up *u)
{
	const char *state = config_state_dir(u->config), *audit = config_audit(u->config)->folder;
	int there = ca_files_there(u->config);
	char warning[160];

	u->made_state = access(state, F_OK) != 0;
	if (file_mkdirs(state, 0750) != 0)
		return fail(EXIT_FILE, state, ": this folder cannot be made");
	if (file_mkdirs(audit, 0750) != 0 ||
	    file_join(audit, "sallyport.log", u->log, sizeof(u->log)) != 0)
		return fail(EXIT_FILE, audit, ": this folder cannot be made");
	if (!config_tls(u->config)->intercept)
		return EXIT_OK;
	if (there < 0)
		return fail(EXIT_FILE, "of the CA's certificate and key one is missing: ",
		    config_tls(u->config)->ca_cert);
	if (there == 1)
		return ca_files_check(u->config, warning, sizeof(warning));
	u->made_ca = true;
	return ca_files_create(u->config, "Sallyport CA");
}

static int start(struct up *u)
{
	struct daemon_start d = { .config = u->path,
		.state_dir = config_state_dir(u->config),
		.log = u->args->foreground ? NULL : u->log,
		.inside = u->args->inside,
		.inside_n = u->args->inside_n,
		.patience = READY_SECONDS };

	return daemon_start(&d, &u->pid);
}

static unsigned patience(const struct up *u)
{
	return (unsigned)(config_limits(u->config)->drain / 1000) + GRACE_SECONDS;
}

/* What this call brought into being goes; what was there before stays. */
static void undo(const struct up *u, bool started)
{
	const char *state = config_state_dir(u->config);
	char ca[PATH_SIZE];

	if (started && u->pid != 0)
		daemon_stop(state, u->pid, patience(u));
	if (u->made_ca) {
		ca_files_remove(u->config);
		if (file_join(state, "ca", ca, sizeof(ca)) == 0)
			rmdir(ca);
	}
	if (u->made_state)
		rmdir(state);
}

static int rules(const struct up *u)
{
	char why[WHY] = "";

	if (net_up(&u->plan, config_state_dir(u->config), why, sizeof(why)) == 0)
		return EXIT_OK;
	return fail(EXIT_NETWORK, "the network rules failed: ", why);
}

static void print_fingerprint(const char *cert)
{
	struct buf pem, text;

	buf_init(&pem, PEM_MAX);
	buf_init(&text, 4096);
	if (file_read(cert, &pem) == 0 && ca_export(buf_view(&pem), CA_FINGERPRINT, &text) == 0)
		printf("           SHA-256 %.*s", STR_FMT(buf_view(&text)));
	buf_free(&pem);
	buf_free(&text);
}

static void tell_trust(const struct up *u, const char *option, const char *path)
{
	const struct config_tls *t = config_tls(u->config);

	if (!t->intercept) {
		printf("  tls      is not decrypted (tls.intercept: no); clients need no CA\n");
		return;
	}
	printf("  trust    clients have to trust the CA certificate %s\n", t->ca_cert);
	print_fingerprint(t->ca_cert);
	printf(
	    "           sallyport ca export%s%s --out ca.pem, then on Debian clients: copy it to\n"
	    "           /usr/local/share/ca-certificates/sallyport.crt and run "
	    "update-ca-certificates\n",
	    option, path);
}

static void tell(const struct up *u, bool started)
{
	const char *option = u->path != NULL ? " --config " : "",
		   *path = u->path != NULL ? u->path : "";

	printf("sallyport %s on", started ? "is up" : "was up; its network rules are refreshed,");
	for (unsigned i = 0; i < u->plan.inside_n; i++)
		printf(" %s", u->plan.inside[i]);
	printf("\n");
	tell_trust(u, option, path);
	printf("  audit    %s\n  messages %s\n", config_audit(u->config)->folder,
	    u->args->foreground ? "here" : u->log);
	printf("  look     sallyport status%s%s\n  stop     sallyport down%s%s\n", option, path,
	    option, path);
	fflush(stdout);
}

/*
 * Until somebody asks for the end, or the gateway ends by itself: then the rules stay, because
 * whoever intercepts on purpose does not want traffic to go past unseen after a crash.
 */
static int stay(const struct up *u, const sigset_t *signals)
{
	const char *state = config_state_dir(u->config);
	char why[WHY] = "";
	int status = 0, s = SIGCHLD;

	while (s == SIGCHLD) {
		if (waitpid(u->pid, &status, WNOHANG) == u->pid)
			return fail(WIFEXITED(status) && WEXITSTATUS(status) != 0
					? WEXITSTATUS(status)
					: EXIT_OTHER,
			    "the gateway ended; intercepted traffic is dropped; fix: sallyport up, "
			    "or down",
			    "");
		if (sigwait(signals, &s) != 0)
			return EXIT_OTHER;
	}
	net_release(state, why, sizeof(why));
	daemon_stop(state, u->pid, patience(u));
	return net_down(state, why, sizeof(why)) == 0 ? EXIT_OK
						      : fail(EXIT_NETWORK, "network: ", why);
}

static int bring_up(struct up *u)
{
	bool started = u->pid == 0;
	sigset_t signals;
	int code;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	if (u->args->foreground && started)
		sigprocmask(SIG_BLOCK, &signals, NULL);
	if ((started && ((code = make_files(u)) != EXIT_OK || (code = start(u)) != EXIT_OK)) ||
	    (code = rules(u)) != EXIT_OK) {
		undo(u, started);
		return code;
	}
	tell(u, started);
	return u->args->foreground && started ? stay(u, &signals) : EXIT_OK;
}

int cmd_up(const struct args *a, const struct cli_ops *ops)
{
	struct config_error e = { .line = 0 };
	struct up u = { .args = a };
	int code = EXIT_OTHER;
	struct policy *p;
	struct config *c;

	(void)ops;
	if (!net_capable() || geteuid() != 0)
		return fail(EXIT_CAPABILITY,
		    "root with CAP_NET_ADMIN is needed; fix: sudo sallyport up", "");
	if ((c = config_for_command(a->config, &u.path, &code)) == NULL)
		return code;
	if ((p = policy_new(c, &e)) == NULL) {
		config_complain(u.path, &e);
		return EXIT_CONFIG;
	}
	u.config = c;
	u.pid = pidfile_owner(config_state_dir(c), 0);
	if (u.pid != 0 &&
	    file_join(config_audit(c)->folder, "sallyport.log", u.log, sizeof(u.log)) != 0)
		u.log[0] = '\0';
	plan_of(c, a->inside, a->inside_n, &u.plan);
	if ((code = check_all(&u)) == EXIT_OK)
		code = bring_up(&u);
	policy_free(p);
	return code;
}
