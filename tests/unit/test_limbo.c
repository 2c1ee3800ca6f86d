/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier against the certificate cases of x509-limbo and BetterTLS, which are not in this
 * tree: SALLYPORT_LIMBO names their folder, or it lies beside the source tree as
 * shared/x509limbo. Without them each test says so and passes; the same faults in small are
 * in test_verify.c.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>

#include "core/err.h"
#include "mitm/verify.h"

#ifndef LIMBO_BESIDE
#define LIMBO_BESIDE "../shared/x509limbo"
#endif

enum { TEXT_MAX = 128 << 20, CHAIN = 256, SLOW_MS = 100 };

static const char *folder(void)
{
	static const char *const places[] = { LIMBO_BESIDE, "../shared/x509limbo",
		"../../shared/x509limbo" };
	const char *own = getenv("SALLYPORT_LIMBO");
	struct stat st;

	if (own != NULL)
		return stat(own, &st) == 0 ? own : NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (stat(places[i], &st) == 0)
			return places[i];
	return NULL;
}

/* A gzipped file, NUL-terminated; the caller's. NULL: not there. */
static char *text_of(const char *name)
{
	char path[1024], *text = malloc(TEXT_MAX);
	const char *where = folder();
	gzFile f;
	int n;

	snprintf(path, sizeof(path), "%s/%s", where != NULL ? where : "", name);
	f = where != NULL ? gzopen(path, "rb") : NULL;
	n = f != NULL && text != NULL ? gzread(f, text, TEXT_MAX - 1) : -1;
	if (f != NULL)
		gzclose(f);
	if (n <= 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static json_t *cases_of(const char *name)
{
	char *text = text_of(name);
	json_t *all = text != NULL ? json_loads(text, 0, NULL) : NULL;

	free(text);
	if (all == NULL)
		printf("%s is not here: nothing was verified against it\n", name);
	return all;
}

/* A whole word at the beginning of a line. */
static bool listed(const char *list, const char *id)
{
	size_t n = strlen(id);

	for (const char *p = strstr(list, id); p != NULL; p = strstr(p + 1, id))
		if ((p == list || p[-1] == '\n') && (p[n] == '\n' || p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* The suite's own list of lint, and ours (tests/data/limbo-pedantic.txt, with reasons). */
static bool allowed(const char *id)
{
	static char *list, own[8192];
	FILE *f;

	if (list == NULL && (list = text_of("allow.txt")) == NULL)
		return false;
	if (own[0] == '\0') {
		f = fopen(LIMBO_PEDANTIC, "r");
		ck_assert_ptr_nonnull(f);
		own[fread(own, 1, sizeof(own) - 1, f)] = '\0';
		fclose(f);
	}
	return listed(list, id) || listed(own, id);
}

static struct str field(const json_t *o, const char *key)
{
	const char *v = json_string_value(json_object_get(o, key));

	return v != NULL ? str_c(v) : STR_NONE;
}

static struct str joined(const json_t *list, char *to, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *pem = json_string_value(json_array_get(list, i));

		ck_assert_uint_lt(n + strlen(pem) + 2, cap);
		n += (size_t)sprintf(to + n, "%s\n", pem);
	}
	return str_of(to, n);
}

/* base64 between the lines of a PEM certificate; bytes at *at. */
static struct str der_of(const char *pem, unsigned char *to, size_t *at)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = strchr(pem, '\n'), *end = strstr(pem, "-----END");
	unsigned char *from = to + *at;
	unsigned bits = 0, nbits = 0;

	for (; p != NULL && p < end; p++) {
		const char *d = *p != '\0' ? strchr(digits, *p) : NULL;

		if (d == NULL)
			continue;
		bits = bits << 6 | (unsigned)(d - digits);
		nbits += 6;
		if (nbits >= 8) {
			nbits -= 8;
			to[(*at)++] = (unsigned char)(bits >> nbits);
		}
	}
	return str_of((char *)from, (size_t)(to + *at - from));
}

static int64_t time_of(const json_t *c)
{
	const char *v = json_string_value(json_object_get(c, "validation_time"));
	struct tm tm = { 0 };

	if (v == NULL || strptime(v, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return 0;
	return timegm(&tm);
}

static struct revoke *lists_of(const json_t *c, char *text, size_t cap)
{
	const json_t *crls = json_object_get(c, "crls");
	struct revoke_file none = { "", STR_NONE }, file = { "crl", STR_NONE };
	char why[256];

	if (json_array_size(crls) == 0)
		return NULL;
	file.bytes = joined(crls, text, cap);
	return revoke_new(&none, &file, 1, why, sizeof(why));
}

struct sums {
	unsigned agree, allowed, soft, accepted, refused;
	double slowest;
	char slow[128];
};

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The verdict on a case: 0 or -ERR_*. */
static int verdict(const json_t *c, struct verify_report *report, double *ms)
{
	static char pem[1 << 20], crls[1 << 20];
	static unsigned char bytes[1 << 20];
	const json_t *inter = json_object_get(c, "untrusted_intermediates");
	const json_t *peer = json_object_get(c, "expected_peer_name");
	struct str name = field(peer, "value"), chain[CHAIN];
	bool ip = str_eq(field(peer, "kind"), STR("IP"));
	const json_t *depth = json_object_get(c, "max_chain_depth");
	char addr[64] = "";
	struct verify_store *s;
	struct revoke *r;
	size_t n = 0, at = 0;
	int err;

	*report = (struct verify_report){ 0 };
	s = verify_store_new_at(joined(json_object_get(c, "trusted_certs"), pem, sizeof(pem)), STR_NONE,
	    time_of(c), &err);
	if (s == NULL) { /* no anchor that may be one */
		report->errors = TLS_ERROR_BIT(TLS_ERROR_UNTRUSTED);
		report->why = "no anchor";
		return err;
	}
	verify_store_depth(s, json_is_integer(depth) ? (int)json_integer_value(depth) : -1);
	if ((r = lists_of(c, crls, sizeof(crls))) != NULL)
		verify_store_revoke(s, r);
	chain[n++] = der_of(json_string_value(json_object_get(c, "peer_certificate")), bytes, &at);
	for (size_t i = 0; i < json_array_size(inter) && n < CHAIN; i++)
		chain[n++] = der_of(json_string_value(json_array_get(inter, i)), bytes, &at);
	if (ip)
		str_copy(name, addr, sizeof(addr));
	*ms = cpu_ms();
	err = verify_chain(s, chain, n, ip ? STR_NONE : name, addr, report);
	*ms = cpu_ms() - *ms;
	/* Who gives lists wants them to be asked: no answer is a fault then. */
	if (err == 0 && json_array_size(json_object_get(c, "crls")) > 0 &&
	    report->revocation != REVOCATION_GOOD) {
		err = -ERR_CERT_REVOCATION_UNKNOWN;
		report->errors = TLS_ERROR_BIT(TLS_ERROR_REVOCATION_UNKNOWN);
		report->why = report->revocation_why;
	}
	revoke_free(r);
	verify_store_free(s);
	return err;
}

static void judge(const json_t *c, struct sums *sums)
{
	const char *id = json_string_value(json_object_get(c, "id"));
	bool want = str_eq(field(c, "expected_result"), STR("SUCCESS"));
	struct verify_report report;
	double ms = 0;
	int r = verdict(c, &report, &ms);

	if (ms > sums->slowest) {
		sums->slowest = ms;
		snprintf(sums->slow, sizeof(sums->slow), "%s", id);
	}
	ck_assert_msg((r == 0) == (report.errors == 0), "%s: %s and errors %x", id, err_name(r), report.errors);
	if ((r == 0) == want) {
		sums->agree++;
	} else if (allowed(id)) {
		sums->allowed++;
	} else if (r == 0 && json_is_true(json_object_get(c, "x_soft"))) {
		sums->soft++;
	} else {
		sums->accepted += r == 0;
		sums->refused += r != 0;
		printf("%s: %s (%s)\n", id, r == 0 ? "accepted" : err_name(r), report.why);
	}
}

static void say(const char *name, const struct sums *s)
{
	printf("%s: %u agree, %u on the allow list, %u tolerated, %u false accepts, %u false rejects; "
	       "slowest %.1f ms (%s)\n",
	    name, s->agree, s->allowed, s->soft, s->accepted, s->refused, s->slowest, s->slow);
}

/* Every `step`th case of the server's kind whose id begins with prefix. */
static struct sums run(const char *file, const char *prefix, size_t step)
{
	json_t *all = cases_of(file);
	const json_t *cases = json_object_get(all, "testcases");
	struct sums sums = { 0 };
	size_t k = 0;

	if (cases == NULL)
		cases = all;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);

		if (str_eq(field(c, "validation_kind"), STR("SERVER")) &&
		    str_iprefix(field(c, "id"), str_c(prefix)) && k++ % step == 0)
			judge(c, &sums);
	}
	say(file, &sums);
	json_decref(all);
	return sums;
}

/* The release build takes all of BetterTLS; under a sanitizer every ninth case is enough. */
#if defined(__SANITIZE_ADDRESS__)
#define EACH 9
#else
#define EACH 1
#endif

static void held(struct sums s)
{
	ck_assert_uint_eq(s.accepted, 0);
	ck_assert_uint_eq(s.refused, 0);
#ifndef __SANITIZE_ADDRESS__
	ck_assert_msg(s.slowest < SLOW_MS, "%s took %.1f ms", s.slow, s.slowest);
#endif
}

START_TEST(limbo_core_has_no_false_accept_and_no_false_reject)
{
	held(run("limbo-core.json.gz", "", 1));
}
END_TEST

START_TEST(bettertls_has_at_most_one_disagreement)
{
	struct sums s = run("limbo-btls.json.gz", "", EACH);

	ck_assert_uint_eq(s.accepted, 0);
	ck_assert_uint_le(s.refused, 1);
}
END_TEST

/* The goal's rows by families of cases, so that each can be pointed at. */
#define ROW(name, file, prefix)                                                                    \
	START_TEST(name)                                                                           \
	{                                                                                          \
		held(run(file, prefix, 1));                                                        \
	}                                                                                          \
	END_TEST

#define CORE "limbo-core.json.gz"
ROW(v1_limbo_untrusted_roots, CORE, "rfc5280::chain-untrusted-root")
ROW(v2_limbo_mismatching_algorithms, CORE, "rfc5280::mismatching-signature-algorithm")
ROW(v2_limbo_issuers_key, CORE, "invalid::")
ROW(v3_limbo_names, CORE, "webpki::san::")
ROW(v3_limbo_common_names, CORE, "webpki::cn::")
ROW(v5_limbo_validity, CORE, "rfc5280::validity::")
ROW(v6_limbo_path_lengths, CORE, "pathlen::")
ROW(v6_limbo_intermediates, CORE, "rfc5280::intermediate-ca")
ROW(v7_limbo_purposes, CORE, "webpki::eku::")
ROW(v7_limbo_purposes_of_intermediates, CORE, "rfc5280::eku::")
ROW(v8_limbo_constraints, CORE, "rfc5280::nc::")
ROW(v8_limbo_constraints_of_the_web, CORE, "webpki::nc::")
ROW(v8_limbo_constraints_once_broken, CORE, "cve::")
ROW(v9_limbo_extensions, CORE, "rfc5280::unknown-critical")
ROW(v9_limbo_serials, CORE, "rfc5280::serial::")
ROW(v10_limbo_forbidden_keys, CORE, "webpki::forbidden-")
ROW(v11_bettertls_paths, "limbo-btls.json.gz", "bettertls::pathbuilding")
ROW(v12_limbo_pathological, CORE, "pathological::")
ROW(v14_limbo_revocation_lists, CORE, "crl::")

int main(void)
{
	Suite *s = suite_create("limbo");
	TCase *t = tcase_create("limbo");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 250);
	tcase_add_test(t, limbo_core_has_no_false_accept_and_no_false_reject);
	tcase_add_test(t, bettertls_has_at_most_one_disagreement);
	tcase_add_test(t, v1_limbo_untrusted_roots);
	tcase_add_test(t, v2_limbo_mismatching_algorithms);
	tcase_add_test(t, v2_limbo_issuers_key);
	tcase_add_test(t, v3_limbo_names);
	tcase_add_test(t, v3_limbo_common_names);
	tcase_add_test(t, v5_limbo_validity);
	tcase_add_test(t, v6_limbo_path_lengths);
	tcase_add_test(t, v6_limbo_intermediates);
	tcase_add_test(t, v7_limbo_purposes);
	tcase_add_test(t, v7_limbo_purposes_of_intermediates);
	tcase_add_test(t, v8_limbo_constraints);
	tcase_add_test(t, v8_limbo_constraints_of_the_web);
	tcase_add_test(t, v8_limbo_constraints_once_broken);
	tcase_add_test(t, v9_limbo_extensions);
	tcase_add_test(t, v9_limbo_serials);
	tcase_add_test(t, v10_limbo_forbidden_keys);
	tcase_add_test(t, v11_bettertls_paths);
	tcase_add_test(t, v12_limbo_pathological);
	tcase_add_test(t, v14_limbo_revocation_lists);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
