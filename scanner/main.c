/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sallyport-scanner: started by the parent with a channel on descriptor 3. Loads the signatures
 * once, locks itself in and serves workers until it is told to drain or the parent is gone. New
 * signatures mean a new process: the parent starts it beside this one and changes over.
 *
 * The program links libclamav, which is GPL-2.0-only; this source is BSD-2-Clause.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/bundle.h"
#include "core/chan.h"
#include "core/counter.h"
#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "scanner/priority.h"
#include "scanner/retro.h"
#include "scanner/zygote.h"

enum { PARENT_FD = 3, JOBS_MOST = 256, SLOW_LAYER_US = 5000 };

struct setup {
	char signatures[4096], own[4096];
	unsigned jobs;
	enum engine_phishing phishing;
	struct limits limits;
};

struct scanner {
	struct loop *loop;
	struct chan *parent;
	struct setup setup;
	struct jail jail;
	struct engine *engine;
	struct sigset set;
	struct zygote *zygote; /* NULL before START */
	struct known_content *known;
	struct retro *retro; /* what these signatures' lists say of it, until that was told */
	bool serving;
};

static _Noreturn void die(const char *what, const char *why)
{
	log_error("%s: %s", what, why);
	_exit(1);
}

/* ---- the bundle ---- */

/* Lines of "name value" as the parent writes them; names of another version are passed over. */
static int read_limits(struct str text, struct limits *l)
{
	struct str line;

	limits_default(l);
	while (str_next(&text, '\n', &line)) {
		ptrdiff_t at = str_chr(line, ' ');
		struct str name = str_sub(line, 0, at >= 0 ? (size_t)at : 0);
		int r = limits_set(l, name, str_trim(str_sub(line, name.n, line.n)));

		if (r != 0 && r != -ERR_NOT_FOUND)
			return r;
	}
	return 0;
}

static int read_phishing(struct str word, enum engine_phishing *to)
{
	static const char *const words[] = { "signatures", "links", "off" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(word, str_c(words[i]))) {
			*to = (enum engine_phishing)i;
			return 0;
		}
	return -ERR_PROTO;
}

static int read_setup(const struct bundle *b, struct setup *s)
{
	struct str text = STR_NONE;
	uint64_t jobs = 0;
	int r;

	memset(s, 0, sizeof(*s)); /* compared as a whole on RELOAD */
	limits_default(&s->limits);
	if (bundle_get(b, STR("limits"), &text) && (r = read_limits(text, &s->limits)) != 0)
		return r;
	if (bundle_get(b, STR("scanner.signatures"), &text) &&
	    str_copy(text, s->signatures, sizeof(s->signatures)) != 0)
		return -ERR_TOO_LONG;
	if (bundle_get(b, STR("scanner.own_signatures"), &text) && str_copy(text, s->own, sizeof(s->own)) != 0)
		return -ERR_TOO_LONG;
	if (bundle_get(b, STR("scanner.phishing"), &text) && (r = read_phishing(text, &s->phishing)) != 0)
		return r;
	if (bundle_get(b, STR("scanner.jobs"), &text) && str_u64(str_trim(text), &jobs) != 0)
		return -ERR_NUMBER;
	if (jobs == 0) /* one per core, and one that large bodies never occupy */
		jobs = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN) + 1;
	s->jobs = jobs < JOBS_MOST ? (unsigned)jobs : JOBS_MOST;
	return 0;
}

static int open_setup(int fd, struct setup *s)
{
	struct bundle *b;
	int r = -ERR_PROTO;

	b = fd >= 0 ? bundle_open(fd, &r) : NULL;
	if (b != NULL)
		r = read_setup(b, s);
	bundle_free(b);
	return r;
}

/* ---- to the parent ---- */

static void send_set(struct scanner *s)
{
	char space[SIGSET_WHY + 64];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (sigset_pack(&b, &s->set) != 0 || chan_send(s->parent, MSG_SIGNATURES, buf_view(&b), NULL, 0) != 0)
		die("cannot report", "the parent's channel is closed");
}

static void send_note(struct scanner *s)
{
	unsigned us = s->set.layer_us;
	char note[600];
	char space[700];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	snprintf(note, sizeof(note), "%s; generation %016llx; %u.%03u ms for a small layer; %u jobs; sandbox %s",
	    engine_note(s->engine), (unsigned long long)engine_generation(s->engine), us / 1000, us % 1000, s->setup.jobs, sandbox_text(s->jail.flags));
	if (pack_str(&b, str_c(note)) != 0 ||
	    chan_send(s->parent, MSG_READY, buf_view(&b), NULL, 0) != 0)
		die("cannot report", "the parent's channel is closed");
}

/* From here on workers believe what this generation found. */
static void serve_known(struct scanner *s)
{
	if (s->serving && s->known != NULL)
		known_content_serve(s->known, engine_generation(s->engine));
}

/* Rows that turned bad, on their way to the parent. */
struct telling {
	struct scanner *s;
	struct turned rows[TURNED_ROWS];
	size_t n, all;
};

static void tell_rows(struct telling *t)
{
	struct buf b;

	buf_init(&b, TURNED_MSG);
	if (turned_pack(&b, t->rows, t->n) != 0 || chan_send(t->s->parent, MSG_TURNED, buf_view(&b), NULL, 0) != 0)
		log_warn("retro-hunt: %zu objects that turned bad could not be told", t->n);
	buf_free(&b);
	t->n = 0;
}

static void tell_turned(void *arg, const struct turned *row, uint64_t length)
{
	struct telling *t = arg;
	uint64_t generation;

	known_content_drop(t->s->known, row->sha256, length, &generation);
	t->rows[t->n++] = *row;
	t->all++;
	if (t->n == TURNED_ROWS)
		tell_rows(t);
}

/* Only now: signatures that did not come into force accuse nobody. */
static void send_turned(struct scanner *s)
{
	static struct telling t;
	uint64_t compared, others;

	if (s->retro == NULL)
		return;
	t.s = s;
	retro_each(s->retro, tell_turned, &t);
	if (t.n > 0)
		tell_rows(&t);
	retro_lines(s->retro, &compared, &others);
	if (t.all > 0)
		log_warn("retro-hunt: %zu objects that were found clean are in hash lists now", t.all);
	log_info("retro-hunt: %llu hashes compared with what was clean; %llu of MD5 and SHA-1 cannot be",
	    (unsigned long long)compared, (unsigned long long)others);
	retro_free(s->retro);
	s->retro = NULL;
}

static void on_serving(void *arg)
{
	struct scanner *s = arg;

	s->serving = true;
	serve_known(s);
	send_set(s);
	send_note(s);
	send_turned(s);
}

/* A scan found what an earlier generation let by. */
static void on_turned(void *arg, const unsigned char digest[KNOWN_CONTENT_DIGEST], uint64_t length, const struct verdict *v)
{
	static struct telling t;
	struct turned row;

	(void)length; /* it is forgotten already */
	t.s = arg;
	memcpy(row.sha256, digest, TURNED_SHA256);
	str_copy(str_sub(str_c(v->name), 0, TURNED_NAME - 1), row.name, sizeof(row.name));
	t.rows[t.n++] = row;
	tell_rows(&t);
}

static void on_sample(void *arg, const struct scan_sample *a, int fd)
{
	struct scanner *s = arg;
	char space[1024];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (sample_pack(&b, a) == 0)
		chan_send(s->parent, MSG_SAMPLE, buf_view(&b), &fd, 1);
}

static void on_drained(void *arg)
{
	struct scanner *s = arg;

	chan_send(s->parent, MSG_DRAINED, STR_NONE, NULL, 0);
	_exit(0); /* an engine takes seconds to free; jobs die with us */
}

/* ---- from the parent ---- */

static void warn_level(const struct scanner *s)
{
	int all = SANDBOX_SECCOMP | SANDBOX_CAPS | SANDBOX_UID | SANDBOX_LANDLOCK | SANDBOX_NETNS |
		  SANDBOX_ROOT;
	int missing = all & ~s->jail.flags;

	if (missing != 0)
		log_warn("isolation is incomplete, missing: %s", sandbox_text(missing));
	if (s->set.layer_us > SLOW_LAYER_US)
		log_warn("each small body takes %u ms of CPU time with these signatures: see docs/signatures.md",
		    s->set.layer_us / 1000);
	if (s->set.test)
		log_warn("%s: NO real malware will be found", engine_note(s->engine));
}

static void take_poison(struct scanner *s, int fd)
{
	struct str lines;
	int r;
	struct bundle *b = bundle_open(fd, &r);

	if (b != NULL && bundle_get(b, STR("scanner.poison"), &lines))
		zygote_poison(s->zygote, lines);
	bundle_free(b);
}

static bool remember_other(void *arg, const struct known_content_row *row)
{
	struct scanner *s = arg;

	return row->generation == engine_generation(s->engine) || retro_remember(s->retro, row->digest, row->length) == 0;
}

/*
 * While the files can be read: what was clean by other signatures, against the hash lists of these. A
 * folder that cannot be read takes nothing away: what comes again is searched again.
 */
static void hunt(struct scanner *s)
{
	if (s->known == NULL || known_content_count(s->known) == 0 || (s->retro = retro_new(engine_level())) == NULL)
		return;
	known_content_each(s->known, remember_other, s);
	if (retro_remembers(s->retro)) {
		retro_folder(s->retro, s->jail.signatures);
		retro_folder(s->retro, s->jail.own);
		return;
	}
	retro_free(s->retro);
	s->retro = NULL;
}

/* Loaded and tested, or the end: the parent learns why. */
static void load(struct scanner *s)
{
	struct engine_place at = { s->jail.signatures, s->jail.own, s->jail.scratch, s->setup.phishing };

	s->engine = engine_load(&at, &s->setup.limits, &s->set);
	if (s->engine == NULL || engine_warm(s->engine, &s->set) != 0) {
		send_set(s);
		die(s->setup.signatures, s->set.why);
	}
	hunt(s);
}

static void use_known(struct scanner *s)
{
	if (s->known == NULL || s->zygote == NULL)
		return;
	zygote_known(s->zygote, s->known);
	serve_known(s);
}

/* index 1: beside a scanner that serves. */
static void start(struct scanner *s, struct str body, int fd)
{
	struct zygote_calls calls = { .ready = on_serving, .sample = on_sample, .turned_bad = on_turned, .arg = s };
	int r = s->zygote == NULL ? open_setup(fd, &s->setup) : -ERR_PROTO;
	struct rd rd = rd_of(body);

	if (r != 0)
		die("the start message", err_text(r));
	if (rd_u32(&rd) > 0)
		priority_lower();
	if (jail_enter(&s->jail, s->setup.signatures, s->setup.own, s->setup.jobs, &s->setup.limits) != 0)
		die("isolation", "see above");
	load(s);
	priority_restore();
	if (jail_close(&s->jail) != 0)
		die("isolation",
		    "no user, capability or system-call confinement: refusing to serve");
	warn_level(s);
	s->zygote = zygote_new(
	    s->loop, &s->setup.limits, s->engine, &s->jail, s->setup.jobs, &calls);
	if (s->zygote == NULL)
		die("start", err_text(ERR_NOMEM));
	take_poison(s, fd);
	use_known(s);
}

static void peer(struct scanner *s, struct str body, int fd)
{
	struct rd r = rd_of(body);
	unsigned role = rd_u8(&r);
	uint32_t index = rd_u32(&r);

	if (rd_done(&r) == 0 && role == ROLE_WORKER && s->zygote != NULL && fd >= 0)
		zygote_peer(s->zygote, index, fd);
	else if (fd >= 0)
		close(fd);
}

/*
 * Before START it is compared with the signatures (hunt); else it is used only. The descriptor is
 * closed behind it, so that no job has it, either.
 */
static void take_known(struct scanner *s, int fd)
{
	if (s->known != NULL || fd < 0)
		return;
	s->known = known_content_map(fd, true);
	if (s->known == NULL)
		log_warn("the table of known content cannot be used");
	use_known(s);
}

/* Nothing can change in a running scanner: true only where nothing has to. */
static void reload(struct scanner *s, struct str body, int fd)
{
	struct rd r = rd_of(body);
	uint32_t generation = rd_u32(&r);
	static struct setup now;
	char space[128];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	bool same = open_setup(fd, &now) == 0 && memcmp(&now, &s->setup, sizeof(now)) == 0;

	pack_u32(&b, generation);
	pack_u8(&b, same);
	pack_str(&b, same ? STR("") : STR("the scanner has to be started anew"));
	chan_send(s->parent, MSG_RELOADED, buf_view(&b), NULL, 0);
}

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct scanner *s = arg;
	int fd = nfds == 1 ? fds[0] : -1;

	if (type == MSG_PEER) {
		peer(s, body, fd);
		return;
	}
	if (type == MSG_START)
		start(s, body, fd);
	else if (type == MSG_RELOAD)
		reload(s, body, fd);
	else if (type == MSG_KNOWN)
		take_known(s, fd);
	else if (type == MSG_COUNTERS && fd >= 0 && counters_map(fd) != 0)
		log_warn("no counters: %s", strerror(errno));
	else if (type == MSG_DRAIN && s->zygote != NULL)
		zygote_drain(s->zygote, on_drained, s);
	else if (type == MSG_DRAIN)
		on_drained(s);
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
}

static void on_close(void *arg, int why)
{
	(void)arg;
	(void)why;
	_exit(0); /* without a parent there is nobody to serve */
}

int main(int argc, char **argv)
{
	static struct scanner s;

	(void)argv;
	log_role("scanner");
	if (argc < 2) {
		fprintf(stderr,
		    "sallyport-scanner is started by sallyport; there is nothing to run by hand\n");
		return 2;
	}
	setenv("UV_USE_IO_URING", "0", 1); /* newer libuv would use calls outside the list */
	s.loop = loop_new();
	s.parent = s.loop != NULL ? chan_new(s.loop, PARENT_FD, ROLE_SCANNER, ROLE_PARENT, on_msg,
					on_close, &s)
				  : NULL;
	if (s.parent == NULL)
		die("start", "no channel on descriptor 3");
	loop_run(s.loop);
	return 0;
}
