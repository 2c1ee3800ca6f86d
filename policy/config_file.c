/* SPDX-License-Identifier: BSD-2-Clause */
/* Where configuration text comes from: the file system, or a bundle from the parent. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "policy/config_error.h"
#include "policy/config_node.h"
#include "policy/rule.h"

enum { LIST_FILE_MAX = 64 << 20 };

/* Files that were read for a load, until it is done. */
struct files {
	struct buf bytes[FILES_MAX + 1];
	size_t n;
};

static int read_all(int fd, struct buf *out)
{
	for (;;) {
		char *to = buf_reserve(out, 1);
		ssize_t n;

		if (to == NULL) {
			errno = out->len == out->max ? EFBIG : ENOMEM;
			return -ERR_FILE;
		}
		n = read(fd, to, out->cap - out->off - out->len);
		if (n == 0)
			return 0;
		if (n < 0)
			return -ERR_FILE;
		buf_commit(out, (size_t)n);
	}
}

/* Regular files only: a pipe or terminal named by mistake must not hang the start. */
static int read_path(const char *path, struct buf *out)
{
	struct stat st;
	int r = -ERR_FILE, saved, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -ERR_FILE;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		r = read_all(fd, out);
	else
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	saved = errno;
	close(fd);
	errno = saved;
	return r;
}

static bool find_in_files(void *arg, const char *path, struct str *bytes)
{
	struct files *f = arg;
	struct buf *b;

	if (f->n == FILES_MAX)
		return false;
	b = &f->bytes[f->n];
	buf_init(b, LIST_FILE_MAX);
	f->n++;
	if (read_path(path, b) != 0)
		return false;
	*bytes = buf_view(b);
	return true;
}

struct config *config_load_file(const char *path, struct config_error *err)
{
	struct files *f = calloc(1, sizeof(*f));
	struct config *c = NULL;
	struct buf text;

	*err = (struct config_error){ 0 };
	buf_init(&text, CONFIG_MAX_BYTES + 1);
	if (f == NULL) {
		config_error_memory(err);
	} else if (path != NULL && read_path(path, &text) != 0 && errno != EFBIG) {
		config_error_set(
		    err, 0, str_c(path), "a readable configuration file: %s", strerror(errno));
		config_error_fix(err, "give its path with --config, or create it");
	} else {
		c = config_load(buf_view(&text), find_in_files, f, err);
	}
	for (size_t i = 0; f != NULL && i < f->n; i++)
		buf_free(&f->bytes[i]);
	free(f);
	buf_free(&text);
	return c;
}

static bool find_in_bundle(void *arg, const char *path, struct str *bytes)
{
	const struct bundle *b = arg;
	char name[4096 + 8];

	snprintf(name, sizeof(name), "list:%s", path);
	return bundle_get(b, str_c(name), bytes);
}

struct config *config_load_bundle(const struct bundle *b, struct config_error *err)
{
	struct str text;

	if (!bundle_get(b, STR("config"), &text)) {
		config_error_set(err, 0, STR("bundle"), "an entry 'config'");
		return NULL;
	}
	return config_load(text, find_in_bundle, (void *)(uintptr_t)b, err);
}
