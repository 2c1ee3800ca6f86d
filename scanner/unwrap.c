/* SPDX-License-Identifier: BSD-2-Clause */
/* One step of unwrapping: every family in turn, and the batch of short pieces. */
#include "scanner/unwrap.h"

#include <stdlib.h>
#include <string.h>

enum { TINY = 5, TEXT_SAMPLE = 512, CONTROLS_ONE_OF = 24, UNIT = 0x1f };

static void flush(struct unwrap *u)
{
	char *own = u->batch;
	size_t n = u->batched;

	u->batch = NULL;
	u->batched = 0;
	if (own == NULL)
		return;
	if (u->stop || n == 0)
		free(own);
	else
		u->stop = !u->found(u->arg, str_of(own, n), own, u->batch_guess);
	u->batch_guess = false;
}

char *unwrap_room(struct unwrap *u, size_t n)
{
	char *p = u->stop ? NULL : malloc(n > 0 ? n : 1);

	u->short_of_memory |= p == NULL && !u->stop;
	return p;
}

char *unwrap_short(struct unwrap *u, size_t n)
{
	if (n >= UNWRAP_SINGLE)
		return NULL;
	if (u->batched + n + 1 > UNWRAP_BATCH)
		flush(u);
	if (u->batch == NULL)
		u->batch = unwrap_room(u, UNWRAP_BATCH);
	return u->batch != NULL ? u->batch + u->batched : NULL;
}

void unwrap_give_short(struct unwrap *u, size_t n, bool guess)
{
	if (n <= TINY)
		return;
	u->batched += n;
	u->batch[u->batched++] = UNIT; /* nothing goes on across it */
	u->batch_guess |= guess;
}

void unwrap_give(struct unwrap *u, char *own, size_t n, bool single, bool guess)
{
	char *fit, *batch;

	if (own == NULL)
		return;
	if (n <= TINY || u->stop) {
		free(own);
		return;
	}
	if (n < UNWRAP_SINGLE && !(single && n >= UNWRAP_LEAST)) {
		batch = unwrap_short(u, n);
		if (batch != NULL) {
			memcpy(batch, own, n);
			unwrap_give_short(u, n, guess);
		}
		free(own);
		return;
	}
	fit = realloc(own, n);
	own = fit != NULL ? fit : own;
	u->stop = !u->found(u->arg, str_of(own, n), own, guess);
}

void unwrap_show(struct unwrap *u, struct str bytes, bool guess)
{
	if (bytes.n > TINY && !u->stop)
		u->stop = !u->found(u->arg, bytes, NULL, guess);
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' && strchr("\t\n\r\f\b\x1b\x1f", c) == NULL;
}

/*
 * Text has no zero bytes and hardly a control character: what cannot be text needs no look for text's wrappings. Of noise, one
 * in ten bytes is a control character, so it is told even where its beginning has no zero.
 */
static bool may_be_text(struct str in)
{
	struct str s = str_sub(in, 0, TEXT_SAMPLE);
	size_t controls = 0;

	if (memchr(s.p, '\0', s.n) != NULL)
		return false;
	for (size_t i = 0; i < s.n; i++)
		controls += is_control(s.p[i]);
	return controls <= s.n / CONTROLS_ONE_OF;
}

void unwrap(struct unwrap *u, struct str in)
{
	if (in.n <= TINY)
		return;
	unwrap_frames(u, in);
	unwrap_mime(u, in);
	unwrap_base64(u, in);
	unwrap_data_urls(u, in);
	if (may_be_text(in)) {
		unwrap_json(u, in);
		unwrap_markup(u, in);
		unwrap_forms(u, in);
		unwrap_escapes(u, in);
		unwrap_quoted(u, in);
		unwrap_hex(u, in);
		unwrap_numbers(u, in);
		unwrap_uuencode(u, in);
	} else {
		unwrap_utf16(u, in);
	}
	flush(u);
}
