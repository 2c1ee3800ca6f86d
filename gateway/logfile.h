/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of whole lines: appends are all or nothing and on disk when they return; a torn last
 * line, left by a crash or a full disk, is cut off.
 */
#ifndef GATEWAY_LOGFILE_H
#define GATEWAY_LOGFILE_H

#include <sys/types.h>

#include "core/str.h"

struct logfile {
	int dir; /* the folder, not owned */
	int fd;	 /* -1: not open */
	const char *name;
	bool torn; /* a failed append could not be undone yet */
};

/*
 * Open or create the regular file `name` in a folder and cut a torn last line off; how many
 * bytes that were in *cut. `spare` (or -1) is taken over: a descriptor of it from when the
 * process had more rights, used where the name may not be opened any more. One process at a
 * time: 0, -ERR_DENIED (another holds it), -ERR_SYSTEM with errno.
 */
int logfile_open(struct logfile *f, int dir, const char *name, int spare, size_t *cut);

/* The spare for it: -1 where there is no such file. */
int logfile_spare(int dir, const char *name);
void logfile_close(struct logfile *f);

/* Open anew under the same name (after a rotation); the old one stays on failure. */
int logfile_reopen(struct logfile *f, size_t *cut);

/* Append whole lines and wait for the disk: 0, or -ERR_SYSTEM with errno and nothing appended. */
int logfile_append(struct logfile *f, struct str lines);

#endif
