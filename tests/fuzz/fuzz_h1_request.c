/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/1.1 requests: any bytes, and any way of cutting them gives the same events. */
#include "tests/fuzz/h1_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(H1_REQUEST, "GET", str_of((const char *)data, size));
	return 0;
}
