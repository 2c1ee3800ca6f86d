/* SPDX-License-Identifier: BSD-2-Clause */
/* The check of messages between processes: any bytes, any pair of roles, any number of fds. */
#include <stdint.h>
#include <stdlib.h>

#include "core/chan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum msg_type type = MSG_NONE;
	struct str body;

	if (size < 3)
		return 0;
	if (chan_check((enum role)(data[0] % ROLE_COUNT), (enum role)(data[1] % ROLE_COUNT),
		str_of((const char *)data + 3, size - 3), data[2], &type, &body) != 0)
		return 0;
	if (type <= MSG_NONE || type >= MSG_COUNT || body.n != size - 5)
		abort();
	return 0;
}
