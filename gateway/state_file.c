/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files that the parent keeps over a stop. */
#include "gateway/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

enum { PATH_MOST = 512, PIECE = 1 << 16 };

static void path_of(const struct parent *p, const char *name, const char *end, char to[PATH_MOST])
{
	snprintf(to, PATH_MOST, "%s/%s%s", config_state_dir(p->config), name, end);
}

static int read_all(int fd, struct buf *to)
{
	for (;;) {
		char *at = buf_reserve(to, PIECE);
		ssize_t n = at != NULL ? read(fd, at, PIECE) : -1;

		if (n <= 0)
			return n == 0 ? 0 : -ERR_FILE;
		buf_commit(to, (size_t)n);
	}
}

static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int state_file_read(const struct parent *p, const char *name, struct buf *to)
{
	char path[PATH_MOST];
	int fd, r;

	path_of(p, name, "", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND : -ERR_FILE;
	r = is_ours(fd) ? read_all(fd, to) : -ERR_FILE;
	close(fd);
	return r;
}

static int write_all(const char *path, struct str s)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = fd >= 0 && fchmod(fd, 0600) == 0 ? 0 : -ERR_FILE;

	while (r == 0 && s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		r = n > 0 ? 0 : -ERR_FILE;
		s = str_sub(s, n > 0 ? (size_t)n : 0, s.n);
	}
	if (fd >= 0 && close(fd) != 0)
		r = -ERR_FILE;
	return r;
}

int state_file_write(const struct parent *p, const char *name, struct str s)
{
	char path[PATH_MOST], part[PATH_MOST];
	int r;

	path_of(p, name, "", path);
	path_of(p, name, ".part", part);
	r = write_all(part, s);
	return r == 0 && rename(part, path) != 0 ? -ERR_FILE : r;
}

void state_file_remove(const struct parent *p, const char *name)
{
	char path[PATH_MOST];

	path_of(p, name, "", path);
	unlink(path);
}
