/* SPDX-License-Identifier: BSD-2-Clause */
/* What a retro-hunt found, as fields of an audit line or as text for people. */
#ifndef GATEWAY_HUNT_TEXT_H
#define GATEWAY_HUNT_TEXT_H

#include "core/json.h"
#include "gateway/hunt.h"

/* What was searched, and what was not. */
struct hunt_scope {
	unsigned files, files_left;
	uint64_t bytes, unread; /* lines that could not be read */
	char left[512];		/* names of files left out, with the reason, separated by blanks */
};

/* The fields of a retro_alert, from `sha256` on. Texts are cut so that the line fits. */
void hunt_fields(struct json *j, const struct hunt_finding *f);
/* The fields of a retro_hunt about the files. */
void hunt_scope_fields(struct json *j, const struct hunt_scope *s);

/* The loud line of an alert, for the log; late: it came behind the hunt. */
void hunt_log(const struct hunt_finding *f, bool late);

/* For people: a block of lines; one line about the files. 0 or an error of the buffer. */
int hunt_print(struct buf *out, const struct hunt_finding *f);
int hunt_scope_print(struct buf *out, const struct hunt_scope *s);

#endif
