/* SPDX-License-Identifier: BSD-2-Clause */
/* The pid file and its lock. */
#include "control/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/files.h"
#include "core/err.h"

enum { PATH_SIZE = 4096 };

static int open_pidfile(const char *state_dir, int flags, char *path)
{
	if (file_join(state_dir, "sallyport.pid", path, PATH_SIZE) != 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0644);
}

/* The file may have been unlinked between our open and our lock. */
static int still_there(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static int write_number(int fd)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n ? 0 : -1;
}

int pidfile_take(const char *state_dir)
{
	char path[PATH_SIZE];
	int fd, e, tries = 0;

	for (;;) {
		if ((fd = open_pidfile(state_dir, O_RDWR | O_CREAT, path)) < 0)
			return -ERR_FILE;
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			close(fd);
			if (tries++ == 20) /* somebody who only looks is gone by then */
				return -ERR_DENIED;
			usleep(10000);
			continue;
		}
		if (still_there(fd, path))
			break;
		close(fd);
	}
	if (write_number(fd) == 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -ERR_FILE;
}

void pidfile_drop(const char *state_dir, int fd)
{
	char path[PATH_SIZE];

	if (file_join(state_dir, "sallyport.pid", path, sizeof(path)) == 0)
		unlink(path);
	close(fd);
}

pid_t pidfile_owner(const char *state_dir, int clean)
{
	char path[PATH_SIZE], text[24] = "";
	int fd = open_pidfile(state_dir, O_RDONLY, path);
	long pid = 0;
	ssize_t k;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
		if (clean)
			unlink(path);
	} else if ((k = pread(fd, text, sizeof(text) - 1, 0)) > 0) {
		text[k] = '\0';
		pid = strtol(text, NULL, 10);
	}
	close(fd);
	return pid > 1 ? (pid_t)pid : 0;
}
