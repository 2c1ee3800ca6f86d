/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole lines on disk, or none. Knows nothing of what the lines say. */
#include "gateway/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

enum { LOGFILE_MODE = 0640, BACK = 4096 };
enum { LOGFILE_FLAGS = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK };

/* The length up to and with the last LF. */
static int whole_length(int fd, off_t size, off_t *whole)
{
	char block[BACK];
	off_t end = size;

	while (end > 0) {
		size_t n = end < BACK ? (size_t)end : BACK;
		ssize_t got = pread(fd, block, n, end - (off_t)n);
		char *lf;

		if (got != (ssize_t)n)
			return -ERR_SYSTEM;
		lf = memrchr(block, '\n', n);
		if (lf != NULL) {
			*whole = end - (off_t)n + (lf - block) + 1;
			return 0;
		}
		end -= (off_t)n;
	}
	*whole = 0;
	return 0;
}

static int cut_tail(int fd, size_t *cut)
{
	struct stat st;
	off_t whole;

	if (fstat(fd, &st) != 0 || whole_length(fd, st.st_size, &whole) != 0)
		return -ERR_SYSTEM;
	*cut = (size_t)(st.st_size - whole);
	if (*cut > 0 && (ftruncate(fd, whole) != 0 || fdatasync(fd) != 0))
		return -ERR_SYSTEM;
	return 0;
}

static int check(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -ERR_SYSTEM;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -ERR_SYSTEM;
	}
	return fcntl(fd, F_OFD_SETLK, &whole) == 0 ? 0 : -ERR_DENIED;
}

int logfile_spare(int dir, const char *name)
{
	return openat(dir, name, LOGFILE_FLAGS);
}

static int open_name(int dir, const char *name, int spare)
{
	int fd = openat(dir, name, LOGFILE_FLAGS | O_CREAT, LOGFILE_MODE);

	if (fd < 0 && errno == EACCES && spare >= 0)
		return spare;
	if (spare >= 0)
		close(spare);
	return fd;
}

int logfile_open(struct logfile *f, int dir, const char *name, int spare, size_t *cut)
{
	int fd = open_name(dir, name, spare);
	int r = fd >= 0 ? check(fd) : -ERR_SYSTEM;
	int e;

	*cut = 0;
	if (r == 0)
		r = cut_tail(fd, cut);
	if (r == 0 && fsync(dir) == 0) { /* the name, too, is on disk */
		*f = (struct logfile){ .dir = dir, .fd = fd, .name = name };
		return 0;
	}
	e = errno;
	if (fd >= 0)
		close(fd);
	errno = e;
	return r != 0 ? r : -ERR_SYSTEM;
}

void logfile_close(struct logfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* The same file has not been rotated: its lock is ours, and there is nothing to do. */
static bool same_file(const struct logfile *f)
{
	struct stat ours, named;

	return fstat(f->fd, &ours) == 0 && fstatat(f->dir, f->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

int logfile_reopen(struct logfile *f, size_t *cut)
{
	struct logfile fresh;
	int r;

	*cut = 0;
	if (same_file(f))
		return 0;
	if ((r = logfile_open(&fresh, f->dir, f->name, -1, cut)) != 0)
		return r;
	logfile_close(f);
	*f = fresh;
	return 0;
}

static int write_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -ERR_SYSTEM;
		s = str_sub(s, (size_t)n, s.n);
	}
	return 0;
}

/*
 * After a failed fdatasync the kernel forgets which pages were not written (it reports an error
 * once): so the batch is taken back and written again as a whole.
 */
int logfile_append(struct logfile *f, struct str lines)
{
	struct stat st;
	size_t cut;
	int e;

	if (f->torn && cut_tail(f->fd, &cut) != 0)
		return -ERR_SYSTEM;
	f->torn = false;
	if (fstat(f->fd, &st) != 0)
		return -ERR_SYSTEM;
	if (write_all(f->fd, lines) == 0 && fdatasync(f->fd) == 0)
		return 0;
	e = errno;
	f->torn = ftruncate(f->fd, st.st_size) != 0;
	errno = e;
	return -ERR_SYSTEM;
}
