/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket of a running gateway: a local client sends one line ("status", "reload"),
 * gets an exit code on a line of its own and then text, and the connection ends. Only root and
 * the gateway's own user are heard. A command may be answered later.
 */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

#include "core/loop.h"
#include "core/str.h"

enum { CONTROL_LINE_MAX = 40960, CONTROL_CLIENTS = 16, CONTROL_REPLY_MAX = 1 << 20 };

struct control_server;
struct control_reply; /* where to answer; the command function's until it is sent */

/*
 * A command; the line is a view without its end, valid during the call. Each must be answered by
 * control_reply_send exactly once, now or later; also after control_server_free, where it only
 * frees the reply.
 */
typedef void control_cmd_fn(void *arg, struct str command, struct control_reply *reply);

/* Listen on a new socket (0600) at path; a stale one is replaced. NULL with errno set. */
struct control_server *control_server_new(struct loop *l, const char *path, control_cmd_fn *fn, void *arg);

/* Ends all connections and removes the socket; accepts NULL. */
void control_server_free(struct control_server *s);

/*
 * Answer and free the reply. code: what the asking command exits with; text is copied, cut at
 * CONTROL_REPLY_MAX, and gets an LF where it lacks one. A client that is gone is no error.
 */
void control_reply_send(struct control_reply *reply, int code, struct str text);

/* The same with a descriptor, which is duplicated. */
void control_reply_send_fd(struct control_reply *reply, int code, struct str text, int fd);

#endif
