/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration as libcyaml fills it in: words and numbers by type, before the rules are
 * compiled. The schema (config_schema.c) is the one list of keys; everything else reads it.
 */
#ifndef POLICY_CONFIG_RAW_H
#define POLICY_CONFIG_RAW_H

#include "core/buf.h"
#include "policy/config_node.h"
#include "policy/policy.h"

enum mismatch { MISMATCH_ANY, MISMATCH_YES, MISMATCH_NO };
enum direction { DIRECTION_ANY, DIRECTION_UPLOAD, DIRECTION_DOWNLOAD };

struct raw_when {
	const char **client, **destination, **host, **host_list, **port, **method, **path;
	const char **content_type, **accept, **verdict, **content, **contains;
	enum protocol *protocol;
	enum direction direction;
	const char *size_over, *size_under;
	unsigned client_n, destination_n, host_n, host_list_n, port_n, method_n, path_n;
	unsigned content_type_n, accept_n, verdict_n, content_n, contains_n, protocol_n;
	enum mismatch mismatch;
};

struct raw_rule {
	const char *name, *reason; /* may be NULL */
	struct raw_when when;
	enum action action; /* ACTION_NONE is "log" */
};

struct raw_client_cert {
	const char *name, *cert, *key; /* may be NULL */
	struct raw_when when;
	enum client_cert_action action;
};

struct raw_pinning {
	struct config_pinning told;
	struct raw_when when;
};

struct raw_origin {
	const char *name; /* may be NULL */
	struct raw_when when;
	struct config_faults faults;
	enum refuse_how refuse;
};

struct raw_exception {
	const char *name, *spki, *until, *reason; /* spki and reason may be NULL */
	const char **host, **destination, **port;
	enum tls_error *errors;
	unsigned host_n, destination_n, port_n, errors_n;
};

struct raw_limits { /* texts, NULL where not set */
#define SIZE(name, def, least, most, doc) const char *name;
#define TIME(name, def, least, most, doc) const char *name;
#define COUNT(name, def, least, most, doc) const char *name;
#include "core/limit.def"
#undef SIZE
#undef TIME
#undef COUNT
};

struct raw_config {
	struct config_listen listen;
	struct config_network network;
	struct config_tls tls;
	struct raw_pinning pinning;
	struct config_scanner scanner;
	struct config_patience patience;
	struct config_audit audit;
	uint32_t workers;
	const char *state_dir;
	const char **known_hosts;
	unsigned known_hosts_n;
	struct raw_limits limits;
	struct raw_client_cert *client_certificates;
	struct raw_origin *origins;
	struct raw_exception *exceptions;
	struct raw_rule *rules;
	unsigned client_certificates_n, origins_n, exceptions_n, rules_n;
};

/* The defaults as configuration text; sections and keys that are missing come from here. */
extern const char config_defaults[];

struct cyaml_schema_value; /* libcyaml's, only for the config_* files */
extern const struct cyaml_schema_value config_schema;

/* Does the tree fit the schema? 0 or -ERR_CONFIG: unknown or repeated keys, kinds, numbers, words.
 */
int config_check(const struct node *root, struct config_error *err);

/*
 * Write a checked tree again in one plain form (flow style, all strings quoted, defaults filled
 * in, single values made lists), so that libcyaml never meets the user's syntax: 0 or -ERR_*.
 */
int config_canon(struct buf *out, const struct node *root, const struct node *defaults);

/* Typed values from canonical text, all memory from the arena: NULL with *err filled. */
struct raw_config *config_typed(struct str canon, struct arena *a, struct config_error *err);

/* "443" or "0x5a11" as the schema's unsigned numbers are written: 0 or -ERR_NUMBER. */
int config_number(struct str s, uint64_t *out);

/* yes, no, on, off, true, false. */
bool config_bool(struct str s, bool *out);

#endif
