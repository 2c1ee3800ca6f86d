/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names to addresses, in a process without files: hosts and resolv.conf come as bytes, questions go
 * by UDP to the name servers named there. c-ares does the work; the one place that knows it.
 */
#ifndef GATEWAY_RESOLVER_H
#define GATEWAY_RESOLVER_H

#include <netinet/in.h>

#include "core/loop.h"
#include "core/str.h"

enum { RESOLVER_ADDRESSES = 8, RESOLVER_HOSTS_MAX = 1 << 20 };

struct resolver;
struct lookup;

/* The first addresses, mapped where IPv4, which come first; n 0: none. Called once. */
typedef void resolver_fn(void *arg, const struct in6_addr *at, size_t n);

/* Before a sandbox: the library looks at files here. NULL on failure. */
struct resolver *resolver_new(struct loop *l);
void resolver_free(struct resolver *r);

/* Other contents of these files, copied: 0 or -ERR_NOMEM. */
int resolver_use(struct resolver *r, struct str resolv_conf, struct str hosts);

/* Ask: fn is called from the loop or at once, and then NULL is returned. */
struct lookup *resolver_ask(struct resolver *r, const char *name, resolver_fn *fn, void *arg);

/* fn is not to be called any more. */
void resolver_forget(struct lookup *l);

/* Pure: the addresses of a name in the text of a hosts file. */
size_t resolver_in_hosts(struct str hosts, const char *name, struct in6_addr at[RESOLVER_ADDRESSES]);

/* Pure: the name servers of a resolv.conf as c-ares takes them ("192.0.2.1,2001:db8::1"). */
void resolver_servers(struct str resolv_conf, char *to, size_t n);

#endif
