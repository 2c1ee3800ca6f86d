/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of a small role: messages of the parent, unpacked and handed to the role's table. */
#include "gateway/role.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/counter.h"
#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"

struct role_host {
	struct loop *loop;
	struct chan *parent;
	enum role self;
	const struct role_ops *ops;
	void *arg;
	bool started;
	int exit_code;
};

static void stop(struct role_host *h, int exit_code)
{
	h->exit_code = exit_code;
	loop_stop(h->loop);
}

static int send_text(struct role_host *h, enum msg_type t, struct buf *b, const char *text)
{
	int r = pack_str(b, str_c(text));

	if (r == 0)
		r = chan_send(h->parent, t, buf_view(b), NULL, 0);
	buf_free(b);
	return r;
}

int role_send(struct role_host *h, enum msg_type type, struct str body)
{
	return chan_send(h->parent, type, body, NULL, 0);
}

void role_limits(const struct bundle *b, struct limits *to)
{
	struct str text, row;
	ptrdiff_t blank;

	limits_default(to);
	if (!bundle_get(b, STR("limits"), &text))
		return;
	while (str_next(&text, '\n', &row)) {
		blank = str_chr(row, ' ');
		if (blank < 0 || limits_set(to, str_sub(row, 0, (size_t)blank),
				     str_trim(str_sub(row, (size_t)blank, row.n))) != 0)
			log_warn("a limit is not understood: %.*s", STR_FMT(row));
	}
}

void role_done(struct role_host *h)
{
	chan_send(h->parent, MSG_DRAINED, STR_NONE, NULL, 0);
	stop(h, 0);
}

static struct bundle *open_bundle(const int *fds, size_t nfds, char *text)
{
	int err = -ERR_PROTO;
	struct bundle *b = nfds == 1 ? bundle_open(fds[0], &err) : NULL;

	if (b == NULL)
		snprintf(text, ROLE_TEXT_MAX, "the bundle is unusable: %s", err_text(err));
	return b;
}

static void on_start(struct role_host *h, struct rd *r, const int *fds, size_t nfds)
{
	uint32_t index = rd_u32(r), generation = rd_u32(r);
	char text[ROLE_TEXT_MAX] = "started twice";
	struct bundle *b = rd_done(r) == 0 && !h->started ? open_bundle(fds, nfds, text) : NULL;
	struct buf note;

	h->started = true;
	if (b == NULL || h->ops->start(h->arg, b, index, generation, text) != 0) {
		log_error("%s", text);
		stop(h, 1);
	} else {
		buf_init(&note, ROLE_TEXT_MAX + 4);
		send_text(h, MSG_READY, &note, text);
	}
	bundle_free(b);
}

static void on_reload(struct role_host *h, struct rd *r, const int *fds, size_t nfds)
{
	uint32_t generation = rd_u32(r);
	char text[ROLE_TEXT_MAX] = "malformed";
	struct bundle *b = rd_done(r) == 0 ? open_bundle(fds, nfds, text) : NULL;
	bool ok = b != NULL && h->started && h->ops->reload(h->arg, b, text) == 0;
	struct buf answer;

	bundle_free(b);
	buf_init(&answer, ROLE_TEXT_MAX + 16);
	if (pack_u32(&answer, generation) == 0 && pack_u8(&answer, ok) == 0)
		send_text(h, MSG_RELOADED, &answer, text);
	buf_free(&answer);
}

/* Takes the descriptor out of fds. */
static void on_peer(struct role_host *h, struct rd *r, int *fds, size_t nfds)
{
	uint8_t peer = rd_u8(r);
	uint32_t index = rd_u32(r);

	if (rd_done(r) != 0 || peer >= ROLE_COUNT || nfds != 1 || !h->started)
		return;
	h->ops->peer(h->arg, (enum role)peer, index, fds[0]);
	fds[0] = -1;
}

static void on_secrets(struct role_host *h, struct str which, int *fds, size_t nfds)
{
	if (h->ops->secrets == NULL || which.n != nfds)
		return;
	h->ops->secrets(h->arg, which, fds, nfds);
	for (size_t i = 0; i < nfds; i++)
		fds[i] = -1;
}

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct role_host *h = arg;
	struct rd r = rd_of(body);

	switch (type) {
	case MSG_START:
		on_start(h, &r, fds, nfds);
		break;
	case MSG_RELOAD:
		on_reload(h, &r, fds, nfds);
		break;
	case MSG_PEER:
		on_peer(h, &r, fds, nfds);
		break;
	case MSG_COUNTERS:
		if (nfds == 1 && counters_map(fds[0]) != 0)
			log_warn("the counters page cannot be mapped");
		break;
	case MSG_SECRETS:
		on_secrets(h, body, fds, nfds);
		break;
	case MSG_DRAIN:
		h->ops->drain(h->arg);
		break;
	default:
		if (h->ops->message != NULL)
			h->ops->message(h->arg, type, body, fds, nfds);
		else
			log_warn("unexpected message %s", msg_name(type));
	}
	for (size_t i = 0; i < nfds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void on_close(void *arg, int why)
{
	struct role_host *h = arg;

	if (why != 0)
		log_error("the channel to the parent is lost: %s", err_text(why));
	stop(h, why != 0);
}

/*
 * The parent alone decides when a role ends; a terminal's ^C or systemd's SIGTERM reaches every
 * process of the group. A file size limit must show as an error, not as a death.
 */
static void set_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
}

struct role_host *role_host_new(enum role self, int parent_fd, const struct role_ops *ops, void *arg)
{
	struct role_host *h = calloc(1, sizeof(*h));

	log_role(role_name(self));
	set_signals();
	if (h != NULL)
		h->loop = loop_new();
	if (h == NULL || h->loop == NULL) {
		close(parent_fd);
		free(h);
		return NULL;
	}
	h->self = self;
	h->ops = ops;
	h->arg = arg;
	h->parent = chan_new(h->loop, parent_fd, self, ROLE_PARENT, on_msg, on_close, h);
	if (h->parent == NULL) {
		loop_free(h->loop);
		free(h);
		return NULL;
	}
	return h;
}

struct loop *role_host_loop(struct role_host *h)
{
	return h->loop;
}

int role_host_run(struct role_host *h)
{
	loop_run(h->loop);
	return h->exit_code;
}

void role_host_free(struct role_host *h)
{
	if (h == NULL)
		return;
	chan_free(h->parent);
	loop_free(h->loop);
	free(h);
}
