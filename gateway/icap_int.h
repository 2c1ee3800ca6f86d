/* SPDX-License-Identifier: BSD-2-Clause */
/* What the process of an external engine is made of: icap_role.c (workers, life) and icap_work.c
 * (orders, connections). */
#ifndef GATEWAY_ICAP_INT_H
#define GATEWAY_ICAP_INT_H

#include "gateway/icap_conn.h"
#include "gateway/resolver.h"
#include "gateway/role.h"
#include "scanner/client.h"

enum { ICAP_CONNS_MAX = 64 };

struct asker {
	struct asker *next;
	struct icap *i;
	struct chan *chan;
	uint32_t index;
};

/* An object that waits or is at the service. */
struct order {
	struct order *next;
	struct asker *asker; /* NULL: nobody waits any more */
	uint64_t id, until;
	bool again; /* its connection was lost once */
	struct icap_task task;
	char method[SCAN_METHOD_MAX + 1], url[SCAN_URL_MAX + 1], type[SCAN_TYPE_MAX + 1];
};

enum conn_state { CONN_NONE, CONN_ASKED, CONN_BUSY, CONN_IDLE, CONN_GONE };

struct place {
	struct icap *i;
	enum conn_state state;
	struct icap_conn *conn;
	struct order *order; /* CONN_BUSY; NULL: OPTIONS */
	uint64_t id, since;  /* of the question to the parent; loop time of its state */
};

struct icap {
	struct role_host *host;
	struct resolver *resolver;
	struct lookup *lookup;
	struct limits limits;
	struct icap_service service;
	struct asker *askers;
	struct order *head, **tail;
	size_t waiting;
	struct place places[ICAP_CONNS_MAX];
	struct timer *work, *tick;
	struct in6_addr at[RESOLVER_ADDRESSES];
	size_t naddresses, next_address;
	uint64_t next_id, down_until;
	bool draining;
	unsigned quiet; /* ticks without an order, then */
};

/* Queue an order; take out the one that *at points to; answer it, or its asker without one. */
void icap_push(struct icap *i, struct order *o, bool first);
struct order *icap_pop(struct icap *i, struct order **at);
void icap_order_free(struct order *o);
void icap_answer(struct order *o, const struct verdict *v);
void icap_tell(struct asker *a, uint64_t id, const struct verdict *v);

/* UNSCANNABLE in the engine's name. */
struct verdict icap_no_answer(const struct icap *i, enum verdict_reason why, const char *what);

/* The work timer's: free what is gone, give orders to connections, ask for more of these. */
void icap_work(void *arg);
/* In the next turn. */
void icap_soon(struct icap *i);

/* ENGINE_CONNECTED came. */
void icap_connected(struct icap *i, struct str body, int *fds, size_t nfds);

/* No order waits, or is at the service. */
bool icap_idle(const struct icap *i);

static inline uint64_t icap_now(const struct icap *i)
{
	return loop_now(i->service.loop);
}

#endif
