/* SPDX-License-Identifier: BSD-2-Clause */
/* Remembered digests, sorted, and the lines of lists that meet them. */
#include "scanner/retro.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "scanner/hashlist.h"

enum { PIECE = 256 << 10, IGNORED_MAX = 4 << 20, FIRST_ROOM = 1024 };
/* Bytes that one container may give: the largest there is gives about a tenth. */
#define CONTAINER_MOST ((uint64_t)8 << 30)
#define UNOFFICIAL ".UNOFFICIAL" /* what libclamav puts behind names that are from no container */

struct remembered {
	unsigned char sha256[TURNED_SHA256];
	uint64_t length;
	bool good; /* a list says so */
	bool bad;
};

struct retro {
	unsigned level;
	struct remembered *all;
	size_t n, room;
	bool sorted;
	struct found {
		size_t at;
		char name[TURNED_NAME];
	} *found;
	size_t nfound;
	struct buf ignored; /* names, each between two LF */
	uint64_t compared, others;
};

struct retro *retro_new(unsigned level)
{
	struct retro *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->level = level;
	buf_init(&r->ignored, IGNORED_MAX);
	buf_str(&r->ignored, STR("\n"));
	return r;
}

void retro_free(struct retro *r)
{
	if (r == NULL)
		return;
	free(r->all);
	free(r->found);
	buf_free(&r->ignored);
	free(r);
}

int retro_remember(struct retro *r, const unsigned char sha256[TURNED_SHA256], uint64_t length)
{
	if (r->n == r->room) {
		size_t room = r->room > 0 ? r->room * 2 : FIRST_ROOM;
		struct remembered *more = reallocarray(r->all, room, sizeof(*more));

		if (more == NULL)
			return -ERR_NOMEM;
		r->all = more;
		r->room = room;
	}
	r->all[r->n] = (struct remembered){ .length = length };
	memcpy(r->all[r->n++].sha256, sha256, TURNED_SHA256);
	r->sorted = false;
	return 0;
}

bool retro_remembers(const struct retro *r)
{
	return r->n > 0;
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(((const struct remembered *)a)->sha256, ((const struct remembered *)b)->sha256, TURNED_SHA256);
}

static size_t first_of(struct retro *r, const unsigned char *sha256)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(r->all[mid].sha256, sha256, TURNED_SHA256) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- lines ---- */

static void note_bad(struct retro *r, size_t at, struct str name, bool contained)
{
	struct found *f;

	if (r->all[at].bad || r->nfound == RETRO_FOUND)
		return;
	if (r->found == NULL)
		r->found = calloc(RETRO_FOUND, sizeof(*r->found));
	if (r->found == NULL)
		return;
	r->all[at].bad = true;
	f = &r->found[r->nfound++];
	f->at = at;
	snprintf(f->name, sizeof(f->name), "%.*s%s", STR_FMT(str_sub(name, 0, TURNED_NAME - sizeof(UNOFFICIAL))),
	    contained ? "" : UNOFFICIAL);
	for (char *c = f->name; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

static void take_entry(struct retro *r, enum hashlist kind, bool contained, const struct hash_entry *e)
{
	for (size_t i = first_of(r, e->sha256); i < r->n && memcmp(r->all[i].sha256, e->sha256, TURNED_SHA256) == 0; i++) {
		if (!e->any_size && e->size != r->all[i].length)
			continue;
		if (kind == HASHLIST_GOOD)
			r->all[i].good = true;
		else
			note_bad(r, i, e->name, contained);
	}
}

static void on_line(void *arg, enum hashlist kind, bool contained, struct str line)
{
	struct retro *r = arg;
	struct hash_entry e;
	struct str name;

	if (kind == HASHLIST_IGNORE) {
		name = hashlist_ignored(line);
		if (name.n > 0 && (buf_str(&r->ignored, name) != 0 || buf_str(&r->ignored, STR("\n")) != 0))
			log_warn("retro-hunt: a list of ignored signatures is too long");
	} else if (hashlist_entry(line, r->level, &e, &r->others)) {
		r->compared++;
		take_entry(r, kind, contained, &e);
	}
}

/* ---- files ---- */

static struct hashlist_reader *open_reader(struct retro *r, struct str name)
{
	enum hashlist kind = hashlist_kind(name);

	if (!r->sorted && r->n > 0)
		qsort(r->all, r->n, sizeof(r->all[0]), by_digest);
	r->sorted = true;
	return kind != HASHLIST_NONE ? hashlist_reader_new(kind, CONTAINER_MOST, on_line, r) : NULL;
}

int retro_bytes(struct retro *r, struct str name, struct str bytes)
{
	struct hashlist_reader *reader = open_reader(r, name);
	int e = 0;

	if (reader == NULL)
		return 0;
	hashlist_feed(reader, bytes);
	e = hashlist_end(reader);
	hashlist_reader_free(reader);
	return e;
}

static int read_fd(struct hashlist_reader *reader, int fd)
{
	static char piece[PIECE];
	struct stat st;
	ssize_t n;
	int e = 0;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return -ERR_FILE;
	while (e == 0 && (n = read(fd, piece, sizeof(piece))) != 0)
		e = n > 0 ? hashlist_feed(reader, str_of(piece, (size_t)n)) : -ERR_FILE;
	return e == 0 ? hashlist_end(reader) : e;
}

static int read_file(struct retro *r, int dir, const char *name)
{
	struct hashlist_reader *reader;
	int fd, e;

	if (hashlist_kind(str_c(name)) == HASHLIST_NONE || name[0] == '.')
		return 0;
	if ((fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0)
		return -ERR_FILE;
	reader = open_reader(r, str_c(name));
	e = reader != NULL ? read_fd(reader, fd) : -ERR_NOMEM;
	hashlist_reader_free(reader);
	close(fd);
	return e;
}

bool retro_folder(struct retro *r, const char *folder)
{
	DIR *d = folder != NULL && folder[0] != '\0' ? opendir(folder) : NULL;
	struct dirent *x;
	bool ok = true;

	while (d != NULL && (x = readdir(d)) != NULL) {
		int e = read_file(r, dirfd(d), x->d_name);

		if (e == 0)
			continue;
		log_warn("retro-hunt: %s is not compared with what was clean before: %s", x->d_name, err_text(e));
		ok = false;
	}
	if (d != NULL)
		closedir(d);
	return ok;
}

/* ---- what was found ---- */

static bool is_ignored(const struct retro *r, const char *name)
{
	struct str all = buf_view(&r->ignored);
	char want[TURNED_NAME + 3];
	int n = snprintf(want, sizeof(want), "\n%s", name);

	/* Lists of ignored names give them without what libclamav puts behind. */
	if (str_isuffix(str_c(name), STR(UNOFFICIAL)))
		n -= (int)sizeof(UNOFFICIAL) - 1;
	want[n++] = '\n';
	return memmem(all.p, all.n, want, (size_t)n) != NULL;
}

static int by_place(const void *a, const void *b)
{
	size_t x = ((const struct found *)a)->at, y = ((const struct found *)b)->at;

	return x < y ? -1 : x > y;
}

size_t retro_each(struct retro *r, retro_fn *fn, void *arg)
{
	size_t n = 0;

	if (r->nfound > 0)
		qsort(r->found, r->nfound, sizeof(r->found[0]), by_place);
	for (size_t i = 0; i < r->nfound; i++) {
		const struct remembered *m = &r->all[r->found[i].at];
		struct turned t;

		if (m->good || is_ignored(r, r->found[i].name))
			continue;
		memcpy(t.sha256, m->sha256, TURNED_SHA256);
		memcpy(t.name, r->found[i].name, TURNED_NAME);
		fn(arg, &t, m->length);
		n++;
	}
	return n;
}

void retro_lines(const struct retro *r, uint64_t *compared, uint64_t *others)
{
	*compared = r->compared;
	*others = r->others;
}
