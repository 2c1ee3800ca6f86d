/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams searched by messages: order, what goes when, what never goes. Body, policy and wire are
 * played here; the stream is a toy: '(' begins a message, ')' ends it, '.' is a control unit,
 * '!' breaks the stream; '#' is aside; all else within a message is content.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/messages.h"
#include "gateway/share.h"
#include "gateway/warning.h"
#include "gateway/wire.h"

enum { MOST = 64 };

struct body {
	char text[256];
	size_t n;
	body_fn *fn;
	void *arg;
	struct verdict verdict;
};

static struct worker w;
static struct flow f;
static struct txn t;
static char sent[1 << 20];
static size_t nsent, room, wakes, kills, finished, blocks, live;
static struct body *asked[MOST];
static size_t nasked;
static bool permit;
static struct verdict blocked_by;

/* ---- played parts ---- */

struct body *body_new(struct worker *worker, struct str coding, int direction, struct str name)
{
	(void)worker, (void)coding, (void)direction, (void)name;
	live++;
	return calloc(1, sizeof(struct body));
}

void body_free(struct body *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < nasked; i++)
		if (asked[i] == b)
			asked[i] = NULL;
	live--;
	free(b);
}

void body_of(struct body *b, struct share *client)
{
	(void)b, (void)client;
}

void txn_about(const struct txn *about, const struct leg *g, struct body *b)
{
	(void)about, (void)g, (void)b;
}

int body_push(struct body *b, struct str s)
{
	for (size_t i = 0; i < s.n && b->n < sizeof(b->text) - 1; i++)
		b->text[b->n++] = s.p[i];
	return 0;
}

int body_finish(struct body *b, body_fn *fn, void *arg)
{
	b->fn = fn;
	b->arg = arg;
	if (strcmp(b->text, "now") == 0) {
		b->verdict = verdict_make(VERDICT_CLEAN, REASON_NONE, STR_NONE);
		return 1;
	}
	ck_assert_uint_lt(nasked, MOST);
	asked[nasked++] = b;
	return 0;
}

const struct verdict *body_verdict(const struct body *b)
{
	return &b->verdict;
}

void warning_note(struct txn *txn, struct leg *g, const struct decision *d)
{
	(void)txn;
	g->warned |= d->warn;
}

struct decision txn_decide(const struct txn *txn, enum stage stage, const struct leg *g)
{
	(void)txn, (void)stage;
	return (struct decision){ .action = permit || g->verdict.class == VERDICT_CLEAN ? ACTION_ALLOW : ACTION_BLOCK,
		.rule = "r" };
}

struct str txn_file_name(const struct txn *txn)
{
	(void)txn;
	return STR("name");
}

void leg_finish(struct txn *txn, struct leg *g)
{
	(void)txn;
	g->state = LEG_DONE;
	finished++;
}

static int put(struct txn *txn, struct leg *g, struct str s)
{
	(void)txn, (void)g;
	memcpy(sent + nsent, s.p, s.n);
	nsent += s.n;
	sent[nsent] = '\0';
	return 0;
}

static bool has_room(const struct txn *txn, const struct leg *g)
{
	(void)txn, (void)g;
	return nsent < room;
}

static void kill_it(struct txn *txn)
{
	(void)txn;
	kills++;
}

static void wake(struct txn *txn)
{
	wakes++;
	if (txn->down.messages != NULL)
		messages_pour(txn->down.messages);
}

static const struct wire wire = { .put = put, .room = has_room, .kill = kill_it, .wake = wake };

static void blocked(struct txn *txn, struct leg *g, const struct decision *d, const struct verdict *v)
{
	(void)txn, (void)g, (void)d;
	blocks++;
	blocked_by = *v;
}

struct toy {
	bool open, dead, tail;
};

static void toy_next(void *self, struct str in, size_t *used, struct message_ev *ev)
{
	struct toy *y = self;
	char c;

	*used = 0;
	*ev = (struct message_ev){ .type = MESSAGE_MORE };
	if (in.n == 0)
		return;
	*used = 1;
	c = in.p[0];
	if (c == '(')
		y->open = true, ev->type = MESSAGE_BEGIN;
	else if (c == ')')
		y->open = false, ev->type = MESSAGE_END;
	else if (c == '?')
		y->open = false, ev->type = MESSAGE_END, ev->err = -ERR_CODING_MALFORMED;
	else if (c == '.')
		ev->type = MESSAGE_CONTROL;
	else if (c == '!')
		ev->type = MESSAGE_ERROR, ev->err = -ERR_WS;
	else
		ev->type = MESSAGE_DATA, ev->data = str_of(in.p, 1), ev->aside = c == '#';
}

static void toy_end(void *self, struct message_ev *ev)
{
	struct toy *y = self;

	*ev = (struct message_ev){ .type = y->tail && y->open ? MESSAGE_END : MESSAGE_MORE };
	if (y->tail)
		y->open = false;
}

static bool toy_idle(const void *self)
{
	return !((const struct toy *)self)->open;
}

static const struct message_reader toy = { toy_next, toy_end, toy_idle, free };
static struct toy *y;

static void setup(void)
{
	memset(&t, 0, sizeof(t));
	limits_default(&w.limits);
	w.held = 0;
	f.w = &w;
	t.f = &f;
	t.wire = &wire;
	t.rule = "";
	room = SIZE_MAX;
	nsent = nasked = wakes = kills = finished = blocks = 0;
	sent[0] = '\0';
	permit = false;
	y = calloc(1, sizeof(*y));
	ck_assert_int_eq(messages_begin(&t, &t.down, &toy, y, blocked), 0);
	ck_assert_int_eq(t.down.state, LEG_MESSAGES);
}

static void teardown(void)
{
	messages_free(t.down.messages);
	ck_assert_uint_eq(live, 0);
	ck_assert_uint_eq(w.held, 0);
}

static void push(const char *s)
{
	ck_assert_int_eq(messages_push(t.down.messages, str_c(s)), 0);
}

static void verdict(size_t i, enum verdict_class c)
{
	struct verdict v = verdict_make(c, REASON_NONE, STR("x"));

	ck_assert_ptr_nonnull(asked[i]);
	asked[i]->fn(asked[i]->arg, &v);
}

/* ---- the facts ---- */

START_TEST(whole_message_waits)
{
	push("(ab");
	ck_assert_str_eq(sent, "");
	push("c)");
	ck_assert_str_eq(sent, "");
	ck_assert_str_eq(asked[0]->text, "abc");
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(abc)");
	ck_assert_uint_eq(t.down.nmessages, 1);
	ck_assert_int_eq(t.down.verdict.class, VERDICT_CLEAN);
}
END_TEST

START_TEST(answers_out_of_order_go_in_order)
{
	push("(a).(b)(c)");
	verdict(2, VERDICT_CLEAN);
	verdict(1, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "");
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(a).(b)(c)");
}
END_TEST

START_TEST(control_outside_goes_at_once)
{
	push("..");
	ck_assert_str_eq(sent, "..");
	push("(a.b)");
	ck_assert_str_eq(sent, "..");
	ck_assert_str_eq(asked[0]->text, "ab");
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "..(a.b)");
}
END_TEST

START_TEST(bad_one_stops_all_behind_it)
{
	push("(a)(b)(c).");
	verdict(2, VERDICT_CLEAN);
	verdict(1, VERDICT_INFECTED);
	ck_assert_uint_eq(blocks, 0); /* what is before it has no verdict yet */
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(a)");
	ck_assert_uint_eq(blocks, 1);
	ck_assert_int_eq(blocked_by.class, VERDICT_INFECTED);
	ck_assert_int_eq(t.down.verdict.class, VERDICT_INFECTED);
	push("(d)");
	messages_pour(t.down.messages);
	ck_assert_str_eq(sent, "(a)");
	ck_assert_uint_eq(blocks, 1);
	ck_assert(!messages_wants(t.down.messages) && !messages_ready(t.down.messages));
}
END_TEST

START_TEST(told_when_what_is_before_is_out)
{
	room = 0;
	push("(a)(b)");
	verdict(1, VERDICT_INFECTED);
	verdict(0, VERDICT_CLEAN);
	ck_assert_uint_eq(blocks, 0);
	ck_assert(!messages_ready(t.down.messages));
	room = SIZE_MAX;
	ck_assert(messages_ready(t.down.messages));
	messages_pour(t.down.messages);
	ck_assert_str_eq(sent, "(a)");
	ck_assert_uint_eq(blocks, 1);
}
END_TEST

START_TEST(rule_lets_it_through)
{
	permit = true;
	push("(a)(b)");
	verdict(0, VERDICT_INFECTED);
	verdict(1, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(a)(b)");
	ck_assert_uint_eq(blocks, 0);
	ck_assert_str_eq(t.rule, "r");
	ck_assert_int_eq(t.down.verdict.class, VERDICT_INFECTED);
}
END_TEST

START_TEST(broken_stream)
{
	permit = true; /* no rule permits what cannot be told apart */
	push("(a)!(b)");
	ck_assert_uint_eq(blocks, 0);
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(a)");
	ck_assert_uint_eq(blocks, 1);
	ck_assert_int_eq(blocked_by.class, VERDICT_UNSCANNABLE);
	ck_assert_int_eq(blocked_by.reason, REASON_MALFORMED);
}
END_TEST

START_TEST(content_that_could_not_be_had)
{
	push("(a?(b)");
	ck_assert_uint_eq(nasked, 0);
	ck_assert_uint_eq(blocks, 1);
	ck_assert_int_eq(blocked_by.class, VERDICT_UNSCANNABLE);
	ck_assert_str_eq(sent, "");
}
END_TEST

START_TEST(empty_and_immediate_ones)
{
	push("()(now)()");
	ck_assert_str_eq(sent, "()(now)()");
	ck_assert_uint_eq(nasked, 0);
	ck_assert_uint_eq(t.down.nmessages, 3);
}
END_TEST

START_TEST(ends)
{
	push("(a)");
	messages_end(t.down.messages);
	ck_assert_uint_eq(finished, 0);
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(a)");
	ck_assert_uint_eq(finished, 1);
	ck_assert_uint_eq(blocks, 0);
}
END_TEST

START_TEST(ends_for_want_of_room)
{
	room = 0;
	push("(now)");
	messages_end(t.down.messages);
	ck_assert_uint_eq(finished, 0);
	room = SIZE_MAX;
	messages_pour(t.down.messages);
	ck_assert_uint_eq(finished, 1);
}
END_TEST

START_TEST(cut_short)
{
	push("(now)(a");
	messages_end(t.down.messages);
	ck_assert_str_eq(sent, "(now)");
	ck_assert_uint_eq(blocks, 1);
	ck_assert_uint_eq(finished, 0);
}
END_TEST

START_TEST(end_yields_a_message)
{
	y->tail = true;
	push("(a");
	messages_end(t.down.messages);
	ck_assert_uint_eq(finished, 0);
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(a");
	ck_assert_uint_eq(finished, 1);
}
END_TEST

static char *long_message(size_t n)
{
	char *s = malloc(n + 1);

	memset(s, 'a', n);
	s[0] = '(';
	s[n] = '\0';
	return s;
}

/* push() in pieces as from a socket, with turns of the loop in between. */
static void push_all(const char *s)
{
	for (size_t n = strlen(s), at = 0; at < n; at += 65536) {
		ck_assert_int_eq(messages_push(t.down.messages, str_of(s + at, n - at < 65536 ? n - at : 65536)), 0);
		while (messages_ready(t.down.messages))
			messages_pour(t.down.messages);
	}
}

START_TEST(too_large_is_blocked)
{
	char *s = long_message(100000);

	w.limits.message = 65536;
	push_all(s);
	ck_assert_uint_eq(blocks, 1);
	ck_assert_int_eq(blocked_by.reason, REASON_LIMIT);
	ck_assert_uint_eq(nsent, 0);
	free(s);
}
END_TEST

START_TEST(too_large_goes_on_by_rule)
{
	char *s = long_message(200000);

	w.limits.message = 65536;
	permit = true;
	push_all(s);
	ck_assert_uint_eq(nsent, 200000);
	push_all(")(b)");
	ck_assert_uint_eq(nsent, 200001); /* the next one is searched again */
	verdict(0, VERDICT_CLEAN);
	ck_assert_uint_eq(nsent, 200004);
	ck_assert_uint_eq(blocks, 0);
	free(s);
}
END_TEST

START_TEST(stopped_in_the_middle)
{
	room = 0;
	push("(a)(b)(c");
	verdict(0, VERDICT_CLEAN);
	messages_stop(t.down.messages);
	ck_assert_ptr_null(asked[1]); /* nobody waits for it any more */
	ck_assert(!messages_drained(t.down.messages));
	room = SIZE_MAX;
	messages_pour(t.down.messages);
	ck_assert_str_eq(sent, "(a)"); /* what was good, and nothing else ever */
	ck_assert(messages_drained(t.down.messages) && messages_whole(t.down.messages));
	push(")(d)");
	messages_end(t.down.messages);
	ck_assert_str_eq(sent, "(a)");
	ck_assert(!messages_wants(t.down.messages));
	ck_assert_uint_eq(blocks, 0);
	ck_assert_uint_eq(finished, 0); /* the owner ends it */
}
END_TEST

START_TEST(stopped_within_what_a_rule_lets_through)
{
	char *s = long_message(200000);

	w.limits.message = 65536;
	permit = true;
	push_all(s);
	messages_stop(t.down.messages);
	ck_assert(messages_drained(t.down.messages) && !messages_whole(t.down.messages));
	free(s);
}
END_TEST

START_TEST(line_has_an_end)
{
	for (int i = 0; i < 40; i++)
		push("(a)");
	ck_assert_uint_le(nasked, 32);
	verdict(0, VERDICT_CLEAN);
	ck_assert_uint_gt(nasked, 32); /* the rest is read as there is place */
	for (size_t i = 1; i < nasked; i++)
		verdict(i, VERDICT_CLEAN);
	ck_assert_uint_eq(nasked, 40);
	ck_assert_uint_eq(nsent, 120);
}
END_TEST

/* Events are counted, too: without this, one turn reads as many empty messages as there are. */
START_TEST(empty_messages_have_turns)
{
	char *s = malloc(20001);
	size_t turns = 0;

	for (size_t i = 0; i < 20000; i++)
		s[i] = i % 2 == 0 ? '(' : ')';
	s[20000] = '\0';
	ck_assert_int_eq(messages_push(t.down.messages, str_c(s)), 0);
	ck_assert_uint_lt(t.down.nmessages, 1000);
	for (; messages_ready(t.down.messages) && turns < 1000; turns++)
		messages_pour(t.down.messages);
	ck_assert_uint_eq(t.down.nmessages, 10000);
	ck_assert_uint_gt(turns, 50);
	ck_assert_uint_eq(nsent, 20000);
	free(s);
}
END_TEST

START_TEST(judged_messages_keep_no_body)
{
	push("(a)(b)(c)");
	verdict(1, VERDICT_CLEAN);
	verdict(2, VERDICT_CLEAN);
	ck_assert_uint_eq(live, 1);
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(a)(b)(c)");
}
END_TEST

START_TEST(sender_is_held_back)
{
	char *s = long_message(100000);

	w.limits.out = 65536;
	push_all(s);
	ck_assert(messages_wants(t.down.messages)); /* the message itself must come */
	push(")");
	ck_assert(!messages_wants(t.down.messages));
	room = 0;
	verdict(0, VERDICT_CLEAN);
	ck_assert(!messages_wants(t.down.messages)); /* now the receiver is slow */
	room = SIZE_MAX;
	messages_pour(t.down.messages);
	ck_assert(messages_wants(t.down.messages));
	free(s);
}
END_TEST

/* messages_carry() with that many bytes. */
static void carry(size_t most)
{
	w.limits.message_carry = most;
	messages_carry(t.down.messages);
}

START_TEST(split_content_is_seen_in_one_piece)
{
	carry(100);
	push("(ab)(cd)");
	ck_assert_uint_eq(nasked, 3);
	ck_assert_str_eq(asked[0]->text, "ab");
	ck_assert_str_eq(asked[1]->text, "cd");
	ck_assert_str_eq(asked[2]->text, "abcd");
	ck_assert_uint_eq(t.down.nmessages, 2);
	verdict(2, VERDICT_CLEAN);
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(ab)"); /* its own verdict is due */
	verdict(1, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(ab)(cd)");
	push("(e)");
	ck_assert_str_eq(asked[4]->text, "abcde");
	verdict(3, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(ab)(cd)"); /* alone it is fine */
	verdict(4, VERDICT_INFECTED);
	ck_assert_str_eq(sent, "(ab)(cd)");
	ck_assert_uint_eq(blocks, 1);
}
END_TEST

START_TEST(no_more_is_carried_than_set)
{
	carry(3);
	push("(abcdef)()(ghijk)(l)");
	ck_assert_uint_eq(nasked, 5);
	ck_assert_str_eq(asked[1]->text, "ghijk");
	ck_assert_str_eq(asked[2]->text, "defghi");
	ck_assert_str_eq(asked[4]->text, "ijkl");
}
END_TEST

START_TEST(names_and_comments_do_not_part_content)
{
	carry(100);
	push("(a#)(b)");
	ck_assert_str_eq(asked[0]->text, "a#");
	ck_assert_str_eq(asked[2]->text, "ab");
}
END_TEST

START_TEST(worker_keeps_too_much)
{
	w.limits.held_total = 10;
	ck_assert_int_eq(messages_push(t.down.messages, STR("(0123456789")), -ERR_LIMIT);
}
END_TEST

START_TEST(one_client_keeps_too_much)
{
	struct share client = { .held = 5 };

	f.share = &client;
	w.limits.client_held = 10;
	push("(abc");
	ck_assert_uint_eq(client.held, 9);
	ck_assert_int_eq(messages_push(t.down.messages, STR("de")), -ERR_LIMIT);
	push(")");
	verdict(0, VERDICT_CLEAN);
	ck_assert_str_eq(sent, "(abc)");
	ck_assert_uint_eq(client.held, 5);
	f.share = NULL;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("messages");
	TCase *tc = tcase_create("messages");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, whole_message_waits);
	tcase_add_test(tc, answers_out_of_order_go_in_order);
	tcase_add_test(tc, control_outside_goes_at_once);
	tcase_add_test(tc, bad_one_stops_all_behind_it);
	tcase_add_test(tc, told_when_what_is_before_is_out);
	tcase_add_test(tc, rule_lets_it_through);
	tcase_add_test(tc, broken_stream);
	tcase_add_test(tc, content_that_could_not_be_had);
	tcase_add_test(tc, empty_and_immediate_ones);
	tcase_add_test(tc, ends);
	tcase_add_test(tc, ends_for_want_of_room);
	tcase_add_test(tc, cut_short);
	tcase_add_test(tc, end_yields_a_message);
	tcase_add_test(tc, too_large_is_blocked);
	tcase_add_test(tc, too_large_goes_on_by_rule);
	tcase_add_test(tc, stopped_in_the_middle);
	tcase_add_test(tc, stopped_within_what_a_rule_lets_through);
	tcase_add_test(tc, line_has_an_end);
	tcase_add_test(tc, empty_messages_have_turns);
	tcase_add_test(tc, judged_messages_keep_no_body);
	tcase_add_test(tc, sender_is_held_back);
	tcase_add_test(tc, split_content_is_seen_in_one_piece);
	tcase_add_test(tc, no_more_is_carried_than_set);
	tcase_add_test(tc, names_and_comments_do_not_part_content);
	tcase_add_test(tc, worker_keeps_too_much);
	tcase_add_test(tc, one_client_keeps_too_much);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
