/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The recorder's senders: their lines are numbered, so that what comes twice over a channel is
 * taken once, and what is missing is asked for.
 */
#include <stdlib.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "gateway/audit.h"
#include "gateway/recorder_late.h"

enum { MSG_LINES_MAX = 98304 };

bool recorder_next_line(struct str *rest, struct str *line, bool *good)
{
	ptrdiff_t lf = str_chr(*rest, '\n');
	size_t n = lf >= 0 ? (size_t)lf + 1 : rest->n;

	if (rest->n == 0)
		return false;
	*line = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->n);
	*good = lf >= 2 && n <= AUDIT_LINE_MAX && line->p[0] == '{' && line->p[n - 2] == '}';
	for (size_t i = 0; i + 1 < n && *good; i++)
		*good = (unsigned char)line->p[i] >= 0x20 && line->p[i] != 0x7f;
	return true;
}

void recorder_client_free(struct client *c)
{
	struct client **at = &c->r->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	chan_free(c->chan);
	free(c);
}

static void client_close(void *arg, int why)
{
	struct client *c = arg;

	if (why != 0)
		log_error("%s %u: channel dropped: %s", role_name(c->role), c->index, err_text(why));
	recorder_client_free(c);
}

void recorder_ack(struct client *c, bool trouble)
{
	struct buf b;

	buf_init(&b, 16);
	if (pack_u64(&b, c->acked) == 0 && pack_u8(&b, trouble) == 0)
		chan_send(c->chan, MSG_AUDIT_ACK, buf_view(&b), NULL, 0);
	buf_free(&b);
}

/* A line is taken or refused, and counted as received; false when it must come again. */
static bool take_line(struct client *c, struct str line, bool good)
{
	struct recorder *r = c->r;

	if (!good)
		log_error("%s %u: line %llu of %zu bytes is malformed and was not recorded",
		    role_name(c->role), c->index, (unsigned long long)c->received + 1, line.n);
	else if (buf_str(&r->out, line) != 0)
		return false;
	else
		recorder_late_line(r->late, line);
	c->received++;
	return true;
}

static void take_lines(struct client *c, uint64_t number, struct str lines)
{
	struct str line;
	bool good;

	for (; recorder_next_line(&lines, &line, &good); number++)
		if (number == c->received + 1 && !take_line(c, line, good)) {
			recorder_commit_now(c->r); /* makes room, or ends in trouble */
			if (c->r->trouble || !take_line(c, line, good))
				return;
		}
	recorder_commit_soon(c->r);
}

static void on_lines(struct client *c, uint64_t first, struct str lines)
{
	if (!c->begun) {
		c->begun = true;
		c->received = c->acked = first - 1;
	}
	if (c->r->trouble) {
		recorder_ack(c, true);
	} else if (first > c->received + 1) {
		/* What stood before was refused in trouble: ask for it again, once. */
		if (!c->asked_again) {
			recorder_ack(c, true);
			recorder_ack(c, false);
		}
		c->asked_again = true;
	} else {
		c->asked_again = false;
		take_lines(c, first, lines);
	}
}

static void client_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct client *c = arg;
	struct rd rd = rd_of(body);
	uint64_t first = rd_u64(&rd);
	struct str lines = rd_str(&rd, MSG_LINES_MAX);

	(void)fds;
	(void)nfds; /* the table allows none */
	if (type != MSG_AUDIT || rd_done(&rd) != 0 || first == 0 || first > UINT64_MAX / 2)
		client_close(c, -ERR_PROTO);
	else
		on_lines(c, first, lines);
}

static struct client *client_of(struct recorder *r, enum role role, uint32_t index)
{
	struct client *c = r->clients;

	while (c != NULL && (c->role != role || c->index != index))
		c = c->next;
	return c;
}

void recorder_peer(void *arg, enum role role, uint32_t index, int fd)
{
	struct recorder *r = arg;
	struct client *old = client_of(r, role, index), *c = calloc(1, sizeof(*c));

	if (old != NULL)
		recorder_client_free(old);
	if (c == NULL) {
		close(fd);
		return;
	}
	*c = (struct client){ .next = r->clients, .r = r, .role = role, .index = index };
	c->chan = chan_new(role_host_loop(r->host), fd, ROLE_RECORDER, role, client_msg,
	    client_close, c);
	if (c->chan == NULL) {
		free(c);
		return;
	}
	r->clients = c;
	if (r->trouble)
		recorder_ack(c, true);
}
