/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about channels: the table holds for every message, nothing blocks, descriptors arrive. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/chan.h"
#include "core/err.h"

static struct {
	struct loop *loop;
	unsigned messages, fds, closed;
	int why;
	enum msg_type last;
	size_t last_n, stop_after;
} got;

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	(void)arg;
	got.messages++;
	got.last = type;
	got.last_n = body.n;
	for (size_t i = 0; i < nfds; i++, got.fds++)
		close(fds[i]);
	if (got.messages == got.stop_after)
		loop_stop(got.loop);
}

static void on_close(void *arg, int why)
{
	(void)arg;
	got.closed++;
	got.why = why;
	loop_stop(got.loop);
}

static void start(enum role self, enum role peer, struct chan **c, int *other)
{
	int fd[2];

	memset(&got, 0, sizeof(got));
	got.loop = loop_new();
	ck_assert_int_eq(chan_pair(fd), 0);
	*c = chan_new(got.loop, fd[0], self, peer, on_msg, on_close, NULL);
	ck_assert_ptr_nonnull(*c);
	*other = fd[1];
}

START_TEST(a_message_of_the_wrong_direction_ends_the_channel)
{
	struct chan *c;
	int other;
	char leaf[2] = { (char)MSG_LEAF, 0 };

	start(ROLE_SIGNER, ROLE_WORKER, &c, &other); /* a worker never sends LEAF */
	ck_assert_int_eq(send(other, leaf, 2, 0), 2);
	loop_run(got.loop);
	ck_assert_uint_eq(got.messages, 0);
	ck_assert_uint_eq(got.closed, 1);
	ck_assert_int_eq(got.why, -ERR_PROTO);
	chan_free(c);
	close(other);
	loop_free(got.loop);
}
END_TEST

START_TEST(lengths_types_and_descriptors_are_checked)
{
	char big[64] = { (char)MSG_DRAIN, 0 };
	enum msg_type t;
	struct str b;

	ck_assert_int_eq(chan_check(ROLE_PARENT, ROLE_WORKER, str_of(big, 2), 0, &t, &b), 0);
	ck_assert_int_eq(chan_check(ROLE_PARENT, ROLE_WORKER, str_of(big, 64), 0, &t, &b), -ERR_PROTO);
	ck_assert_int_eq(chan_check(ROLE_PARENT, ROLE_WORKER, str_of(big, 2), 1, &t, &b), -ERR_PROTO);
	ck_assert_int_eq(chan_check(ROLE_PARENT, ROLE_WORKER, str_of(big, 1), 0, &t, &b), -ERR_PROTO);
	ck_assert_int_eq(chan_check(ROLE_WORKER, ROLE_PARENT, str_of(big, 2), 0, &t, &b), -ERR_PROTO);
	big[0] = 0;
	ck_assert_int_eq(chan_check(ROLE_PARENT, ROLE_WORKER, str_of(big, 2), 0, &t, &b), -ERR_PROTO);
	big[1] = 0x7f;
	ck_assert_int_eq(chan_check(ROLE_PARENT, ROLE_WORKER, str_of(big, 2), 0, &t, &b), -ERR_PROTO);
}
END_TEST

START_TEST(descriptors_travel_with_a_message)
{
	struct chan *c, *d;
	int other, fds[3];

	start(ROLE_WORKER, ROLE_PARENT, &c, &other);
	d = chan_new(got.loop, other, ROLE_PARENT, ROLE_WORKER, on_msg, on_close, NULL);
	for (int i = 0; i < 3; i++)
		fds[i] = dup(0);
	got.stop_after = 1;
	ck_assert_int_eq(chan_send(d, MSG_SOCKETS, STR("\4"), fds, 3), 0);
	loop_run(got.loop);
	ck_assert_uint_eq(got.fds, 3);
	ck_assert_int_eq(got.last, MSG_SOCKETS);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	chan_free(c);
	chan_free(d);
	loop_free(got.loop);
}
END_TEST

START_TEST(what_is_not_ours_to_send_is_not_sent)
{
	struct chan *c;
	int other;

	start(ROLE_WORKER, ROLE_PARENT, &c, &other);
	ck_assert_int_eq(chan_send(c, MSG_START, STR("x"), NULL, 0), -ERR_PROTO);
	chan_free(c);
	close(other);
	loop_free(got.loop);
}
END_TEST

START_TEST(a_full_socket_queues_in_order_and_up_to_a_bound)
{
	static char big[90000];
	struct chan *c, *d;
	int other, r = 0;
	unsigned sent = 0;

	start(ROLE_RECORDER, ROLE_WORKER, &c, &other);
	d = chan_new(got.loop, other, ROLE_WORKER, ROLE_RECORDER, on_msg, on_close, NULL);
	while ((r = chan_send(d, MSG_AUDIT, str_of(big, sizeof(big)), NULL, 0)) == 0 && sent < 10000)
		sent++;
	ck_assert_int_eq(r, -ERR_LIMIT);
	ck_assert_uint_gt(chan_queued(d), 0);
	got.stop_after = sent;
	loop_run(got.loop);
	ck_assert_uint_eq(got.messages, sent);
	ck_assert_uint_eq(chan_queued(d), 0);
	chan_free(c);
	chan_free(d);
	loop_free(got.loop);
}
END_TEST

START_TEST(the_end_of_the_peer_is_told_once)
{
	struct chan *c;
	int other;

	start(ROLE_WORKER, ROLE_PARENT, &c, &other);
	close(other);
	loop_run(got.loop);
	ck_assert_uint_eq(got.closed, 1);
	ck_assert_int_eq(got.why, 0);
	ck_assert_int_eq(chan_send(c, MSG_DRAINED, STR_NONE, NULL, 0), -ERR_CLOSED);
	chan_free(c);
	loop_free(got.loop);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chan");
	TCase *t = tcase_create("chan");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, a_message_of_the_wrong_direction_ends_the_channel);
	tcase_add_test(t, lengths_types_and_descriptors_are_checked);
	tcase_add_test(t, descriptors_travel_with_a_message);
	tcase_add_test(t, what_is_not_ours_to_send_is_not_sent);
	tcase_add_test(t, a_full_socket_queues_in_order_and_up_to_a_bound);
	tcase_add_test(t, the_end_of_the_peer_is_told_once);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
