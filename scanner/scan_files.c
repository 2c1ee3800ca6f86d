/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan-files SIGNATURES [--objects] FILE...: the engine's verdict on files, without any isolation. A
 * tool for developers, and what scripts/spike-syscalls traces; never installed. "-" as the signature
 * folder means the built-in test signature; --objects prints everything that was found in each, too.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/engine.h"

static void print(const char *path, const struct verdict *v)
{
	const char *name = strrchr(path, '/');

	printf("%-32s %s%s%s %s type %s layers %u bytes %llu %.2f ms\n",
	    name != NULL ? name + 1 : path, verdict_word(v->class),
	    v->reason != REASON_NONE ? "." : "",
	    v->reason != REASON_NONE ? reason_word(v->reason) : "", v->name, v->type, v->layers,
	    (unsigned long long)v->scanned, v->usec / 1000.0);
}

static void print_object(void *self, const struct inner *i, struct str bytes)
{
	(void)self;
	printf("  %-10s %-8s %9zu  %.*s\n", kind_word(i->kind), i->type, bytes.n, STR_FMT(i->path));
}

static int scan(const struct engine *e, const char *path, const struct detector *d, size_t n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct verdict v;
	struct stat st;
	void *p = NULL;

	if (fd < 0 || fstat(fd, &st) != 0) {
		perror(path);
		return 1;
	}
	if (st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED) {
		perror(path);
		return 1;
	}
	getppid(); /* a mark in the trace: what follows is a job's work */
	engine_scan_with(e, str_of(p, (size_t)st.st_size), d, n, &v);
	getppid();
	if (p != NULL)
		munmap(p, (size_t)st.st_size);
	print(path, &v);
	return 0;
}

int main(int argc, char **argv)
{
	struct limits limits;
	struct engine *e;
	char scratch[] = "/tmp/scan-files.XXXXXX";
	struct engine_place at = { .scratch = scratch };
	struct sigset set;
	const struct detector d = { .object = print_object };
	bool objects;
	int bad = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: scan-files SIGNATURES|- [--objects] FILE...\n");
		return 2;
	}
	limits_default(&limits);
	if (mkdtemp(scratch) == NULL) {
		perror(scratch);
		return 1;
	}
	if (strcmp(argv[1], "-") != 0)
		at.folder = argv[1];
	e = engine_load(&at, &limits, &set);
	if (e == NULL || engine_warm(e, &set) != 0) {
		fprintf(stderr, "%s: %s\n", argv[1], set.why);
		rmdir(scratch);
		return 1;
	}
	printf("%s, %u us for a small layer\n", engine_note(e), set.layer_us);
	objects = strcmp(argv[2], "--objects") == 0;
	for (int i = objects ? 3 : 2; i < argc; i++)
		bad |= scan(e, argv[i], &d, objects ? 1 : 0);
	rmdir(scratch);
	fflush(stdout);
	_exit(bad); /* an engine takes seconds to free */
}
