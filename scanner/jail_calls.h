/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls of the zygote and of a job. Any other call kills the process. */
#ifndef SCANNER_JAIL_CALLS_H
#define SCANNER_JAIL_CALLS_H

/* Sanitizer builds need more system calls and address space; they are for tests. */
#if defined(__SANITIZE_ADDRESS__)
#define JAIL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JAIL_SANITIZED 1
#endif
#endif
#ifndef JAIL_SANITIZED
#define JAIL_SANITIZED 0
#endif

/* Put the zygote's list in force and prepare the jobs': 0 or -ERR_SYSTEM. */
int jail_calls_zygote(void);

/* Put the jobs' list in force on top: 0 or -ERR_SYSTEM. */
int jail_calls_job(void);

#endif
