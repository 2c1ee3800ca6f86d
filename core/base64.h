/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64 with its usual alphabet (RFC 4648 section 4). Pure. */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include <stddef.h>

/* Of each byte its value and one; 0 for what is no digit. */
extern const unsigned char base64_values[256];

/* The value of a digit, or -1 (also for the padding). */
static inline int base64_value(char c)
{
	return base64_values[(unsigned char)c] - 1;
}

/* Characters for n bytes, padding and NUL included. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Write n bytes as text with padding and a NUL into to[BASE64_SIZE(n)]: its length. */
size_t base64_write(const void *from, size_t n, char *to);

#endif
