/* SPDX-License-Identifier: BSD-2-Clause */
/* Counter pages: a memfd per role, written by the role, read by the parent. */
#include "core/counter.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/err.h"

static struct counters own;
struct counters *counters = &own;

int counters_create(void)
{
	int fd = memfd_create("counters", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -ERR_SYSTEM;
	if (ftruncate(fd, sizeof(struct counters)) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
		close(fd);
		return -ERR_SYSTEM;
	}
	return fd;
}

int counters_map(int fd)
{
	void *p = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -ERR_SYSTEM;
	counters = p;
	return 0;
}

const struct counters *counters_view(int fd)
{
	void *p = mmap(NULL, sizeof(struct counters), PROT_READ, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

struct counters *counters_own(int fd)
{
	void *p = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

void counters_clear_gauges(struct counters *c)
{
#define COUNTER(name, doc)
#define GAUGE(name, doc) atomic_store_explicit(&c->name, 0, memory_order_relaxed);
#include "core/counter.def"
#undef COUNTER
#undef GAUGE
	munmap(c, sizeof(*c));
}
