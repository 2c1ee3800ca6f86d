/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules, compiled once and immutable. The first rule whose conditions all hold decides; a rule
 * whose conditions need facts that are not known yet at a stage is passed over at that stage.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <netinet/in.h>

#include "core/verdict.h"
#include "http/head.h"
#include "policy/config.h"

enum { SPKI_DIGEST = 32 }; /* SHA-256 of a SubjectPublicKeyInfo */

/* An address; IPv4 is kept as v4-mapped IPv6. */
struct addr {
	struct in6_addr ip;
	uint16_t port;
};

/* When policy is asked. Facts of earlier stages stay known. */
enum stage {
	STAGE_CONNECT, /* addresses only */
	STAGE_HELLO,   /* + SNI or plain; the answer may be intercept, passthrough, block */
	STAGE_REQUEST, /* + host, method, path, request head */
	STAGE_UPLOAD,  /* + request body: type, size, verdict */
	STAGE_RESPONSE,/* + response head: type, size */
	STAGE_DOWNLOAD /* + response body verdict */
};

/* What the connection speaks, as far as known. */
enum protocol { PROTOCOL_ANY, PROTOCOL_TLS, PROTOCOL_HTTP, PROTOCOL_UNKNOWN, PROTOCOL_UPGRADE, PROTOCOL_CONNECT, PROTOCOL_WEBSOCKET };

struct facts {
	enum stage stage;
	enum protocol protocol;
	bool websocket; /* the request asks for a WebSocket: that word holds besides tls or http */
	struct addr client, destination;
	struct str host;	 /* SNI, later the request's host; empty if none; lower case */
	struct str method, path;
	struct str accept;	 /* the request's Accept fields as one list */
	struct str content_type; /* media type of the body at hand, lower case, no parameters */
	uint64_t size;		 /* of the body at hand, decoded; with size_known */
	bool size_known;
	const struct verdict *verdict; /* UPLOAD and DOWNLOAD stages; else NULL */
	/* What the body is, known with its verdict (facts_content()). */
	enum kind content;
	uint32_t contains;    /* KIND_BIT of that and of all that is in it */
	struct str file_type; /* by content, "docx" */
	struct str file_name; /* that it is said to be; empty where nothing says so */
};

/* Those behind ALLOW decide nothing: they say how, and the walk goes on; WARN besides may permit. */
enum action {
	ACTION_NONE, ACTION_INTERCEPT, ACTION_PASSTHROUGH, ACTION_BLOCK, ACTION_RESET, ACTION_ALLOW,
	ACTION_RANGES, ACTION_HOLD, ACTION_COMFORT, ACTION_TAIL, ACTION_STREAM,
	ACTION_WARN
};

struct decision {
	enum action action;
	const char *rule;   /* name of the rule, or "default"; lives as long as the policy */
	const char *reason; /* the rule's own text for the block page, or NULL */
	bool log;	    /* the rule asks for a log mark */
	bool by_rule;	    /* a rule with this action decided, not a default */
	bool ranges;	    /* REQUEST: a rule lets ranges go to the origin */
	enum action release; /* RESPONSE: HOLD, COMFORT, TAIL or STREAM, the first that a rule asks for; else NONE */
	bool warn;	    /* UPLOAD, DOWNLOAD: it passes, but its receiver is to be warned */
};

struct policy; /* reference-counted */

/*
 * Compile a loaded configuration. The caller's reference is taken over, also on failure; whoever
 * needs the configuration longer than the policy takes another with config_ref first.
 * NULL with *err filled (see config.h).
 */
struct policy *policy_new(struct config *conf, struct config_error *err);
struct policy *policy_ref(struct policy *p);
void policy_free(struct policy *p);
const struct config *policy_config(const struct policy *p);

/*
 * Decide at a stage. Never ACTION_NONE: when no rule speaks, the built-in defaults are:
 * CONNECT allow; HELLO: TLS and HTTP intercept (TLS passthrough where tls.intercept is no), unknown protocol reset; REQUEST allow,
 * but upgrade and CONNECT block (a WebSocket is searched and thus allowed); RESPONSE allow; UPLOAD and DOWNLOAD: clean and bypassed allow;
 * what was not searched for being encrypted allow with a warning, as a download or to a known host;
 * all else that is unscannable, infected, suspect (and no verdict at all) block.
 * INTERCEPT is an answer at HELLO only; PASSTHROUGH at CONNECT and HELLO, and at REQUEST for an
 * upgrade, CONNECT or WebSocket (a tunnel, unsearched).
 * What each action means at each stage, and why, is in policy/README.md.
 */
struct decision policy_decide(const struct policy *p, const struct facts *f);

/*
 * The rule of client_certificates for an origin that asks for one, or NULL: none is sent then.
 * The facts are those of STAGE_HELLO.
 */
const struct client_cert *policy_client_cert(const struct policy *p, const struct facts *f);
/* May a client that refuses our certificates for this name pass undecrypted? Facts of STAGE_HELLO. */
bool policy_pinning(const struct policy *p, const struct facts *f);

const char *client_cert_word(enum client_cert_action a);

/* What a verdict says of the content; first: the first bytes, for a body that nobody looked into. */
void facts_content(struct facts *f, const struct verdict *v, struct str first);

/* Is it one of known_hosts? */
bool policy_known_host(const struct policy *p, struct str host);

/* Lower-case words for audit and messages. */
const char *stage_name(enum stage s);
const char *action_name(enum action a);

/* Parse "10.0.0.1", "fd77::1" into a v4-mapped address: false where malformed. */
bool addr_parse(struct str text, struct in6_addr *out);

#endif
