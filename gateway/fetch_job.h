/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One download: name, connection, request, answer, within limits->fetch_time. The connection is
 * made by somebody else, who decides about the address.
 */
#ifndef GATEWAY_FETCH_JOB_H
#define GATEWAY_FETCH_JOB_H

#include "core/limit.h"
#include "gateway/resolver.h"

struct fetch_job;

/* What all jobs share. */
struct fetch_env {
	struct loop *loop;
	struct resolver *resolver;
	const struct limits *limits;
	/* Connect: the answer comes by fetch_job_connected(). False: it cannot be asked. */
	bool (*connect)(void *arg, struct fetch_job *job, const struct in6_addr *to, uint16_t port);
	void *arg;
};

/* It is over: why is NULL and body the answer's, or body is empty; called from the loop, once. The
 * callee frees the job. */
typedef void fetch_done_fn(void *arg, struct fetch_job *job, const char *why, struct str body);

/* NULL when memory is short. Then start it; a URL that is none ends the job like all else. */
struct fetch_job *fetch_job_new(const struct fetch_env *env, fetch_done_fn *fn, void *arg);
void fetch_job_start(struct fetch_job *job, const char *url);
void fetch_job_free(struct fetch_job *job);

/* A socket that connects or is connected (the job's now), or -1 and why not. */
void fetch_job_connected(struct fetch_job *job, int fd, struct str why);

#endif
