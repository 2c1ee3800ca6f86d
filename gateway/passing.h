/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's part where workers ask each other about downloads (wait_msg.h), or tell all others of one
 * (recall.h): it passes messages on, by the worker's number, and looks at nothing else in them.
 */
#ifndef GATEWAY_PASSING_H
#define GATEWAY_PASSING_H

#include "gateway/parent.h"

/* WAIT_ASK or WAIT_SAY from a worker; the descriptor (or -1) stays the caller's. */
void passing_message(struct child *from, enum msg_type type, struct str body, int fd);

/* CUT from a worker: all others are told. */
void passing_cut(struct child *from, struct str body);

#endif
