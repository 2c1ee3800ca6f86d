/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan-bench SIGNATURES|- [SECONDS [BODY]]: what a scan costs, body by body: libclamav alone in this
 * process and the real scanner with one job, asked as a worker asks, by turns. CPU time of all processes
 * of the scanner (ours is shown apart: making the memfd, messages); round trips as medians. Then
 * the rate of one job and of as many as there are cores. Run by scripts/bench --scan.
 */
#include <zlib.h>

#include "../unit/scan_rig.h"
#include "scanner/engine_bare.h"

enum { MEMORY = 12 << 20, ROUNDS = 7, RUNS_MOST = 20000, RUNS_LEAST = 3, AT_ONCE = 8 };

struct sample {
	const char *name;
	struct str body;
};

static double seconds = 1.0;
static const char *only; /* name of the one body to measure; NULL: all, and the rates */
static const char *signatures = "/nonexistent";

/* ---- bodies: made up, the same in every run ---- */

static uint64_t state = 88172645463325252u;

static uint32_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static char *space(size_t n)
{
	char *p = malloc(n);

	ck_assert_ptr_nonnull(p);
	return p;
}

static struct str words(size_t n, const char *const *dictionary, size_t count)
{
	char *p = space(n + 64);
	size_t at = 0;

	while (at < n)
		at += (size_t)snprintf(p + at, 64, "%s ", dictionary[next_random() % count]);
	return str_of(p, n);
}

static struct str text(size_t n)
{
	static const char *const dictionary[] = { "the", "gateway", "of", "a", "network", "carries", "and",
		"searches", "what", "passes", "report", "quarter", "customer", "sent", "yesterday", "figures",
		"in", "table", "four", "were", "measured", "again.\n", "by", "nobody", "else" };

	return words(n, dictionary, sizeof(dictionary) / sizeof(dictionary[0]));
}

static struct str html(size_t n)
{
	static const char *const dictionary[] = { "<div class=\"row\">", "</div>", "<p>", "</p>\n",
		"<a href=\"/path/to/page\">", "</a>", "word", "another", "<span>", "</span>", "&amp;", "<br>",
		"<script>var a = 'b';</script>", "<li>", "</li>" };

	return words(n, dictionary, sizeof(dictionary) / sizeof(dictionary[0]));
}

static struct str json(size_t n)
{
	static const char *const dictionary[] = { "{\"id\": 1834,", "\"name\": \"somebody\",", "\"tags\": [\"a\",",
		"\"b\"],", "\"value\": 3.25},", "\"text\": \"a line\\nand another\",", "\"flag\": true,", "null," };

	return words(n, dictionary, sizeof(dictionary) / sizeof(dictionary[0]));
}

static struct str noise(size_t n)
{
	char *p = space(n);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)next_random();
	return str_of(p, n);
}

static struct str packed(struct str plain)
{
	z_stream z = { 0 };
	char *p = space(plain.n + 1024);

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)plain.p;
	z.avail_in = (uInt)plain.n;
	z.next_out = (Bytef *)p;
	z.avail_out = (uInt)plain.n + 1024;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return str_of(p, z.total_out);
}

/* ---- figures ---- */

static double cpu_of(pid_t pid)
{
	clockid_t id;
	struct timespec t;

	if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &t) != 0)
		return 0;
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Of children that ended: jobs that ran long are replaced. In ticks, which is enough for those. */
static double ended_cpu(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char path[64], text[1024] = "", *at;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f != NULL && fgets(text, sizeof(text), f) != NULL && (at = strrchr(text, ')')) != NULL)
		sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lu %lu", &user, &system);
	if (f != NULL)
		fclose(f);
	return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

static double scanner_cpu(const struct rig *r)
{
	pid_t jobs[RIG_JOBS_MOST];
	double sum = cpu_of(r->pid) + ended_cpu(r->pid);

	for (unsigned n = rig_jobs(r, jobs); n > 0; n--)
		sum += cpu_of(jobs[n - 1]);
	return sum;
}

static int by_value(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

static double trips[RUNS_MOST];

static bool more(size_t n, double began)
{
	return n < RUNS_MOST && (n < RUNS_LEAST || rig_now() - began < seconds * 1000 / ROUNDS);
}

/* Microseconds of this process's CPU time, each. */
static double bare(const struct engine *e, struct str body)
{
	double began = rig_now(), before = cpu_of(getpid());
	size_t n = 0;

	for (; more(n, began); n++)
		engine_bare(e, body);
	return (cpu_of(getpid()) - before) / (double)n;
}

/* Microseconds each: CPU time of the scanner and of who asks, and the median round trip. */
struct cost {
	double scanner, own, trip;
};

static struct cost asked(struct rig *r, struct str body)
{
	double began, scanner, own;
	struct cost c;
	size_t n = 0;

	rig_scan(r, body);
	began = rig_now();
	scanner = scanner_cpu(r);
	own = cpu_of(getpid());
	for (; more(n, began); n++) {
		double before = rig_now();

		rig_scan(r, body);
		ck_assert_msg(r->verdict.class == VERDICT_CLEAN, "%s %s", verdict_word(r->verdict.class),
		    r->verdict.name);
		trips[n] = (rig_now() - before) * 1000;
	}
	c.scanner = (scanner_cpu(r) - scanner) / (double)n;
	c.own = (cpu_of(getpid()) - own) / (double)n;
	c.trip = median(trips, n);
	return c;
}

/* By turns, as the machine is not the same from one second to the next: medians over the rounds, the ratio, too. */
static void compare(const struct engine *e, struct rig *r, const struct sample *sample)
{
	double alone[ROUNDS], scanner[ROUNDS], more[ROUNDS], own[ROUNDS], trip[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct cost c;

		alone[i] = bare(e, sample->body);
		c = asked(r, sample->body);
		scanner[i] = c.scanner;
		own[i] = c.own;
		trip[i] = c.trip;
		more[i] = (c.scanner / alone[i] - 1) * 100;
	}
	printf("| %s | %.0f | %.0f | %+.1f %% | %.0f | %.0f |\n", sample->name, median(alone, ROUNDS),
	    median(scanner, ROUNDS), median(more, ROUNDS), median(own, ROUNDS), median(trip, ROUNDS));
	fflush(stdout);
}

/* Scans in a second with AT_ONCE under way, and cores that the scanner used for them. */
static double rate(const char *jobs, struct str body, double *cores)
{
	struct rig r;
	double began, cpu;
	unsigned sent = AT_ONCE;

	rig_init(&r);
	rig_process(&r, "sallyport-scanner", signatures, jobs, "scan_job_uses 1000000\n");
	ck_assert(r.ready);
	rig_wire(&r);
	rig_scan(&r, body);
	began = rig_now();
	cpu = scanner_cpu(&r);
	/* Clients of their own: one alone leaves a job to others. */
	for (unsigned i = 0; i < AT_ONCE; i++)
		rig_submit_as(&r, i, body);
	while (rig_now() - began < seconds * 2000) {
		rig_wait(&r, sent - AT_ONCE + 2);
		rig_submit_as(&r, sent++ % AT_ONCE, body);
	}
	*cores = (scanner_cpu(&r) - cpu) / ((rig_now() - began) * 1000);
	began = (sent - AT_ONCE) / ((rig_now() - began) / 1000);
	rig_stop(&r);
	return began;
}

static void scaling(struct str body)
{
	char all[16];
	double cores_one, cores_all, one, every;

	snprintf(all, sizeof(all), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	one = rate("1", body, &cores_one);
	every = rate(all, body, &cores_all);
	printf("\n| 100 KB of HTML, %d at once | scans/s | cores used |\n|---|---|---|\n", AT_ONCE);
	printf("| 1 job | %.0f | %.2f |\n| %s jobs | %.0f (%.2f) | %.2f |\n", one, cores_one, all, every,
	    every / one, cores_all);
}

/* A Check test for the rig's sake, which asserts. */
START_TEST(measure)
{
	struct str large_text = text(1 << 20);
	struct sample samples[] = {
		{ "64 B text", text(64) },
		{ "1 KB text", text(1 << 10) },
		{ "10 KB JSON", json(10 << 10) },
		{ "100 KB HTML", html(100 << 10) },
		{ "100 KB JSON", json(100 << 10) },
		{ "1 MB text", large_text },
		{ "1 MB noise", noise(1 << 20) },
		{ "gzip of 1 MB text", packed(large_text) },
		{ "10 MB noise", noise(10 << 20) },
	};
	char scratch[] = "/dev/shm/scan-bench.XXXXXX";
	struct engine_place at = { .folder = signatures, .scratch = scratch };
	struct sigset set;
	struct limits limits;
	struct engine *e;
	struct rig r;

	limits_default(&limits);
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	e = engine_load(&at, &limits, &set);
	ck_assert_msg(e != NULL && engine_warm(e, &set) == 0, "%s", set.why);
	printf("%s\n\n", engine_note(e));
	engine_bare_begin(e);
	rig_init(&r);
	rig_process(&r, "sallyport-scanner", signatures, "1", "scan_job_uses 1000000\n");
	ck_assert_msg(r.ready, "the scanner did not start");
	rig_wire(&r);
	printf("| body | libclamav alone, CPU us | scanner, CPU us | more | asker, CPU us | round trip, us |\n"
	       "|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		if (only == NULL || strcmp(only, samples[i].name) == 0)
			compare(e, &r, &samples[i]);
	rig_stop(&r);
	if (only == NULL)
		scaling(samples[3].body);
	rmdir(scratch);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s = suite_create("scan");
	TCase *t = tcase_create("measure");
	SRunner *r = srunner_create(s);

	if (argc > 1 && strcmp(argv[1], "-") != 0)
		signatures = argv[1];
	if (argc > 2)
		seconds = atof(argv[2]);
	only = argc > 3 ? argv[3] : NULL;
	tcase_add_test(t, measure);
	tcase_set_timeout(t, 0);
	suite_add_tcase(s, t);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_SILENT);
	for (int i = 0; i < srunner_ntests_failed(r); i++)
		fprintf(stderr, "%s\n", tr_msg(srunner_failures(r)[i]));
	fflush(stdout);
	_exit(srunner_ntests_failed(r) > 0); /* an engine takes seconds to free */
}
