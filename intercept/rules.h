/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network rules: iptables mangle/TPROXY (v4 and v6) in chains of our own, policy routing,
 * sysctls. Text generation is pure; applying runs iptables-restore and ip, and keeps a journal
 * on disk first, so that `down` restores the host exactly, also after kill -9.
 */
#ifndef INTERCEPT_RULES_H
#define INTERCEPT_RULES_H

#include "core/buf.h"

/* What becomes of UDP from the inside to the TLS ports: QUIC, which cannot be intercepted. */
enum net_quic {
	NET_QUIC_REJECT, /* the client is told at once (administratively prohibited), uses TCP */
	NET_QUIC_DROP,	 /* in silence: clients wait before they use TCP */
	NET_QUIC_ALLOW	 /* passes unsearched; the rule without a target counts it */
};

struct net_plan {
	const char *const *inside; /* interfaces whose traffic is intercepted */
	unsigned inside_n;
	const uint16_t *http_ports, *tls_ports;
	unsigned http_ports_n, tls_ports_n;
	bool all_ports;
	uint16_t listen_http, listen_tls, listen_any; /* 0: none */
	uint32_t mark;		   /* of our own sockets, not 0; see net_route_mark */
	uint32_t table;		   /* routing table of our own, not one of the system's */
	enum net_quic quic;
};

enum { NET_IF_MAX = 15 };

/*
 * The mark that routes a packet to us: `mark` with bit 16 flipped, so that it is never the mark of
 * our own sockets. The mask covers both; bits above it stay as others set them.
 */
uint32_t net_route_mark(uint32_t mark);
uint32_t net_mark_mask(uint32_t mark);

/* A name that iptables takes as exactly one interface (no wildcard, no option). */
bool net_if_name(const char *name);

/*
 * iptables-restore input (--noflush) that installs, for family 4 or 6: 0, -ERR_CONFIG (the plan
 * makes no sense), -ERR_LIMIT or -ERR_NOMEM. Nothing is appended on failure.
 */
int net_rules_text(const struct net_plan *p, int family, struct buf *out);

/* Why the plan makes no sense, as one sentence, or NULL when it is good. */
const char *net_plan_fault(const struct net_plan *p);

/* May this process change the network (CAP_NET_ADMIN)? */
bool net_capable(void);

/*
 * Does this kernel know TPROXY, the socket match and policy routing? 0, -ERR_UNSUPPORTED with *why,
 * -ERR_DENIED (no CAP_NET_ADMIN), -ERR_NOT_FOUND (no iptables-restore). Changes nothing.
 */
int net_probe(const struct net_plan *p, char *why, size_t why_n);

/*
 * Install everything; idempotent (a second call refreshes the rules without a gap); on failure
 * everything done so far is undone and why says the step. The journal goes to
 * state_dir/network.journal; the folder must exist.
 */
int net_up(const struct net_plan *p, const char *state_dir, char *why, size_t why_n);

/* Is there a journal, which means that rules may be installed? */
bool net_is_up(const char *state_dir);

/*
 * Before the gateway stops: new connections go past it from now on, those that it carries still
 * reach it, so that it can drain. 0 also when nothing is installed. net_down comes afterwards.
 */
int net_release(const char *state_dir, char *why, size_t why_n);

/*
 * Undo all by the journal; 0 also when there is nothing to undo. On failure what could be undone
 * is, the journal stays, and why says the first step that failed.
 */
int net_down(const char *state_dir, char *why, size_t why_n);

#endif
