/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection to an ICAP service, and one exchange on it at a time: OPTIONS, or an object that is
 * sent (REQMOD for uploads, RESPMOD for downloads; a preview first where the service wants one) and
 * what the service says of it, as a verdict. RFC 3507.
 */
#ifndef GATEWAY_ICAP_CONN_H
#define GATEWAY_ICAP_CONN_H

#include "core/limit.h"
#include "core/loop.h"
#include "core/verdict.h"
#include "http/icap.h"
#include "http/icap_url.h"
#include "mitm/tls.h"

/* A service, and what its OPTIONS said; shared by its connections. */
struct icap_service {
	struct loop *loop;
	const struct limits *limits; /* scan, connect, handshake */
	char name[64], uri[ICAP_URI_MAX + 1];
	struct icap_url url;
	struct tls_ctx *tls; /* of icaps, else NULL */
	struct icap_head options;
	uint64_t options_until; /* loop time; 0: not known yet */
};

/* What is sent. Texts and descriptor are the caller's, and live until the exchange ends. */
struct icap_task {
	int fd;
	uint64_t length;
	uint8_t direction;
	struct str method, url, type;
};

enum icap_end {
	ICAP_IDLE, /* the exchange is over; the connection takes another */
	ICAP_GONE, /* the exchange is over, and so is the connection */
	ICAP_LOST  /* the connection ended before a byte of an answer: it may be tried on another */
};

struct icap_conn;

/*
 * An exchange ended, or (how ICAP_GONE, v NULL) an idle connection. v: the verdict; NULL after
 * OPTIONS, whose answer stands in the service then. The connection must not be freed, or asked, within.
 */
typedef void icap_conn_fn(void *arg, struct icap_conn *c, enum icap_end how, const struct verdict *v);

/* A socket that connects (ours from now on, also on failure). NULL: no memory. */
struct icap_conn *icap_conn_new(struct icap_service *s, int fd, icap_conn_fn *fn, void *arg);
void icap_conn_free(struct icap_conn *c);

/* Begin an exchange: of a task, or (NULL) OPTIONS. The connection must not have another. */
void icap_conn_ask(struct icap_conn *c, const struct icap_task *task);

#endif
