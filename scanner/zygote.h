/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The broker between workers and jobs: checks each order, queues it, hands it to a job and the
 * verdict back. It never looks into a body.
 */
#ifndef SCANNER_ZYGOTE_H
#define SCANNER_ZYGOTE_H

#include "core/loop.h"
#include "scanner/engine.h"
#include "scanner/jail.h"
#include "scanner/known.h"
#include "scanner/sample.h"

struct zygote;

struct zygote_calls {
	timer_fn *ready; /* called once, when all jobs serve */
	/* A body killed a job; the descriptor stays the caller's. */
	void (*sample)(void *arg, const struct scan_sample *s, int fd);
	/* An earlier generation found this clean, and this one does not; may be NULL. */
	void (*turned_bad)(void *arg, const unsigned char digest[KNOWN_CONTENT_DIGEST], uint64_t length,
	    const struct verdict *v);
	void *arg;
};

/*
 * All by reference but the calls. NULL when memory is short. It lives as long as the process.
 */
struct zygote *zygote_new(struct loop *l, const struct limits *limits, struct engine *e,
    const struct jail *j, unsigned jobs, const struct zygote_calls *calls);

/* Where known content is kept (scanner/known.h); by reference. */
void zygote_known(struct zygote *z, struct known_content *k);

/*
 * Bodies that killed jobs of earlier scanners: lines "digest length reason milliseconds", hex and
 * decimal. What is not such a line is passed over.
 */
void zygote_poison(struct zygote *z, struct str lines);

/* A channel to a worker; replaces the older one of that index. The descriptor becomes ours. */
void zygote_peer(struct zygote *z, uint32_t index, int fd);

/*
 * Finish what waits and runs, and what workers still send while they change over to another
 * scanner; then call done once.
 */
void zygote_drain(struct zygote *z, timer_fn *done, void *arg);

#endif
