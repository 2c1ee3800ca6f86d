/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generation: what results depend on, as one number that is the same after a restart. A
 * SHA-256 over all of it, cut to 64 bits. Known content is keyed by it.
 */
#include <clamav.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/sigfile.h"
#include "scanner/engine.h"
#include "scanner/engine_open.h"

static void add(void *hash, const char *text)
{
	cl_update_hash(hash, text, strlen(text) + 1); /* with its end, so that parts stay apart */
}

static int add_content(void *hash, int fd, const char *name)
{
	char text[320];
	static char piece[1 << 18];
	struct stat st;
	uint64_t left;
	ssize_t n = 0;

	if (fstat(fd, &st) != 0 || st.st_size < 0)
		return -ERR_FILE;
	left = (uint64_t)st.st_size;
	/* The length goes first: where a file ends cannot be shifted by what is in it. */
	snprintf(text, sizeof(text), "%s %llu", name, (unsigned long long)left);
	add(hash, text);
	while (left > 0 && (n = read(fd, piece, sizeof(piece))) > 0 && (uint64_t)n <= left) {
		cl_update_hash(hash, piece, (size_t)n);
		left -= (uint64_t)n;
	}
	return left == 0 ? 0 : -ERR_FILE;
}

static int add_file(void *hash, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	int r = fd >= 0 ? add_content(hash, fd, name) : -ERR_FILE;

	if (fd >= 0)
		close(fd);
	return r;
}

static int is_signature(const struct dirent *e)
{
	return sigfile_kind(e->d_name) != SIGFILE_NONE;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_folder(void *hash, const char *folder)
{
	struct dirent **names = NULL;
	int dir, n, r = 0;

	add(hash, "folder");
	if (folder == NULL || folder[0] == '\0' || (dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return 0;
	n = scandir(folder, &names, is_signature, by_name);
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = add_file(hash, dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	close(dir);
	return n < 0 ? -ERR_FILE : r;
}

static void add_code(void *hash, struct str id)
{
	char text[32];

	snprintf(text, sizeof(text), "code %zu", id.n);
	add(hash, text);
	cl_update_hash(hash, id.p, id.n);
}

/* Does a limit of a search change what it finds, and not only when? */
static bool matters(const char *limit)
{
	return strncmp(limit, "scan", 4) == 0 && strncmp(limit, "scan_queue", 10) != 0 &&
	       strncmp(limit, "scan_known", 10) != 0 &&
	       strcmp(limit, "scan_job_uses") != 0;
}

static void add_settings(void *hash, const struct engine *e)
{
	const struct cl_scan_options o = engine_options(e);
	char text[160];

	snprintf(text, sizeof(text), "libclamav %s level %u", cl_retver(), cl_retflevel());
	add(hash, text);
	snprintf(text, sizeof(text), "options %x %x %x %x %x phishing %d", o.general, o.parse, o.heuristic, o.mail, o.dev, (int)e->phishing);
	add(hash, text);
	for (size_t i = 0; i < limit_rows_n; i++)
		if (matters(limit_rows[i].name)) {
			snprintf(text, sizeof(text), "%s %llu", limit_rows[i].name,
			    (unsigned long long)*(const uint64_t *)((const char *)e->limits + limit_rows[i].offset));
			add(hash, text);
		}
}

int engine_stamp(struct engine *e, const char *folder, const char *own)
{
	unsigned char digest[ENGINE_DIGEST];
	void *hash = cl_hash_init("sha256");
	int r = hash != NULL ? 0 : -ERR_NOMEM;

	if (hash == NULL)
		return r;
	add_settings(hash, e);
	if (!engine_code(add_code, hash))
		log_warn("this program has no build ID: known content may outlive a change of its rules");
	r = add_folder(hash, folder);
	if (r == 0)
		r = add_folder(hash, own);
	cl_finish_hash(hash, digest); /* frees it */
	e->set.generation = 0;
	for (unsigned i = 0; i < 8; i++)
		e->set.generation = e->set.generation << 8 | digest[i];
	e->set.generation += e->set.generation == 0; /* 0: none */
	return r;
}
