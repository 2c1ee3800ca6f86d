/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules of one family. Journal lines: "base F TABLE absent" or "base F TABLE CHAIN..." say which
 * built-in chains there were before, "rules F" that our chains may be there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/log.h"
#include "intercept/install.h"
#include "intercept/nft.h"
#include "intercept/rules_text.h"
#include "intercept/tables.h"
#include "intercept/tool.h"

enum { SAVE_MAX = 64 << 20, TEXT_MAX = 1 << 20, WORDS_SIZE = 64 };

static int save(int family, struct buf *out, char *why, size_t why_n)
{
	const char *const argv[] = { family == 6 ? "ip6tables-save" : "iptables-save", NULL };

	return tool_run(argv, STR_NONE, out, why, why_n);
}

/* -w: another program may hold the lock of the legacy tables for a moment. */
static int restore(int family, struct str text, char *why, size_t why_n)
{
	const char *const argv[] = { family == 6 ? "ip6tables-restore" : "iptables-restore",
		"--noflush", "-w", "10", NULL };

	return tool_run(argv, text, NULL, why, why_n);
}

static int note_base(struct journal *j, int family, const char *table)
{
	char words[WORDS_SIZE];
	struct buf names;
	bool exists = false;
	int r;

	snprintf(words, sizeof(words), "base %d %s", family, table);
	if (journal_has(j, words))
		return 0;
	buf_init(&names, 512);
	if ((r = nft_bases(family, table, &names, &exists)) == 0)
		r = journal_add(
		    j, "%s%s%.*s", words, exists ? "" : " absent", STR_FMT(buf_view(&names)));
	buf_free(&names);
	return r;
}

static int note(struct journal *j, int family)
{
	char words[WORDS_SIZE];
	const char *const *t;
	int r = 0;

	for (t = our_tables; r == 0 && *t != NULL; t++)
		r = note_base(j, family, *t);
	snprintf(words, sizeof(words), "rules %d", family);
	if (r == 0 && !journal_has(j, words))
		r = journal_add(j, "%s", words);
	return r;
}

int install_rules(const struct net_plan *p, int family, struct journal *j, char *why, size_t why_n)
{
	struct buf saved, text;
	int r;

	buf_init(&saved, SAVE_MAX);
	buf_init(&text, TEXT_MAX);
	if ((r = save(family, &saved, why, why_n)) != 0)
		goto out;
	if ((r = rules_text_over(p, family, buf_view(&saved), &text)) != 0) {
		snprintf(why, why_n, "the rules cannot be written down: %s", err_text(r));
		goto out;
	}
	if ((r = note(j, family)) != 0)
		snprintf(why, why_n, "the network journal cannot be written: %s", strerror(errno));
	else
		r = restore(family, buf_view(&text), why, why_n);
out:
	buf_free(&saved);
	buf_free(&text);
	return r;
}

/* The declaration empties the chain; both lines are one transaction. */
int install_release(const struct journal *j, int family, char *why, size_t why_n)
{
	static const char text[] = "*mangle\n:SALLYPORT - [0:0]\n"
				   "-A SALLYPORT -p tcp ! --syn -m socket --transparent "
				   "-j SALLYPORT_DIVERT\nCOMMIT\n";
	char words[WORDS_SIZE];

	snprintf(words, sizeof(words), "rules %d", family);
	if (!journal_has(j, words))
		return 0;
	return restore(family, str_c(text), why, why_n);
}

static bool has_word(struct str words, struct str want)
{
	struct str w;

	while (str_next(&words, ' ', &w)) {
		if (str_eq(w, want))
			return true;
	}
	return false;
}

/* Remove a built-in chain unless it was there before or somebody uses it now. */
static int drop_chain(
    int family, const char *table, struct str chain, struct str before, struct str section)
{
	char name[WORDS_SIZE];

	if (has_word(before, chain) || !tables_base_idle(section, chain))
		return 0;
	return str_copy(chain, name, sizeof(name)) != 0 ? 0 : nft_drop(family, table, name);
}

/* One "base F TABLE ..." line (from TABLE on): take away what came into being since. */
static int drop_base(int family, struct str line, struct str saved)
{
	struct str section, names, chain, before = line;
	struct buf now;
	char table[16];
	bool exists = false;
	int r;

	if (str_copy(journal_word(&before), table, sizeof(table)) != 0)
		return -ERR_CONFIG;
	buf_init(&now, 512);
	if ((r = nft_bases(family, table, &now, &exists)) == 0 && exists &&
	    tables_section(saved, table, &section)) {
		names = buf_view(&now);
		while (r == 0 && str_next(&names, ' ', &chain))
			r = drop_chain(family, table, chain, before, section);
		if (r == 0 && has_word(before, STR("absent")))
			r = nft_drop(family, table, NULL);
	}
	buf_free(&now);
	if (r != -ERR_DENIED)
		return r;
	log_warn(
	    "IPv%d table %s did not exist before, but others use it now; it stays", family, table);
	return 0;
}

static int drop_bases(const struct journal *j, int family, struct str saved)
{
	struct str line, text = journal_text(j);
	uint64_t f;
	int r = 0, e;

	while (tables_line(&text, &line)) {
		if (!str_eq(journal_word(&line), STR("base")) ||
		    str_u64(journal_word(&line), &f) != 0 || f != (uint64_t)family)
			continue;
		if ((e = drop_base(family, line, saved)) != 0)
			r = e;
	}
	return r;
}

int install_undo(const struct journal *j, int family, char *why, size_t why_n)
{
	struct buf saved, text;
	char words[WORDS_SIZE];
	int r;

	snprintf(words, sizeof(words), "rules %d", family);
	if (!journal_has(j, words))
		return 0;
	buf_init(&saved, SAVE_MAX);
	buf_init(&text, SAVE_MAX);
	if ((r = save(family, &saved, why, why_n)) != 0)
		goto out;
	if ((r = tables_remove_text(buf_view(&saved), &text)) != 0 ||
	    (text.len > 0 && (r = restore(family, buf_view(&text), why, why_n)) != 0))
		goto out;
	buf_consume(&saved, saved.len);
	if ((r = save(family, &saved, why, why_n)) == 0 &&
	    (r = drop_bases(j, family, buf_view(&saved))) != 0)
		snprintf(why, why_n, "empty IPv%d tables cannot be removed: %s", family,
		    strerror(errno));
out:
	buf_free(&saved);
	buf_free(&text);
	return r;
}
