/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about known content in the scanner, against the real programs: what is remembered, what is
 * searched together, and that nobody's word about a digest reaches anybody else's body.
 */
#include "scan_rig.h"

#include "certs/digest.h"
#include "core/counter.h"
#include "scanner/known.h"

static struct rig r;
static struct known_content *known;
static const struct counters *counts;

enum { MANY = 20, OTHERS = 3 };

static void setup_with(const char *program, const char *jobs)
{
	int table = known_content_create(64), page = counters_create();
	struct buf none = { 0 };

	rig_start(&r, program, jobs, "scan 5s\nscan_queue 20s\n");
	known = known_content_map(table, true);
	counts = counters_view(page);
	ck_assert(known != NULL && counts != NULL);
	ck_assert_int_eq(chan_send(r.parent, MSG_KNOWN, buf_view(&none), &table, 1), 0);
	ck_assert_int_eq(chan_send(r.parent, MSG_COUNTERS, buf_view(&none), &page, 1), 0);
	close(table);
	close(page);
}

static void setup(void)
{
	setup_with("sallyport-scanner", "2");
}

static void teardown(void)
{
	rig_stop(&r);
	known_content_free(known);
}

static void digest_of(struct str s, unsigned char out[DIGEST_SIZE])
{
	struct digest *d = digest_new();

	digest_add(d, s);
	ck_assert(digest_end(d, out));
	digest_free(d);
}

/* One answer each, by number. */
static struct {
	unsigned n;
	struct verdict v;
} got[MANY + OTHERS];

static void on_got(void *arg, const struct verdict *v)
{
	size_t i = (size_t)((char *)arg - (char *)got) / sizeof(got[0]);

	got[i].n++;
	got[i].v = *v;
	r.answers++;
	loop_stop(r.loop);
}

/* A body, and the content that its asker says it is. */
static uint64_t submit(struct scan_client *c, size_t i, struct str body, struct str said)
{
	unsigned char digest[DIGEST_SIZE];
	struct scan_about about = { .client = i, .digest = digest };
	int fd = rig_memfd(body, RIG_SEALS);
	uint64_t h;

	digest_of(said, digest);
	memset(&got[i], 0, sizeof(got[i]));
	h = scan_submit(c, fd, body.n, &about, on_got, &got[i]);
	ck_assert_uint_ne(h, 0);
	close(fd);
	return h;
}

static bool remembered(struct str body)
{
	unsigned char digest[DIGEST_SIZE];
	struct verdict v;

	digest_of(body, digest);
	return known_content_find(known, digest, body.n, (uint64_t)time(NULL), 3600, &v);
}

static void jobs_signal(int signo)
{
	pid_t jobs[RIG_JOBS_MOST];
	unsigned n;

	rig_await_jobs(&r, 2, jobs);
	n = rig_jobs(&r, jobs);
	for (unsigned i = 0; i < n; i++)
		kill(jobs[i], signo);
}

/* The scanner has read all that was sent to it: it answers what it refuses at once, in order. */
static void settle(void)
{
	unsigned want = r.answers + 1;
	struct scan_about about = { 0 };
	int fd = rig_memfd(STR("x"), 0);

	ck_assert_uint_ne(scan_submit(r.client, fd, 1, &about, on_got, &got[MANY + OTHERS - 1]), 0);
	close(fd);
	rig_wait(&r, want);
	ck_assert_str_eq(got[MANY + OTHERS - 1].v.name, "bad-body");
}

static void check_all(size_t from, size_t to, enum verdict_class class, enum verdict_reason reason)
{
	for (size_t i = from; i < to; i++)
		ck_assert_msg(got[i].n == 1 && got[i].v.class == class && got[i].v.reason == reason, "%zu: %u answers, %s.%s %s", i,
		    got[i].n, verdict_word(got[i].v.class), reason_word(got[i].v.reason), got[i].v.name);
}

static struct str text(void)
{
	return STR("a text as any other");
}

START_TEST(clean_content_is_remembered_and_nothing_else)
{
	submit(r.client, 0, text(), text());
	rig_wait(&r, 1);
	submit(r.client, 1, rig_eicar(), rig_eicar());
	rig_wait(&r, 2);
	check_all(0, 1, VERDICT_CLEAN, REASON_NONE);
	check_all(1, 2, VERDICT_INFECTED, REASON_NONE);
	ck_assert(remembered(text()) && !remembered(rig_eicar()));
	ck_assert_uint_eq(known_content_count(known), 1);
}
END_TEST

/* The asker says that a body is some other content of that length. */
START_TEST(a_worker_cannot_have_other_content_remembered)
{
	static char same[68];

	memset(same, 'x', sizeof(same));
	submit(r.client, 0, str_of(same, 68), rig_eicar());
	rig_wait(&r, 1);
	check_all(0, 1, VERDICT_CLEAN, REASON_NONE);
	submit(r.client, 1, rig_eicar(), str_of(same, 68));
	rig_wait(&r, 2);
	check_all(1, 2, VERDICT_INFECTED, REASON_NONE);
	ck_assert(!remembered(rig_eicar()) && !remembered(str_of(same, 68)));
	ck_assert_uint_eq(known_content_count(known), 0);
}
END_TEST

static unsigned long long generation(void)
{
	const char *at = strstr(r.note, "generation ");

	ck_assert_ptr_nonnull(at);
	return strtoull(at + strlen("generation "), NULL, 16);
}

/*
 * What was found clean is forgotten and told when something is found: whether an earlier generation let
 * it by (0) or this one, more than scan_known_age ago (1).
 */
START_TEST(what_turns_bad_is_forgotten_and_told)
{
	struct known_content_row row = { .length = 68, .generation = 12345, .at = (uint64_t)time(NULL) };

	row.verdict = verdict_make(VERDICT_CLEAN, REASON_NONE, STR_NONE);
	digest_of(rig_eicar(), row.digest);
	if (_i == 1) {
		row.generation = generation();
		row.at -= 2 * 86400;
	}
	known_content_add(known, &row);
	ck_assert(!remembered(rig_eicar()));
	submit(r.client, 0, rig_eicar(), rig_eicar());
	rig_wait(&r, 1);
	check_all(0, 1, VERDICT_INFECTED, REASON_NONE);
	ck_assert_uint_eq(known_content_count(known), 0);
	while (r.turned == 0)
		loop_run(r.loop);
	ck_assert_mem_eq(r.turned_rows[0].sha256, row.digest, DIGEST_SIZE);
	ck_assert_str_eq(r.turned_rows[0].name, got[0].v.name);
}
END_TEST

START_TEST(the_same_content_is_searched_once)
{
	struct str body = _i == 0 ? text() : rig_eicar();

	jobs_signal(SIGSTOP);
	for (size_t i = 0; i < MANY; i++)
		submit(r.client, i, body, body);
	settle();
	ck_assert_uint_eq(counts->scans_joined, MANY - 1);
	jobs_signal(SIGCONT);
	rig_wait(&r, MANY + 1);
	check_all(0, MANY, _i == 0 ? VERDICT_CLEAN : VERDICT_INFECTED, REASON_NONE);
}
END_TEST

/* 0: the first one lies, and it is clean; 1: it lies, and it is infected. */
START_TEST(a_lie_about_a_digest_reaches_nobody_else)
{
	static char same[68];
	struct str clean = str_of(same, 68), first = _i == 0 ? clean : rig_eicar(), rest = _i == 0 ? rig_eicar() : clean;

	memset(same, 'x', sizeof(same));
	jobs_signal(SIGSTOP);
	submit(r.client, 0, first, rest);
	for (size_t i = 1; i < MANY; i++)
		submit(r.client, i, rest, rest);
	settle();
	ck_assert_uint_eq(counts->scans_joined, MANY - 1);
	jobs_signal(SIGCONT);
	rig_wait(&r, MANY + 1);
	check_all(0, 1, _i == 0 ? VERDICT_CLEAN : VERDICT_INFECTED, REASON_NONE);
	check_all(1, MANY, _i == 0 ? VERDICT_INFECTED : VERDICT_CLEAN, REASON_NONE);
	ck_assert(!remembered(rig_eicar()));
}
END_TEST

/* A second worker asks first. 0: it takes its order back; 1: it goes away. */
START_TEST(those_who_wait_do_not_need_the_first)
{
	struct scan_client *other = scan_client_new(r.loop, &r.limits), *mine = r.client;
	char space[16];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	uint64_t h;
	int fd[2];

	ck_assert_int_eq(chan_pair(fd), 0);
	pack_u8(&b, ROLE_WORKER);
	pack_u32(&b, 1);
	ck_assert_int_eq(chan_send(r.parent, MSG_PEER, buf_view(&b), &fd[1], 1), 0);
	close(fd[1]);
	ck_assert_int_eq(scan_client_connect(other, fd[0]), 0);
	jobs_signal(SIGSTOP);
	h = submit(other, 0, text(), text());
	r.client = other;
	settle();
	r.client = mine;
	for (size_t i = 1; i < MANY; i++)
		submit(r.client, i, text(), text());
	h = _i == 0 ? h : 0;
	if (h != 0)
		scan_cancel(other, h);
	else
		scan_client_free(other);
	settle();
	ck_assert_uint_eq(counts->scans_joined, MANY - 1);
	jobs_signal(SIGCONT);
	rig_wait(&r, MANY + 1);
	check_all(1, MANY, VERDICT_CLEAN, REASON_NONE);
	ck_assert_uint_eq(got[0].n, 0);
	if (h != 0)
		scan_client_free(other);
}
END_TEST

/* And one of those who wait may go. */
START_TEST(who_waits_may_go)
{
	uint64_t h = 0;

	jobs_signal(SIGSTOP);
	for (size_t i = 0; i < MANY; i++)
		h = submit(r.client, i, text(), text());
	scan_cancel(r.client, h);
	settle();
	jobs_signal(SIGCONT);
	rig_wait(&r, MANY);
	check_all(0, MANY - 1, VERDICT_CLEAN, REASON_NONE);
	ck_assert_uint_eq(got[MANY - 1].n, 0);
}
END_TEST

/* A body that kills a job kills one: who waited for it hears that, and no second job dies. */
START_TEST(a_deadly_body_kills_one_job)
{
	struct str body = STR("HOSTILE:null");
	pid_t before[RIG_JOBS_MOST], after[RIG_JOBS_MOST];
	unsigned same = 0;

	teardown();
	setup_with("sallyport-scanner-hostile", "2");
	jobs_signal(SIGSTOP);
	for (size_t i = 0; i < MANY; i++)
		submit(r.client, i, body, body);
	settle();
	rig_await_jobs(&r, 2, before);
	jobs_signal(SIGCONT);
	rig_wait(&r, MANY + 1);
	check_all(0, MANY, VERDICT_UNSCANNABLE, REASON_ERROR);
	ck_assert_str_eq(got[0].v.name, "scanner-crash");
	for (size_t i = 1; i < MANY; i++)
		ck_assert_str_eq(got[i].v.name, "known-to-crash");
	rig_await_jobs(&r, 2, after);
	for (unsigned i = 0; i < 2; i++)
		same += before[i] == after[0] || before[i] == after[1];
	ck_assert_uint_eq(same, 1);
}
END_TEST

/* A deadly body that is said to be other content does not make that known as deadly. */
START_TEST(a_lie_does_not_poison_other_content)
{
	teardown();
	setup_with("sallyport-scanner-hostile", "2");
	submit(r.client, 0, STR("HOSTILE:null"), STR("nice content"));
	rig_wait(&r, 1);
	check_all(0, 1, VERDICT_UNSCANNABLE, REASON_ERROR);
	submit(r.client, 1, STR("nice content"), STR("nice content"));
	rig_wait(&r, 2);
	check_all(1, 2, VERDICT_CLEAN, REASON_NONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("together");
	TCase *c = tcase_create("together");
	SRunner *sr;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, clean_content_is_remembered_and_nothing_else);
	tcase_add_test(c, a_worker_cannot_have_other_content_remembered);
	tcase_add_loop_test(c, what_turns_bad_is_forgotten_and_told, 0, 2);
	tcase_add_loop_test(c, the_same_content_is_searched_once, 0, 2);
	tcase_add_loop_test(c, a_lie_about_a_digest_reaches_nobody_else, 0, 2);
	tcase_add_loop_test(c, those_who_wait_do_not_need_the_first, 0, 2);
	tcase_add_test(c, who_waits_may_go);
	tcase_add_test(c, a_deadly_body_kills_one_job);
	tcase_add_test(c, a_lie_does_not_poison_other_content);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
