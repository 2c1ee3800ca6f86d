/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The self-test of a loaded engine: it finds what it must, leaves alone what it must, and how long a small layer takes.
 * A signature that matches everything is found out here, before it serves.
 */
#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "scanner/engine.h"
#include "scanner/engine_open.h"

enum { SMALL_LAYER = 1024, SMALL_RUNS = 5 };

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

static int fails(struct sigset *set, const char *what, const struct verdict *v)
{
	set->outcome = SIGSET_BROKEN;
	snprintf(set->why, sizeof(set->why), "self-test: %s: %s%s%s", what, verdict_word(v->class),
	    v->name[0] != '\0' ? " " : "", v->name);
	return -ERR_UNSUPPORTED;
}

/* Nothing malicious: that one of them is found to be is a fault of a signature. */
static int test_clean(const struct engine *e, struct sigset *set)
{
	static const char *const samples[] = { "<html><head><script>var a = 'b' + "
					       "\"c\";</script></head><body>warm</body></html>\n",
		"From: a@b.test\r\nTo: c@d.test\r\nSubject: =?utf-8?B?d2FybQ==?=\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-16\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nd2FybSB1cCB0aGUgc2Nhbm5lcg==\r\n",
		"{\"name\": \"warm\", \"list\": [1, 2, 3]}\n",
		"%PDF-1.4\n1 0 obj\n<< /Length 4 >>\nstream\nwarm\nendstream\nendobj\ntrailer\n<< "
		">>\n%%EOF\n",
		"\xff\xfe<\0h\0t\0m\0l\0>\0" };
	struct verdict v;

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		engine_scan(e, str_c(samples[i]), &v);
		if (v.class == VERDICT_INFECTED || v.class == VERDICT_SUSPECT)
			return fails(set, "a clean sample is called", &v);
	}
	return 0;
}

static int test_eicar(const struct engine *e, struct sigset *set)
{
	unsigned char digest[ENGINE_DIGEST];
	char eicar[EICAR_LEN + 1];
	struct verdict v;

	engine_eicar(eicar);
	engine_digest(str_of(eicar, EICAR_LEN), digest);
	engine_scan(e, str_of(eicar, EICAR_LEN), &v);
	return v.class == VERDICT_INFECTED ? 0 : fails(set, "the EICAR test file is called", &v);
}

static uint64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The fixed cost: of logical signatures each layer pays for all of its type. The least of several. */
static uint32_t measure(const struct engine *e)
{
	char text[SMALL_LAYER];
	uint64_t least = UINT32_MAX;
	struct verdict v;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "a small layer of text "[i % 22];
	for (int i = 0; i < SMALL_RUNS; i++) {
		uint64_t from = cpu_us(), took;

		engine_scan(e, str_of(text, sizeof(text)), &v);
		took = cpu_us() - from;
		least = took < least ? took : least;
	}
	return (uint32_t)least;
}

int engine_warm(struct engine *e, struct sigset *set)
{
	int r;

	tzset();
	warm_iconv();
	if ((r = test_clean(e, set)) == 0 && (r = test_eicar(e, set)) == 0)
		set->layer_us = measure(e);
	return r;
}
