/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OpenMetrics text: families in a row, each with its type and help, labels escaped. Only types that
 * readers of the older text format know as well.
 */
#include "gateway/metrics.h"

/* Backslash, quote and line feed are escaped in help and in labels (section "Escaping"). */
static void put_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			buf_append(out, "\\n", 2);
			continue;
		}
		if (*text == '\\' || *text == '"')
			buf_append(out, "\\", 1);
		buf_append(out, text, 1);
	}
}

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# TYPE sallyport_%s %s\n# HELP sallyport_%s ", name, type, name);
	put_escaped(out, help);
	buf_append(out, "\n", 1);
}

static void plain(struct buf *out, const char *name, const char *help, bool gauge, uint64_t value)
{
	family(out, name, gauge ? "gauge" : "counter", help);
	buf_printf(out, "sallyport_%s%s %llu\n", name, gauge ? "" : "_total", (unsigned long long)value);
}

/* One line for each verdict that there may be, also while it is zero: rates need a beginning. */
static void verdict_family(const struct coverage *c, struct buf *out, const char *name, const char *help, bool bytes)
{
	family(out, name, "counter", help);
	for (int d = 0; d < COVERAGE_DIRECTIONS; d++)
		for (int v = 0; v < VERDICT_COUNT; v++)
			for (int r = 0; r < REASON_COUNT; r++) {
				const struct coverage_cell *x = &c->of[d][v][r];

				if (x->objects == 0 && !coverage_possible((enum verdict_class)v, (enum verdict_reason)r))
					continue;
				buf_printf(out, "sallyport_%s_total{direction=\"%s\",verdict=\"%s\",reason=\"%s\"} %llu\n",
				    name, coverage_direction(d), verdict_word((enum verdict_class)v),
				    reason_word((enum verdict_reason)r),
				    (unsigned long long)(bytes ? x->bytes : x->objects));
			}
}

static void role_family(const struct metrics *m, struct buf *out, bool restarts)
{
	family(out, restarts ? "role_restarts" : "role_ready", restarts ? "counter" : "gauge",
	    restarts ? "times that a process was started again" : "1 where a process serves");
	for (size_t i = 0; i < m->roles_n; i++) {
		buf_printf(out, "sallyport_%s{role=\"", restarts ? "role_restarts_total" : "role_ready");
		put_escaped(out, m->roles[i].name);
		buf_printf(out, "\"} %llu\n",
		    (unsigned long long)(restarts ? m->roles[i].restarts : (uint64_t)m->roles[i].ready));
	}
}

static void signatures(const struct metrics *m, struct buf *out)
{
	static const char *const states[] = { "off", "broken", "loading", "test-only", "stale", "good" };

	if (m->signature_age >= 0) {
		family(out, "signature_age_seconds", "gauge", "time since the signatures in force were made");
		buf_printf(out, "# UNIT sallyport_signature_age_seconds seconds\n");
		buf_printf(out, "sallyport_signature_age_seconds %lld\n", (long long)m->signature_age);
	}
	family(out, "signature_state", "gauge", "1 for the state that the signatures are in");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		buf_printf(out, "sallyport_signature_state{state=\"%s\"} %d\n", states[i],
		    str_eq(str_c(states[i]), str_c(m->signature_state)));
}

void metrics_print(const struct metrics *m, struct buf *out)
{
	family(out, "build_info", "gauge", "the program; always 1");
	buf_printf(out, "sallyport_build_info{version=\"%s\"} 1\n", SALLYPORT_VERSION);
	plain(out, "ready", "1 where the whole gateway serves", true, m->ready);
	plain(out, "config_generation", "generation of the configuration in force", true, m->generation);
	family(out, "uptime_seconds", "gauge", "time since the start");
	buf_printf(out, "# UNIT sallyport_uptime_seconds seconds\n");
	buf_printf(out, "sallyport_uptime_seconds %llu.%03llu\n", (unsigned long long)(m->uptime_ms / 1000),
	    (unsigned long long)(m->uptime_ms % 1000));
	role_family(m, out, false);
	role_family(m, out, true);
	signatures(m, out);
	verdict_family(m->coverage, out, "bodies", "bodies by direction, verdict and reason", false);
	verdict_family(m->coverage, out, "body_bytes", "bytes of bodies and tunnels by direction, verdict and reason", true);
	for (size_t i = 0; i < m->rows_n; i++)
		plain(out, m->rows[i].name, m->rows[i].doc, m->rows[i].gauge, m->rows[i].value);
	buf_append(out, "# EOF\n", 6);
}
