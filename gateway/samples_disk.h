/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples on disk, where the operator has named a folder: files 0600, named by digest, of bounded
 * number and bytes; the oldest go first. Written by a process of its own that ends with it: a slow
 * disk holds up nobody.
 */
#ifndef GATEWAY_SAMPLES_DISK_H
#define GATEWAY_SAMPLES_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limit.h"

enum { SAMPLE_HEX = 64 };

/* The folder, 0700, made where it is missing. False, with a log line, where it cannot be used. */
bool samples_disk_ready(const char *folder);

/* Begin to write the first `length` bytes of a sealed memfd. Failures are logged. */
void samples_disk_write(
    const char *folder, const char *digest, int fd, uint64_t length, const struct limits *l);

#endif
