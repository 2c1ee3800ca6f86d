/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree against the schema. libcyaml would check the same, but its complaints name neither
 * the line nor what would have been right; so the schema is read a second time, for the user.
 */
#include <cyaml/cyaml.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "policy/config_error.h"
#include "policy/config_raw.h"

/* Words of other firewalls, and ours, where ours is possible at that place. */
static const struct {
	const char *theirs, *ours;
} synonyms[] = {
	{ "accept", "allow" },
	{ "permit", "allow" },
	{ "deny", "block" },
	{ "reject", "block" },
	{ "forbid", "block" },
	{ "drop", "reset" },
	{ "bypass", "passthrough" },
	{ "tunnel", "passthrough" },
	{ "splice", "passthrough" },
	{ "decrypt", "intercept" },
	{ "inspect", "intercept" },
	{ "bump", "intercept" },
	{ "block", "refuse" },
	{ "deny", "refuse" },
	{ "reject", "refuse" },
	{ "drop", "refuse" },
	{ "allow", "accept" },
	{ "ignore", "accept" },
	{ "pass", "accept" },
	{ "untrusted", "warn" },
	{ "hostname", "wrong_name" },
	{ "name_mismatch", "wrong_name" },
	{ "selfsigned", "self_signed" },
	{ "unknown_ca", "untrusted" },
};

static int check_value(
    const cyaml_schema_value_t *s, const struct node *n, struct str name, struct config_error *err);

int config_number(struct str s, uint64_t *out)
{
	if (str_iprefix(s, STR("0x")))
		return str_hex64(str_sub(s, 2, s.n), out);
	if (s.n > 1 && s.p[0] == '0')
		return -ERR_NUMBER; /* octal for some, decimal for others */
	return str_u64(s, out);
}

bool config_bool(struct str s, bool *out)
{
	static const char *const words[2][3] = { { "no", "off", "false" },
		{ "yes", "on", "true" } };

	for (int i = 0; i < 6; i++)
		if (str_ieq(s, str_c(words[i % 2][i / 2]))) {
			*out = i % 2 == 1;
			return true;
		}
	return false;
}

static const cyaml_schema_field_t *field_of(const cyaml_schema_value_t *s, struct str key)
{
	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key != NULL; f++)
		if (str_eq(key, str_c(f->key)))
			return f;
	return NULL;
}

static void add(char *to, size_t cap, const char *sep, const char *word)
{
	size_t n = strlen(to);

	snprintf(to + n, cap - n, "%s%s", n > 0 ? sep : "", word);
}

/* "one of a, b, c" of a closed set of words. */
static void words_of(const cyaml_schema_value_t *s, char *to, size_t cap)
{
	char list[200] = "";

	for (uint32_t i = 0; i < s->enumeration.count; i++)
		add(list, sizeof(list), ", ", s->enumeration.strings[i].str);
	snprintf(to, cap, "one of %s", list);
}

static void describe(const cyaml_schema_value_t *s, char *to, size_t cap)
{
	char entry[160];

	switch (s->type) {
	case CYAML_UINT:
		snprintf(to, cap,
		    s->data_size == 2 ? "a port number, 0 to 65535" : "a number, decimal or 0x...");
		return;
	case CYAML_BOOL:
		snprintf(to, cap, "yes or no");
		return;
	case CYAML_ENUM:
		words_of(s, to, cap);
		return;
	case CYAML_MAPPING:
		snprintf(to, cap, "keys and values, indented below it");
		return;
	case CYAML_SEQUENCE:
		if (s->sequence.entry->type == CYAML_MAPPING) {
			snprintf(to, cap, "a list of rules, each starting with '- '");
			return;
		}
		describe(s->sequence.entry, entry, sizeof(entry));
		if (s->sequence.entry->type == CYAML_STRING)
			snprintf(to, cap, "a list such as [a, b]");
		else
			snprintf(to, cap, "a list, each entry %s,", entry);
		return;
	default:
		snprintf(to, cap, "a text");
	}
}

static int wrong(const cyaml_schema_value_t *s, unsigned line, struct str token, struct str name,
    struct config_error *err)
{
	char what[220];

	describe(s, what, sizeof(what));
	return config_error_set(err, line, token, "%s for '%.*s'", what, STR_FMT(name));
}

/* The key under which a mapping with this key stands, elsewhere in the schema; NULL if none. */
static const char *elsewhere(const cyaml_schema_value_t *s, const char *name, struct str key)
{
	const char *found = NULL;

	if (s->type == CYAML_SEQUENCE)
		return elsewhere(s->sequence.entry, name, key);
	if (s->type != CYAML_MAPPING)
		return NULL;
	if (field_of(s, key) != NULL)
		return name;
	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key != NULL && found == NULL;
	     f++)
		found = elsewhere(&f->value, f->key, key);
	return found;
}

static int unknown_key(
    const cyaml_schema_value_t *s, const struct node *n, struct str name, struct config_error *err)
{
	struct suggest near = suggest_for(n->key);
	const char *place = elsewhere(&config_schema, "", n->key);
	char list[200] = "";

	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key != NULL; f++) {
		suggest_offer(&near, f->key);
		add(list, sizeof(list), ", ", f->key);
	}
	if (strlen(list) + 1 == sizeof(list)) /* limits: too many to name */
		memcpy(list + sizeof(list) - 4, "...", 4);
	config_error_set(
	    err, n->line, n->key, "one of %s%s%.*s", list, name.n > 0 ? " in " : "", STR_FMT(name));
	if (near.best != NULL && (place == NULL || near.distance <= 1))
		return config_error_fix(err, "did you mean %s?", near.best);
	if (place != NULL && place[0] != '\0')
		return config_error_fix(err, "%.*s belongs below '%s:'", STR_FMT(n->key), place);
	if (place != NULL)
		return config_error_fix(
		    err, "%.*s stands alone, not below another key", STR_FMT(n->key));
	return config_error_fix(err, "remove it, or correct its spelling");
}

static int repeated_key(const struct node *map, const struct node *n, struct config_error *err)
{
	for (const struct node *c = map->child; c != n; c = c->next)
		if (str_eq(c->key, n->key)) {
			config_error_set(err, n->line, n->key, "each key once");
			return config_error_fix(err, "it stands already in line %u", c->line);
		}
	return 0;
}

static int missing_key(
    const cyaml_schema_field_t *f, const struct node *n, struct config_error *err)
{
	const struct node *name = node_get(n, "name");
	char what[220];

	describe(&f->value, what, sizeof(what));
	config_error_set(
	    err, n->line, name != NULL ? name->text : STR("rule"), "'%s', %s", f->key, what);
	return config_error_fix(err, "add a line '%s: ...' to this entry", f->key);
}

static int check_map(
    const cyaml_schema_value_t *s, const struct node *n, struct str name, struct config_error *err)
{
	int r;

	for (const struct node *c = n->child; c != NULL; c = c->next) {
		const cyaml_schema_field_t *f = field_of(s, c->key);

		if (f == NULL)
			return unknown_key(s, c, name, err);
		if ((r = repeated_key(n, c, err)) != 0 ||
		    (r = check_value(&f->value, c, c->key, err)) != 0)
			return r;
	}
	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key != NULL; f++)
		if (!(f->value.flags & CYAML_FLAG_OPTIONAL) && node_get(n, f->key) == NULL)
			return missing_key(f, n, err);
	return 0;
}

static int check_list(
    const cyaml_schema_value_t *s, const struct node *n, struct str name, struct config_error *err)
{
	unsigned count = n->kind == NODE_LIST ? n->n : 1;
	int r;

	if (count < s->sequence.min)
		return wrong(s, n->line, name, name, err);
	if (count > s->sequence.max) {
		config_error_set(err, n->line, name, "at most %u entries", s->sequence.max);
		return config_error_fix(err, "long lists of names belong into a host_list file");
	}
	if (n->kind != NODE_LIST)
		return check_value(s->sequence.entry, n, name, err);
	for (const struct node *c = n->child; c != NULL; c = c->next)
		if ((r = check_value(s->sequence.entry, c, name, err)) != 0)
			return r;
	return 0;
}

static int check_number(
    const cyaml_schema_value_t *s, const struct node *n, struct str name, struct config_error *err)
{
	uint64_t v;

	if (config_number(n->text, &v) == 0 && v <= UINT64_MAX >> (64 - 8 * s->data_size))
		return 0;
	return wrong(s, n->line, n->text, name, err);
}

static bool is_word(const cyaml_schema_value_t *s, const char *word)
{
	for (uint32_t i = 0; i < s->enumeration.count; i++)
		if (strcmp(s->enumeration.strings[i].str, word) == 0)
			return true;
	return false;
}

static int check_word(
    const cyaml_schema_value_t *s, const struct node *n, struct str name, struct config_error *err)
{
	struct suggest near = suggest_for(n->text);

	for (uint32_t i = 0; i < s->enumeration.count; i++) {
		if (str_eq(n->text, str_c(s->enumeration.strings[i].str)))
			return 0;
		suggest_offer(&near, s->enumeration.strings[i].str);
	}
	wrong(s, n->line, n->text, name, err);
	for (size_t i = 0; near.best == NULL && i < CYAML_ARRAY_LEN(synonyms); i++)
		if (is_word(s, synonyms[i].ours) && str_ieq(n->text, str_c(synonyms[i].theirs)))
			near.best = synonyms[i].ours;
	return near.best != NULL ? config_error_fix(err, "did you mean %s?", near.best)
				 : -ERR_CONFIG;
}

static int check_text(
    const cyaml_schema_value_t *s, const struct node *n, struct str name, struct config_error *err)
{
	if (n->text.n >= s->string.min && n->text.n <= s->string.max)
		return 0;
	return config_error_set(err, n->line, n->text.n > 0 ? n->text : name,
	    "a text of %u to %u bytes for '%.*s'", s->string.min, s->string.max, STR_FMT(name));
}

static int check_value(
    const cyaml_schema_value_t *s, const struct node *n, struct str name, struct config_error *err)
{
	bool b;

	if (s->type == CYAML_MAPPING)
		return n->kind == NODE_MAP            ? check_map(s, n, name, err)
		       : node_null(n) && n->key.n > 0 ? 0
						      : wrong(s, n->line, name, name, err);
	if (s->type == CYAML_SEQUENCE) {
		if (n->kind == NODE_MAP || (node_null(n) && s->sequence.min > 0))
			return wrong(s, n->line, name, name, err);
		return node_null(n) ? 0 : check_list(s, n, name, err);
	}
	if (n->kind != NODE_SCALAR || node_null(n))
		return wrong(s, n->line, name, name, err);
	switch (s->type) {
	case CYAML_UINT:
		return check_number(s, n, name, err);
	case CYAML_ENUM:
		return check_word(s, n, name, err);
	case CYAML_BOOL:
		return config_bool(n->text, &b) ? 0 : wrong(s, n->line, n->text, name, err);
	default:
		return check_text(s, n, name, err);
	}
}

int config_check(const struct node *root, struct config_error *err)
{
	return check_value(&config_schema, root, STR_NONE, err);
}
