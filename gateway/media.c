/* SPDX-License-Identifier: BSD-2-Clause */
/* Media containers and codings, proved by structure; and other formats' signs within them. */
#include "gateway/media.h"

#include <ctype.h>
#include <string.h>

static unsigned byte(struct str s, size_t at)
{
	return at < s.n ? (unsigned char)s.p[at] : 0;
}

static uint32_t be32(struct str s, size_t at)
{
	return byte(s, at) << 24 | byte(s, at + 1) << 16 | byte(s, at + 2) << 8 | byte(s, at + 3);
}

static bool has(struct str s, size_t at, struct str bytes)
{
	return s.n >= at + bytes.n && memcmp(s.p + at, bytes.p, bytes.n) == 0;
}

/* ---- containers ---- */

/* ISO/IEC 14496-12: the first box, of a sane size, says the brand; images have brands of their own. */
static bool is_mp4(struct str s)
{
	static const char *const images[] = { "avif", "avis", "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1",
		"msf1", "jxl " };
	uint32_t size = be32(s, 0);

	if (!has(s, 4, STR("ftyp")) || size < 16 || size > 1024 || size % 4 != 0)
		return has(s, 4, STR("styp")) && size >= 16 && size <= 1024; /* a segment of one */
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
		if (has(s, 8, str_c(images[i])))
			return false;
	return s.n >= 12;
}

/* RFC 8794: the EBML head is short, and names its document's type within. */
static bool is_matroska(struct str s)
{
	size_t most = s.n < 128 ? s.n : 128;

	if (!has(s, 0, STR("\x1a\x45\xdf\xa3")))
		return false;
	for (size_t i = 4; i < most; i++)
		if (has(s, i, STR("\x42\x82")) && (has(s, i + 3, STR("webm")) || has(s, i + 3, STR("matroska"))))
			return true;
	return false;
}

/* RFC 3533 section 6: version 0, first page of a logical stream. */
static bool is_ogg(struct str s)
{
	return has(s, 0, STR("OggS")) && s.n >= 27 && byte(s, 4) == 0 && (byte(s, 5) & 2) != 0;
}

/* RFC 9639 section 8: STREAMINFO comes first and has 34 bytes. */
static bool is_flac(struct str s)
{
	return has(s, 0, STR("fLaC")) && (byte(s, 4) & 0x7f) == 0 && (be32(s, 4) & 0xffffff) == 34;
}

static bool is_riff(struct str s)
{
	return (has(s, 0, STR("RIFF")) || has(s, 0, STR("RF64"))) && (has(s, 8, STR("WAVE")) || has(s, 8, STR("AVI ")));
}

static bool is_flv(struct str s)
{
	return has(s, 0, STR("FLV\x01")) && (byte(s, 4) & ~5u) == 0 && be32(s, 5) == 9;
}

/* ID3v2 section 3.1: versions 2 to 4; the size has seven bits a byte. */
static bool is_id3(struct str s)
{
	return has(s, 0, STR("ID3")) && s.n >= 10 && byte(s, 3) >= 2 && byte(s, 3) <= 4 && byte(s, 4) != 0xff &&
	       (be32(s, 6) & 0x80808080) == 0;
}

/* ---- bare frames: what radio sends begins anywhere ---- */

enum { FRAMES = 3, FRAME_SEARCH = 4096 };

/* ISO/IEC 11172-3 section 2.4.2.3 and 13818-3: bytes of the frame whose head stands there, 0: none. */
static size_t mpeg_frame(struct str s, size_t at)
{
	static const unsigned short rates[5][15] = {
		{ 0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448 }, /* 1, I */
		{ 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },	  /* 1, II */
		{ 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 },	  /* 1, III */
		{ 0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },	  /* 2, I */
		{ 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },	  /* 2, II and III */
	};
	static const unsigned hz[3] = { 44100, 48000, 32000 };
	unsigned b1 = byte(s, at + 1), b2 = byte(s, at + 2);
	unsigned version = b1 >> 3 & 3, layer = 4 - (b1 >> 1 & 3), rate = b2 >> 4, sample = b2 >> 2 & 3, pad = b2 >> 1 & 1;
	unsigned kbit, freq;

	if (at + 4 > s.n || byte(s, at) != 0xff || (b1 & 0xe0) != 0xe0 || version == 1 || layer == 4 || rate == 0 ||
	    rate == 15 || sample == 3)
		return 0;
	kbit = rates[version == 3 ? layer - 1 : layer == 1 ? 3 : 4][rate];
	freq = hz[sample] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
	if (layer == 1)
		return (size_t)(12000 * kbit / freq + pad) * 4;
	return (size_t)((layer == 3 && version != 3 ? 72000 : 144000) * kbit / freq + pad);
}

/* ISO/IEC 13818-7 section 6.2: the fixed head and the frame's length. */
static size_t adts_frame(struct str s, size_t at)
{
	size_t n = (size_t)((byte(s, at + 3) & 3) << 11 | byte(s, at + 4) << 3 | byte(s, at + 5) >> 5);

	if (at + 7 > s.n || byte(s, at) != 0xff || (byte(s, at + 1) & 0xf6) != 0xf0 || (byte(s, at + 2) >> 2 & 15) > 12)
		return 0;
	return n >= 7 ? n : 0;
}

/* ISO/IEC 13818-1 section 2.4.3.2 */
static size_t ts_packet(struct str s, size_t at)
{
	return byte(s, at) == 0x47 && (byte(s, at + 1) & 0x80) == 0 && at < s.n ? 188 : 0;
}

static bool chained(struct str s, size_t at, size_t (*frame)(struct str, size_t), unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t k = frame(s, at);

		if (k == 0)
			return false;
		at += k;
	}
	return true;
}

static bool is_frames(struct str s)
{
	size_t most = s.n < FRAME_SEARCH ? s.n : FRAME_SEARCH;

	if (chained(s, 0, ts_packet, 2 * FRAMES))
		return true;
	for (size_t i = 0; i < most; i++)
		if (byte(s, i) == 0xff && (chained(s, i, mpeg_frame, FRAMES) || chained(s, i, adts_frame, FRAMES)))
			return true;
	return false;
}

enum media media_of(struct str first)
{
	if (is_mp4(first) || is_matroska(first) || is_ogg(first) || is_flac(first) || is_riff(first) || is_flv(first) ||
	    is_id3(first) || is_frames(first))
		return MEDIA_STREAM;
	return MEDIA_NONE;
}

/* ---- foreign formats ---- */

enum { ANYWHERE = 0, HTML_MOST = 64 << 10, PDF_MOST = 1024, SFX_MOST = 4 << 20 };

/* APPNOTE.TXT 4.3.7: a version that exists, a known method, so that chance does not do. */
static bool zip_member(struct str s)
{
	unsigned method = byte(s, 8) | byte(s, 9) << 8;

	return s.n >= 10 && byte(s, 4) <= 63 && byte(s, 5) <= 20 && byte(s, 7) < 0x40 && (method <= 20 || (method >= 93 && method <= 99));
}

/* 4.3.16: one disk, as many entries in all as on it. */
static bool zip_end(struct str s)
{
	return s.n >= 12 && (memcmp(s.p + 4, "\0\0\0\0", 4) == 0 || memcmp(s.p + 4, "\xff\xff\xff\xff", 4) == 0) &&
	       memcmp(s.p + 8, s.p + 10, 2) == 0;
}

static const struct sign {
	const char *word;
	struct str bytes;
	uint64_t most;	/* begins before that offset; ANYWHERE */
	uint64_t exact; /* or there alone */
	bool (*fits)(struct str);
} signs[] = {
	{ "zip", { "PK\3\4", 4 }, ANYWHERE, 0, zip_member },
	{ "zip", { "PK\5\6", 4 }, ANYWHERE, 0, zip_end },
	{ "rar", { "Rar!\x1a\7", 6 }, SFX_MOST, 0, NULL },
	{ "7z", { "7z\xbc\xaf\x27\x1c", 6 }, SFX_MOST, 0, NULL },
	{ "cab", { "MSCF\0\0\0\0", 8 }, SFX_MOST, 0, NULL },
	{ "pdf", { "%PDF-", 5 }, PDF_MOST, 0, NULL },
	{ "tar", { "ustar", 5 }, 258, 257, NULL },
	{ "iso", { "CD001", 5 }, 0x8002, 0x8001, NULL },
	{ "html", { "<script", 7 }, HTML_MOST, 0, NULL },
	{ "html", { "<html", 5 }, HTML_MOST, 0, NULL },
	{ "html", { "<!doctype", 9 }, HTML_MOST, 0, NULL },
	{ "html", { "<hta:", 5 }, HTML_MOST, 0, NULL },
	{ "php", { "<?php", 5 }, HTML_MOST, 0, NULL },
};

static const char *sign_at(struct str s, uint64_t offset)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		const struct sign *x = &signs[i];

		if ((x->most != ANYWHERE && offset >= x->most) || (x->exact != 0 && offset != x->exact))
			continue;
		if (str_ieq(str_sub(s, 0, x->bytes.n), x->bytes) && (x->fits == NULL || x->fits(s)))
			return x->word;
	}
	return NULL;
}

/* Few bytes begin a sign: the rest is passed over fast. */
static bool begins(unsigned char c)
{
	return c == 'P' || c == 'R' || c == '7' || c == 'M' || c == '%' || c == 'u' || c == 'C' || c == '<';
}

static const char *look(struct str s, size_t from, size_t to, uint64_t offset)
{
	for (size_t i = from; i < to; i++) {
		const char *word = begins((unsigned char)s.p[i]) ? sign_at(str_sub(s, i, s.n), offset + i) : NULL;

		if (word != NULL)
			return word;
	}
	return NULL;
}

/* Where a piece ends within a sign its first bytes are carried and looked at again. */
const char *foreign_find(struct foreign *s, struct str data)
{
	char seam[2 * FOREIGN_CARRY];
	size_t head = data.n < FOREIGN_CARRY ? data.n : FOREIGN_CARRY, n = s->n + head;
	const char *word;

	memcpy(seam, s->carry, s->n);
	memcpy(seam + s->n, data.p, head);
	word = look(str_of(seam, n), 0, s->n, s->at - s->n);
	if (word == NULL)
		word = look(data, 0, data.n, s->at);
	s->at += data.n;
	if (data.n >= FOREIGN_CARRY) {
		memcpy(s->carry, data.p + data.n - FOREIGN_CARRY, FOREIGN_CARRY);
		s->n = FOREIGN_CARRY;
	} else {
		size_t keep = n < FOREIGN_CARRY ? n : FOREIGN_CARRY;

		memcpy(s->carry, seam + n - keep, keep);
		s->n = keep;
	}
	return word;
}
