/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one client has of a worker: connections, HTTP/2 streams, bytes kept back, and how often it
 * was at fault lately. A client is an IPv4 address or an IPv6 /64 (a host chooses the rest itself).
 * Pure; limits client_*.
 */
#ifndef GATEWAY_SHARE_H
#define GATEWAY_SHARE_H

#include <netinet/in.h>
#include <stdbool.h>

#include "core/limit.h"

struct shares;

struct share {
	struct share *next; /* within its bucket */
	unsigned char net[16];
	unsigned flows, streams;
	uint64_t held;
	uint64_t begun, begun_at;   /* thousandths of connections in the bucket, and as of when, ms */
	unsigned faults;
	uint64_t first_fault, paused_until; /* ms; 0 none */
};

/* NULL: no memory. */
struct shares *shares_new(void);
void shares_free(struct shares *all);

/*
 * A connection begins: the client's share, until share_leave(). NULL: it may not; *why says what
 * limit that is, or that memory is short. now in ms.
 */
struct share *share_enter(struct shares *all, const struct limits *l, const struct in6_addr *ip,
    uint64_t now, const char **why);
/* NULL is fine. It is forgotten when nothing is left to remember. */
void share_leave(struct share *s);

/* The client's address as one number, the same in every worker; never 0. */
uint64_t share_number(const struct share *s);

/* Another stream: false where the client has too many. */
bool share_stream(struct share *s, const struct limits *l);
void share_stream_end(struct share *s);

/* A connection was ended for the client's fault: true where that was one too many, and it is paused. */
bool share_fault(struct share *s, const struct limits *l, uint64_t now);

/* Clients that are remembered now. */
size_t shares_count(const struct shares *all);

#endif
