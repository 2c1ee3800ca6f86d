/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of a role as a process of its own: the test plays the parent. */
#ifndef TESTS_ROLE_RIG_H
#define TESTS_ROLE_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/bundle.h"
#include "core/chan.h"
#include "core/pack.h"

static struct loop *rig_loop;
static struct timer *rig_stop;
static struct chan *rig_chan; /* to the role; NULL: closed */
static pid_t rig_pid;
static unsigned rig_ready, rig_drained, rig_reloaded;
static bool rig_reload_ok;
static char rig_text[1024];
static chan_msg_fn *rig_other; /* what else the role says; NULL: nothing may come */

static void rig_on_stop(void *arg)
{
	(void)arg;
	loop_stop(rig_loop);
}

static void rig_run(uint64_t ms)
{
	timer_set(rig_stop, ms);
	loop_run(rig_loop);
}

/* Run until the number is not zero any more, some seconds at most. */
static void rig_until(const volatile unsigned *n)
{
	for (int i = 0; i < 1000 && *n == 0; i++)
		rig_run(10);
	ck_assert_uint_ne(*n, 0);
}

static void rig_on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct rd r = rd_of(body);

	ck_assert_uint_eq(nfds, 0);
	if (rig_other != NULL && type != MSG_READY && type != MSG_RELOADED && type != MSG_DRAINED) {
		rig_other(arg, type, body, fds, nfds);
		return;
	}
	if (type == MSG_RELOADED) {
		rd_u32(&r);
		rig_reload_ok = rd_u8(&r) == 1;
	}
	if (type != MSG_DRAINED)
		ck_assert_int_eq(str_copy(rd_str(&r, 1000), rig_text, sizeof(rig_text)), 0);
	ck_assert_int_eq(rd_done(&r), 0);
	rig_ready += type == MSG_READY;
	rig_drained += type == MSG_DRAINED;
	rig_reloaded += type == MSG_RELOADED;
}

static void rig_on_close(void *arg, int why)
{
	(void)arg;
	(void)why;
	chan_free(rig_chan);
	rig_chan = NULL;
}

static void rig_start(enum role role, int (*role_main)(int))
{
	int fd[2];

	ck_assert_int_eq(chan_pair(fd), 0);
	fflush(NULL);
	rig_pid = fork();
	ck_assert_int_ge(rig_pid, 0);
	if (rig_pid == 0) {
		close(fd[0]);
		_exit(role_main(fd[1]));
	}
	close(fd[1]);
	rig_loop = loop_new();
	rig_stop = timer_new(rig_loop, rig_on_stop, NULL);
	rig_chan = chan_new(rig_loop, fd[0], ROLE_PARENT, role, rig_on_msg, rig_on_close, NULL);
	ck_assert_ptr_nonnull(rig_chan);
}

struct rig_entry {
	const char *name;
	struct str bytes;
};

static void rig_bundle(enum msg_type type, const struct rig_entry *e, size_t n)
{
	struct bundle *b = bundle_new();
	struct buf body;
	int fd;

	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(bundle_add(b, str_c(e[i].name), e[i].bytes), 0);
	fd = bundle_seal(b);
	buf_init(&body, 64);
	if (type == MSG_START)
		pack_u32(&body, 0);
	pack_u32(&body, 7);
	ck_assert_int_eq(chan_send(rig_chan, type, buf_view(&body), &fd, 1), 0);
	close(fd);
	buf_free(&body);
	bundle_free(b);
}

/* A channel between the role and a peer that the test plays: the peer's end. */
static int rig_peer(enum role peer, uint32_t index)
{
	struct buf body;
	int fd[2];

	ck_assert_int_eq(chan_pair(fd), 0);
	buf_init(&body, 64);
	pack_u8(&body, (uint8_t)peer);
	pack_u32(&body, index);
	ck_assert_int_eq(chan_send(rig_chan, MSG_PEER, buf_view(&body), &fd[1], 1), 0);
	close(fd[1]);
	buf_free(&body);
	return fd[0];
}

/* The exit status as a shell shows it: 128 + signal. */
static int rig_wait(void)
{
	int status;

	ck_assert_int_eq(waitpid(rig_pid, &status, 0), rig_pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void rig_drain(void)
{
	ck_assert_int_eq(chan_send(rig_chan, MSG_DRAIN, STR_NONE, NULL, 0), 0);
	rig_until(&rig_drained);
	ck_assert_int_eq(rig_wait(), 0);
}

static void rig_free(void)
{
	chan_free(rig_chan);
	rig_chan = NULL;
	timer_free(rig_stop);
	loop_free(rig_loop);
	rig_loop = NULL;
}

#endif
