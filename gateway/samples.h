/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies that killed a scan job, as the scanner hands them over: the last few are kept for the
 * operator, sealed and in memory, and in a folder where one is configured (scanner.keep). Which of
 * them must not be tried again outlives a scanner: the next one is told. Nobody here looks into one.
 */
#ifndef GATEWAY_SAMPLES_H
#define GATEWAY_SAMPLES_H

#include "gateway/parent.h"

struct samples;

/* The parent by reference. NULL when memory is short. */
struct samples *samples_new(struct parent *p);
void samples_free(struct samples *s);

/* A SAMPLE message; takes the descriptor. */
void samples_message(struct samples *s, struct str body, int fd);

/* For a scanner that starts: lines "digest length reason milliseconds". 0 or -ERR_NOMEM, -ERR_LIMIT. */
int samples_poison(const struct samples *s, struct buf *out);

/*
 * The commands "samples", "samples --json", "samples --save DIGEST" (answered with a descriptor)
 * and "samples --drop DIGEST|all"; a digest by its first 8 digits or more. False: not one of these.
 */
bool samples_command(struct samples *s, struct str command, struct control_reply *reply);

#endif
