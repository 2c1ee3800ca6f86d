/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/1.1 responses: the first byte picks the request's method, the rest is as for requests. */
#include "tests/fuzz/h1_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *method = size == 0 || data[0] % 4 == 0 ? "GET"
			     : data[0] % 4 == 1            ? "HEAD"
							   : "CONNECT";
	size_t skip = size > 0 && data[0] != 'H'; /* plain responses answer GET */

	check(H1_RESPONSE, method, str_of((const char *)data + skip, size - skip));
	return 0;
}
