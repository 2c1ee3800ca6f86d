/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of a retro-hunt between parent and recorder, pure (fuzzed):
 *   HUNT: u64 id, u8 form (enum hunt_form), a list as in TURNED (scanner/turned.h), where
 *     signatures may be empty
 *   HUNTED: u64 id, u8 state (enum hunt_state), str text
 */
#ifndef GATEWAY_HUNT_MSG_H
#define GATEWAY_HUNT_MSG_H

#include "core/pack.h"
#include "scanner/turned.h"

/* What is to become of the findings: audit lines, or text for who asked. */
enum hunt_form { HUNT_ALERT, HUNT_TEXT, HUNT_JSON, HUNT_FORMS };

/* A piece of the answer, its end, or refused (text says why). */
enum hunt_state { HUNT_PIECE, HUNT_DONE, HUNT_REFUSED, HUNT_STATES };

enum { HUNT_MSG_MAX = 98304, HUNT_TEXT_MAX = 90000 };

/* Packing: 0, -ERR_LIMIT or -ERR_NOMEM; reading: 0 or -ERR_PROTO. */
int hunt_pack(struct buf *out, uint64_t id, enum hunt_form form, const struct turned *rows, size_t n);
int hunt_read(struct str body, uint64_t *id, enum hunt_form *form, struct turned rows[TURNED_ROWS], size_t *n);
int hunt_pack_answer(struct buf *out, uint64_t id, enum hunt_state state, struct str text);
int hunt_read_answer(struct str body, uint64_t *id, enum hunt_state *state, struct str *text);

#endif
