/* SPDX-License-Identifier: BSD-2-Clause */
/* Clearing scratch folders, without recursion: a job can nest thousands of folders. */
#include "scanner/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "core/err.h"

enum { FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

enum pass {
	PASS_EMPTY, /* there was nothing */
	PASS_AGAIN, /* things were removed; there may be more */
	PASS_DOWN,  /* first this folder, please */
	PASS_STUCK
};

static bool is_self(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Remove what can be removed at once; *down becomes the first folder that is not empty. */
static enum pass pass_over(int dir, int *down)
{
	int fd = openat(dir, ".", FOLDER);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	enum pass r = PASS_EMPTY;
	struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return PASS_STUCK;
	}
	while (r != PASS_DOWN && r != PASS_STUCK && (e = readdir(d)) != NULL) {
		if (is_self(e->d_name))
			continue;
		r = PASS_AGAIN;
		if (unlinkat(dir, e->d_name, 0) == 0 || unlinkat(dir, e->d_name, AT_REMOVEDIR) == 0)
			continue;
		*down = openat(dir, e->d_name, FOLDER);
		r = *down >= 0 ? PASS_DOWN : PASS_STUCK;
	}
	closedir(d);
	return r;
}

int scratch_clear(int dir)
{
	int at = openat(dir, ".", FOLDER), next = -1;
	unsigned depth = 0;

	while (at >= 0) {
		enum pass p = pass_over(at, &next);

		if (p == PASS_AGAIN)
			continue;
		if (p == PASS_STUCK || (p == PASS_EMPTY && depth == 0)) {
			close(at);
			return p == PASS_EMPTY ? 0 : -ERR_FILE;
		}
		if (p == PASS_EMPTY)
			next = openat(at, "..", FOLDER);
		depth += p == PASS_DOWN ? 1 : -1u;
		close(at);
		at = next;
	}
	return -ERR_FILE;
}

int scratch_remove(int dir, const char *name)
{
	int fd = openat(dir, name, FOLDER);
	int r = fd >= 0 ? scratch_clear(fd) : -ERR_FILE;

	if (fd >= 0)
		close(fd);
	return r == 0 && unlinkat(dir, name, AT_REMOVEDIR) == 0 ? 0 : -ERR_FILE;
}

bool scratch_empty(int dir)
{
	int fd = openat(dir, ".", FOLDER);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e = NULL;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((e = readdir(d)) != NULL && is_self(e->d_name))
		;
	closedir(d);
	return e == NULL;
}

const char *scratch_place(bool *in_memory)
{
	static const char *const places[] = { "/tmp", "/dev/shm", "/run" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct statfs s;

		*in_memory = statfs(places[i], &s) == 0 && s.f_type == TMPFS_MAGIC &&
			     access(places[i], W_OK) == 0;
		if (*in_memory)
			return places[i];
	}
	return places[0];
}
