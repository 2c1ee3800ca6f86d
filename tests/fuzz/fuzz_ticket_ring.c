/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of session tickets on their way to a worker: read whole or refused, and written back
 * byte for byte. */
#include <assert.h>
#include <string.h>

#include "mitm/ticket_ring.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct ticket_ring r = { 0 };
	struct str in = str_of((const char *)data, n);
	struct buf out;

	if (ticket_ring_read(&r, in) != 0) {
		for (size_t i = 0; i < TICKET_KEYS; i++)
			assert(r.keys[i].from == 0);
		return 0;
	}
	buf_init(&out, TICKET_RING_BYTES);
	assert(ticket_ring_write(&r, &out) == 0 && str_eq(buf_view(&out), in));
	buf_wipe(&out);
	assert(ticket_ring_turn(&r, 1000000000) >= 0 && ticket_ring_issue(&r, 1000000000) != NULL);
	return 0;
}
