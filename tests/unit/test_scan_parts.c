/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about the scanner's pure parts: lanes of the queue, ZIP promises, rules on layers. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "scan_zip.h"
#include "scanner/dense.h"
#include "scanner/layers.h"
#include "scanner/poison.h"
#include "scanner/queue.h"
#include "scanner/sample.h"
#include "scanner/zip.h"

/* ---- queue ---- */

static struct queue q;

static void fresh_queue(void)
{
	queue_init(&q, 1);
}

static void push(uint64_t id, uint64_t client, uint64_t length, uint64_t until)
{
	struct order *o = calloc(1, sizeof(*o));

	*o = (struct order){ .id = id, .client = client, .length = length, .until = until, .fd = -1 };
	queue_push(&q, o);
}

/* The order that comes next, as if a job took that long over it; 0: none. */
static uint64_t served(bool large, uint64_t spent)
{
	struct order *o = queue_pop(&q, large, 1000);
	uint64_t id = o != NULL ? o->id : 0;

	if (o != NULL)
		queue_ran(&q, o, spent);
	order_free(o);
	return id;
}

static void drop(struct order *o)
{
	ck_assert_ptr_nonnull(o);
	order_free(o);
}

START_TEST(small_orders_go_first_and_large_ones_get_their_turn)
{
	unsigned first_large = 0;

	push(1000, 0, QUEUE_SMALL + 1, 0);
	for (uint64_t i = 1; i <= 30; i++)
		push(i, 0, QUEUE_SMALL, 0);
	for (unsigned i = 1; i <= 31; i++)
		if (served(true, 0) == 1000)
			first_large = i;
	ck_assert_uint_eq(first_large, QUEUE_STREAK + 1);
	ck_assert_uint_eq(queue_length(&q), 0);
	ck_assert_uint_eq(served(true, 0), 0);
}
END_TEST

START_TEST(without_room_for_large_ones_only_small_ones_come)
{
	push(1, 0, QUEUE_SMALL + 1, 0);
	ck_assert_uint_eq(served(false, 0), 0);
	push(2, 0, 5, 0);
	ck_assert_uint_eq(served(false, 0), 2);
	ck_assert_uint_eq(served(true, 0), 1);
}
END_TEST

START_TEST(each_lane_is_first_in_first_out_also_after_removals)
{
	struct order *o;

	for (uint64_t i = 1; i <= 4; i++)
		push(i, 0, 1, i * 10);
	drop(queue_take(&q, NULL, 4)); /* the last: the tail must follow */
	push(5, 0, 1, 50);
	drop(queue_take(&q, NULL, 2));
	ck_assert_ptr_null(queue_take(&q, NULL, 2));
	o = queue_take_late(&q, 10);
	ck_assert_uint_eq(o->id, 1);
	order_free(o);
	ck_assert_ptr_null(queue_take_late(&q, 29));
	ck_assert_uint_eq(served(true, 0), 3);
	ck_assert_uint_eq(served(true, 0), 5);
	ck_assert_uint_eq(queue_length(&q), 0);
}
END_TEST

START_TEST(clients_take_turns_whoever_came_first)
{
	for (uint64_t i = 1; i <= 100; i++)
		push(i, 1, 1000, 0);
	push(1001, 2, 1000, 0);
	push(2001, 3, 1000, 0);
	served(true, 1000);
	ck_assert_uint_eq(served(true, 1000), 1001);
	ck_assert_uint_eq(served(true, 1000), 2001);
	for (uint64_t i = 2; i <= 100; i++)
		ck_assert_uint_eq(served(true, 1000), i);
}
END_TEST

/* Equal shares of time, not of orders. */
START_TEST(who_costs_more_comes_less_often)
{
	unsigned cheap = 0, dear = 0;

	for (uint64_t i = 1; i <= 400; i++) {
		push(i, 1, 100, 0);
		push(1000 + i, 2, 100, 0);
	}
	for (unsigned i = 0; i < 220; i++) {
		struct order *o = queue_pop(&q, true, 1000);
		bool first = o->client == 1;

		*(first ? &cheap : &dear) += 1;
		queue_ran(&q, o, first ? 1000 : 10000);
		order_free(o);
	}
	ck_assert_uint_ge(dear, 18);
	ck_assert_uint_le(dear, 22);
	while (served(true, 0) != 0)
		cheap++;
	ck_assert_uint_gt(cheap, 200);
}
END_TEST

START_TEST(a_debt_is_bounded_and_nothing_is_gained_by_waiting)
{
	push(1, 1, 100, 0);
	served(true, 60000000); /* a minute of a job */
	push(2, 1, 100, 0);
	for (uint64_t i = 0; i < 3000; i++)
		push(100 + i, 2, 100, 0);
	for (unsigned n = 0;; n++) {
		ck_assert_uint_le(n, 2010); /* two seconds' worth of the other's */
		if (served(true, 1000) == 2)
			break;
	}
	push(3, 3, 100, 0); /* never seen: no credit for the time before it came */
	push(4, 3, 100, 0);
	ck_assert(served(true, 1000) == 3 || served(true, 1000) == 3);
	ck_assert_uint_gt(served(true, 1000), 99);
	ck_assert(served(true, 1000) == 4 || served(true, 1000) == 4);
	while (served(true, 0) != 0)
		;
}
END_TEST

START_TEST(a_client_has_only_so_many_jobs)
{
	struct order *a, *b, *c;

	for (uint64_t i = 1; i <= 4; i++)
		push(i, 1, 100, 0);
	a = queue_pop(&q, true, 2);
	b = queue_pop(&q, true, 2);
	ck_assert_ptr_null(queue_pop(&q, true, 2));
	push(5, 2, QUEUE_SMALL + 1, 0);
	queue_ran(&q, c = queue_pop(&q, true, 2), 10);
	ck_assert_uint_eq(c->id, 5); /* large, but nobody's small ones may run */
	order_free(c);
	queue_ran(&q, a, 10);
	order_free(a);
	a = queue_pop(&q, true, 2);
	ck_assert_uint_eq(a->id, 3);
	queue_ran(&q, a, 10);
	queue_ran(&q, b, 10);
	order_free(a);
	order_free(b);
	ck_assert_uint_eq(served(true, 0), 4);
}
END_TEST

START_TEST(a_full_queue_makes_room_at_the_cost_of_who_has_most)
{
	struct order *o;

	for (uint64_t i = 1; i <= 10; i++)
		push(i, 1, i == 3 ? QUEUE_SMALL + 1 : 1, 0);
	push(20, 2, 1, 0);
	ck_assert_ptr_null(queue_displace(&q, 1)); /* not for its own */
	o = queue_displace(&q, 2);
	ck_assert_uint_eq(o->id, 3); /* large ones first */
	order_free(o);
	o = queue_displace(&q, 3);
	ck_assert_uint_eq(o->id, 10); /* then the newest */
	order_free(o);
	ck_assert_uint_eq(queue_length(&q), 9);
	push(11, 1, 1, 0);
	ck_assert_uint_eq(served(true, 0), 1);
	while (served(true, 0) != 0)
		;
	push(1, 1, 1, 0);
	ck_assert_ptr_null(queue_displace(&q, 2)); /* one each is fair */
	served(true, 0);
}
END_TEST

/* ---- ZIP ---- */

static const struct zip_member two[] = {
	{ { "a.txt", 5 }, { "longer than five", 16 }, 0, 0, 0 },
	{ { "b.txt", 5 }, { "tiny", 4 }, 0, 0, 0 },
};

START_TEST(a_zip_promises_its_plain_members)
{
	struct buf b;
	uint32_t n;

	buf_init(&b, 1 << 16);
	zip_make(&b, two, 2);
	ck_assert_int_eq(zip_look(buf_view(&b), &n), ZIP_GOOD);
	ck_assert_uint_eq(n, 1);
	buf_append(&b, "trailing bytes", 14);
	ck_assert_int_eq(zip_look(buf_view(&b), &n), ZIP_GOOD);
	buf_free(&b);
}
END_TEST

START_TEST(a_zip_cut_at_any_place_is_not_good)
{
	struct buf b;
	uint32_t n;

	buf_init(&b, 1 << 16);
	zip_make(&b, two, 2);
	for (size_t i = 0; i < b.len; i++)
		ck_assert_int_ne(zip_look(str_sub(buf_view(&b), 0, i), &n), ZIP_GOOD);
	buf_free(&b);
}
END_TEST

START_TEST(a_forged_end_record_is_seen)
{
	struct zip_member odd = two[0];
	struct buf b;
	uint32_t n;

	buf_init(&b, 1 << 16);
	zip_make(&b, two, 2);
	b.p[b.len - 12] = 3; /* members in all */
	ck_assert_int_eq(zip_look(buf_view(&b), &n), ZIP_DIRECTORY);
	b.p[b.len - 12] = 2;
	memset(b.p + b.len - 6, 0xff, 4); /* offset of the directory */
	ck_assert_int_eq(zip_look(buf_view(&b), &n), ZIP_64);
	buf_consume(&b, b.len);
	odd.method = 93;
	zip_make(&b, &odd, 1);
	ck_assert_int_eq(zip_look(buf_view(&b), &n), ZIP_METHOD);
	buf_free(&b);
}
END_TEST

/* ---- layers ---- */

static const char plain[] = "some bytes of a layer";

static void start(struct layers *l, uint64_t most)
{
	static struct dense d;

	d = (struct dense){ .ratio = 200, .most = most, .total = 400 << 20 };
	layers_start(l, &d);
}

START_TEST(a_container_without_members_is_a_gap)
{
	static const struct {
		const char *type;
		size_t size;
		enum verdict_reason reason;
	} rows[] = { { "CL_TYPE_RAR", 20, REASON_ERROR }, { "CL_TYPE_GZ", 301, REASON_MALFORMED },
		{ "CL_TYPE_GZ", 300, REASON_NONE }, { "CL_TYPE_7Z", 1000, REASON_MALFORMED },
		{ "CL_TYPE_MSOLE2", 1536, REASON_NONE }, { "CL_TYPE_MSOLE2", 1537, REASON_MALFORMED },
		{ "CL_TYPE_TEXT_ASCII", 1000, REASON_NONE }, { "CL_TYPE_PDF", 1000, REASON_NONE } };
	static char bytes[2000] = "\x1f\x8b\x08";
	struct layers l;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&l, 1 << 20);
		layers_open(&l, 0, rows[i].type, str_of(bytes, rows[i].size));
		layers_end(&l);
		ck_assert_int_eq(l.reason, rows[i].reason);
		start(&l, 1 << 20);
		layers_open(&l, 0, rows[i].type, str_of(bytes, rows[i].size));
		layers_open(&l, 1, "CL_TYPE_TEXT_ASCII", str_c(plain));
		layers_end(&l);
		ck_assert_int_eq(l.reason, REASON_NONE);
	}
}
END_TEST

START_TEST(an_empty_container_inside_another_is_a_gap)
{
	static char bytes[1000] = "\x1f\x8b\x08";
	struct layers l;

	start(&l, 1 << 20);
	layers_open(&l, 0, "CL_TYPE_GZ", str_of(bytes, 1000));
	layers_open(&l, 1, "CL_TYPE_7Z", str_of(bytes, 1000));
	ck_assert_int_eq(l.reason, REASON_NONE);
	layers_open(&l, 1, "CL_TYPE_TEXT_ASCII", str_c(plain)); /* ends the one before */
	ck_assert_int_eq(l.reason, REASON_MALFORMED);
	layers_end(&l);
	ck_assert_uint_eq(l.count, 3);
	ck_assert_uint_eq(l.bytes, 2000 + sizeof(plain) - 1);
	ck_assert_str_eq(l.type, "gz");
}
END_TEST

START_TEST(an_announced_member_counts_and_its_size_is_checked)
{
	static char bytes[30000];
	struct layers l;

	start(&l, 1 << 20);
	layers_open(&l, 0, "CL_TYPE_POSIX_TAR", str_of(bytes, sizeof(bytes)));
	layers_member(&l, "CL_TYPE_POSIX_TAR", 3);
	layers_end(&l);
	ck_assert_int_eq(l.reason, REASON_NONE);
	start(&l, 1 << 20);
	layers_open(&l, 0, "CL_TYPE_POSIX_TAR", str_of(bytes, sizeof(bytes)));
	layers_member(&l, "CL_TYPE_POSIX_TAR", (1 << 20) + 1);
	layers_end(&l);
	ck_assert_int_eq(l.reason, REASON_LIMIT);
}
END_TEST

START_TEST(what_the_reader_of_mail_hands_over_is_not_exact)
{
	struct layers l;

	start(&l, 1 << 20);
	ck_assert(layers_open(&l, 0, "CL_TYPE_POSIX_TAR", str_c(plain)));
	ck_assert(layers_open(&l, 1, "CL_TYPE_MAIL", str_c(plain))); /* as it lies in the archive */
	ck_assert(!layers_open(&l, 2, "CL_TYPE_POSIX_TAR", str_c(plain)));
	ck_assert(!layers_open(&l, 3, "CL_TYPE_TEXT_ASCII", str_c(plain)));
	layers_member(&l, "CL_TYPE_POSIX_TAR", 1 << 30);
	ck_assert(layers_open(&l, 1, "CL_TYPE_HTML", str_c(plain)));
	ck_assert(!layers_open(&l, 2, "CL_TYPE_MAIL", str_c(plain))); /* the engine's own */
	ck_assert(layers_open(&l, 1, "CL_TYPE_TEXT_ASCII", str_c(plain)));
	ck_assert_int_eq(l.reason, REASON_NONE);
	layers_member(&l, "CL_TYPE_POSIX_TAR", 1 << 30);
	ck_assert_int_eq(l.reason, REASON_LIMIT);
}
END_TEST

/* A program that has a ZIP behind it unpacks itself; one that merely deals in them has no members. */
START_TEST(a_member_counts_where_a_zip_is)
{
	for (int with = 0; with < 2; with++) {
		struct buf b;
		struct layers l;

		buf_init(&b, 1 << 16);
		buf_str(&b, STR("MZ a program that has PK\3\4 and PK\5\6 in it and then some more"));
		if (with)
			zip_make(&b, two, 2);
		start(&l, 1 << 20);
		layers_open(&l, 0, "CL_TYPE_MSEXE", buf_view(&b));
		layers_open(&l, 1, "CL_TYPE_TEXT_ASCII", str_c(plain));
		layers_member(&l, "CL_TYPE_ZIP", 1 << 30);
		ck_assert_int_eq(l.reason, with ? REASON_LIMIT : REASON_NONE);
		buf_free(&b);
	}
}
END_TEST

START_TEST(a_guess_may_announce_what_it_likes_but_not_show_it)
{
	static char bytes[2000];
	struct layers l;

	start(&l, 1000);
	l.guess = true;
	layers_open(&l, 0, "CL_TYPE_TEXT_ASCII", str_c(plain));
	layers_member(&l, "CL_TYPE_ZIP", 1 << 30);
	ck_assert_int_eq(l.reason, REASON_NONE);
	layers_open(&l, 1, "CL_TYPE_TEXT_ASCII", str_of(bytes, sizeof(bytes)));
	ck_assert_int_eq(l.reason, REASON_LIMIT);
}
END_TEST

START_TEST(a_layer_over_the_limit_too_deep_or_unreadable_is_a_gap)
{
	struct layers l;

	start(&l, sizeof(plain) - 2);
	layers_open(&l, 0, "CL_TYPE_TEXT_ASCII", str_c(plain));
	ck_assert_int_eq(l.reason, REASON_LIMIT);
	start(&l, 1 << 20);
	layers_open(&l, LAYERS_DEEPEST, "CL_TYPE_TEXT_ASCII", str_c(plain));
	ck_assert_int_eq(l.reason, REASON_LIMIT);
	start(&l, 1 << 20);
	layers_open(&l, 5, "CL_TYPE_TEXT_ASCII", STR_NONE); /* levels may be skipped */
	layers_end(&l);
	ck_assert_int_eq(l.reason, REASON_ERROR);
}
END_TEST

START_TEST(a_zip_must_show_all_that_it_promises)
{
	struct buf b;
	struct layers l;

	buf_init(&b, 1 << 16);
	zip_make(&b, two, 2);
	for (unsigned shown = 0; shown < 3; shown++) {
		start(&l, 1 << 20);
		layers_open(&l, 0, "CL_TYPE_OOXML_WORD", buf_view(&b));
		for (unsigned i = 0; i < shown; i++)
			layers_open(&l, 1, "CL_TYPE_TEXT_ASCII", str_c(plain));
		layers_end(&l);
		ck_assert_int_eq(l.reason, shown == 0 ? REASON_MALFORMED : REASON_NONE);
	}
	ck_assert_str_eq(l.type, "docx");
	buf_free(&b);
}
END_TEST

START_TEST(types_become_short_words)
{
	static const struct {
		const char *type, *word;
	} rows[] = { { "CL_TYPE_ZIP", "zip" }, { "CL_TYPE_MSEXE", "pe" }, { "CL_TYPE_ELF", "elf" },
		{ "CL_TYPE_PDF", "pdf" }, { "CL_TYPE_HTML", "html" },
		{ "CL_TYPE_TEXT_UTF16LE", "text" }, { "CL_TYPE_GZ", "gz" },
		{ "CL_TYPE_BINARY_DATA", "unknown" }, { "", "unknown" },
		{ "nonsense", "unknown" } };
	char word[8];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		layers_word(rows[i].type, word, sizeof(word));
		ck_assert_str_eq(word, rows[i].word);
	}
}
END_TEST

/* ---- bodies that killed a job ---- */

static const unsigned char deadly[POISON_DIGEST] = "deadly", other[POISON_DIGEST] = "other";

START_TEST(one_sure_death_or_two_doubtful_ones_are_enough)
{
	static struct poison p;

	memset(&p, 0, sizeof(p));
	ck_assert(poison_add(&p, deadly, 5, REASON_ERROR, POISON_SURE, 10, 100));
	ck_assert_int_eq(poison_of(&p, deadly, 5, 99), REASON_ERROR);
	ck_assert_int_eq(poison_of(&p, deadly, 6, 99), REASON_NONE);
	ck_assert_int_eq(poison_of(&p, deadly, 5, 100), REASON_NONE);
	ck_assert(!poison_add(&p, other, 5, REASON_TIMEOUT, POISON_MAYBE, 10, 100));
	ck_assert_int_eq(poison_of(&p, other, 5, 11), REASON_NONE);
	ck_assert(poison_add(&p, other, 5, REASON_TIMEOUT, POISON_MAYBE, 20, 100));
	ck_assert_int_eq(poison_of(&p, other, 5, 21), REASON_TIMEOUT);
	/* Long after the first, a doubtful one is the first again. */
	ck_assert(!poison_add(&p, other, 5, REASON_TIMEOUT, POISON_MAYBE, 200, 300));
}
END_TEST

START_TEST(the_oldest_deadly_body_is_forgotten_first)
{
	static struct poison p;
	unsigned char digest[POISON_DIGEST] = { 0 };

	memset(&p, 0, sizeof(p));
	for (unsigned i = 0; i <= POISON_MOST; i++) {
		memcpy(digest, &i, sizeof(i));
		poison_add(&p, digest, 1, REASON_ERROR, POISON_SURE, 0, 100);
	}
	ck_assert_uint_eq(p.n, POISON_MOST);
	ck_assert_int_eq(poison_of(&p, digest, 1, 1), REASON_ERROR);
	memset(digest, 0, sizeof(digest));
	ck_assert_int_eq(poison_of(&p, digest, 1, 1), REASON_NONE);
}
END_TEST

START_TEST(a_scanner_takes_over_what_earlier_ones_found_deadly)
{
	static struct poison p;
	char lines[300];

	memset(&p, 0, sizeof(p));
	snprintf(lines, sizeof(lines), "%064x 7 %d 1000\n%064x 7 %d\nshort 7 4 1000\n%064x 8 %d 1000\n",
	    1, REASON_ERROR, 2, REASON_ERROR, 3, REASON_POLICY);
	poison_read(&p, str_c(lines), 50);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_uint_eq(p.bodies[0].length, 7);
	ck_assert_uint_eq(p.bodies[0].digest[POISON_DIGEST - 1], 1);
	ck_assert_int_eq(poison_of(&p, p.bodies[0].digest, 7, 1049), REASON_ERROR);
	ck_assert_int_eq(poison_of(&p, p.bodies[0].digest, 7, 1050), REASON_NONE);
}
END_TEST

START_TEST(a_sample_is_read_as_it_was_packed)
{
	struct scan_sample s = { .length = 9, .reason = REASON_TIMEOUT, .how = SAMPLE_DEADLINE,
		.direction = 1, .sure = true, .cpu_ms = 5, .wall_ms = 6, .client = 7, .url = STR("http://x/") };
	struct scan_sample got;
	char how[32];
	struct buf b;

	buf_init(&b, 1024);
	memcpy(s.digest, deadly, sizeof(deadly));
	ck_assert_int_eq(sample_pack(&b, &s), 0);
	for (size_t n = 0; n < b.len; n++)
		ck_assert_int_ne(sample_read(str_sub(buf_view(&b), 0, n), &got), 0);
	ck_assert_int_eq(sample_read(buf_view(&b), &got), 0);
	ck_assert_mem_eq(got.digest, deadly, sizeof(deadly));
	ck_assert(got.length == 9 && got.reason == REASON_TIMEOUT && got.how == SAMPLE_DEADLINE && got.sure);
	ck_assert(got.direction == 1 && got.cpu_ms == 5 && got.wall_ms == 6 && got.client == 7);
	ck_assert(str_eq(got.url, s.url));
	sample_text(&(struct scan_sample){ .how = SAMPLE_SIGNAL, .number = 11 }, how, sizeof(how));
	ck_assert_str_eq(how, "signal 11");
	buf_free(&b);
}
END_TEST

/* Zeros and random bytes, packed, of so many MiB each. */
static struct str packed(struct buf *b, size_t zeros, size_t noise, bool gzip)
{
	z_stream z = { 0 };
	char *from = calloc(1, (zeros + noise) << 20);
	size_t room = ((zeros + noise) << 20) + 4096;

	ck_assert_ptr_nonnull(from);
	for (size_t i = zeros << 20; i < (zeros + noise) << 20; i++)
		from[i] = (char)rand();
	buf_init(b, room);
	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, gzip ? 31 : -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)from;
	z.avail_in = (uInt)((zeros + noise) << 20);
	z.next_out = (Bytef *)buf_reserve(b, room);
	z.avail_out = (uInt)room;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_commit(b, z.total_out);
	deflateEnd(&z);
	free(from);
	return buf_view(b);
}

/* By itself: nothing of the kind came before. */
static bool is_bomb(struct str s, bool gzip, uint64_t ratio)
{
	struct dense d = { .ratio = ratio, .most = 100 << 20, .total = 400 << 20 };

	return dense_deflate(&d, s, gzip);
}

START_TEST(a_bomb_is_told_by_its_beginning)
{
	for (int gzip = 0; gzip < 2; gzip++) {
		struct buf b;
		struct str s = packed(&b, 20, 0, gzip);

		ck_assert(is_bomb(s, gzip, 200));
		ck_assert(!is_bomb(s, gzip, 2000));
		ck_assert(!is_bomb(s, !gzip, 200));
		ck_assert(is_bomb(str_sub(s, 0, s.n - 100), gzip, 200)); /* cut, and dense all the same */
		ck_assert(!is_bomb(str_sub(s, 0, 12000), gzip, 200)); /* too little to be one */
		buf_free(&b);
		ck_assert(!is_bomb(packed(&b, 3, 3, gzip), gzip, 200)); /* zeros first, then something */
		buf_free(&b);
	}
}
END_TEST

START_TEST(many_dense_beginnings_are_a_bomb)
{
	struct dense d = { .ratio = 200, .most = 100 << 20, .total = 400 << 20 };
	struct buf b;
	struct str s = packed(&b, 10, 1, false);

	for (int i = 0; i < 6; i++)
		ck_assert(!dense_deflate(&d, s, false));
	ck_assert(dense_deflate(&d, s, false));
	buf_free(&b);
}
END_TEST

START_TEST(a_bomb_behind_noise_is_told_by_what_it_unpacks_to)
{
	struct buf all, noise, zeros;

	packed(&noise, 0, 1, true);
	packed(&zeros, 15, 0, true);
	buf_init(&all, 4 << 20);
	buf_str(&all, buf_view(&noise));
	for (int i = 0; i < 6; i++)
		buf_str(&all, buf_view(&zeros));
	ck_assert(!is_bomb(buf_view(&all), true, 200)); /* 91 MiB of 100 */
	buf_str(&all, buf_view(&zeros));
	ck_assert(is_bomb(buf_view(&all), true, 200));
	ck_assert(!is_bomb(str_sub(buf_view(&all), 0, noise.len + zeros.len + 50), true, 200));
	buf_free(&all);
	buf_free(&noise);
	buf_free(&zeros);
}
END_TEST

START_TEST(streams_of_one_scan_are_counted_together)
{
	struct dense d = { .ratio = 100000, .most = 100 << 20, .total = 50 << 20 };
	struct buf b;
	struct str s = packed(&b, 20, 0, false);

	ck_assert(!dense_deflate(&d, s, false));
	ck_assert(!dense_deflate(&d, s, false));
	ck_assert(dense_deflate(&d, s, false));
	buf_free(&b);
}
END_TEST

START_TEST(a_bomb_in_a_zip_is_told_whatever_its_headers_say)
{
	struct buf b, z;
	struct str s = packed(&b, 20, 0, false);
	struct zip_member m[] = { { STR("a"), STR("plain"), 0, 0, 0 }, { STR("b"), s, 0, 8, 100 } };
	struct dense d = { .ratio = 200, .most = 100 << 20, .total = 400 << 20 }, thin = d;
	struct layers l;

	thin.ratio = 5000;
	buf_init(&z, 1 << 20);
	zip_make(&z, m, 2);
	ck_assert(zip_dense(buf_view(&z), &d));
	ck_assert(!zip_dense(buf_view(&z), &thin));
	for (size_t n = 0; n < buf_view(&z).n; n += 997)
		ck_assert(!zip_dense(str_sub(buf_view(&z), 0, n), &thin));
	start(&l, 100 << 20);
	layers_open(&l, 0, "CL_TYPE_ZIP", buf_view(&z));
	ck_assert(l.stop && l.reason == REASON_LIMIT);
	ck_assert_str_eq(l.why, "ratio");
	buf_free(&z);
	buf_free(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scan_parts");
	TCase *t = tcase_create("parts");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, fresh_queue, NULL);
	tcase_add_test(t, small_orders_go_first_and_large_ones_get_their_turn);
	tcase_add_test(t, without_room_for_large_ones_only_small_ones_come);
	tcase_add_test(t, each_lane_is_first_in_first_out_also_after_removals);
	tcase_add_test(t, clients_take_turns_whoever_came_first);
	tcase_add_test(t, who_costs_more_comes_less_often);
	tcase_add_test(t, a_debt_is_bounded_and_nothing_is_gained_by_waiting);
	tcase_add_test(t, a_client_has_only_so_many_jobs);
	tcase_add_test(t, a_full_queue_makes_room_at_the_cost_of_who_has_most);
	tcase_add_test(t, a_zip_promises_its_plain_members);
	tcase_add_test(t, a_zip_cut_at_any_place_is_not_good);
	tcase_add_test(t, a_forged_end_record_is_seen);
	tcase_add_test(t, a_container_without_members_is_a_gap);
	tcase_add_test(t, an_empty_container_inside_another_is_a_gap);
	tcase_add_test(t, an_announced_member_counts_and_its_size_is_checked);
	tcase_add_test(t, what_the_reader_of_mail_hands_over_is_not_exact);
	tcase_add_test(t, a_member_counts_where_a_zip_is);
	tcase_add_test(t, a_guess_may_announce_what_it_likes_but_not_show_it);
	tcase_add_test(t, a_layer_over_the_limit_too_deep_or_unreadable_is_a_gap);
	tcase_add_test(t, a_zip_must_show_all_that_it_promises);
	tcase_add_test(t, types_become_short_words);
	tcase_add_test(t, one_sure_death_or_two_doubtful_ones_are_enough);
	tcase_add_test(t, the_oldest_deadly_body_is_forgotten_first);
	tcase_add_test(t, a_scanner_takes_over_what_earlier_ones_found_deadly);
	tcase_add_test(t, a_bomb_is_told_by_its_beginning);
	tcase_add_test(t, many_dense_beginnings_are_a_bomb);
	tcase_add_test(t, a_bomb_behind_noise_is_told_by_what_it_unpacks_to);
	tcase_add_test(t, streams_of_one_scan_are_counted_together);
	tcase_add_test(t, a_bomb_in_a_zip_is_told_whatever_its_headers_say);
	tcase_add_test(t, a_sample_is_read_as_it_was_packed);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
