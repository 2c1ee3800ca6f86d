/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bundles: u32 count, then per entry packed name and bytes (core/pack.h). The reader checks the
 * seals first, so that nobody can change or cut the bytes under it.
 */
#include "core/bundle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/pack.h"

enum { BUNDLE_ENTRIES = 256, BUNDLE_MAX = 256 << 20 };
enum { BUNDLE_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

struct bundle {
	struct buf out; /* writing */
	void *map;	/* reading */
	size_t map_n;
	size_t n;
	struct {
		struct str name, bytes;
	} entries[BUNDLE_ENTRIES];
};

struct bundle *bundle_new(void)
{
	struct bundle *b = calloc(1, sizeof(*b));

	if (b != NULL)
		buf_init(&b->out, BUNDLE_MAX);
	return b;
}

int bundle_add(struct bundle *b, struct str name, struct str bytes)
{
	int r;

	if (b->n == BUNDLE_ENTRIES)
		return -ERR_LIMIT;
	if ((r = pack_str(&b->out, name)) != 0 || (r = pack_str(&b->out, bytes)) != 0)
		return r;
	b->n++;
	return 0;
}

static int write_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t w = write(fd, s.p, s.n);

		if (w <= 0)
			return -ERR_SYSTEM;
		s = str_sub(s, (size_t)w, s.n);
	}
	return 0;
}

int bundle_seal(struct bundle *b)
{
	int fd = memfd_create("bundle", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -ERR_SYSTEM;
	if (write_all(fd, buf_view(&b->out)) != 0 || fcntl(fd, F_ADD_SEALS, BUNDLE_SEALS) != 0) {
		close(fd);
		return -ERR_SYSTEM;
	}
	return fd;
}

static int read_entries(struct bundle *b)
{
	struct rd r = rd_of(str_of(b->map, b->map_n));

	while (r.s.n > 0 && r.bad == 0) {
		if (b->n == BUNDLE_ENTRIES)
			return -ERR_LIMIT;
		b->entries[b->n].name = rd_str(&r, 4096 + 16);
		b->entries[b->n].bytes = rd_str(&r, BUNDLE_MAX);
		b->n++;
	}
	return rd_done(&r);
}

static int map_sealed(struct bundle *b, int fd)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & BUNDLE_SEALS) != BUNDLE_SEALS || fstat(fd, &st) != 0 ||
	    st.st_size <= 0 || st.st_size > BUNDLE_MAX)
		return -ERR_PROTO;
	b->map_n = (size_t)st.st_size;
	b->map = mmap(NULL, b->map_n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (b->map == MAP_FAILED) {
		b->map = NULL;
		return -ERR_SYSTEM;
	}
	return read_entries(b);
}

struct bundle *bundle_open(int fd, int *err)
{
	struct bundle *b = bundle_new();

	*err = b != NULL ? map_sealed(b, fd) : -ERR_NOMEM;
	if (*err != 0) {
		bundle_free(b);
		return NULL;
	}
	return b;
}

bool bundle_get(const struct bundle *b, struct str name, struct str *bytes)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->map != NULL && str_eq(b->entries[i].name, name)) {
			*bytes = b->entries[i].bytes;
			return true;
		}
	return false;
}

void bundle_free(struct bundle *b)
{
	if (b == NULL)
		return;
	if (b->map != NULL)
		munmap(b->map, b->map_n);
	buf_wipe(&b->out); /* it may hold the CA key */
	free(b);
}
