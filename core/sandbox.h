/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sandbox profiles: what each role may still do once it serves. Applied once, never loosened.
 * The system-call lists are data in sandbox.c, found by tracing (scripts/spike-syscalls).
 */
#ifndef CORE_SANDBOX_H
#define CORE_SANDBOX_H

#include <sys/types.h>

#include "core/chan.h"

enum sandbox_flag {
	SANDBOX_SECCOMP = 1,  /* the system-call list is in force */
	SANDBOX_CAPS = 2,     /* capabilities are dropped */
	SANDBOX_UID = 4,      /* runs as an unprivileged user */
	SANDBOX_LANDLOCK = 8, /* file access is limited by Landlock */
	SANDBOX_NETNS = 16,   /* has a network namespace of its own, without any link */
	SANDBOX_ROOT = 32     /* sees an empty root directory */
};

/*
 * Drop user, capabilities and system calls for a role; rlimits and no-new-privs with it.
 * `keep_dir` names the one folder that stays writable (recorder), or NULL. Returns the set of
 * sandbox_flag that hold, or -ERR_SYSTEM with the failing step logged.
 */
int sandbox_enter(enum role role, const char *keep_dir);

/*
 * The signer's profile where the CA key is in a PKCS#11 token: the module reads (and locks) files
 * below `dir` (NULL: none) when it signs, and goes on with connections that it has. It keeps its user,
 * who owns these files, without any capability; it can write no file and open no connection.
 */
int sandbox_enter_token(const char *dir);

/*
 * Landlock: allow only the tree below dir (read and write), nothing if dir is NULL; and files below
 * the folder readable_fd to be read (-1: none). 0, -ERR_UNSUPPORTED on kernels without it,
 * -ERR_SYSTEM.
 */
int sandbox_landlock(const char *dir, int readable_fd);

/* The unprivileged user of all roles: "sallyport" where it was created, else 65534. */
void sandbox_user(uid_t *uid, gid_t *gid);

/* No core files, not dumpable, no new privileges, dies with its parent; for every role. */
int sandbox_common(void);

/* Human-readable form of a flag set for the log ("seccomp,caps,uid"). */
const char *sandbox_text(int flags);

#endif
