/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading what iptables-save prints: which tables and chains there are, which of them are ours,
 * and which rules lead into ours. Pure.
 */
#ifndef INTERCEPT_TABLES_H
#define INTERCEPT_TABLES_H

#include "core/buf.h"

/* The tables and chains that we use; the last row's names are NULL. */
struct our_chain {
	const char *table, *chain;
	const char *base;	      /* built-in chain that leads to it, or NULL */
	const char *match4, *match6;  /* condition on that jump, e.g. "-p tcp" */
};
extern const struct our_chain our_chains[];

extern const char *const our_tables[]; /* ends in NULL */

/* Cut the next line (without its LF) off *text; false at the end. */
bool tables_line(struct str *text, struct str *line);

/* The lines of one table between "*name" and "COMMIT"; false where it does not exist. */
bool tables_section(struct str save, const char *table, struct str *section);

/* Is a chain declared (":NAME ")? */
bool tables_has_chain(struct str section, const char *chain);

/* May a built-in chain go: declared, policy ACCEPT, without rules? */
bool tables_base_idle(struct str section, struct str chain);

/* "-D ..." lines for all rules outside our chains that lead into them. */
int tables_unhook(struct str section, struct buf *out);

/* iptables-restore input that removes our chains from all tables; empty when there are none. */
int tables_remove_text(struct str save, struct buf *out);

#endif
