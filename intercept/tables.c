/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iptables-save output, line by line. Chains of ours start with SALLYPORT; everything else is
 * somebody else's and is only ever read.
 */
#include <string.h>

#include "core/err.h"
#include "intercept/tables.h"

const char *const our_tables[] = { "mangle", "filter", NULL };

const struct our_chain our_chains[] = {
	{ "mangle", "SALLYPORT", "PREROUTING", "-p tcp", "-p tcp" },
	{ "mangle", "SALLYPORT_DIVERT", NULL, NULL, NULL },
	{ "filter", "SALLYPORT_IN", "INPUT", "-p tcp", "-p tcp" },
	{ "filter", "SALLYPORT_FWD", "FORWARD", "-p udp", "-p udp" },
	{ "filter", "SALLYPORT_OUT", "OUTPUT", "-p icmp", "-p ipv6-icmp" },
	{ NULL, NULL, NULL, NULL, NULL },
};

bool tables_line(struct str *text, struct str *line)
{
	ptrdiff_t lf;

	if (text->n == 0)
		return false;
	lf = str_chr(*text, '\n');
	*line = str_sub(*text, 0, lf < 0 ? text->n : (size_t)lf);
	*text = str_sub(*text, lf < 0 ? text->n : (size_t)lf + 1, text->n);
	return true;
}

static bool starts(struct str line, struct str prefix)
{
	return str_eq(str_sub(line, 0, prefix.n), prefix);
}

bool tables_section(struct str save, const char *table, struct str *section)
{
	struct str line;
	const char *from = NULL;

	while (tables_line(&save, &line)) {
		if (from != NULL && str_eq(line, STR("COMMIT"))) {
			*section = str_of(from, (size_t)(line.p - from));
			return true;
		}
		if (line.n > 1 && line.p[0] == '*' &&
		    str_eq(str_sub(line, 1, line.n), str_c(table)))
			from = save.p;
	}
	return false;
}

/* The n-th word (from 0) of a line; words have one blank between them. */
static struct str word(struct str line, unsigned n)
{
	struct str w = STR_NONE;
	unsigned i;

	for (i = 0; i <= n; i++) {
		if (!str_next(&line, ' ', &w))
			return STR_NONE;
	}
	return w;
}

/* ":NAME POLICY [0:0]": false for other lines. */
static bool declaration(struct str line, struct str *name, struct str *policy)
{
	if (line.n < 2 || line.p[0] != ':')
		return false;
	*name = word(str_sub(line, 1, line.n), 0);
	*policy = word(line, 1);
	return true;
}

bool tables_has_chain(struct str section, const char *chain)
{
	struct str line, name, policy;

	while (tables_line(&section, &line)) {
		if (declaration(line, &name, &policy) && str_eq(name, str_c(chain)))
			return true;
	}
	return false;
}

bool tables_base_idle(struct str section, struct str chain)
{
	struct str line, name, policy;
	bool found = false;

	while (tables_line(&section, &line)) {
		if (declaration(line, &name, &policy) && str_eq(name, chain))
			found = str_eq(policy, STR("ACCEPT"));
		if (starts(line, STR("-A ")) && str_eq(word(line, 1), chain))
			return false;
	}
	return found;
}

static bool is_ours(struct str chain)
{
	const struct our_chain *c;

	for (c = our_chains; c->chain != NULL; c++) {
		if (str_eq(chain, str_c(c->chain)))
			return true;
	}
	return false;
}

/* Does "-A CHAIN ... -j OURS" start elsewhere and end with us? */
static bool leads_to_us(struct str line)
{
	struct str w, before = STR_NONE, rest = line;

	if (!starts(line, STR("-A ")) || is_ours(word(line, 1)))
		return false;
	while (str_next(&rest, ' ', &w)) {
		if ((str_eq(before, STR("-j")) || str_eq(before, STR("-g"))) && is_ours(w))
			return true;
		before = w;
	}
	return false;
}

int tables_unhook(struct str section, struct buf *out)
{
	struct str line;
	int r = 0;

	while (r == 0 && tables_line(&section, &line)) {
		if (leads_to_us(line))
			r = buf_printf(out, "-D %.*s\n", STR_FMT(str_sub(line, 3, line.n)));
	}
	return r;
}

/* Lines "-F" then "-X" for our chains that exist; how many of them in *found. */
static int drop_chains(struct str section, const char *table, struct buf *out, unsigned *found)
{
	static const char *const option[] = { "-F", "-X" };
	const struct our_chain *c;
	unsigned i;
	int r = 0;

	for (i = 0; i < 2; i++) {
		for (c = our_chains; r == 0 && c->chain != NULL; c++) {
			if (strcmp(c->table, table) != 0 || !tables_has_chain(section, c->chain))
				continue;
			++*found;
			r = buf_printf(out, "%s %s\n", option[i], c->chain);
		}
	}
	return r;
}

int tables_remove_text(struct str save, struct buf *out)
{
	const char *const *t;
	struct str section;
	unsigned found;
	struct buf part;
	int r = 0;

	buf_init(&part, out->max);
	for (t = our_tables; r == 0 && *t != NULL; t++) {
		found = 0;
		buf_consume(&part, part.len);
		if (!tables_section(save, *t, &section))
			continue;
		if ((r = buf_printf(&part, "*%s\n", *t)) == 0 &&
		    (r = tables_unhook(section, &part)) == 0 &&
		    (r = drop_chains(section, *t, &part, &found)) == 0 &&
		    (r = buf_printf(&part, "COMMIT\n")) == 0 && found > 0)
			r = buf_str(out, buf_view(&part));
	}
	buf_free(&part);
	return r;
}
