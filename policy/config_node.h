/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration text as a tree that remembers lines, so that every complaint can name its
 * place. Lives in a scratch arena during a load. The reader refuses what a configuration has no
 * use for and an attacker might: anchors, aliases, tags, deep nesting, several documents.
 */
#ifndef POLICY_CONFIG_NODE_H
#define POLICY_CONFIG_NODE_H

#include "policy/arena.h"
#include "policy/config.h"

enum { CONFIG_MAX_BYTES = 1 << 20, CONFIG_MAX_DEPTH = 8, CONFIG_MAX_NODES = 600000 };

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	unsigned line;      /* where the value starts; the key's line for a map's child */
	struct str key;     /* in a map */
	struct str text;    /* of a scalar */
	bool quoted;        /* the scalar was not plain */
	unsigned n;         /* children */
	struct node *child; /* first child */
	struct node *last, *next;
};

/* Read text: 0 with the root (a map; an empty one for an empty text), or -ERR_CONFIG. */
int node_read(struct str yaml, struct arena *a, struct node **root, struct config_error *err);

/* "key:" without any value. */
bool node_null(const struct node *n);

/* The child of a map by key; of a list by index (a scalar is its own only item). NULL if none. */
const struct node *node_get(const struct node *map, const char *key);
const struct node *node_at(const struct node *list, unsigned i);

#endif
