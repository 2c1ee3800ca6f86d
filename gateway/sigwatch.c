/* SPDX-License-Identifier: BSD-2-Clause */
/* inotify, and looking by the clock. */
#include "gateway/sigwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "core/log.h"
#include "core/sigfile.h"
#include "gateway/debounce.h"

enum { FOLDERS = 2, PATIENCE = 20 }; /* what never rests is read after so many times signatures_quiet */

struct sigwatch {
	struct loop *loop;
	const struct limits *limits;
	timer_fn *changed, *looked;
	void *arg;
	int fd; /* -1: looks only */
	struct watch *watch;
	struct timer *poll, *quiet;
	struct debounce debounce;
	char folder[FOLDERS][4096];
	uint64_t stamp;
};

uint64_t sigwatch_stamp(const char *signatures, const char *own)
{
	struct sigfolder a, b;

	sigfolder_look(signatures, &a);
	sigfolder_look(own, &b);
	return a.stamp * 31 + b.stamp;
}

static void set_quiet(struct sigwatch *w)
{
	uint64_t quiet = w->limits->signatures_quiet;
	uint64_t wait = debounce_wait(&w->debounce, loop_now(w->loop), quiet, quiet * PATIENCE);

	if (wait != UINT64_MAX)
		timer_set(w->quiet, wait);
}

void sigwatch_poke(struct sigwatch *w)
{
	debounce_note(&w->debounce, loop_now(w->loop));
	set_quiet(w);
}

static void on_quiet(void *arg)
{
	struct sigwatch *w = arg;

	debounce_clear(&w->debounce);
	w->stamp = sigwatch_stamp(w->folder[0], w->folder[1]);
	w->changed(w->arg);
}

/* Again and again: a folder that was replaced is another one. Of the same one this changes nothing. */
static void add_watches(struct sigwatch *w)
{
	uint32_t mask = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;

	for (int i = 0; i < FOLDERS && w->fd >= 0; i++)
		if (w->folder[i][0] != '\0')
			inotify_add_watch(w->fd, w->folder[i], mask);
}

static void on_poll(void *arg)
{
	struct sigwatch *w = arg;
	uint64_t now;

	add_watches(w);
	now = sigwatch_stamp(w->folder[0], w->folder[1]);
	if (now != w->stamp) {
		w->stamp = now;
		sigwatch_poke(w);
	}
	timer_set(w->poll, w->limits->signatures_poll);
	w->looked(w->arg);
}

/* Names that libclamav would not read (freshclam's own state, its files under way) are no change. */
static bool concerns(const struct inotify_event *e)
{
	if (e->mask & (IN_Q_OVERFLOW | IN_IGNORED))
		return true;
	return e->len > 0 && sigfile_kind(e->name) != SIGFILE_NONE;
}

static void on_events(void *arg, int events)
{
	struct sigwatch *w = arg;
	_Alignas(struct inotify_event) char space[8192];
	bool any = false;
	ssize_t n;

	(void)events;
	while ((n = read(w->fd, space, sizeof(space))) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(space + at);

			any = any || concerns(e);
			at += (ssize_t)sizeof(*e) + (ssize_t)e->len;
		}
	if (any)
		sigwatch_poke(w);
}

void sigwatch_folders(struct sigwatch *w, const char *signatures, const char *own)
{
	snprintf(w->folder[0], sizeof(w->folder[0]), "%s", signatures != NULL ? signatures : "");
	snprintf(w->folder[1], sizeof(w->folder[1]), "%s", own != NULL ? own : "");
	w->stamp = sigwatch_stamp(w->folder[0], w->folder[1]);
	add_watches(w);
	timer_set(w->poll, w->limits->signatures_poll);
}

struct sigwatch *sigwatch_new(struct loop *l, const struct limits *limits, timer_fn *changed, timer_fn *looked, void *arg)
{
	struct sigwatch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	*w = (struct sigwatch){ .loop = l, .limits = limits, .changed = changed, .looked = looked, .arg = arg };
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->watch = w->fd >= 0 ? watch_new(l, w->fd, on_events, w) : NULL;
	w->poll = timer_new(l, on_poll, w);
	w->quiet = timer_new(l, on_quiet, w);
	if (w->poll == NULL || w->quiet == NULL) {
		sigwatch_free(w);
		return NULL;
	}
	if (w->watch != NULL)
		watch_set(w->watch, LOOP_READ);
	else
		log_warn("the kernel does not tell of new signatures; their folders are looked at instead");
	return w;
}

void sigwatch_free(struct sigwatch *w)
{
	if (w == NULL)
		return;
	watch_free(w->watch);
	timer_free(w->poll);
	timer_free(w->quiet);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}
