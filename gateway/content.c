/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of known content between the roles and the disk. */
#include "gateway/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "scanner/known_file.h"

/* Most rows that a file is read of: a table that was larger the last time fits as far as there is room. */
enum { ROWS_MOST = 1000000, PIECE = 1 << 16 };

struct content {
	int fd, read_only;
	struct known_content *table;
};

static void path_of(const struct parent *p, const char *end, char *to, size_t n)
{
	snprintf(to, n, "%s/known-content%s", config_state_dir(p->config), end);
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

static void restore(struct content *c, const struct parent *p)
{
	char path[512];
	struct buf text;
	struct stat st;
	int fd, r = -ERR_FILE;

	path_of(p, "", path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return;
	buf_init(&text, known_file_most(ROWS_MOST + KNOWN_CONTENT_WAYS) + PIECE);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
		r = read_all(fd, &text);
	if (fd >= 0)
		close(fd);
	if (r == 0)
		r = known_file_read(buf_view(&text), c->table);
	buf_free(&text);
	if (r != 0)
		log_warn("%s is not used: %s; known content is learned anew", path,
		    r == -ERR_PROTO ? "damaged, or of another version" : "cannot be read");
	else
		log_info("%llu contents are remembered", (unsigned long long)known_content_count(c->table));
}

struct content *content_new(const struct parent *p)
{
	struct content *c;

	if (p->limits.scan_known == 0 || (c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->fd = known_content_create(p->limits.scan_known);
	c->read_only = c->fd >= 0 ? known_content_read_only(c->fd) : -1;
	c->table = c->read_only >= 0 ? known_content_map(c->fd, true) : NULL;
	if (c->table == NULL) {
		log_warn("no table of known content: %s", strerror(errno));
		content_free(c);
		return NULL;
	}
	restore(c, p);
	return c;
}

void content_free(struct content *c)
{
	if (c == NULL)
		return;
	known_content_free(c->table);
	if (c->fd >= 0)
		close(c->fd);
	if (c->read_only >= 0)
		close(c->read_only);
	free(c);
}

static int write_file(const char *path, struct str s)
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

/* Not flushed to the disk: after a crash of the machine the check tells, and all is learned anew. */
void content_save(const struct content *c, const struct parent *p)
{
	char path[512], part[512];
	struct buf text;
	int r;

	if (c == NULL)
		return;
	path_of(p, "", path, sizeof(path));
	path_of(p, ".part", part, sizeof(part));
	buf_init(&text, known_file_most(known_content_most(c->table)));
	r = known_file_write(c->table, &text);
	r = r != 0 ? r : write_file(part, buf_view(&text));
	if (r == 0 && rename(part, path) != 0)
		r = -ERR_FILE;
	if (r != 0)
		log_warn("known content cannot be kept in %s: %s", path, r == -ERR_FILE ? strerror(errno) : err_text(r));
	buf_free(&text);
}

void content_send(const struct content *c, struct child *to)
{
	int fd = c == NULL || to->chan == NULL ? -1 : to->role == ROLE_SCANNER ? c->fd : c->read_only;

	if (fd >= 0 && (to->role == ROLE_SCANNER || to->role == ROLE_WORKER) &&
	    chan_send(to->chan, MSG_KNOWN, STR_NONE, &fd, 1) != 0)
		log_warn("%s cannot be given the known content", to->name);
}

uint64_t content_count(const struct content *c)
{
	return c != NULL ? known_content_count(c->table) : 0;
}
