/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A job that has been taken over, for tests: compiled only into sallyport-scanner-hostile, which
 * is never installed. A body "HOSTILE:word" makes the job try what the word says; what follows a
 * blank is not looked at, so that bodies differ.
 */
#ifndef SCANNER_HOSTILE_H
#define SCANNER_HOSTILE_H

#include "core/verdict.h"

/* The job's own folder, and the number of the order that it has. */
extern const char *hostile_folder;
extern uint64_t hostile_number;

/*
 * False when the body asks for nothing. Else, if the job survives: INFECTED named "escaped", or
 * CLEAN named after the error that it got, such as "errno-13". fd: the body's descriptor.
 */
bool hostile_act(struct str body, int fd, struct verdict *v);

#endif
