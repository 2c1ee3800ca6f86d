/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of the command line: configuration, certificates, pid files. Nothing large. */
#include "control/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/cli.h"
#include "control/exit.h"
#include "core/err.h"

enum { PATH_SIZE = 4096, CHUNK = 8192 };

int file_read(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0, e;
	ssize_t k = 1;
	char *to;

	if (fd < 0)
		return -ERR_FILE;
	while (r == 0 && k != 0) {
		if ((to = buf_reserve(out, CHUNK)) == NULL)
			r = -ERR_LIMIT;
		else if ((k = read(fd, to, CHUNK)) > 0)
			buf_commit(out, (size_t)k);
		else if (k < 0 && errno != EINTR)
			r = -ERR_FILE;
	}
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static int write_synced(int fd, struct str bytes)
{
	ssize_t k;

	while (bytes.n > 0) {
		k = write(fd, bytes.p, bytes.n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		bytes = str_sub(bytes, (size_t)k, bytes.n);
	}
	return fsync(fd);
}

int file_write(const char *path, unsigned mode, struct str bytes)
{
	char temporary[PATH_SIZE];
	int fd, e, n = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);

	if (n < 0 || (size_t)n >= sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -ERR_FILE;
	}
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0)
		return -ERR_FILE;
	if (fchmod(fd, mode) == 0 && write_synced(fd, bytes) == 0 && rename(temporary, path) == 0) {
		close(fd);
		return 0;
	}
	e = errno;
	unlink(temporary);
	close(fd);
	errno = e;
	return -ERR_FILE;
}

int file_mkdirs(const char *path, unsigned mode)
{
	char part[PATH_SIZE];
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (str_copy(str_c(path), part, sizeof(part)) != 0) {
		errno = ENAMETOOLONG;
		return -ERR_FILE;
	}
	for (char *p = part + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return -ERR_FILE;
		*p = '/';
	}
	return mkdir(part, mode) == 0 || errno == EEXIST ? 0 : -ERR_FILE;
}

int file_mkdirs_for(const char *path, unsigned mode)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_SIZE];

	if (slash == NULL || slash == path)
		return 0;
	if (str_copy(str_of(path, (size_t)(slash - path)), dir, sizeof(dir)) != 0) {
		errno = ENAMETOOLONG;
		return -ERR_FILE;
	}
	return file_mkdirs(dir, mode);
}

int file_join(const char *dir, const char *name, char *to, size_t n)
{
	int k = snprintf(to, n, "%s/%s", dir, name);

	return k < 0 || (size_t)k >= n ? -ERR_TOO_LONG : 0;
}

void config_complain(const char *path, const struct config_error *e)
{
	fprintf(stderr, "%s:", path != NULL ? path : "built-in configuration");
	if (e->line > 0)
		fprintf(stderr, "%u:", e->line);
	if (e->token[0] != '\0')
		fprintf(stderr, " %s:", e->token);
	fprintf(stderr, " expected %s", e->expected[0] != '\0' ? e->expected : "something else");
	if (e->fix[0] != '\0')
		fprintf(stderr, "; fix: %s", e->fix);
	fputc('\n', stderr);
}

struct config *config_for_command(const char *named, const char **path, int *code)
{
	struct config_error e = { .line = 0 };
	struct config *c;

	if (named == NULL && access(CONFIG_DEFAULT_PATH, F_OK) == 0)
		named = CONFIG_DEFAULT_PATH;
	if (named != NULL && access(named, R_OK) != 0) {
		fprintf(stderr, "sallyport: %s cannot be read: %s\n", named, strerror(errno));
		*code = EXIT_FILE;
		return NULL;
	}
	if (path != NULL)
		*path = named;
	if ((c = config_load_file(named, &e)) == NULL) {
		config_complain(named, &e);
		*code = EXIT_CONFIG;
	}
	return c;
}
