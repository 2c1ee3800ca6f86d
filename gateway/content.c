/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of known content between the roles and the disk. */
#include "gateway/content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "gateway/state_file.h"
#include "scanner/known_file.h"

/* Most rows that a file is read of: a table that was larger the last time fits as far as there is room. */
enum { ROWS_MOST = 1000000, ROOM = 1 << 16 /* reading asks for more than there is */ };
#define NAME "known-content"

struct content {
	int fd, read_only;
	struct known_content *table;
};

static void restore(struct content *c, const struct parent *p)
{
	struct buf text;
	int r;

	buf_init(&text, known_file_most(ROWS_MOST + KNOWN_CONTENT_WAYS) + ROOM);
	r = state_file_read(p, NAME, &text);
	if (r == 0)
		r = known_file_read(buf_view(&text), c->table);
	buf_free(&text);
	if (r == -ERR_NOT_FOUND)
		return;
	if (r != 0)
		log_warn("%s/" NAME " is not used: %s; known content is learned anew", config_state_dir(p->config),
		    r == -ERR_PROTO ? "damaged, or of another version" : "cannot be read, or others may write it");
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

void content_save(const struct content *c, const struct parent *p)
{
	struct buf text;
	int r;

	if (c == NULL)
		return;
	buf_init(&text, known_file_most(known_content_most(c->table)));
	r = known_file_write(c->table, &text);
	if (r == 0)
		r = state_file_write(p, NAME, buf_view(&text));
	if (r != 0)
		log_warn("known content cannot be kept in %s: %s", config_state_dir(p->config),
		    r == -ERR_FILE ? strerror(errno) : err_text(r));
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
