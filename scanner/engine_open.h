/* SPDX-License-Identifier: BSD-2-Clause */
/* What the engine's own files share. */
#ifndef SCANNER_ENGINE_OPEN_H
#define SCANNER_ENGINE_OPEN_H

#include "core/limit.h"
#include "core/verdict.h"
#include "scanner/engine.h"
#include "scanner/layers.h"
#include "scanner/sigset.h"

struct cl_engine;
struct cl_scan_options;

struct engine {
	struct cl_engine *cl;
	const struct limits *limits;
	enum engine_phishing phishing;
	struct sigset set;
	char note[160];
};

/* What each search of an engine is told to do. */
struct cl_scan_options engine_options(const struct engine *e);

/*
 * Compute the generation of an engine with its limits, from the folders that it was loaded from: 0
 * or -ERR_FILE where one of their files cannot be read to its end, -ERR_NOMEM.
 */
int engine_stamp(struct engine *e, const char *folder, const char *own);

/*
 * Shows the build ID (bytes) of this program and each library that it runs with, or the library's path where it has none, in the
 * order in which they were loaded. False: the program itself has none.
 */
typedef void engine_code_fn(void *arg, struct str id);
bool engine_code(engine_code_fn *fn, void *arg);

/* Install the callbacks that a scan needs; before the engine is used. */
void engine_watch(struct engine *e);

/* A layer of an object, as libclamav shows it. */
struct layer_shown {
	unsigned level; /* 0: the object itself */
	const char *type, *name; /* CL_TYPE_* or ""; name may be NULL */
	bool exact;	/* else the engine may have changed it, so what is malformed there says nothing */
	bool normal;	/* written anew by the engine so that signatures hold */
	struct str bytes; /* STR_NONE: cannot be read */
};

/* One object on its way through libclamav. */
struct object {
	struct layers layers;
	bool guess; /* as in scanner/unwrap.h */
	struct dense *dense; /* the same for all objects of a scan */
	/* Told of each layer; the bytes are gone afterwards. */
	void (*shown)(void *arg, const struct layer_shown *y);
	void *arg;
};

/*
 * Bound what a body may unpack to, from now on: by its length and limits.scan_ratio, within the other limits. *d gets the bytes
 * of one layer and of all.
 */
void engine_bound(const struct engine *e, uint64_t length, struct dense *d);

/* Search one object and fill in its layers and a verdict. */
void engine_object(const struct engine *e, struct str body, struct object *o, struct verdict *v);

/* The EICAR test file, put together in the caller's array so that no file of ours carries it. */
enum { EICAR_LEN = 68 };
#define ENGINE_TEST_NAME "Eicar-Test-Signature"
void engine_eicar(char to[EICAR_LEN + 1]);

#endif
