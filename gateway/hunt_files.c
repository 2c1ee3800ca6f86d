/* SPDX-License-Identifier: BSD-2-Clause */
/* Audit files, opened and read piece by piece. */
#include "gateway/hunt_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/coding.h"

enum { FILES = 128, PIECE = 32 << 10 };

struct file {
	char name[128];
	int fd;
	off_t size; /* when it was opened: what is appended later is not read */
	struct timespec changed;
};

struct hunt_files {
	const struct limits *limits;
	struct limits decoding; /* our own files may be as dense as they like */
	struct file file[FILES];
	size_t n, at; /* being read */
	off_t read;
	struct coding *coding; /* of that one */
	char piece[PIECE];
	struct str coded; /* the part of the piece that was not decoded yet */
	bool pending;	  /* the decoder was stopped by its budget */
	bool begun;
	struct hunt *hunt; /* while it is fed */
	struct hunt_scope scope;
};

static void leave(struct hunt_files *f, const char *name, const char *why)
{
	size_t n = strlen(f->scope.left);

	f->scope.files_left++;
	if (n + strlen(name) + strlen(why) + 4 < sizeof(f->scope.left))
		snprintf(f->scope.left + n, sizeof(f->scope.left) - n, "%s%s(%s)", n > 0 ? " " : "", name, why);
}

static bool has_end(const char *name, const char *end)
{
	return str_isuffix(str_c(name), str_c(end));
}

/* Forms that are not undone here. */
static bool unreadable(const char *name)
{
	static const char *const ends[] = { ".xz", ".bz2", ".lzma", ".lz4", ".lzo", ".7z", ".zip", ".Z" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (has_end(name, ends[i]))
			return true;
	return false;
}

/* Names of others in the folder could be anything: they are printed. */
static bool plain_name(const char *name)
{
	for (; *name != '\0'; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

static void add(struct hunt_files *f, int dir, const char *name)
{
	struct file x = { .fd = -1 };
	struct stat st;

	if (!plain_name(name) || str_copy(str_c(name), x.name, sizeof(x.name)) != 0) {
		leave(f, "?", "name");
	} else if (unreadable(name)) {
		leave(f, name, "compressed");
	} else if (f->n == FILES) {
		leave(f, name, "too-many");
	} else if ((x.fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) < 0) {
		leave(f, name, errno == EACCES ? "not-permitted" : "cannot-open");
	} else if (fstat(x.fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		leave(f, name, "no-file");
		close(x.fd);
	} else {
		x.size = st.st_size;
		x.changed = st.st_mtim;
		f->file[f->n++] = x;
	}
}

static int newest_first(const void *a, const void *b)
{
	const struct timespec *x = &((const struct file *)a)->changed, *y = &((const struct file *)b)->changed;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? 1 : -1;
	return x->tv_nsec < y->tv_nsec ? 1 : x->tv_nsec > y->tv_nsec ? -1 : 0;
}

static void list(struct hunt_files *f, int dir, const char *name)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	size_t n = strlen(name);
	struct dirent *e;

	if (d == NULL) {
		leave(f, name, "folder");
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, name, n) == 0 &&
		    (e->d_name[n] == '\0' || e->d_name[n] == '.' || e->d_name[n] == '-'))
			add(f, dir, e->d_name);
	closedir(d);
	qsort(f->file, f->n, sizeof(f->file[0]), newest_first);
}

struct hunt_files *hunt_files_open(int dir, const char *name, const struct limits *limits)
{
	struct hunt_files *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->limits = limits;
	f->decoding = *limits;
	f->decoding.decoded = f->decoding.ratio = UINT64_MAX;
	list(f, dir, name);
	return f;
}

void hunt_files_free(struct hunt_files *f)
{
	if (f == NULL)
		return;
	coding_free(f->coding);
	for (size_t i = f->at; i < f->n; i++)
		close(f->file[i].fd);
	free(f);
}

const struct hunt_scope *hunt_files_scope(const struct hunt_files *f)
{
	return &f->scope;
}

static int feed(void *arg, struct str decoded)
{
	struct hunt_files *f = arg;

	f->scope.bytes += decoded.n;
	hunt_feed(f->hunt, decoded);
	return 0;
}

/* The next file's turn; why: what was wrong with this one, or NULL. */
static void next(struct hunt_files *f, struct hunt *h, const char *why)
{
	hunt_end(h);
	if (why != NULL)
		leave(f, f->file[f->at].name, why);
	else
		f->scope.files++;
	coding_free(f->coding);
	f->coding = NULL;
	close(f->file[f->at].fd);
	f->at++;
	f->begun = false;
}

static const char *begin(struct hunt_files *f)
{
	const char *name = f->file[f->at].name;
	struct str coding = has_end(name, ".gz") ? STR("gzip") : has_end(name, ".zst") ? STR("zstd") : STR("");

	f->begun = true;
	f->read = 0;
	f->coded = STR_NONE;
	f->pending = false;
	return coding_new(coding, &f->decoding, feed, f, &f->coding) == 0 ? NULL : "memory";
}

/* The next piece of the file as it stands; empty at its end. */
static int read_piece(struct hunt_files *f, size_t most, struct str *s)
{
	const struct file *x = &f->file[f->at];
	uint64_t left = (uint64_t)(x->size - f->read);
	ssize_t n = pread(x->fd, f->piece, most < PIECE ? (left < most ? left : most) : left < PIECE ? left : PIECE, f->read);

	*s = str_of(f->piece, n > 0 ? (size_t)n : 0);
	f->read += n > 0 ? n : 0;
	return n < 0 ? -1 : 0;
}

/* False when the file is over, with *why where it could not be read whole. */
static bool step(struct hunt_files *f, size_t *budget, const char **why)
{
	int r;

	if (f->coded.n == 0 && !f->pending) {
		if (read_piece(f, *budget, &f->coded) != 0) {
			*why = "cannot-read";
			return false;
		}
		if (f->coded.n == 0) {
			*why = f->coding != NULL && coding_end(f->coding) != 0 ? "damaged" : NULL;
			return false;
		}
	}
	if (f->coding == NULL) {
		*budget -= f->coded.n;
		feed(f, f->coded);
		f->coded = STR_NONE;
		return true;
	}
	r = coding_push(f->coding, &f->coded, budget);
	f->pending = r == 1;
	*why = r < 0 ? "damaged" : NULL;
	return r >= 0;
}

bool hunt_files_step(struct hunt_files *f, struct hunt *h)
{
	size_t budget = f->limits->hunt_step;
	const char *why = NULL;

	f->hunt = h;
	while (f->at < f->n && budget > 0) {
		if (f->scope.bytes >= f->limits->hunt_bytes)
			why = "limit";
		if (why == NULL && !f->begun)
			why = begin(f);
		if (why != NULL || !step(f, &budget, &why)) {
			next(f, h, why);
			why = NULL;
		}
	}
	return f->at < f->n;
}
