/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts on pages: decoded strictly (RFC 3629), one character at a time. */
#include "gateway/page_text.h"

/* The character at the front of s and its length; 0xfffd and 1 for what is no UTF-8. */
static uint32_t decode(struct str s, size_t *n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)s.p[0];
	size_t len = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 :
		     (c & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t v = len == 1 ? c : c & (0x7fu >> len);

	*n = 1;
	if (len == 0 || len > s.n)
		return 0xfffd;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0xfffd;
		v = v << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0xfffd;
	*n = len;
	return v;
}

/* Control characters, and marks that could make a text read as another (UAX 9, UTR 36). */
static bool harmful(uint32_t v)
{
	return v < 0x20 || (v >= 0x7f && v <= 0x9f) || v == 0x61c || (v >= 0x200b && v <= 0x200f) ||
	       (v >= 0x2028 && v <= 0x202e) || (v >= 0x2060 && v <= 0x206f) || v == 0xfeff ||
	       v == 0xfffd;
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

int page_text(struct buf *out, struct str s, size_t max, bool html)
{
	size_t at = 0, n;
	int r = 0;

	while (at < s.n && r == 0) {
		uint32_t v = decode((struct str){ s.p + at, s.n - at }, &n);
		const char *safe = html ? entity(s.p[at]) : NULL;

		if (at + n > max)
			return buf_str(out, STR("\xe2\x80\xa6"));
		if (harmful(v))
			r = buf_str(out, STR("\xef\xbf\xbd"));
		else
			r = safe != NULL ? buf_str(out, str_c(safe)) : buf_append(out, s.p + at, n);
		at += n;
	}
	return r;
}
