/* SPDX-License-Identifier: BSD-2-Clause */
/* The revocation set: a mistake has a line; what is read can be asked. */
#include <stdlib.h>
#include <string.h>

#include "mitm/revoke_local.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct revoke_file f = { "set", STR_NONE };
	static const unsigned char serial[SERIAL_KEY] = { 1 };
	struct revoke_set s;
	char why[300] = "", *copy = malloc(size > 0 ? size : 1); /* exact size, for the sanitizer */

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	f.bytes = str_of(copy, size);
	if (revoke_set_read(&s, &f, why, sizeof(why)) == 0) {
		for (size_t i = 0; i < s.keys.n; i++)
			if (!revoke_set_key(&s, s.keys.at + i * s.keys.width))
				abort();
		if (s.pairs.n > 0 && s.issuers.n == 0)
			abort();
		for (size_t i = 0; i < s.issuers.n; i++)
			revoke_set_serial(&s, s.issuers.at + i * s.issuers.width, serial);
	} else if (strncmp(why, "set:", 4) != 0) {
		abort();
	}
	revoke_set_free(&s);
	free(copy);
	return 0;
}
