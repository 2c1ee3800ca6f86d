/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's part in retro-hunts: scanners say what turned bad, operators ask who had something;
 * the recorder is asked, and asked again where it died meanwhile. What is being told of is told
 * once for each signature.
 */
#ifndef GATEWAY_HUNTING_H
#define GATEWAY_HUNTING_H

#include "gateway/parent.h"

struct hunting;

/* With what was not told of when the gateway stopped; NULL: no memory. */
struct hunting *hunting_new(struct parent *p);
void hunting_free(struct hunting *h);	       /* NULL is fine; who waits gets no answer */

/* The gateway stops: what was not told of yet is kept for its next start. */
void hunting_save(const struct hunting *h);

/* TURNED from a scanner. */
void hunting_turned(struct hunting *h, struct str body);

/* HUNTED from the recorder; the recorder is ready (again). */
void hunting_answer(struct hunting *h, struct str body);
void hunting_recorder(struct hunting *h);

/* The command "hunt [--json] SHA256..."; the reply is ours. */
void hunting_command(struct hunting *h, struct str words, struct control_reply *reply);

#endif
