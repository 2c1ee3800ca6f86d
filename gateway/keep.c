/* SPDX-License-Identifier: BSD-2-Clause */
/* Heap first, then a memfd. */
#include "gateway/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

/* Pieces below SMALL are gathered: a body that comes byte by byte is not written byte by byte. */
enum { SMALL = 1024, GATHER = 4096 };
enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
enum { SEAL_TRIES = 4 };

void keep_init(struct keep *k)
{
	*k = (struct keep){ .fd = -1 };
	buf_init(&k->heap, KEEP_HEAP);
}

void keep_free(struct keep *k)
{
	if (k->fd >= 0)
		close(k->fd);
	buf_free(&k->heap);
	keep_init(k);
}

static int write_all(struct keep *k, struct str s)
{
	while (s.n > 0) {
		ssize_t n = write(k->fd, s.p, s.n);

		if (n <= 0)
			return -ERR_SYSTEM;
		k->written += (uint64_t)n;
		s = str_sub(s, (size_t)n, s.n);
	}
	return 0;
}

/* What is in the heap goes to the memfd. */
static int flush(struct keep *k)
{
	int r = write_all(k, buf_view(&k->heap));

	buf_consume(&k->heap, k->heap.len);
	return r;
}

static int to_memfd(struct keep *k)
{
	if (k->fd < 0)
		k->fd = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return k->fd >= 0 ? flush(k) : -ERR_SYSTEM;
}

int keep_add(struct keep *k, struct str s)
{
	size_t room = k->fd < 0 ? KEEP_HEAP : s.n < SMALL ? GATHER : 0;
	int r = 0;

	if (k->sealed)
		return -ERR_SYSTEM;
	if (k->heap.len + s.n <= room)
		return buf_str(&k->heap, s);
	if ((r = to_memfd(k)) != 0)
		return r;
	return s.n < SMALL ? buf_str(&k->heap, s) : write_all(k, s);
}

ssize_t keep_read(const struct keep *k, uint64_t at, char *to, size_t n)
{
	ssize_t r;

	if (at >= k->written) {
		struct str s = str_sub(buf_view(&k->heap), at - k->written, k->heap.len);

		n = s.n < n ? s.n : n;
		if (n > 0)
			memcpy(to, s.p, n);
		return (ssize_t)n;
	}
	n = k->written - at < n ? (size_t)(k->written - at) : n;
	r = pread(k->fd, to, n, (off_t)at);
	return r > 0 ? r : -ERR_SYSTEM;
}

uint64_t keep_length(const struct keep *k)
{
	return k->written + k->heap.len;
}

/* The kernel refuses while it holds one of its pages for a moment (memory that is moved or swapped): it waits itself, too. */
static bool seal(int fd)
{
	for (int i = 0; i < SEAL_TRIES; i++)
		if (fcntl(fd, F_ADD_SEALS, SEALS) == 0)
			return true;
		else if (errno != EBUSY)
			return false;
	return false;
}

int keep_seal(struct keep *k)
{
	int r;

	if (k->sealed)
		return k->fd;
	if ((r = to_memfd(k)) != 0)
		return r;
	if (!seal(k->fd))
		return -ERR_SYSTEM;
	buf_free(&k->heap);
	k->sealed = true;
	return k->fd;
}

bool keep_open(struct keep *k, int fd, uint64_t length)
{
	struct stat st;

	keep_init(k);
	if (fcntl(fd, F_GET_SEALS) != SEALS || fstat(fd, &st) != 0 || (uint64_t)st.st_size != length) {
		close(fd);
		return false;
	}
	k->fd = fd;
	k->written = length;
	k->sealed = true;
	return true;
}
