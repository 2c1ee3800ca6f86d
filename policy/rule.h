/* SPDX-License-Identifier: BSD-2-Clause */
/* One compiled rule, and the compiler from typed configuration to rules. For this wing only. */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include "policy/config_raw.h"
#include "policy/hosts.h"
#include "policy/nets.h"
#include "policy/origin.h"

enum cond {
#define COND(name, keys, known, example, doc) COND_##name,
#include "policy/cond.def"
#undef COND
	COND_COUNT,
	/* Not a condition: the fact that a request asks for another protocol ("protocol: upgrade"). */
	COND_LEAVES_HTTP = COND_COUNT
};

#define COND_BIT(name) (1u << COND_##name)

/* What can be known before the first request: decides whether a connection is decrypted. */
#define CONDS_CONNECTION                                                                           \
	(COND_BIT(CLIENT) | COND_BIT(DESTINATION) | COND_BIT(PORT) | COND_BIT(PROTOCOL) |          \
	    COND_BIT(HOST))

enum { FILES_MAX = 200 }; /* list files of one configuration */

struct ports {
	uint16_t from, to;
};

/* type empty: any of that kind. */
struct content {
	enum kind kind;
	struct str type;
};

struct host_file {
	const char *path;
	const struct hosts *hosts;
};

struct rule {
	const char *name;
	const char *reason; /* or NULL */
	enum action action; /* ACTION_NONE: log */
	uint32_t conds;     /* bits of the conditions that it has */
	uint32_t need;      /* bits of the facts that must be known */
	struct net *client, *destination;
	struct ports *ports;
	const struct hosts *hosts;      /* of `host`, or NULL */
	const struct host_file **files; /* of `host_list` */
	struct str *methods, *paths, *types, *accepts;
	size_t client_n, destination_n, ports_n, files_n, methods_n, paths_n, types_n, accepts_n;
	uint32_t protocols; /* bits of enum protocol */
	enum direction direction;
	uint64_t size_least, size_most;   /* both included */
	uint32_t verdicts[VERDICT_COUNT]; /* bits of enum verdict_reason */
	struct content *contents;
	size_t contents_n;
	uint32_t contains; /* KIND_BIT of any */
	enum mismatch mismatch;
};

struct client_cert_rule {
	struct client_cert told;
	struct rule match; /* its conditions alone */
};

struct origin_rule {
	const char *name;
	struct config_faults faults;
	enum refuse_how refuse;
	struct rule match; /* its conditions alone */
};

struct exception_rule {
	struct exception told;
	struct rule match;
};

struct config {
	unsigned refs;
	struct arena arena; /* everything below lives there */
	const struct raw_config *raw;
	struct config_tls tls;
	struct limits limits;
	struct rule pinning_match; /* pinning.when */
	struct client_cert_rule *client_certs;
	size_t client_certs_n;
	struct origin_rule *origins;
	size_t origins_n;
	struct exception_rule *exceptions;
	size_t exceptions_n;
	struct rule *rules;
	size_t rules_n;
	const struct hosts *known_hosts;
	struct host_file *files;
	const char **file_paths;
	size_t files_n;
};

/* What the compiler works on; one complaint names the place by key and index. */
struct build {
	struct config *c;
	struct config_error *err;
	config_find_fn *find;
	void *find_arg;
	const struct node *rule, *when; /* where we are */
	const struct raw_rule *raw;
	struct rule *out;
};

/* Set the error at entry i of a condition (or at the rule's key): -ERR_CONFIG. */
int build_error(struct build *b, const char *key, unsigned i, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The conditions of one rule (rule_cond.c), hosts apart (rule_host.c): 0 or -ERR_CONFIG. */
int build_conds(struct build *b);
int build_hosts(struct build *b);

/* The rules of client_certificates (rule_client_cert.c): 0 or -ERR_CONFIG. */
int build_client_certs(struct build *b, const struct node *root);

/* The conditions of pinning.when: 0 or -ERR_CONFIG. */
int build_pinning(struct build *b, const struct node *root);

/* tls.faults, origins and exceptions (rule_origin.c): 0 or -ERR_CONFIG. */
int build_origins(struct build *b, const struct node *root);

/* `known_hosts`: 0 or -ERR_CONFIG. (rule_host.c) */
int build_known_hosts(struct build *b, const struct node *root);

/* Conditions that hold or not before the first request: 0 or -ERR_CONFIG; why says what comes
 * before any request. (rule_client_cert.c) */
int build_check_late(struct build *b, const struct rule *r, const char *why);

/* All rules of a configuration: 0 or -ERR_CONFIG. */
int build_rules(struct build *b, const struct node *root);

#endif
