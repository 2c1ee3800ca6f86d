/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein: SipHash, a fast short-input PRF, 2012) over whole words: a hash
 * whose collisions nobody can prepare who does not know the key.
 */
#ifndef CORE_SIPHASH_H
#define CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const uint64_t *words, size_t n);

#endif
