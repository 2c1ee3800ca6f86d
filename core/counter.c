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
	/* A fork serves somebody else: what it may write is not what the parent reads. */
	if (madvise(p, sizeof(struct counters), MADV_DONTFORK) != 0) {
		munmap(p, sizeof(struct counters));
		return -ERR_SYSTEM;
	}
	counters = p;
	return 0;
}

void counters_leave(void)
{
	counters = &own;
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

uint64_t counter_id(struct str name)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a: the operator's own names, nobody attacks */

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 1099511628211u;
	return h != 0 ? h : 1;
}

static struct counter_named *named_row(struct counters *c, uint64_t id)
{
	for (size_t i = 0; i < COUNTERS_NAMED; i++)
		if (atomic_load_explicit(&c->named[i].id, memory_order_relaxed) == id)
			return &c->named[i];
	return NULL;
}

const struct counter_named *counter_named_find(const struct counters *c, uint64_t id)
{
	return named_row((struct counters *)(uintptr_t)c, id);
}

void counter_named_add(uint64_t id, int64_t now)
{
	struct counter_named *row = named_row(counters, id);

	if (row == NULL && (row = named_row(counters, 0)) == NULL)
		return;
	atomic_store_explicit(&row->last, now, memory_order_relaxed);
	atomic_fetch_add_explicit(&row->n, 1, memory_order_relaxed);
	atomic_store_explicit(&row->id, id, memory_order_relaxed);
}

void counter_named_keep(const uint64_t *ids, size_t n)
{
	for (size_t i = 0; i < COUNTERS_NAMED; i++) {
		struct counter_named *row = &counters->named[i];
		bool kept = false;

		for (size_t k = 0; k < n && !kept; k++)
			kept = ids[k] == atomic_load_explicit(&row->id, memory_order_relaxed);
		if (kept)
			continue;
		atomic_store_explicit(&row->id, 0, memory_order_relaxed);
		atomic_store_explicit(&row->n, 0, memory_order_relaxed);
	}
}
