/* SPDX-License-Identifier: BSD-2-Clause */
/* permessage-deflate (RFC 7692): raw deflate, with the tail that senders leave out. */
#include <stdlib.h>
#include <zlib.h>

#include "core/err.h"
#include "http/ws.h"
#include "http/ws_deflate.h"

struct inflater {
	z_stream z;
	bool keep, more, ended, tail;
	unsigned after; /* bytes of this message behind a final block */
	unsigned char in[INFLATER_IN];
};

static const unsigned char tail[4] = { 0, 0, 0xff, 0xff };

struct inflater *inflater_new(bool keep)
{
	struct inflater *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->keep = keep;
	if (inflateInit2(&f->z, -15) == Z_OK)
		return f;
	free(f);
	return NULL;
}

void inflater_free(struct inflater *f)
{
	if (f == NULL)
		return;
	inflateEnd(&f->z);
	free(f);
}

char *inflater_room(struct inflater *f)
{
	return (char *)f->in;
}

void inflater_in(struct inflater *f, size_t n)
{
	f->z.next_in = f->in;
	f->z.avail_in = (unsigned)n;
}

void inflater_tail(struct inflater *f)
{
	f->z.next_in = (unsigned char *)(uintptr_t)tail;
	f->z.avail_in = sizeof(tail);
	f->tail = true;
}

bool inflater_pending(const struct inflater *f)
{
	return f->z.avail_in > 0 || f->more;
}

/* A block with the final bit ends the stream. Behind it one empty block may stand, as senders
 * must add it (RFC 7692 section 7.2.3.5); anything else one receiver reads and another does not. */
static int behind_final(struct inflater *f)
{
	for (; !f->tail && f->z.avail_in > 0; f->z.avail_in--, f->z.next_in++)
		if (*f->z.next_in != 0 || ++f->after > 1)
			return -ERR_CODING_MALFORMED;
	f->z.avail_in = 0;
	f->more = false;
	return 0;
}

int inflater_out(struct inflater *f, char *to, size_t room, size_t *n)
{
	int r;

	*n = 0;
	if (!inflater_pending(f))
		return 0;
	if (f->ended)
		return behind_final(f);
	f->z.next_out = (unsigned char *)to;
	f->z.avail_out = (unsigned)room;
	r = inflate(&f->z, Z_SYNC_FLUSH);
	*n = room - f->z.avail_out;
	f->more = f->z.avail_out == 0;
	f->ended = r == Z_STREAM_END;
	return r == Z_OK || r == Z_STREAM_END || (r == Z_BUF_ERROR && f->z.avail_in == 0)
		   ? 0
		   : -ERR_CODING_MALFORMED;
}

int inflater_next(struct inflater *f)
{
	bool fresh = !f->keep || f->ended;

	f->more = f->ended = f->tail = false;
	f->after = 0;
	f->z.avail_in = 0;
	return !fresh || inflateReset(&f->z) == Z_OK ? 0 : -ERR_CODING_MALFORMED;
}

static int deflate_parameter(struct str p, struct ws_deflate *out)
{
	ptrdiff_t eq = str_chr(p, '=');
	struct str name = str_trim(eq < 0 ? p : str_sub(p, 0, (size_t)eq));
	struct str value = eq < 0 ? STR_NONE : str_trim(str_sub(p, (size_t)eq + 1, p.n));
	uint64_t bits;

	if (str_ieq(name, STR("client_no_context_takeover")) && eq < 0)
		out->no_context[WS_CLIENT] = true;
	else if (str_ieq(name, STR("server_no_context_takeover")) && eq < 0)
		out->no_context[WS_SERVER] = true;
	else if (!str_ieq(name, STR("client_max_window_bits")) &&
		 !str_ieq(name, STR("server_max_window_bits")))
		return -ERR_WS;
	else if (value.n > 1 && value.p[0] == '"')
		value = str_sub(value, 1, value.n - 2);
	if (value.n > 0 && (str_u64(value, &bits) != 0 || bits < 8 || bits > 15))
		return -ERR_WS;
	return 0;
}

int ws_extensions(struct str value, struct ws_deflate *out)
{
	struct str e, p;
	int r;

	*out = (struct ws_deflate){ 0 };
	while (str_next(&value, ',', &e)) {
		if (!str_next(&e, ';', &p))
			return -ERR_WS;
		if (!str_ieq(p, STR("permessage-deflate")) || out->on)
			return -ERR_UNSUPPORTED;
		out->on = true;
		while (str_next(&e, ';', &p))
			if ((r = deflate_parameter(p, out)) != 0)
				return r;
	}
	return 0;
}
