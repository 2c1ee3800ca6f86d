/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scanner's isolation, in three steps that never loosen: a root directory and namespaces of
 * its own before signatures are read, a list of system calls for the zygote, a shorter one with
 * Landlock and resource limits for each job. What could not be had is reported, never hidden.
 */
#ifndef SCANNER_JAIL_H
#define SCANNER_JAIL_H

#include <sys/resource.h>

#include "core/limit.h"
#include "core/sandbox.h"

enum { JAIL_SCRATCH = 64, JAIL_PATH = 128 };

struct jail {
	int flags;                  /* sandbox_flag that hold for the zygote */
	char scratch[JAIL_SCRATCH]; /* folder that may be written, as seen from inside */
	char signatures[4096], own[4096]; /* signature folders as seen from inside; "" where there is none */
	int null_fd, statm_fd;
	int root_fd; /* the scratch folder */
	int proc_fd; /* /proc, to see what jobs use; -1: cannot be seen */
	pid_t zygote;
};

/*
 * Step 1, as root: namespaces, an empty root directory on a size-limited tmpfs with the signature
 * folders read-only below it and another tmpfs for each of the jobs, an unprivileged user that may
 * still read the signatures. Without the right to do so: only what is allowed. 0 or -ERR_SYSTEM
 * (nowhere to write).
 */
int jail_enter(struct jail *j, const char *signatures, const char *own, unsigned jobs,
    const struct limits *limits);

/*
 * Step 2: drop all capabilities, Landlock to the scratch folder, the zygote's system calls. 0 or
 * -ERR_UNSUPPORTED when user, capabilities or system calls are not confined: do not go on.
 */
int jail_close(struct jail *j);

/* Where a job may write; all zero at first. */
struct jail_place {
	char name[16], before[16]; /* below the scratch folder; of the job before it, "" for none */
	char path[JAIL_PATH];
};

/* Name the folder of the next job in a slot (0 to jobs - 1). name: a number of its own. */
void jail_place(const struct jail *j, unsigned slot, unsigned name, struct jail_place *p);

/*
 * In the new job, before step 3: make it, and remove what the job before it left behind. There, and
 * not in the zygote, because that may take long. 0 or -ERR_FILE.
 */
int jail_place_make(const struct jail *j, const struct jail_place *p);

/*
 * Step 3, in a forked job: its own folder, its limits, its system calls. Keeps `sock` and, in
 * sanitizer builds, standard error. Returns sandbox_flag that hold or -ERR_SYSTEM.
 */
int jail_job(const struct jail *j, const char *folder, int sock, const struct limits *limits);

/* In a job, after each scan: leave nothing of it in its folder. */
void jail_job_tidy(const char *folder);

#endif
