/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A job: a fork of the zygote that confines itself and searches one body at a time. Messages on
 * its socket pair (SOCK_SEQPACKET): first the job's u32 sandbox flags; then an order (u64 number,
 * u64 length; descriptor: sealed memfd) is answered as scan_read_answer() says, with that number.
 */
#ifndef SCANNER_JOB_H
#define SCANNER_JOB_H

#include "scanner/engine.h"
#include "scanner/jail.h"

enum { JOB_MSG_MAX = 512 };

/* Zygote's side: 0 or -ERR_CLOSED. */
int job_send(int sock, uint64_t number, uint64_t length, int memfd);

/* The process; never returns. folder: its own below the scratch folder. */
_Noreturn void job_main(int sock, struct engine *e, const struct jail *j, const char *folder,
    const struct limits *limits);

#endif
