/* SPDX-License-Identifier: BSD-2-Clause */
/* Samples on disk. */
#include "gateway/samples_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

#define PARTIAL ".partial"

/* Ours alone: root may be asked to write into a folder that somebody else has made. */
static int open_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

bool samples_disk_ready(const char *folder)
{
	int fd;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		log_error("scanner.keep %s: %s", folder, strerror(errno));
		return false;
	}
	fd = open_folder(folder);
	if (fd < 0) {
		log_error("scanner.keep %s: %s; it must be a folder of our own with mode 0700", folder,
		    strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

static bool is_sample(const char *name)
{
	return strlen(name) == SAMPLE_HEX && strspn(name, "0123456789abcdef") == SAMPLE_HEX;
}

/* Number and bytes of what is there, and the oldest. */
static uint64_t look(int dir, uint64_t *n, char oldest[SAMPLE_HEX + 1])
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct timespec first = { 0 };
	struct dirent *e;
	struct stat st;
	uint64_t bytes = 0;

	*n = 0;
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!is_sample(e->d_name) || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		bytes += (uint64_t)st.st_size;
		if ((*n)++ > 0 && (st.st_mtim.tv_sec > first.tv_sec ||
				      (st.st_mtim.tv_sec == first.tv_sec &&
					  st.st_mtim.tv_nsec >= first.tv_nsec)))
			continue;
		first = st.st_mtim;
		memcpy(oldest, e->d_name, SAMPLE_HEX + 1); /* is_sample(): exactly so long */
	}
	if (d != NULL)
		closedir(d);
	return bytes;
}

static void make_room(int dir, uint64_t length, const struct limits *l)
{
	char oldest[SAMPLE_HEX + 1] = "";
	uint64_t n, bytes;

	for (;;) {
		bytes = look(dir, &n, oldest);
		if (n == 0 || (n < l->samples && bytes + length <= l->samples_bytes) ||
		    unlinkat(dir, oldest, 0) != 0)
			return;
	}
}

static int copy(int to, int from, uint64_t length)
{
	off_t at = 0;

	while ((uint64_t)at < length)
		if (sendfile(to, from, &at, length - (uint64_t)at) <= 0)
			return -1;
	return fsync(to);
}

/* Under another name first: what bears a digest is whole. */
static void write_one(
    const char *folder, const char *digest, int from, uint64_t length, const struct limits *l)
{
	int dir = open_folder(folder), to = -1;
	char partial[SAMPLE_HEX + sizeof(PARTIAL)];
	bool good = false;

	snprintf(partial, sizeof(partial), "%s" PARTIAL, digest);
	if (dir >= 0) {
		make_room(dir, length, l);
		unlinkat(dir, partial, 0);
		to = openat(dir, partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (to >= 0)
		good = copy(to, from, length) == 0 && renameat(dir, partial, dir, digest) == 0;
	if (!good)
		log_error("scanner.keep %s: %s: %s", folder, digest, strerror(errno));
	if (!good && to >= 0)
		unlinkat(dir, partial, 0);
}

void samples_disk_write(
    const char *folder, const char *digest, int fd, uint64_t length, const struct limits *l)
{
	pid_t pid = fork();

	if (pid < 0)
		log_error("scanner.keep %s: %s", folder, strerror(errno));
	if (pid != 0)
		return; /* reaped with all others */
	write_one(folder, digest, fd, length, l);
	_exit(0);
}
