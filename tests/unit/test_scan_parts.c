/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about the scanner's pure parts: lanes of the queue, ZIP promises, rules on layers. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan_zip.h"
#include "scanner/layers.h"
#include "scanner/queue.h"
#include "scanner/zip.h"

/* ---- queue ---- */

static struct order *order(uint64_t id, uint64_t length, uint64_t until)
{
	struct order *o = calloc(1, sizeof(*o));

	*o = (struct order){ .id = id, .length = length, .until = until, .fd = -1 };
	return o;
}

static uint64_t popped(struct queue *q, bool large)
{
	struct order *o = queue_pop(q, large);
	uint64_t id = o != NULL ? o->id : 0;

	order_free(o);
	return id;
}

START_TEST(small_orders_go_first_and_large_ones_get_their_turn)
{
	struct queue q;
	unsigned first_large = 0;

	queue_init(&q);
	queue_push(&q, order(1000, QUEUE_SMALL + 1, 0));
	for (uint64_t i = 1; i <= 30; i++)
		queue_push(&q, order(i, QUEUE_SMALL, 0));
	for (unsigned i = 1; i <= 31; i++)
		if (popped(&q, true) == 1000)
			first_large = i;
	ck_assert_uint_eq(first_large, QUEUE_STREAK + 1);
	ck_assert_uint_eq(queue_length(&q), 0);
	ck_assert_uint_eq(popped(&q, true), 0);
}
END_TEST

START_TEST(without_room_for_large_ones_only_small_ones_come)
{
	struct queue q;

	queue_init(&q);
	queue_push(&q, order(1, QUEUE_SMALL + 1, 0));
	ck_assert_uint_eq(popped(&q, false), 0);
	queue_push(&q, order(2, 5, 0));
	ck_assert_uint_eq(popped(&q, false), 2);
	ck_assert_uint_eq(popped(&q, true), 1);
}
END_TEST

START_TEST(each_lane_is_first_in_first_out_also_after_removals)
{
	struct queue q;
	struct order *o;

	queue_init(&q);
	for (uint64_t i = 1; i <= 4; i++)
		queue_push(&q, order(i, 1, i * 10));
	order_free(queue_take(&q, NULL, 4)); /* the last: the tail must follow */
	queue_push(&q, order(5, 1, 50));
	order_free(queue_take(&q, NULL, 2));
	ck_assert_ptr_null(queue_take(&q, NULL, 2));
	o = queue_take_late(&q, 10);
	ck_assert_uint_eq(o->id, 1);
	order_free(o);
	ck_assert_ptr_null(queue_take_late(&q, 29));
	ck_assert_uint_eq(popped(&q, true), 3);
	ck_assert_uint_eq(popped(&q, true), 5);
	ck_assert_uint_eq(queue_length(&q), 0);
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

START_TEST(a_container_without_members_is_a_gap)
{
	static const struct {
		const char *type;
		size_t size;
		enum verdict_reason reason;
	} rows[] = { { "CL_TYPE_RAR", 20, REASON_ERROR }, { "CL_TYPE_GZ", 301, REASON_MALFORMED },
		{ "CL_TYPE_GZ", 300, REASON_NONE }, { "CL_TYPE_7Z", 1000, REASON_MALFORMED },
		{ "CL_TYPE_TEXT_ASCII", 1000, REASON_NONE }, { "CL_TYPE_PDF", 1000, REASON_NONE } };
	static char bytes[1000] = "\x1f\x8b\x08";
	struct layers l;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		layers_start(&l, 1 << 20);
		layers_open(&l, 0, rows[i].type, str_of(bytes, rows[i].size));
		layers_end(&l);
		ck_assert_int_eq(l.reason, rows[i].reason);
		layers_start(&l, 1 << 20);
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

	layers_start(&l, 1 << 20);
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

	layers_start(&l, 1 << 20);
	layers_open(&l, 0, "CL_TYPE_POSIX_TAR", str_of(bytes, sizeof(bytes)));
	layers_member(&l, "CL_TYPE_POSIX_TAR", 3);
	layers_end(&l);
	ck_assert_int_eq(l.reason, REASON_NONE);
	layers_start(&l, 1 << 20);
	layers_open(&l, 0, "CL_TYPE_POSIX_TAR", str_of(bytes, sizeof(bytes)));
	layers_member(&l, "CL_TYPE_POSIX_TAR", (1 << 20) + 1);
	layers_end(&l);
	ck_assert_int_eq(l.reason, REASON_LIMIT);
}
END_TEST

START_TEST(a_layer_over_the_limit_too_deep_or_unreadable_is_a_gap)
{
	struct layers l;

	layers_start(&l, sizeof(plain) - 2);
	layers_open(&l, 0, "CL_TYPE_TEXT_ASCII", str_c(plain));
	ck_assert_int_eq(l.reason, REASON_LIMIT);
	layers_start(&l, 1 << 20);
	layers_open(&l, LAYERS_DEEPEST, "CL_TYPE_TEXT_ASCII", str_c(plain));
	ck_assert_int_eq(l.reason, REASON_LIMIT);
	layers_start(&l, 1 << 20);
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
		layers_start(&l, 1 << 20);
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

int main(void)
{
	Suite *s = suite_create("scan_parts");
	TCase *t = tcase_create("parts");
	SRunner *sr;
	int failed;

	tcase_add_test(t, small_orders_go_first_and_large_ones_get_their_turn);
	tcase_add_test(t, without_room_for_large_ones_only_small_ones_come);
	tcase_add_test(t, each_lane_is_first_in_first_out_also_after_removals);
	tcase_add_test(t, a_zip_promises_its_plain_members);
	tcase_add_test(t, a_zip_cut_at_any_place_is_not_good);
	tcase_add_test(t, a_forged_end_record_is_seen);
	tcase_add_test(t, a_container_without_members_is_a_gap);
	tcase_add_test(t, an_empty_container_inside_another_is_a_gap);
	tcase_add_test(t, an_announced_member_counts_and_its_size_is_checked);
	tcase_add_test(t, a_layer_over_the_limit_too_deep_or_unreadable_is_a_gap);
	tcase_add_test(t, a_zip_must_show_all_that_it_promises);
	tcase_add_test(t, types_become_short_words);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
