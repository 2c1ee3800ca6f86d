/* SPDX-License-Identifier: BSD-2-Clause */
/* The status text from the roles' states and the shared counters. */
#include "gateway/status.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "certs/signer.h"
#include "core/json.h"
#include "gateway/content.h"
#include "gateway/coverage.h"
#include "gateway/engines.h"
#include "gateway/metrics.h"
#include "gateway/renewal.h"
#include "policy/origin.h"

enum { CA_FILE_MAX = 65536, DAY = 86400 };

static uint64_t sum(struct parent *p, size_t offset)
{
	uint64_t total = 0;

	for (struct child *c = child_next(p, NULL); c != NULL; c = child_next(p, c))
		if (c->counters != NULL)
			total += atomic_load_explicit(
			    (const _Atomic uint64_t *)((const char *)c->counters + offset),
			    memory_order_relaxed);
	return total;
}

static const struct {
	const char *name, *doc;
	size_t offset;
	bool gauge;
} rows[] = {
#define COUNTER(name, doc) { #name, doc, offsetof(struct counters, name), false },
#define GAUGE(name, doc) { #name, doc, offsetof(struct counters, name), true },
#include "core/counter.def"
#undef COUNTER
#undef GAUGE
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), ROLES_MOST = 300 };

static void coverage_sum(struct parent *p, struct coverage *to)
{
	*to = (struct coverage){ 0 };
	for (struct child *c = child_next(p, NULL); c != NULL; c = child_next(p, c))
		if (c->counters != NULL)
			coverage_add(to, c->counters);
}

static const char *state_word(const struct child *c)
{
	static const char *const words[] = { "down", "starting", "ready", "draining" };

	return words[c->state];
}

/* Roles that the configuration has no use for are not "down". */
static bool shown(const struct parent *p, const struct child *c)
{
	if (c == &p->second)
		return c->pid != 0;
	if (c->role == ROLE_ICAP)
		return c->pid != 0 || engines_wanted(c);
	if (c == &p->fetcher)
		return parent_has_fetcher(p);
	return c != &p->signer || parent_has_signer(p);
}

/* The end of the CA whose file the configuration names; false where it cannot be read. */
static bool ca_end(const struct parent *p, int64_t *end)
{
	struct buf pem;
	bool ok;

	if (!parent_has_signer(p) || parent_read_file(config_tls(p->config)->ca_cert, CA_FILE_MAX, &pem) != 0)
		return false;
	ok = ca_cert_end(buf_view(&pem), end);
	buf_free(&pem);
	return ok;
}

/* Days since the file of anchors was changed, -1 where it cannot be seen. */
static int64_t trust_age(const struct parent *p)
{
	struct stat st;

	return stat(config_tls(p->config)->trust, &st) == 0 ? (time(NULL) - st.st_mtime) / 86400 : -1;
}

static void status_json(struct parent *p, struct buf *out)
{
	struct coverage coverage;
	struct json j;
	int64_t end;

	json_begin(&j, out);
	json_bool(&j, "ready", p->ready);
	json_u64(&j, "generation", p->generation);
	json_u64(&j, "uptime_ms", loop_now(p->loop) - p->began);
	if (ca_end(p, &end))
		json_i64(&j, "ca_days_left", (end - time(NULL)) / DAY);
	json_c(&j, "trust", config_tls(p->config)->trust);
	json_i64(&j, "trust_age_days", trust_age(p));
	json_u64(&j, "known_contents", content_count(p->content));
	renewal_json(p->renewal, &j);
	json_open(&j, "roles");
	for (struct child *c = child_next(p, NULL); c != NULL; c = child_next(p, c)) {
		if (!shown(p, c))
			continue;
		json_open(&j, c->name);
		json_c(&j, "state", state_word(c));
		json_i64(&j, "pid", c->pid);
		json_u64(&j, "restarts", c->restarts);
		json_c(&j, "note", c->note);
		json_close(&j);
	}
	json_close(&j);
	json_open(&j, "counters");
	for (size_t i = 0; i < ROWS; i++)
		json_u64(&j, rows[i].name, sum(p, rows[i].offset));
	json_close(&j);
	coverage_sum(p, &coverage);
	coverage_json(&coverage, &j);
	json_end(&j);
}

static void add_line(void *arg, const char *text)
{
	buf_printf(arg, "  warning: %s\n", text);
}

void status_text(struct parent *p, bool json, struct buf *out)
{
	struct coverage coverage;
	char text[160];
	int64_t end;

	if (json) {
		status_json(p, out);
		return;
	}
	buf_printf(out, "sallyport %s, generation %u, up %llu s\n", SALLYPORT_VERSION, p->generation,
	    (unsigned long long)(loop_now(p->loop) - p->began) / 1000);
	if (ca_end(p, &end) && ca_ends_soon(end, time(NULL), text, sizeof(text)))
		buf_printf(out, "  warning: %s\n", text);
	exceptions_warn(p->config, time(NULL), false, add_line, out);
	for (struct child *c = child_next(p, NULL); c != NULL; c = child_next(p, c))
		if (shown(p, c))
			buf_printf(out, "  %-12s %-9s pid %-7d restarts %-3u %s\n", c->name, state_word(c),
			    (int)c->pid, c->restarts, c->note);
	buf_printf(out, "  trust store  %s, changed %lld days ago\n", config_tls(p->config)->trust,
	    (long long)trust_age(p));
	renewal_text(p->renewal, out);
	coverage_sum(p, &coverage);
	coverage_text(&coverage, out);
	buf_printf(out, "  known        %llu contents are remembered as clean\n",
	    (unsigned long long)content_count(p->content));
	for (size_t i = 0; i < ROWS; i++)
		buf_printf(out, "  %-26s %14llu  %s\n", rows[i].name,
		    (unsigned long long)sum(p, rows[i].offset), rows[i].doc);
}

void status_metrics(struct parent *p, struct buf *out)
{
	struct metric_role roles[ROLES_MOST];
	struct metric all[ROWS];
	struct coverage coverage;
	struct metrics m = { .rows = all, .rows_n = ROWS, .roles = roles, .coverage = &coverage,
		.ready = p->ready, .generation = p->generation,
		.uptime_ms = loop_now(p->loop) - p->began,
		.signature_age = renewal_age(p->renewal), .signature_state = renewal_state(p->renewal) };

	for (struct child *c = child_next(p, NULL); c != NULL && m.roles_n < ROLES_MOST; c = child_next(p, c))
		if (shown(p, c))
			roles[m.roles_n++] =
			    (struct metric_role){ c->name, c->state == CHILD_READY, c->restarts };
	for (size_t i = 0; i < ROWS; i++)
		all[i] = (struct metric){ rows[i].name, rows[i].doc, sum(p, rows[i].offset), rows[i].gauge };
	coverage_sum(p, &coverage);
	metrics_print(&m, out);
}

static struct exception_use use_of(void *arg, const struct exception *e)
{
	struct parent *p = arg;
	struct exception_use use = { 0, 0 };
	uint64_t id = counter_id(str_c(e->name));

	for (struct child *c = child_next(p, NULL); c != NULL; c = child_next(p, c)) {
		const struct counter_named *row =
		    c->counters != NULL ? counter_named_find(c->counters, id) : NULL;
		int64_t last;

		if (row == NULL)
			continue;
		use.n += atomic_load_explicit(&row->n, memory_order_relaxed);
		last = atomic_load_explicit(&row->last, memory_order_relaxed);
		use.last = last > use.last ? last : use.last;
	}
	return use;
}

void status_exceptions(struct parent *p, bool json, struct buf *out)
{
	exceptions_print(out, p->config, time(NULL), json, use_of, p);
}
