/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Installing and removing the network rules. The order is such that no step opens a way around
 * the gateway: forwarding is switched on after the rules are in force, and off before they go.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "intercept/install.h"
#include "intercept/journal.h"
#include "intercept/rules.h"
#include "intercept/sysctl.h"

struct up {
	const struct net_plan *plan;
	struct route_plan route;
	struct journal *journal;
	bool fresh; /* nothing of ours was installed before */
	char *why;
	size_t why_n;
};

static bool have_ipv6(void)
{
	return access("/proc/net/if_inet6", F_OK) == 0;
}

static int note_failed(struct up *u)
{
	snprintf(u->why, u->why_n, "the network journal cannot be written: %s", strerror(errno));
	return -ERR_FILE;
}

/* For each family that the host has. */
static int both(struct up *u, int (*fn)(struct up *u, int family))
{
	int r = fn(u, 4);

	return r == 0 && have_ipv6() ? fn(u, 6) : r;
}

static int up_routes(struct up *u, int family)
{
	char words[16];

	snprintf(words, sizeof(words), "route %d", family);
	if (!journal_has(u->journal, words) && journal_add(u->journal, "%s", words) != 0)
		return note_failed(u);
	return route_add(&u->route, family, u->why, u->why_n);
}

static int up_rules(struct up *u, int family)
{
	return install_rules(u->plan, family, u->journal, u->why, u->why_n);
}

static int up_forward(struct up *u, int family)
{
	return sysctl_forward(u->journal, family, u->why, u->why_n);
}

static int up_all(struct up *u)
{
	int r;

	if (u->fresh) {
		if ((r = route_table_free(u->route.table, u->why, u->why_n)) != 0)
			return r;
		if (journal_add(u->journal, "plan %x %x %u", u->route.mark, u->route.mask,
			u->route.table) != 0)
			return note_failed(u);
	}
	if ((r = both(u, up_routes)) != 0 || (r = both(u, up_rules)) != 0)
		return r;
	if (have_ipv6() && (r = sysctl_keep_ra(u->journal, u->why, u->why_n)) != 0)
		return r;
	return both(u, up_forward);
}

/* The first line of the journal; false where there is none. */
static bool journal_plan(const struct journal *j, struct route_plan *p)
{
	struct str line = journal_text(j);
	uint64_t mark, mask, table;

	if (!str_eq(journal_word(&line), STR("plan")))
		return false;
	line = str_sub(
	    line, 0, (size_t)(str_chr(line, '\n') < 0 ? (ptrdiff_t)line.n : str_chr(line, '\n')));
	if (str_hex64(journal_word(&line), &mark) != 0 ||
	    str_hex64(journal_word(&line), &mask) != 0 || str_u64(journal_word(&line), &table) != 0)
		return false;
	*p = (struct route_plan){
		.mark = (uint32_t)mark, .mask = (uint32_t)mask, .table = (uint32_t)table
	};
	return true;
}

/* Undo everything; the first failure is reported, the rest is still tried. */
static int undo(const struct journal *j, char *why, size_t why_n)
{
	char later[256];
	struct route_plan route;
	char words[16];
	int family, r, e;

	r = sysctl_undo(j, why, why_n);
	for (family = 6; family >= 4; family -= 2) {
		e = install_undo(j, family, later, sizeof(later));
		if (e != 0 && r == 0 && (r = e) != 0)
			snprintf(why, why_n, "%s", later);
		snprintf(words, sizeof(words), "route %d", family);
		if (!journal_has(j, words) || !journal_plan(j, &route))
			continue;
		e = route_del(&route, family, later, sizeof(later));
		if (e != 0 && r == 0 && (r = e) != 0)
			snprintf(why, why_n, "%s", later);
	}
	return r;
}

static int undo_and_forget(struct journal *j, char *why, size_t why_n)
{
	int r = undo(j, why, why_n);

	if (r == 0 && (r = journal_remove(j)) != 0)
		snprintf(why, why_n, "the network journal cannot be removed: %s", strerror(errno));
	return r;
}

/* A mark or table that changed cannot be exchanged in place: the old state goes first. */
static int prepare(struct up *u, const char *state_dir)
{
	struct route_plan old;
	int r;

	if ((r = journal_open(state_dir, true, &u->journal, u->why, u->why_n)) != 0)
		return r;
	u->fresh = !journal_plan(u->journal, &old);
	if (u->fresh || memcmp(&old, &u->route, sizeof(old)) == 0)
		return 0;
	if ((r = undo_and_forget(u->journal, u->why, u->why_n)) != 0)
		return r;
	journal_free(u->journal);
	u->journal = NULL;
	u->fresh = true;
	return journal_open(state_dir, true, &u->journal, u->why, u->why_n);
}

int net_up(const struct net_plan *p, const char *state_dir, char *why, size_t why_n)
{
	struct up u = { .plan = p, .why = why, .why_n = why_n };
	char more[256];
	int r;

	if (net_plan_fault(p) != NULL) {
		snprintf(why, why_n, "%s", net_plan_fault(p));
		return -ERR_CONFIG;
	}
	u.route = (struct route_plan){ net_route_mark(p->mark), net_mark_mask(p->mark), p->table };
	if ((r = prepare(&u, state_dir)) == 0 && (r = up_all(&u)) != 0) {
		/* A refresh that fails leaves the older rules in force rather than the way open. */
		if (u.fresh && undo_and_forget(u.journal, more, sizeof(more)) != 0)
			log_error(
			    "undoing half-done network changes: %s; fix: sallyport down", more);
	}
	journal_free(u.journal);
	return r;
}

int net_down(const char *state_dir, char *why, size_t why_n)
{
	struct journal *j;
	int r = journal_open(state_dir, false, &j, why, why_n);

	if (r != 0 || j == NULL)
		return r;
	r = undo_and_forget(j, why, why_n);
	journal_free(j);
	return r;
}

bool net_is_up(const char *state_dir)
{
	char why[256];
	struct journal *j = NULL;
	bool up = journal_open(state_dir, false, &j, why, sizeof(why)) == 0 && j != NULL &&
		  journal_text(j).n > 0;

	journal_free(j);
	return up;
}

int net_release(const char *state_dir, char *why, size_t why_n)
{
	struct journal *j;
	int family, r = journal_open(state_dir, false, &j, why, why_n);

	if (r != 0 || j == NULL)
		return r;
	for (family = 4; r == 0 && family <= 6; family += 2)
		r = install_release(j, family, why, why_n);
	journal_free(j);
	return r;
}
