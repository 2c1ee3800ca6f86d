/* SPDX-License-Identifier: BSD-2-Clause */
/* The search for the empty line: each byte is looked at once, copied once, whatever the cuts. */
#include "http/h1_lines.h"

#include "core/err.h"

enum { LINES_MOST = 1 << 20 }; /* whatever a limit says, also after a reload */

void h1_lines_init(struct h1_lines *l)
{
	buf_init(&l->text, LINES_MOST);
	l->line = 0;
}

void h1_lines_free(struct h1_lines *l)
{
	buf_free(&l->text);
	l->line = 0;
}

/* The byte before in.p[at]. */
static char byte_before(const struct h1_lines *l, struct str in, size_t at)
{
	struct str text = buf_view(&l->text);

	if (at > 0)
		return in.p[at - 1];
	return text.n > 0 ? text.p[text.n - 1] : '\0';
}

static int find_end(struct h1_lines *l, struct str in, size_t *n)
{
	size_t at = 0;
	ptrdiff_t lf;

	while ((lf = str_chr(str_sub(in, at, in.n), '\n')) >= 0) {
		size_t line = l->line + (size_t)lf; /* with its CR */

		if (byte_before(l, in, at + (size_t)lf) != '\r')
			return -ERR_HTTP_LINE_END;
		l->line = 0;
		at += (size_t)lf + 1;
		if (line == 1) {
			*n = at;
			return 0;
		}
	}
	l->line += in.n - at;
	*n = in.n;
	return -ERR_MORE;
}

int h1_lines_add(struct h1_lines *l, struct str in, uint64_t max, size_t *used)
{
	size_t most = max < LINES_MOST ? (size_t)max : LINES_MOST;
	size_t room = most > l->text.len ? most - l->text.len : 0;
	int r = find_end(l, str_sub(in, 0, room), used);

	if (r != 0 && r != -ERR_MORE)
		return r;
	if (r == -ERR_MORE && *used < in.n)
		return -ERR_HTTP_HEAD_SIZE;
	return buf_append(&l->text, in.p, *used) == 0 ? r : -ERR_NOMEM;
}
