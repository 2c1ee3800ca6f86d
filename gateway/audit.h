/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit client of a worker or the signer: keeps each line until the recorder says that it is
 * on disk, sends everything not acknowledged again over a new channel (a line may then stand
 * twice in the log, never not at all), and says when the caller must apply `when_full`.
 */
#ifndef GATEWAY_AUDIT_H
#define GATEWAY_AUDIT_H

#include <stdio.h>

#include "core/chan.h"
#include "core/json.h"
#include "core/limit.h"

/* Longest line with its LF; longest text value that audit_str() writes. */
enum { AUDIT_LINE_MAX = 65536, AUDIT_TEXT_MAX = 4096, AUDIT_TS_MAX = 25 };

struct audit;

typedef void audit_idle_fn(void *arg);

/* limits by reference; self and index name the sender. No channel yet: lines wait. */
struct audit *audit_new(struct loop *l, const struct limits *limits, enum role self,
    unsigned index);
void audit_free(struct audit *a);

/* Takes a channel to a recorder (closed on failure), instead of an older one: 0 or -ERR_NOMEM. */
int audit_connect(struct audit *a, int fd);

/*
 * Queue one line: a JSON object and LF (copied). 0; -ERR_TOO_LONG (not one line, or over the
 * maximum) or -ERR_LIMIT (no room at all): the line is lost, counted, and reported by a line of
 * its own as soon as there is room.
 */
int audit_line(struct audit *a, struct str line);

/*
 * The caller takes nothing new (`block`) or goes on (`continue`): limits->audit_pending lines
 * wait, or the recorder reports disk trouble. Beyond that there is room for the last lines of
 * all flows that are still open, so that `block` loses nothing.
 */
bool audit_full(const struct audit *a);

/* Every line is on disk; fn is called each time that this becomes true. */
bool audit_idle(const struct audit *a);
void audit_on_idle(struct audit *a, audit_idle_fn *fn, void *arg);

/* Begin a line: "ts" (now, RFC 3339, UTC, ms), "event". End with json_end(), then audit_line(). */
void audit_begin(struct json *j, struct buf *out, const char *event);

/* A peer's text, cut at AUDIT_TEXT_MAX bytes with an ellipsis, so that a line always fits. */
void audit_str(struct json *j, const char *key, struct str value);

/* Unix milliseconds as "2026-01-31T12:00:00.000Z". */
void audit_ts(int64_t unix_ms, char to[AUDIT_TS_MAX]);

/* The table of fields (audit.def) as Markdown. */
void audit_fields_print(FILE *f);

#endif
