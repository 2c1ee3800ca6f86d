/* SPDX-License-Identifier: BSD-2-Clause */
/* File names out of hostile Content-Disposition fields, into arrays of several sizes. */
#include <assert.h>
#include <string.h>

#include "gateway/disposition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t caps[] = { 2, 3, 16, 128 };
	struct str in = str_of((const char *)data, size);
	char whole[128], to[128];
	bool some = disposition_name(in, whole, sizeof(whole));

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		size_t n;

		assert(disposition_name(in, to, caps[i]) == some);
		n = strlen(to);
		assert(n < caps[i] && (n > 0) == some);
		assert(n <= strlen(whole) && strcmp(to, whole + strlen(whole) - n) == 0);
	}
	return 0;
}
