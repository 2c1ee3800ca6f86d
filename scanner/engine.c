/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading: options, limits and signatures. libclamav's clean cache is off (it is keyed by MD5 and
 * hides inner layers of files seen before), its own data detectors are off, unsigned bytecode is
 * never run.
 */
#include "scanner/engine.h"

#include <clamav.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/sigfile.h"
#include "scanner/engine_open.h"

enum {
	LAYER_MARGIN = 128 << 10, /* room above our own layer limit, see scanner/layers.c */
	STALE_DAYS = 7
};

/* Text of libclamav's last complaint while loading: its result codes say little. */
static char complaint[160];

static void on_message(enum cl_msg severity, const char *full, const char *msg, void *arg)
{
	size_t n = strcspn(msg, "\n");

	(void)full;
	(void)arg;
	if (severity >= CL_MSG_WARN)
		snprintf(complaint, sizeof(complaint), "%.*s", (int)n, msg);
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

static int load_test_signature(struct engine *e, const char *scratch, unsigned *n)
{
	char path[512];
	int r;

	if (snprintf(path, sizeof(path), "%s/test.ndb", scratch) >= (int)sizeof(path))
		return CL_EARG;
	r = write_test_signature(path, e->test) == 0 ? CL_SUCCESS : CL_ECREAT;
	if (r == CL_SUCCESS)
		r = cl_load(path, e->cl, n, CL_DB_STDOPT);
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

static void write_note(struct engine *e, unsigned n)
{
	time_t made = (time_t)cl_engine_get_num(e->cl, CL_ENGINE_DB_TIME, NULL);
	long days = made > 0 ? (long)((time(NULL) - made) / 86400) : -1;

	if (e->test) {
		snprintf(e->note, sizeof(e->note),
		    "TEST SIGNATURES ONLY: EICAR; install clamav-freshclam");
		return;
	}
	snprintf(e->note, sizeof(e->note), "%u signatures, libclamav %s", n, cl_retver());
	if (days >= 0)
		snprintf(e->note + strlen(e->note), sizeof(e->note) - strlen(e->note),
		    ", %ld days old%s", days,
		    days > STALE_DAYS ? " (STALE: does freshclam run?)" : "");
}

/* The generation names what was loaded only where nothing has changed meanwhile. */
static int stamp(struct engine *e, const char *folder, uint64_t before)
{
	struct sigfolder now;

	if (engine_stamp(e, folder, NULL) != 0) {
		snprintf(complaint, sizeof(complaint), "a signature file cannot be read");
		return CL_EOPEN;
	}
	sigfolder_look(folder, &now);
	if (now.stamp == before)
		return CL_SUCCESS;
	snprintf(complaint, sizeof(complaint), "the signature files changed while they were read");
	return CL_EREAD;
}

static int load_all(struct engine *e, const char *folder, const char *scratch)
{
	struct sigfolder look;
	unsigned n = 0;
	int r = set_options(e, scratch);

	sigfolder_look(folder, &look);
	e->test = look.detects == 0;
	if (r == CL_SUCCESS && !e->test)
		r = cl_load(folder, e->cl, &n, CL_DB_STDOPT);
	if (r == CL_SUCCESS)
		r = load_test_signature(e, scratch, &n);
	if (r == CL_SUCCESS)
		r = cl_engine_compile(e->cl);
	if (r == CL_SUCCESS)
		r = stamp(e, folder, look.stamp);
	write_note(e, n);
	return r;
}

struct engine *engine_load(
    const char *folder, const char *scratch, const struct limits *limits, char *why, size_t cap)
{
	struct engine *e = calloc(1, sizeof(*e));
	int r = e != NULL ? CL_SUCCESS : CL_EMEM;

	complaint[0] = '\0';
	cl_set_clcb_msg(on_message);
	if (r == CL_SUCCESS)
		r = cl_init(CL_INIT_DEFAULT);
	if (r == CL_SUCCESS) {
		e->limits = limits;
		e->cl = cl_engine_new();
		r = e->cl != NULL ? load_all(e, folder, scratch) : CL_EMEM;
	}
	if (r == CL_SUCCESS)
		return e;
	snprintf(why, cap, "%s%s%s", cl_strerror(r), complaint[0] != '\0' ? ": " : "", complaint);
	if (e != NULL && e->cl != NULL)
		cl_engine_free(e->cl);
	free(e);
	return NULL;
}

bool engine_is_test(const struct engine *e)
{
	return e->test;
}

uint64_t engine_generation(const struct engine *e)
{
	return e->generation;
}

const char *engine_note(const struct engine *e)
{
	return e->note;
}

int engine_scratch(struct engine *e, const char *dir)
{
	return cl_engine_set_str(e->cl, CL_ENGINE_TMPDIR, dir) == CL_SUCCESS ? 0 : -ERR_NOMEM;
}

/* iconv loads a module per encoding; an open descriptor keeps it loaded. Never closed. */
static void warm_iconv(void)
{
	static const char *const sets[] = { "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE",
		"UTF-32BE", "UTF-7", "ISO-8859-1", "ISO-8859-2", "ISO-8859-5", "ISO-8859-15",
		"WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "CP932", "SHIFT_JIS", "EUC-JP",
		"ISO-2022-JP", "GBK", "GB18030", "BIG5", "EUC-KR", "KOI8-R", "CP437", "CP850",
		"UCS-4", "UCS-4BE", "UCS-4LE" };

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		iconv_open("UTF-8", sets[i]);
		iconv_open(sets[i], "UTF-8");
	}
}

int engine_warm(struct engine *e)
{
	static const char *const samples[] = { "<html><head><script>var a = 'b' + "
					       "\"c\";</script></head><body>warm</body></html>\n",
		"From: a@b.test\r\nTo: c@d.test\r\nSubject: =?utf-8?B?d2FybQ==?=\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-16\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nd2FybSB1cCB0aGUgc2Nhbm5lcg==\r\n",
		"%PDF-1.4\n1 0 obj\n<< /Length 4 >>\nstream\nwarm\nendstream\nendobj\ntrailer\n<< "
		">>\n%%EOF\n",
		"\xff\xfe<\0h\0t\0m\0l\0>\0" };
	unsigned char digest[ENGINE_DIGEST];
	char eicar[EICAR_LEN + 1];
	struct verdict v;

	tzset();
	warm_iconv();
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		engine_scan(e, str_c(samples[i]), &v);
	engine_eicar(eicar);
	engine_digest(str_of(eicar, EICAR_LEN), digest);
	engine_scan(e, str_of(eicar, EICAR_LEN), &v);
	return v.class == VERDICT_INFECTED ? 0 : -ERR_UNSUPPORTED;
}

void engine_digest(struct str body, unsigned char out[ENGINE_DIGEST])
{
	unsigned len = ENGINE_DIGEST;

	memset(out, 0, ENGINE_DIGEST);
	cl_sha256(body.p, body.n, out, &len);
}
