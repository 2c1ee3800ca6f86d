/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/1.1 requests: any bytes, and any way of cutting them gives the same events. */
#include <stdint.h>

#include "tests/fuzz/h1_events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	compare(H1_REQUEST, str_of((const char *)data, size));
	return 0;
}
