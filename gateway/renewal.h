/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's part in new signatures: a second scanner is started beside the one that serves; when it has loaded and
 * tested them, the workers change over and the old one finishes what it has. There are never more than two. What
 * cannot be loaded leaves the old ones in force and is not tried again before something changes.
 */
#ifndef GATEWAY_RENEWAL_H
#define GATEWAY_RENEWAL_H

#include "core/json.h"
#include "gateway/parent.h"

struct renewal;

/* NULL when memory is short. Watches from now on. */
struct renewal *renewal_new(struct parent *p);
void renewal_free(struct renewal *r);

/* A configuration has come into force, or the first one: folders, limits, the search itself may be others. */
void renewal_configured(struct renewal *r);

/* Look now and take what is there; answered when that is done. */
void renewal_command(struct renewal *r, struct control_reply *reply);

/* Somebody says that something has changed: look when it is quiet. */
void renewal_hint(void *renewal);

/* The SIGNATURES message of a scanner. */
void renewal_told(struct child *c, struct str body);

/*
 * A scanner is READY: the slot in which it is to serve, not yet wired to the workers; NULL where it must not (it will
 * end). After wiring: renewal_serving().
 */
struct child *renewal_ready(struct child *c);
void renewal_serving(struct renewal *r);

/* A scanner has ended, which was in that state: is it to be started again at once, or later by back-off? */
bool renewal_gone(struct child *c, enum child_state was);

/* What was tried last could not be loaded. */
bool renewal_is_broken(const struct renewal *r);

/* For `status`. Age in seconds, -1 where it is not known; a word for the state. */
int64_t renewal_age(const struct renewal *r);
const char *renewal_state(const struct renewal *r);
void renewal_json(const struct renewal *r, struct json *j);
void renewal_text(const struct renewal *r, struct buf *out);

#endif
