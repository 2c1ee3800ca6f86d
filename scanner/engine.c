/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading: options, limits and signatures. libclamav's clean cache is off (it is keyed by MD5 and
 * hides inner layers of files seen before), its own data detectors are off, unsigned bytecode is
 * never run.
 */
#include "scanner/engine.h"

#include <clamav.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/sigfile.h"
#include "scanner/engine_open.h"

enum {
	LAYER_MARGIN = 128 << 10, /* room above our own layer limit, see scanner/layers.c */
	LAYER_LEAST = 24 << 20,
	TOTAL_LEAST = 64 << 20 /* small bodies may unpack to that, whatever the ratio */
};

/*
 * libclamav's complaints while loading: its result codes say little. The first says what is wrong, the last in which
 * file of a folder.
 */
static struct {
	char first[160], last[160];
} complaint;

static void complain(const char *text)
{
	char *to = complaint.first[0] == '\0' ? complaint.first : complaint.last;

	snprintf(to, sizeof(complaint.first), "%.*s", (int)strcspn(text, "\n"), text);
}

static void on_message(enum cl_msg severity, const char *full, const char *msg, void *arg)
{
	(void)full;
	(void)arg;
	if (severity >= CL_MSG_WARN)
		complain(msg);
}

void engine_eicar(char to[EICAR_LEN + 1])
{
	snprintf(to, EICAR_LEN + 1, "%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-",
	    "ANTIVIRUS-TEST-", "FILE!$H+H*");
}

/*
 * The test signature. Anywhere in the body where it is all there is, so that every path can be
 * tried with it; at the start of a file, as the test file is defined, beside real signatures.
 */
static int write_test_signature(const char *path, bool anywhere)
{
	char eicar[EICAR_LEN + 1];
	FILE *f = fopen(path, "we");
	int bad;

	if (f == NULL)
		return -ERR_FILE;
	engine_eicar(eicar);
	fprintf(f, ENGINE_TEST_NAME ":0:%s:", anywhere ? "*" : "0");
	for (size_t i = 0; i < EICAR_LEN; i++)
		fprintf(f, "%02x", (unsigned char)eicar[i]);
	fputc('\n', f);
	bad = ferror(f);
	return fclose(f) == 0 && !bad ? 0 : -ERR_FILE;
}

static unsigned load_options(const struct engine *e)
{
	return e->phishing == PHISHING_OFF ? CL_DB_STDOPT & ~(unsigned)(CL_DB_PHISHING | CL_DB_PHISHING_URLS) : CL_DB_STDOPT;
}

static int load_test_signature(struct engine *e, const char *scratch, unsigned *n)
{
	char path[512];
	int r;

	if (snprintf(path, sizeof(path), "%s/test.ndb", scratch) >= (int)sizeof(path))
		return CL_EARG;
	r = write_test_signature(path, e->set.test) == 0 ? CL_SUCCESS : CL_ECREAT;
	if (r == CL_SUCCESS)
		r = cl_load(path, e->cl, n, load_options(e));
	unlink(path);
	return r;
}

static int set_options(struct engine *e, const char *scratch)
{
	const struct limits *l = e->limits;
	const struct {
		enum cl_engine_field field;
		uint64_t value;
	} numbers[] = {
		{ CL_ENGINE_MAX_SCANSIZE, l->scan_total },
		{ CL_ENGINE_MAX_FILESIZE, l->scan_file + LAYER_MARGIN },
		{ CL_ENGINE_MAX_RECURSION, l->scan_recursion },
		{ CL_ENGINE_MAX_FILES, l->scan_files },
		/* Below the deadline: a limit that is reached in time costs no job. */
		{ CL_ENGINE_MAX_SCANTIME, l->scan * 3 / 4 },
		{ CL_ENGINE_PCRE_MATCH_LIMIT, 100000 },
		{ CL_ENGINE_PCRE_RECMATCH_LIMIT, 2000 },
		{ CL_ENGINE_BYTECODE_TIMEOUT, 5000 },
		{ CL_ENGINE_BYTECODE_SECURITY, CL_BYTECODE_TRUST_SIGNED },
		{ CL_ENGINE_DISABLE_CACHE, 1 },
		{ CL_ENGINE_DISABLE_PE_STATS, 1 },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (cl_engine_set_num(e->cl, numbers[i].field, (long long)numbers[i].value) !=
		    CL_SUCCESS)
			return CL_EARG;
	engine_watch(e);
	return cl_engine_set_str(e->cl, CL_ENGINE_TMPDIR, scratch);
}

static uint64_t bound(uint64_t length, uint64_t ratio, uint64_t least, uint64_t most)
{
	uint64_t n = length > most / ratio ? most : length * ratio;

	n = n < least ? least : n;
	return n < most ? n : most;
}

void engine_bound(const struct engine *e, uint64_t length, struct dense *d)
{
	const struct limits *l = e->limits;

	*d = (struct dense){ .ratio = l->scan_ratio,
		.most = bound(length, l->scan_ratio, LAYER_LEAST, l->scan_file),
		.total = bound(length, l->scan_ratio, TOTAL_LEAST, l->scan_total) };
	cl_engine_set_num(e->cl, CL_ENGINE_MAX_FILESIZE, (long long)(d->most + LAYER_MARGIN));
	cl_engine_set_num(e->cl, CL_ENGINE_MAX_SCANSIZE, (long long)d->total);
}

static void write_note(struct engine *e)
{
	const struct sigset *s = &e->set;
	long days = s->made > 0 ? (long)((time(NULL) - (time_t)s->made) / 86400) : -1;
	struct buf b = { .p = e->note, .cap = sizeof(e->note) - 1, .max = sizeof(e->note) - 1 };

	if (s->test)
		buf_printf(&b, "TEST SIGNATURES ONLY: EICAR; install clamav-freshclam");
	else
		buf_printf(&b, "%u signatures, libclamav %s", s->number, cl_retver());
	if (s->own > 0)
		buf_printf(&b, ", own from %u files", s->own);
	if (!s->test && days >= 0)
		buf_printf(&b, ", %ld days old%s", days,
		    days * 86400000 > (long)e->limits->signatures_stale ? " (STALE: does freshclam run?)" : "");
	e->note[b.len] = '\0';
}

/* ---- own signatures ---- */

/*
 * One file. A warning counts as a failure: a rule that would not work must not be taken for one that does.
 */
static int load_own_file(struct engine *e, const char *folder, const char *name, unsigned *n)
{
	char path[4400];
	int r;

	memset(&complaint, 0, sizeof(complaint));
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	r = cl_load(path, e->cl, n, load_options(e));
	if (r == CL_SUCCESS && complaint.first[0] != '\0')
		r = CL_EMALFDB;
	if (r != CL_SUCCESS)
		snprintf(e->set.why, sizeof(e->set.why), "own signatures, %s: %s: %s%s%s", name, cl_strerror(r),
		    complaint.first, complaint.last[0] != '\0' ? "; " : "", complaint.last);
	return r;
}

static int is_ignore(const struct dirent *e)
{
	return sigfile_kind(e->d_name) == SIGFILE_IGNORE;
}

static int is_other(const struct dirent *e)
{
	return sigfile_kind(e->d_name) == SIGFILE_OTHER || sigfile_kind(e->d_name) == SIGFILE_DETECTS;
}

static int load_own(struct engine *e, const char *folder, int (*which)(const struct dirent *), unsigned *n)
{
	struct dirent **names = NULL;
	int found = folder != NULL && folder[0] != '\0' ? scandir(folder, &names, which, alphasort) : 0;
	int r = CL_SUCCESS;

	for (int i = 0; i < found; i++) {
		if (r == CL_SUCCESS)
			r = load_own_file(e, folder, names[i]->d_name, n);
		free(names[i]);
	}
	free(names);
	return r;
}

/* ---- all of them ---- */

static int load_folder(struct engine *e, const char *folder, unsigned *n)
{
	int r;

	memset(&complaint, 0, sizeof(complaint));
	r = cl_load(folder, e->cl, n, load_options(e));
	if (r != CL_SUCCESS)
		snprintf(e->set.why, sizeof(e->set.why), "%s: %s%s%s", cl_strerror(r), complaint.first,
		    complaint.last[0] != '\0' ? "; " : "", complaint.last);
	return r;
}

/* Names of signatures to leave out come first: they are left out while they are read. */
static int load_files(struct engine *e, const struct engine_place *at, unsigned *n)
{
	int r = load_own(e, at->own, is_ignore, n);

	if (r == CL_SUCCESS && !e->set.test)
		r = load_folder(e, at->folder, n);
	if (r == CL_SUCCESS)
		r = load_own(e, at->own, is_other, n);
	if (r == CL_SUCCESS)
		r = load_test_signature(e, at->scratch, n);
	if (r == CL_SUCCESS)
		r = cl_engine_compile(e->cl);
	return r;
}

struct looks {
	struct sigfolder main, own;
};

static void look(const struct engine_place *at, struct looks *l)
{
	sigfolder_look(at->folder, &l->main);
	sigfolder_look(at->own, &l->own);
}

/* What was loaded, by what the databases say of themselves and the files' times. */
static void describe(struct engine *e, const struct looks *l, unsigned n)
{
	long long version = cl_engine_get_num(e->cl, CL_ENGINE_DB_VERSION, NULL);
	long long made = cl_engine_get_num(e->cl, CL_ENGINE_DB_TIME, NULL);

	e->set.number = n;
	e->set.own = l->own.files;
	e->set.version = version > 0 ? (uint64_t)version : 0;
	e->set.made = made > 0 ? (uint64_t)made : l->main.newest > 0 ? (uint64_t)l->main.newest : 0;
	write_note(e);
}

/* The generation names what was loaded only where nothing has changed meanwhile. */
static int load_all(struct engine *e, const struct engine_place *at)
{
	struct looks before, after;
	unsigned n = 0;
	int r, stamped;

	look(at, &before);
	e->set.test = before.main.detects == 0;
	r = set_options(e, at->scratch);
	if (r == CL_SUCCESS)
		r = load_files(e, at, &n);
	stamped = r == CL_SUCCESS ? engine_stamp(e, at->folder, at->own) : 0;
	look(at, &after);
	if (memcmp(&before, &after, sizeof(before)) != 0) {
		e->set.outcome = SIGSET_CHANGING;
		snprintf(e->set.why, sizeof(e->set.why), "the signature files changed while they were read");
		return CL_EREAD;
	}
	if (stamped != 0) {
		snprintf(e->set.why, sizeof(e->set.why), "a signature file cannot be read");
		r = CL_EREAD;
	}
	if (r == CL_SUCCESS)
		describe(e, &before, n);
	return r;
}

struct engine *engine_load(const struct engine_place *at, const struct limits *limits, struct sigset *set)
{
	struct engine *e = calloc(1, sizeof(*e));
	int r = e != NULL ? CL_SUCCESS : CL_EMEM;

	*set = (struct sigset){ .outcome = SIGSET_BROKEN };
	cl_set_clcb_msg(on_message);
	if (r == CL_SUCCESS)
		r = cl_init(CL_INIT_DEFAULT);
	if (r == CL_SUCCESS) {
		e->limits = limits;
		e->phishing = at->phishing;
		e->cl = cl_engine_new();
		r = e->cl != NULL ? load_all(e, at) : CL_EMEM;
		*set = e->set;
	}
	if (r == CL_SUCCESS)
		return e;
	if (set->outcome == SIGSET_LOADED)
		set->outcome = SIGSET_BROKEN;
	if (set->why[0] == '\0')
		snprintf(set->why, sizeof(set->why), "%s", cl_strerror(r));
	if (e != NULL && e->cl != NULL)
		cl_engine_free(e->cl);
	free(e);
	return NULL;
}

unsigned engine_level(void)
{
	return cl_retflevel();
}

uint64_t engine_generation(const struct engine *e)
{
	return e->set.generation;
}

const char *engine_note(const struct engine *e)
{
	return e->note;
}

int engine_scratch(struct engine *e, const char *dir)
{
	return cl_engine_set_str(e->cl, CL_ENGINE_TMPDIR, dir) == CL_SUCCESS ? 0 : -ERR_NOMEM;
}

void engine_digest(struct str body, unsigned char out[ENGINE_DIGEST])
{
	unsigned len = ENGINE_DIGEST;

	memset(out, 0, ENGINE_DIGEST);
	cl_sha256(body.p, body.n, out, &len);
}
