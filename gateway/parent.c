/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent's life: start, commands, reload, stop. */
#include "gateway/parent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control/ca_secrets.h"
#include "control/exit.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "gateway/content.h"
#include "gateway/engines.h"
#include "gateway/hunting.h"
#include "gateway/learning.h"
#include "gateway/listening.h"
#include "gateway/renewal.h"
#include "gateway/samples.h"
#include "gateway/samples_disk.h"
#include "gateway/status.h"
#include "gateway/ticketing.h"
#include "policy/origin.h"

enum { STOP_STEP = 1000, STOP_GRACE = 3000 };

static bool search_on(const struct parent *p)
{
	return config_scanner(p->config)->enabled;
}

static void control_path(const struct parent *p, char *to, size_t n)
{
	snprintf(to, n, "%s/control.sock", config_state_dir(p->config));
}

static void audit_event(struct parent *p, const char *event, const struct child *role, const char *text)
{
	struct json j;
	struct buf line;

	buf_init(&line, AUDIT_LINE_MAX);
	audit_begin(&j, &line, event);
	json_c(&j, "source", "parent");
	if (strcmp(event, "start") == 0) {
		json_u64(&j, "worker", 0);
		json_c(&j, "version", SALLYPORT_VERSION);
	}
	if (role != NULL)
		json_c(&j, "role", role->name);
	if (role != NULL && role->role == ROLE_WORKER)
		json_u64(&j, "flows_open", role->flows_lost);
	json_u64(&j, "generation", p->generation);
	if (text != NULL)
		json_c(&j, "reason", text);
	if (json_end(&j) == 0)
		audit_line(p->audit, buf_view(&line));
	buf_free(&line);
}

/* ---- reload ---- */

static void reload_answer(struct parent *p, int code, const char *text)
{
	log_info("reload: %s", text);
	if (p->reload_reply != NULL)
		control_reply_send(p->reload_reply, code, str_c(text));
	p->reload_reply = NULL;
}

static void reload_finish(struct parent *p)
{
	char text[700];

	if (p->reload_bad)
		snprintf(text, sizeof(text), "failed in part: %s", p->reload_text);
	else
		snprintf(text, sizeof(text), "generation %u is in force", p->generation);
	audit_event(p, "reload", NULL, text);
	reload_answer(p, p->reload_bad ? EXIT_CONFIG : EXIT_OK, text);
}

static void signer_answered(struct parent *p, bool ok, struct str text);

void parent_on_reloaded(struct child *c, bool ok, struct str text)
{
	struct parent *p = c->p;

	if (p->reload_left == 0)
		return;
	if (p->reload_policy != NULL) {
		if (c == &p->signer)
			signer_answered(p, ok, text);
		return;
	}
	if (!ok) {
		p->reload_bad = true;
		snprintf(p->reload_text, sizeof(p->reload_text), "%s: %.*s", c->name,
		    STR_FMT(str_sub(text, 0, 300)));
	}
	if (--p->reload_left == 0)
		reload_finish(p);
}

static bool send_reload(struct child *c, const struct config *conf)
{
	int fd = bundle_for(c->p, conf, c->role);
	char space[8];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	bool ok;

	pack_u32(&b, c->p->generation + (conf != c->p->config)); /* not in force yet: the next */
	ok = fd >= 0 && chan_send(c->chan, MSG_RELOAD, buf_view(&b), &fd, 1) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* A policy owns its configuration. */
static struct policy *load(const struct parent *p, struct config_error *e)
{
	struct config *conf = config_load_file(p->config_path, e);

	return conf != NULL ? policy_new(conf, e) : NULL;
}

static void warn(void *arg, const char *text)
{
	(void)arg;
	log_warn("%s", text);
}

static void use(struct parent *p, struct policy *pol)
{
	struct policy *old = p->policy;

	p->policy = pol;
	p->config = policy_config(pol);
	p->limits = *config_limits(p->config);
	exceptions_warn(p->config, time(NULL), false, warn, NULL);
	policy_free(old);
}

static void explain_error(const struct parent *p, const struct config_error *e, char *to, size_t n)
{
	snprintf(to, n, "%s:%u: %s: expected %s%s%s", p->config_path != NULL ? p->config_path : "(defaults)",
	    e->line, e->token, e->expected, e->fix[0] != '\0' ? "; fix: " : "", e->fix);
}

/* Has the configuration any use for it? */
static bool wanted(const struct child *c)
{
	return c->role == ROLE_ICAP ? engines_wanted(c) : c->role != ROLE_FETCHER || parent_has_fetcher(c->p);
}

/* The policy is good: it is in force from here on, and every role is told. */
static void reload_all(struct parent *p, struct policy *pol, bool signer_has_it)
{
	use(p, pol);
	p->generation++;
	learning_reload(p);
	for (struct child *c = child_next(p, NULL); c != NULL; c = child_next(p, c))
		if (c->state == CHILD_READY && c->role != ROLE_SCANNER && wanted(c) &&
		    !(signer_has_it && c == &p->signer) && send_reload(c, p->config))
			p->reload_left++;
	renewal_configured(p->renewal);
	engines_configured(p);
	if (parent_has_fetcher(p))
		child_start(&p->fetcher); /* nothing where it runs */
	else
		child_drain(&p->fetcher);
	if (p->reload_left == 0)
		reload_finish(p);
}

static void reload_refused(struct parent *p, struct policy *pol, const char *text)
{
	policy_free(pol);
	log_error("%s; the old configuration stays in force", text);
	reload_answer(p, EXIT_CONFIG, text);
}

/*
 * The signer goes first: a CA that cannot be used is found out there, before anything has
 * changed. False where it must not, or cannot, be asked.
 */
static bool ask_signer(struct parent *p, struct policy *pol, char *why, size_t n)
{
	why[0] = '\0';
	if (!parent_has_signer(p) || p->signer.state != CHILD_READY || secrets_send(&p->signer, policy_config(pol), why, n) != 0 ||
	    !send_reload(&p->signer, policy_config(pol)))
		return false;
	p->reload_policy = pol;
	p->reload_left = 1;
	return true;
}

static void signer_answered(struct parent *p, bool ok, struct str text)
{
	struct policy *pol = p->reload_policy;
	char why[400];

	p->reload_policy = NULL;
	p->reload_left = 0;
	if (ok) {
		reload_all(p, pol, true);
		return;
	}
	snprintf(why, sizeof(why), "signer: %.*s", STR_FMT(str_sub(text, 0, 350)));
	reload_refused(p, pol, why);
}

/* reply: who asked at the control socket; NULL for a signal. */
static void reload(struct parent *p, struct control_reply *reply)
{
	struct config_error e = { 0 };
	const char *trouble;
	struct policy *pol;
	char text[1024];

	if (p->reload_left > 0) {
		if (reply != NULL)
			control_reply_send(reply, EXIT_OTHER, STR("another reload is under way"));
		return;
	}
	p->reload_reply = reply;
	p->reload_bad = false;
	pol = load(p, &e);
	if (pol == NULL) {
		explain_error(p, &e, text, sizeof(text));
		reload_refused(p, NULL, text);
		return;
	}
	if (config_tls(policy_config(pol))->intercept != parent_has_signer(p)) {
		policy_free(pol);
		log_error("tls.intercept was changed; the old configuration stays in force");
		reload_answer(p, EXIT_CONFIG,
		    "tls.intercept takes effect at the next start, not by reload; nothing changed");
		return;
	}
	/* Before anything is given up: are all files there that the roles will need? */
	if ((trouble = bundle_trouble(p, policy_config(pol))) != NULL) {
		snprintf(text, sizeof(text), "%s; the old configuration stays in force", trouble);
		policy_free(pol);
		reload_answer(p, EXIT_CONFIG, text);
		return;
	}
	if (listening_changed(p, policy_config(pol)))
		log_warn("listen and workers take effect at the next start, not by reload");
	if (ask_signer(p, pol, text, sizeof(text)))
		return;
	if (text[0] != '\0')
		reload_refused(p, pol, text);
	else
		reload_all(p, pol, false);
}

/* ---- stop ---- */

static bool any_worker(const struct parent *p)
{
	for (unsigned i = 0; i < p->nworkers; i++)
		if (p->workers[i].pid > 0)
			return true;
	return false;
}

/* Workers first; then what serves them; the recorder last, with everybody's last lines. */
static void stop_next(struct parent *p)
{
	if (!p->stopping || any_worker(p))
		return;
	if (!audit_idle(p->audit) && p->recorder.state == CHILD_READY && p->recorder.chan != NULL)
		return; /* on_audit_idle comes back here */
	child_drain(&p->signer);
	child_drain(&p->fetcher);
	child_drain(&p->scanner);
	child_drain(&p->second);
	if (!engines_stopped(p) || p->signer.pid > 0 || p->fetcher.pid > 0 || p->scanner.pid > 0 || p->second.pid > 0)
		return;
	child_drain(&p->recorder);
	if (p->recorder.pid == 0)
		loop_stop(p->loop);
}

static void on_audit_idle(void *arg)
{
	stop_next(arg);
}

static void on_stop_time(void *arg)
{
	struct parent *p = arg;
	bool workers = any_worker(p);

	for (struct child *c = child_next(p, NULL); c != NULL; c = child_next(p, c))
		if (c->pid > 0 && (workers ? c->role == ROLE_WORKER : true)) {
			log_warn("%s did not end in time", c->name);
			child_stop(c, SIGKILL);
		}
	timer_set(p->stop_timer, STOP_STEP * 5);
}

static void stop(struct parent *p)
{
	if (p->stopping)
		return;
	p->stopping = true;
	log_info("stopping: transfers get %llu s to finish",
	    (unsigned long long)config_limits(p->config)->drain / 1000);
	audit_event(p, "stop", NULL, NULL);
	control_server_free(p->control);
	p->control = NULL;
	listening_network_release(p);
	listening_close(p);
	for (unsigned i = 0; i < p->nworkers; i++)
		child_drain(&p->workers[i]);
	/* Workers cut what is left at that time; one that does not end even then is killed. */
	timer_set(p->stop_timer, config_limits(p->config)->drain + STOP_GRACE);
	stop_next(p);
}

void parent_on_gone(struct child *c)
{
	struct parent *p = c->p;

	if (p->reload_left > 0 && c->role != ROLE_SCANNER && wanted(c))
		parent_on_reloaded(c, false, STR("it ended"));
	if (c->state == CHILD_DOWN && !p->stopping && !c->replace && wanted(c))
		audit_event(p, "role_died", c, NULL);
	if (c->role == ROLE_ICAP && c->replace && !p->stopping)
		engines_configured(p); /* its slot may be waited for */
	stop_next(p);
}

/* ---- commands ---- */

static void on_command(void *arg, struct str command, struct control_reply *reply)
{
	struct parent *p = arg;
	struct buf text;

	buf_init(&text, 256 << 10);
	if (str_eq(command, STR("status")) || str_eq(command, STR("status --json"))) {
		status_text(p, command.n > 6, &text);
		control_reply_send(reply, EXIT_OK, buf_view(&text));
	} else if (str_eq(command, STR("status --metrics"))) {
		status_metrics(p, &text);
		control_reply_send(reply, EXIT_OK, buf_view(&text));
	} else if (str_eq(command, STR("learned")) || str_eq(command, STR("learned --json"))) {
		learning_text(p, command.n > 7, &text);
		control_reply_send(reply, EXIT_OK, buf_view(&text));
	} else if (str_eq(command, STR("exceptions")) || str_eq(command, STR("exceptions --json"))) {
		status_exceptions(p, command.n > 10, &text);
		control_reply_send(reply, EXIT_OK, buf_view(&text));
	} else if (str_eq(str_sub(command, 0, 5), STR("hunt "))) {
		hunting_command(p->hunting, str_sub(command, 5, command.n), reply);
	} else if (samples_command(p->samples, command, reply)) {
		/* answered */
	} else if (str_eq(command, STR("reload"))) {
		reload(p, reply);
	} else if (str_eq(command, STR("reload signatures"))) {
		renewal_command(p->renewal, reply);
	} else if (str_eq(command, STR("stop"))) {
		control_reply_send(reply, EXIT_OK, STR("stopping"));
		stop(p);
	} else {
		control_reply_send(reply, EXIT_USAGE, STR("unknown command; known: status, learned, exceptions, hunt, samples, reload, reload signatures, stop"));
	}
	buf_free(&text);
}

static bool all_ready(const struct parent *p)
{
	if (p->recorder.state != CHILD_READY ||
	    (parent_has_signer(p) && p->signer.state != CHILD_READY) ||
	    (search_on(p) && p->scanner.state != CHILD_READY && !renewal_is_broken(p->renewal)))
		return false;
	for (unsigned i = 0; i < p->nworkers; i++)
		if (p->workers[i].state != CHILD_READY)
			return false;
	return true;
}

void parent_on_ready(struct child *c)
{
	struct parent *p = c->p;

	if (c == &p->scanner)
		renewal_serving(p->renewal);
	if (c->role == ROLE_ICAP)
		engines_serving(c);
	if (c == &p->scanner && p->ready)
		content_save(p->content, p); /* what the signatures before these found */
	learning_worker(p, c);
	if (c == &p->recorder)
		hunting_recorder(p->hunting);
	parent_may_be_ready(p);
}

void parent_may_be_ready(struct parent *p)
{
	const char *search = !search_on(p) ? "search is off by configuration" :
			     p->scanner.state == CHILD_READY ? p->scanner.note : "SIGNATURES ARE BROKEN, none in force";
	char path[512];

	if (p->ready || !all_ready(p))
		return;
	p->ready = true;
	control_path(p, path, sizeof(path));
	p->control = control_server_new(p->loop, path, on_command, p);
	if (p->control == NULL)
		log_warn("no control socket at %s: %s", path, strerror(errno));
	log_info("ready after %llu ms: %u workers, %s",
	    (unsigned long long)(loop_now(p->loop) - p->began), p->nworkers,
	    search);
	audit_event(p, "start", NULL, search);
}

static void on_signal(void *arg, int signo)
{
	struct parent *p = arg;

	if (signo == SIGCHLD)
		child_reap(p);
	else if (signo == SIGHUP)
		reload(p, NULL);
	else
		stop(p);
}

/* ---- start ---- */

static int make_folder(const char *path)
{
	if (mkdir(path, 0750) == 0 || errno == EEXIST)
		return 0;
	log_error("folder %s: %s", path, strerror(errno));
	return -ERR_FILE;
}

static int readable(const char *path, const char *what)
{
	if (access(path, R_OK) == 0)
		return 0;
	log_error("%s %s: %s", what, path, strerror(errno));
	return -ERR_FILE;
}

static int check_files(const struct config *c)
{
	const struct config_tls *tls = config_tls(c);

	if (tls->intercept && (readable(tls->ca_cert, "CA certificate") != 0 ||
				  (!ca_in_token(c) && readable(tls->ca_key, "CA key") != 0)))
		return EXIT_FILE;
	if (tls->intermediates != NULL && readable(tls->intermediates, "intermediates") != 0)
		return EXIT_FILE;
	if (config_scanner(c)->keep != NULL && !samples_disk_ready(config_scanner(c)->keep))
		return EXIT_FILE;
	if (readable(tls->trust, "trust store") != 0 || make_folder(config_state_dir(c)) != 0 ||
	    make_folder(config_audit(c)->folder) != 0)
		return EXIT_FILE;
	return 0;
}

static unsigned worker_count(const struct config *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = config_workers(c) > 0 ? config_workers(c) : cores > 0 ? (unsigned)cores : 1;

	return n < PARENT_WORKERS_MAX ? n : PARENT_WORKERS_MAX;
}

static int start_loop(struct parent *p)
{
	static const int signals[] = { SIGCHLD, SIGHUP, SIGTERM, SIGINT };

	p->loop = loop_new();
	if (p->loop == NULL)
		return EXIT_OTHER;
	p->began = loop_now(p->loop);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (loop_signal(p->loop, signals[i], on_signal, p) != 0)
			return EXIT_OTHER;
	p->stop_timer = timer_new(p->loop, on_stop_time, p);
	p->audit = audit_new(p->loop, &p->limits, ROLE_PARENT, 0);
	p->learning = learning_new(p);
	p->hunting = hunting_new(p);
	p->renewal = renewal_new(p);
	p->samples = samples_new(p);
	if (p->stop_timer == NULL || p->audit == NULL || p->learning == NULL || p->hunting == NULL || p->renewal == NULL || p->samples == NULL)
		return EXIT_OTHER;
	if (search_on(p))
		p->content = content_new(p);
	audit_on_idle(p->audit, on_audit_idle, p);
	if (parent_has_signer(p) && (p->ticketing = ticketing_new(p)) == NULL)
		return EXIT_OTHER;
	return 0;
}

static void start_roles(struct parent *p)
{
	child_init(&p->recorder, p, ROLE_RECORDER, 0);
	child_init(&p->signer, p, ROLE_SIGNER, 0);
	child_init(&p->fetcher, p, ROLE_FETCHER, 0);
	child_init(&p->scanner, p, ROLE_SCANNER, 0);
	child_init(&p->second, p, ROLE_SCANNER, 1);
	p->second.replace = true;
	engines_init(p);
	for (unsigned i = 0; i < p->nworkers; i++)
		child_init(&p->workers[i], p, ROLE_WORKER, i);
	child_start(&p->recorder);
	if (parent_has_signer(p))
		child_start(&p->signer);
	if (parent_has_fetcher(p))
		child_start(&p->fetcher);
	renewal_configured(p->renewal);
	engines_configured(p);
	for (unsigned i = 0; i < p->nworkers; i++)
		child_start(&p->workers[i]);
}

static void parent_free(struct parent *p)
{
	listening_close(p);
	control_server_free(p->control);
	learning_free(p->learning);
	hunting_free(p->hunting);
	renewal_free(p->renewal);
	content_free(p->content);
	samples_free(p->samples);
	audit_free(p->audit);
	ticketing_free(p->ticketing);
	for (struct child *c = child_next(p, NULL); c != NULL; c = child_next(p, c))
		chan_free(c->chan);
	loop_free(p->loop);
	policy_free(p->reload_policy);
	policy_free(p->policy);
	free(p);
}

static int begin(struct parent *p)
{
	struct config_error e = { 0 };
	struct policy *pol = load(p, &e);
	char text[1024];
	int r;

	if (pol == NULL) {
		explain_error(p, &e, text, sizeof(text));
		log_error("%s", text);
		return EXIT_CONFIG;
	}
	use(p, pol);
	if ((r = check_files(p->config)) != 0)
		return r;
	p->nworkers = worker_count(p->config);
	if ((r = listening_open(p)) != 0 || (r = start_loop(p)) != 0)
		return r;
	p->generation = 1;
	return listening_network_up(p);
}

int parent_run(const char *config_path, const char *const *inside, unsigned inside_n)
{
	struct parent *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return EXIT_OTHER;
	p->config_path = config_path;
	p->inside = inside;
	p->inside_n = inside_n;
	r = begin(p);
	if (r == 0) {
		start_roles(p);
		loop_run(p->loop);
		content_save(p->content, p);
		hunting_save(p->hunting);
		log_info("stopped");
		listening_network_down(p);
		r = p->exit_code;
	}
	parent_free(p);
	return r;
}
