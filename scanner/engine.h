/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door to libclamav: signatures loaded once, then whole bodies searched, each ending in one
 * typed verdict. Nobody else includes its header. Not thread-safe; forks share the engine.
 */
#ifndef SCANNER_ENGINE_H
#define SCANNER_ENGINE_H

#include "core/limit.h"
#include "core/verdict.h"
#include "scanner/detect.h"
#include "scanner/sigset.h"

struct engine;

enum { ENGINE_DIGEST = 32 };

/* What is done about phishing in mail and pages. */
enum engine_phishing {
	PHISHING_SIGNATURES, /* signatures and lists of names that are imitated */
	PHISHING_LINKS,	     /* and libclamav's guesses at links that show another address than theirs */
	PHISHING_OFF	     /* nothing */
};

struct engine_place {
	const char *folder;  /* signatures; NULL, absent or without any: the built-in test signature, see sigset.test */
	const char *own;     /* the operator's own, beside; NULL or absent: none */
	const char *scratch; /* where the engine may write */
	enum engine_phishing phishing;
};

/*
 * Load signatures. The limits are kept by reference. NULL when a database is broken or changes meanwhile: *set says
 * so and why; nothing that an own file brings is left out silently. Else *set is filled in but for layer_us.
 */
struct engine *engine_load(const struct engine_place *place, const struct limits *limits, struct sigset *set);

/*
 * What results depend on, as one number: signatures (names, sizes, bytes of their files), libclamav's version,
 * limits, options, our rules. The same inputs give the same number in another process; never 0.
 */
uint64_t engine_generation(const struct engine *e);

/* The level of libclamav's functions: lines of signatures say for which they count. */
unsigned engine_level(void);

/* One line for the log: number and age of the signatures. */
const char *engine_note(const struct engine *e);

/*
 * The self-test, which also touches everything that libclamav opens or starts lazily, so that later scans need no file
 * of the system: the test file is found, small clean samples are not. Measures set->layer_us. 0 or -ERR_UNSUPPORTED
 * with set->outcome and set->why.
 */
int engine_warm(struct engine *e, struct sigset *set);

/* Another scratch folder, after a fork: 0 or -ERR_NOMEM. */
int engine_scratch(struct engine *e, const char *dir);

/*
 * Search a body; the bytes must not change meanwhile. Always fills in a verdict; its kinds and objects are
 * those seen until the search ended. Each of n detectors is shown the body and every object in it, once each.
 */
void engine_scan(const struct engine *e, struct str body, struct verdict *v);
void engine_scan_with(const struct engine *e, struct str body, const struct detector *detectors, size_t n,
    struct verdict *v);

/* SHA-256: to know a body again. */
void engine_digest(struct str body, unsigned char out[ENGINE_DIGEST]);

#endif
