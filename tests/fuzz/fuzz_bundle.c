/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a bundle of any bytes: refused, or every entry lies within it. */
#include <stdint.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int err, fd = memfd_create("fuzz", MFD_ALLOW_SEALING);
	struct bundle *b;
	struct str s;
	unsigned sum = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		abort();
	b = bundle_open(fd, &err);
	close(fd);
	if (b != NULL && bundle_get(b, STR("config"), &s))
		for (size_t i = 0; i < s.n; i++)
			sum += (unsigned char)s.p[i];
	bundle_free(b);
	return sum == UINT32_MAX;
}
