/* SPDX-License-Identifier: BSD-2-Clause */
/* What may go out before a verdict: by content, type and name; how many bytes; what is foreign in media. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "gateway/media.h"
#include "gateway/recall.h"
#include "gateway/release.h"

enum { ROOM = 64 << 10 };
static char room[ROOM];

#define B(lit) { (lit), sizeof(lit) - 1 }
#define MP4 B("\0\0\0\x18""ftypmp42\0\0\0\0mp42isom")

/* Three frames of MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes each. */
static struct str mp3_frames(size_t before)
{
	memset(room, 0x11, ROOM);
	for (size_t i = 0; i < 3; i++)
		memcpy(room + before + 417 * i, "\xff\xfb\x90\x00", 4);
	return str_of(room, before + 417 * 3);
}

START_TEST(media_is_proved_by_structure)
{
	static const struct {
		struct str first;
		enum media want;
	} rows[] = {
		{ MP4, MEDIA_STREAM },
		{ B("\0\0\0\x18""stypmsdh\0\0\0\0msdh"), MEDIA_STREAM },
		{ B("\0\0\0\x18""ftypavif\0\0\0\0avif"), MEDIA_NONE },
		{ B("<htmftyp"), MEDIA_NONE }, /* a box of that size is none */
		{ B("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\xf7\x81\1\x42\x82\x84webm"), MEDIA_STREAM },
		{ B("\x1a\x45\xdf\xa3 anything else"), MEDIA_NONE },
		{ B("OggS\0\2\0\0\0\0\0\0\0\0\1\2\3\4\0\0\0\0\0\0\0\0\1\x1e"), MEDIA_STREAM },
		{ B("OggS\0\0\0\0\0\0\0\0\0\0\1\2\3\4\0\0\0\0\0\0\0\0\1\x1e"), MEDIA_NONE },
		{ B("fLaC\0\0\0\x22"), MEDIA_STREAM },
		{ B("fLaC\0\0\0\x23"), MEDIA_NONE },
		{ B("RIFF\x24\x10\0\0WAVEfmt "), MEDIA_STREAM },
		{ B("RIFF\x24\x10\0\0WEBPVP8 "), MEDIA_NONE },
		{ B("FLV\1\5\0\0\0\x09"), MEDIA_STREAM },
		{ B("FLV\1\xf5\0\0\0\x09"), MEDIA_NONE },
		{ B("ID3\4\0\0\0\0\2\1"), MEDIA_STREAM },
		{ B("ID3\4\0\0\0\0\x82\1"), MEDIA_NONE },
		{ B("ID3 is a word"), MEDIA_NONE },
		{ B("PK\3\4\x14\0\0\0\x08\0"), MEDIA_NONE },
		{ B(""), MEDIA_NONE },
	};

	ck_assert_int_eq(media_of(rows[_i].first), rows[_i].want);
	ck_assert(_i < (int)(sizeof(rows) / sizeof(rows[0])));
}
END_TEST

enum { MEDIA_ROWS = 19 };

START_TEST(radio_is_proved_by_a_chain_of_frames)
{
	struct str s = mp3_frames(0);

	ck_assert_int_eq(media_of(s), MEDIA_STREAM);
	ck_assert_int_eq(media_of(mp3_frames(1000)), MEDIA_STREAM);
	s = mp3_frames(1000);
	room[1000 + 417] = 0; /* the second frame is none */
	ck_assert_int_eq(media_of(s), MEDIA_NONE);
	memset(room, 0, ROOM);
	for (size_t i = 0; i < 7; i++)
		room[188 * i] = 0x47;
	ck_assert_int_eq(media_of(str_of(room, 188 * 7)), MEDIA_STREAM);
	room[188 * 2] = 0;
	ck_assert_int_eq(media_of(str_of(room, 188 * 7)), MEDIA_NONE);
	memset(room, 0, ROOM);
	for (size_t i = 0; i < 3; i++)
		memcpy(room + 64 * i, "\xff\xf1\x50\x80\x08\x1f\xfc", 7); /* frames of 64 bytes */
	ck_assert_int_eq(media_of(str_of(room, 64 * 3)), MEDIA_STREAM);
}
END_TEST

START_TEST(the_strictest_claim_counts)
{
	static const struct {
		struct str first;
		const char *type, *name;
		enum release want;
	} rows[] = {
		{ MP4, "video/mp4", "film.mp4", RELEASE_STREAM },
		{ MP4, "video/mp4; codecs=x", "", RELEASE_STREAM },
		{ MP4, "application/octet-stream", "film.mp4", RELEASE_TAIL },
		{ MP4, "", "film", RELEASE_TAIL },
		{ MP4, "video/mp4", "film.exe", RELEASE_HOLD },
		{ MP4, "video/mp4", "film.html", RELEASE_HOLD },
		{ MP4, "application/zip", "film.mp4", RELEASE_HOLD },
		{ MP4, "text/html", "film.mp4", RELEASE_HOLD },
		{ MP4, "image/png", "film.mp4", RELEASE_COMFORT },
		{ B("MZ\x90\0\3\0\0\0"), "video/mp4", "film.mp4", RELEASE_HOLD },
		{ B("PK\3\4\x14\0\0\0\x08\0"), "video/mp4", "film.mp4", RELEASE_HOLD },
		{ B("\x89PNG\r\n\x1a\n\0\0\0\x0d"), "image/png", "a.png", RELEASE_COMFORT },
		{ B("\x89PNG\r\n\x1a\n\0\0\0\x0d"), "image/svg+xml", "a.png", RELEASE_HOLD },
		{ B("%PDF-1.7\n"), "video/mp4", "film.mp4", RELEASE_HOLD },
		{ B("#!/bin/sh\n"), "audio/mpeg", "a.mp3", RELEASE_HOLD },
		{ B("plain text that might be anything"), "text/plain", "a.txt", RELEASE_HOLD },
		{ B("wOF2\0\1\0\0"), "font/woff2", "a.woff2", RELEASE_HOLD },
		{ B("\x93\x11\xfe\0\1\2\3\4"), "application/octet-stream", "a.bin", RELEASE_HOLD },
		{ B("\x93\x11\xfe\0\1\2\3\4"), "video/mp4", "a.mp4", RELEASE_HOLD },
		{ B("QFI\xfb\0\0\0\3"), "application/octet-stream", "disk.qcow2", RELEASE_TAIL },
		{ B("SQLite format 3\0\x10\0"), "", "data", RELEASE_TAIL },
		{ B(""), "", "", RELEASE_HOLD },
	};

	ck_assert_int_eq(release_most(rows[_i].first, str_c(rows[_i].type), str_c(rows[_i].name)), rows[_i].want);
}
END_TEST

enum { CLAIM_ROWS = 22 };

START_TEST(an_iso_is_told_by_its_volume_descriptor)
{
	memset(room, 0, ROOM);
	ck_assert_int_eq(release_most(str_of(room, RELEASE_FIRST), STR(""), STR("a.iso")), RELEASE_HOLD);
	memcpy(room + 0x8000, "\1CD001\1", 7);
	ck_assert_int_eq(release_most(str_of(room, RELEASE_FIRST), STR(""), STR("a.iso")), RELEASE_TAIL);
	ck_assert_int_eq(release_most(str_of(room, RELEASE_FIRST), STR(""), STR("a.exe")), RELEASE_HOLD);
	memcpy(room, "\0\0\0\x18""ftypmp42", 12); /* and a film before it */
	ck_assert_int_eq(release_most(str_of(room, 24), STR("video/mp4"), STR("")), RELEASE_STREAM);
}
END_TEST

START_TEST(names_in_a_disposition_count)
{
	static const struct {
		const char *field;
		enum release want;
	} rows[] = {
		{ "", RELEASE_STREAM },
		{ "inline", RELEASE_STREAM },
		{ "attachment; filename=a.mp4", RELEASE_STREAM },
		{ "attachment; filename=\"a.mp4\"", RELEASE_STREAM },
		{ "attachment; filename=a.exe", RELEASE_HOLD },
		{ "attachment; FileName = \"a;b.exe\"", RELEASE_HOLD },
		{ "attachment; filename=\"a\\\";b.exe\"", RELEASE_HOLD },
		{ "attachment; filename=a.mp4; filename*=UTF-8''a.e%78e", RELEASE_HOLD },
		{ "attachment; filename*=UTF-8''a.mp4; filename=a.js", RELEASE_HOLD },
		{ "attachment; filename=\"a.zip", RELEASE_HOLD },
		{ ";;;=;filename", RELEASE_STREAM },
	};

	ck_assert_int_eq(release_disposition(str_c(rows[_i].field)), rows[_i].want);
}
END_TEST

enum { DISPOSITION_ROWS = 11 };

START_TEST(the_last_part_stays_here)
{
	struct limits l;
	const uint64_t mb = 1 << 20, unknown = UINT64_MAX;

	limits_default(&l);
	ck_assert_uint_eq(release_gate(RELEASE_HOLD, &l, 50 * mb, 50 * mb), 0);
	ck_assert_uint_eq(release_gate(RELEASE_COMFORT, &l, 50 * mb, 50 * mb), 0);
	ck_assert_uint_eq(release_gate(RELEASE_TAIL, &l, mb / 2, 100 * mb), mb / 2);
	ck_assert_uint_eq(release_gate(RELEASE_TAIL, &l, 100 * mb, 100 * mb), 95 * mb);
	ck_assert_uint_eq(release_gate(RELEASE_TAIL, &l, 4 * mb, 4 * mb), 3 * mb);
	ck_assert_uint_eq(release_gate(RELEASE_TAIL, &l, mb, mb), 0);
	ck_assert_uint_eq(release_gate(RELEASE_TAIL, &l, 10 * mb, unknown), 9 * mb); /* it moves */
	ck_assert_uint_eq(release_gate(RELEASE_TAIL, &l, 100 * mb, unknown), 95 * mb);
	ck_assert_uint_eq(release_gate(RELEASE_STREAM, &l, 10 * mb, 10 * mb), 10 * mb - 10 * mb / 20);
	ck_assert_uint_eq(release_gate(RELEASE_STREAM, &l, 200000, 200000), 200000 - 65536);
	ck_assert_uint_eq(release_gate(RELEASE_STREAM, &l, 1000, unknown), 500);
	ck_assert_uint_eq(release_gate(RELEASE_STREAM, &l, mb, unknown), mb - 65536);
	l.tail_percent = 100;
	ck_assert_uint_eq(release_gate(RELEASE_TAIL, &l, 50 * mb, 50 * mb), 0);
	for (uint64_t n = 0; n < 3 * mb; n += 4099) /* never all of it, whatever its length */
		for (enum release r = RELEASE_TAIL; r <= RELEASE_STREAM; r++)
			ck_assert(n == 0 || release_gate(r, &l, n, n) < n);
}
END_TEST

START_TEST(a_trickle_is_a_hundredth_and_never_the_end)
{
	struct limits l;

	limits_default(&l);
	ck_assert_uint_eq(release_trickle(&l, 10000000, 50000000), 100000);
	ck_assert_uint_eq(release_trickle(&l, 10000000, UINT64_MAX), 100000);
	ck_assert_uint_eq(release_trickle(&l, 1000, 50000000), 0);
	l.comfort_after_bytes = 0;
	l.comfort_percent = 5;
	ck_assert_uint_eq(release_trickle(&l, 66000, 66000), 464);
	ck_assert_uint_eq(release_trickle(&l, 60000, 60000), 0);
}
END_TEST

/* ---- what is foreign ---- */

static const struct foreign_row {
	size_t at;
	struct str bytes;
	const char *want;
} foreign_rows[] = {
	{ 5000, B("PK\3\4\x14\0\0\0\x08\0rest"), "zip" },
	{ 65000, B("PK\3\4\x14\0\0\0\x08\0rest"), "zip" },
	{ 5000, B("PK\3\4\xff\xff\0\0\x08\0rest"), NULL }, /* no such version */
	{ 5000, B("PK\5\6\0\0\0\0\3\0\3\0rest"), "zip" },
	{ 5000, B("PK\5\6\0\1\2\3\3\0\4\0rest"), NULL },
	{ 700, B("%PDF-1.4"), "pdf" },
	{ 1500, B("%PDF-1.4"), NULL }, /* readers look no further */
	{ 257, B("ustar"), "tar" },
	{ 258, B("ustar"), NULL },
	{ 0x8001, B("CD001"), "iso" },
	{ 0x8002, B("CD001"), NULL },
	{ 9000, B("Rar!\x1a\7\1\0"), "rar" },
	{ 9000, B("7z\xbc\xaf\x27\x1c"), "7z" },
	{ 100, B("<SCRIPT>"), "html" },
	{ 100, B("<?php "), "php" },
	{ 100, B("<!doctype"), "html" },
};

enum { FOREIGN_ROWS = sizeof(foreign_rows) / sizeof(foreign_rows[0]), AROUND = 65536 };

static const char *in_pieces(struct str s, size_t cut, size_t step)
{
	struct foreign f = { .n = 0 };
	const char *word = NULL;

	for (size_t i = 0; i < s.n && word == NULL;) {
		size_t n = i < cut ? cut - i : step;

		word = foreign_find(&f, str_sub(s, i, n));
		i += n;
	}
	return word;
}

START_TEST(what_others_would_find_in_media_is_found_however_it_is_cut)
{
	const struct foreign_row *x = &foreign_rows[_i];
	static char all[AROUND + 64];
	struct str s;

	memset(all, 0x11, sizeof(all));
	memcpy(all + x->at, x->bytes.p, x->bytes.n);
	s = str_of(all, x->at + x->bytes.n + 40);
	ck_assert_pstr_eq(in_pieces(s, 0, s.n), x->want);
	ck_assert_pstr_eq(in_pieces(s, 0, 1), x->want);
	ck_assert_pstr_eq(in_pieces(s, 0, 7), x->want);
	for (size_t cut = x->at; cut <= x->at + x->bytes.n; cut++) {
		ck_assert_pstr_eq(in_pieces(s, cut, s.n), x->want);
		ck_assert_pstr_eq(in_pieces(s, cut, 3), x->want);
	}
}
END_TEST

/* ---- what is remembered ---- */

static struct recall seen;

static struct recall_row row_of(uint64_t key, enum recall_what what, uint64_t until)
{
	struct recall_row r = { .key = key, .until = until, .what = what, .class = VERDICT_INFECTED };

	snprintf(r.name, sizeof(r.name), "Name.%u", (unsigned)key);
	return r;
}

START_TEST(a_refused_download_is_remembered_for_its_time)
{
	struct recall_row r = row_of(7, RECALL_REFUSED, 2000), broken = row_of(7, RECALL_BROKEN, 3000);

	memset(&seen, 0, sizeof(seen));
	ck_assert_ptr_null(recall_find(&seen, 7, 1000));
	recall_note(&seen, &broken, 1000);
	ck_assert_int_eq(recall_find(&seen, 7, 1000)->what, RECALL_BROKEN);
	recall_note(&seen, &r, 1000);
	ck_assert_str_eq(recall_find(&seen, 7, 1999)->name, "Name.7");
	recall_note(&seen, &broken, 1000); /* it stays refused */
	ck_assert_int_eq(recall_find(&seen, 7, 1999)->what, RECALL_REFUSED);
	ck_assert_ptr_null(recall_find(&seen, 7, 2000));
	recall_note(&seen, &broken, 2500);
	ck_assert_int_eq(recall_find(&seen, 7, 2999)->what, RECALL_BROKEN);
	for (uint64_t k = 100; k < 100 + 20 * RECALL_ROWS; k++) { /* more than there is room for */
		r = row_of(k, RECALL_REFUSED, 5000 + k);
		recall_note(&seen, &r, 2500);
		ck_assert_uint_eq(recall_find(&seen, k, 2500)->key, k);
	}
}
END_TEST

START_TEST(a_key_is_of_client_policy_and_url)
{
	uint64_t k = recall_key(1, 1, true, STR("host"), STR("/a"));

	ck_assert_uint_eq(k, recall_key(1, 1, true, STR("host"), STR("/a")));
	ck_assert_uint_ne(k, recall_key(2, 1, true, STR("host"), STR("/a")));
	ck_assert_uint_ne(k, recall_key(1, 2, true, STR("host"), STR("/a")));
	ck_assert_uint_ne(k, recall_key(1, 1, false, STR("host"), STR("/a")));
	ck_assert_uint_ne(k, recall_key(1, 1, true, STR("host/"), STR("a")));
	ck_assert_uint_ne(k, recall_key(1, 1, true, STR("host"), STR("/b")));
}
END_TEST

START_TEST(a_message_is_read_as_it_was_written_or_not_at_all)
{
	struct recall_row in = row_of(9, RECALL_REFUSED, 0), out = { .key = 0 };
	struct buf b;

	buf_init(&b, 128);
	ck_assert_int_eq(recall_pack(&b, &in), 0);
	for (size_t n = 0; n < b.len; n++)
		ck_assert_int_ne(recall_unpack(str_sub(buf_view(&b), 0, n), &out), 0);
	ck_assert_uint_eq(out.key, 0);
	ck_assert_int_eq(recall_unpack(buf_view(&b), &out), 0);
	ck_assert(out.key == 9 && out.what == RECALL_REFUSED && out.class == VERDICT_INFECTED);
	ck_assert_str_eq(out.name, "Name.9");
	b.p[8] = 3; /* no such thing to remember */
	ck_assert_int_ne(recall_unpack(buf_view(&b), &out), 0);
	buf_free(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("release");
	TCase *t = tcase_create("release");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, media_is_proved_by_structure, 0, MEDIA_ROWS);
	tcase_add_test(t, radio_is_proved_by_a_chain_of_frames);
	tcase_add_loop_test(t, the_strictest_claim_counts, 0, CLAIM_ROWS);
	tcase_add_test(t, an_iso_is_told_by_its_volume_descriptor);
	tcase_add_loop_test(t, names_in_a_disposition_count, 0, DISPOSITION_ROWS);
	tcase_add_test(t, the_last_part_stays_here);
	tcase_add_test(t, a_trickle_is_a_hundredth_and_never_the_end);
	tcase_add_loop_test(t, what_others_would_find_in_media_is_found_however_it_is_cut, 0, FOREIGN_ROWS);
	tcase_add_test(t, a_refused_download_is_remembered_for_its_time);
	tcase_add_test(t, a_key_is_of_client_policy_and_url);
	tcase_add_test(t, a_message_is_read_as_it_was_written_or_not_at_all);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
