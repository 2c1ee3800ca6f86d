/* SPDX-License-Identifier: BSD-2-Clause */
/* What one leg of HTTP/2 says of the other: settings, priorities, pings; libnghttp2 itself is each peer. */
#include <check.h>
#include <nghttp2/nghttp2.h>
#include <string.h>

#include "core/err.h"
#include "http/h2.h"

static struct limits limits;
static struct h2 *front, *back;		   /* toward the browser; toward the site */
static nghttp2_session *browser, *site;
static unsigned settings_frames, pongs, requests, updates; /* that the peers saw */
static char update[64];
static char told[64]; /* the priority that front was told */
static uint32_t reset_code;

static int on_frame(nghttp2_session *s, const nghttp2_frame *f, void *arg)
{
	(void)arg;
	if (s == browser && f->hd.type == NGHTTP2_SETTINGS && (f->hd.flags & NGHTTP2_FLAG_ACK) == 0)
		settings_frames++;
	if (f->hd.type == NGHTTP2_PING && (f->hd.flags & NGHTTP2_FLAG_ACK) != 0)
		pongs++;
	if (s == site && f->hd.type == NGHTTP2_HEADERS)
		requests++;
	if (s == site && f->hd.type == NGHTTP2_RST_STREAM)
		reset_code = f->rst_stream.error_code;
	if (s == site && f->hd.type == NGHTTP2_PRIORITY_UPDATE) {
		const nghttp2_ext_priority_update *p = f->ext.payload;

		updates++;
		memcpy(update, p->field_value, p->field_value_len);
		update[p->field_value_len] = '\0';
	}
	return 0;
}

static void on_front(void *arg, const struct h2_ev *ev)
{
	(void)arg;
	if (ev->type == H2_PRIORITY) {
		memcpy(told, ev->data.p, ev->data.n);
		told[ev->data.n] = '\0';
	}
}

static void on_back(void *arg, const struct h2_ev *ev)
{
	(void)arg;
	if (ev->type == H2_SETTINGS)
		h2_mirror(front, back);
}

static void peers(void)
{
	nghttp2_session_callbacks *cb;
	nghttp2_option *o;

	ck_assert_int_eq(nghttp2_session_callbacks_new(&cb), 0);
	ck_assert_int_eq(nghttp2_option_new(&o), 0);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_option_set_builtin_recv_extension_type(o, NGHTTP2_PRIORITY_UPDATE);
	ck_assert_int_eq(nghttp2_session_client_new2(&browser, cb, NULL, NULL), 0);
	ck_assert_int_eq(nghttp2_session_server_new2(&site, cb, NULL, o), 0);
	nghttp2_session_callbacks_del(cb);
	nghttp2_option_del(o);
	ck_assert_int_eq(nghttp2_submit_settings(browser, NGHTTP2_FLAG_NONE, NULL, 0), 0);
}

static void setup(void)
{
	limits_default(&limits);
	front = h2_new(H2_SERVER, &limits, on_front, NULL);
	back = h2_new(H2_CLIENT, &limits, on_back, NULL);
	ck_assert(front != NULL && back != NULL);
	settings_frames = pongs = requests = updates = 0;
	reset_code = 0;
	told[0] = update[0] = '\0';
	peers();
}

static void teardown(void)
{
	h2_free(front);
	h2_free(back);
	nghttp2_session_del(browser);
	nghttp2_session_del(site);
}

/* Bytes between a peer and our end, until neither has more to say. */
static void talk(nghttp2_session *peer, struct h2 *end)
{
	for (bool more = true; more;) {
		const uint8_t *p;
		ssize_t n = nghttp2_session_mem_send(peer, &p);
		struct str s;

		ck_assert_int_ge(n, 0);
		more = n > 0;
		if (n > 0)
			ck_assert_int_eq(h2_feed(end, str_of((const char *)p, (size_t)n), 1000), 0);
		while ((s = h2_output(end)).n > 0) {
			more = true;
			ck_assert_int_eq(nghttp2_session_mem_recv(peer, (const uint8_t *)s.p, s.n), (ssize_t)s.n);
		}
	}
}

static void site_says(uint32_t streams, uint32_t list, uint32_t connect)
{
	nghttp2_settings_entry e[] = { { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, list }, { NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
		{ NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, connect } };

	ck_assert_int_eq(nghttp2_submit_settings(site, NGHTTP2_FLAG_NONE, e, 4), 0);
	talk(site, back);
}

static void browser_hears(unsigned frames, uint32_t list, uint32_t connect)
{
	talk(browser, front);
	ck_assert_uint_eq(settings_frames, frames);
	ck_assert_uint_eq(nghttp2_session_get_remote_settings(browser, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS), 128);
	ck_assert_uint_eq(nghttp2_session_get_remote_settings(browser, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE), list);
	ck_assert_uint_eq(nghttp2_session_get_remote_settings(browser, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL), connect);
	ck_assert_uint_eq(nghttp2_session_get_remote_settings(browser, NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES), 1);
}

START_TEST(without_an_origin_the_own_limits_stand)
{
	browser_hears(1, 65536, 0);
}
END_TEST

START_TEST(an_origin_that_spoke_first_is_in_the_first_settings)
{
	site_says(10, 8192, 1);
	browser_hears(1, 8192, 1);
}
END_TEST

START_TEST(an_origin_that_speaks_later_is_mirrored_later)
{
	browser_hears(1, 65536, 0);
	site_says(10, 8192, 1);
	browser_hears(2, 8192, 1);
	site_says(10, 4096, 1);
	browser_hears(3, 4096, 1);
}
END_TEST

START_TEST(what_does_not_change_is_not_said_again)
{
	browser_hears(1, 65536, 0);
	site_says(1000, 1 << 20, 0); /* more than we give ourselves */
	browser_hears(1, 65536, 0);
}
END_TEST

START_TEST(an_origin_may_take_no_fields_for_now)
{
	site_says(0, 0, 0);
	browser_hears(1, 0, 0);
	site_says(5, 4096, 0);
	browser_hears(2, 4096, 0);
}
END_TEST

START_TEST(a_push_is_refused_and_no_tree_of_priorities_kept)
{
	site_says(10, 8192, 0);
	ck_assert_uint_eq(nghttp2_session_get_remote_settings(site, NGHTTP2_SETTINGS_ENABLE_PUSH), 0);
	ck_assert_uint_eq(nghttp2_session_get_remote_settings(site, NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES), 1);
}
END_TEST

static int32_t ask(void)
{
	struct head h = { .method = STR("GET"), .host = STR("a.test"), .path = STR("/"), .scheme = STR("https") };
	int32_t r = h2_request(back, &h, true);

	ck_assert_int_gt(r, 0);
	talk(site, back);
	return r;
}

static void answer(int32_t stream)
{
	nghttp2_nv nv = { (uint8_t *)(uintptr_t) ":status", (uint8_t *)(uintptr_t) "204", 7, 3, NGHTTP2_NV_FLAG_NONE };

	ck_assert_int_eq(nghttp2_submit_response(site, stream, &nv, 1, NULL), 0);
	talk(site, back);
}

START_TEST(requests_beyond_the_origins_limit_wait)
{
	int32_t first;

	site_says(2, 8192, 0);
	first = ask();
	ask();
	ask();
	ask();
	ck_assert_uint_eq(requests, 2);
	answer(first);
	ck_assert_uint_eq(requests, 3);
	answer(first + 2);
	answer(first + 4);
	ck_assert_uint_eq(requests, 4);
	ck_assert_uint_eq(reset_code, 0);
}
END_TEST

static void browser_asks(int32_t *stream)
{
	static const char *const f[] = { ":method", "GET", ":scheme", "https", ":path", "/", ":authority", "a.test" };
	nghttp2_nv nv[4];

	for (int i = 0; i < 4; i++)
		nv[i] = (nghttp2_nv){ (uint8_t *)(uintptr_t)f[2 * i], (uint8_t *)(uintptr_t)f[2 * i + 1],
			strlen(f[2 * i]), strlen(f[2 * i + 1]), NGHTTP2_NV_FLAG_NONE };
	*stream = nghttp2_submit_request(browser, NULL, nv, 4, NULL, NULL);
	ck_assert_int_gt(*stream, 0);
	talk(browser, front);
}

START_TEST(a_new_priority_passes)
{
	int32_t stream, there;

	site_says(10, 8192, 0);
	talk(browser, front);
	browser_asks(&stream);
	there = ask();
	ck_assert_int_eq(nghttp2_submit_priority_update(browser, NGHTTP2_FLAG_NONE, stream, (const uint8_t *)"u=1, i", 6), 0);
	talk(browser, front);
	ck_assert_str_eq(told, "u=1, i");
	h2_priority(back, there, str_c(told));
	talk(site, back);
	ck_assert_uint_eq(updates, 1);
	ck_assert_str_eq(update, "u=1, i");
	h2_priority(back, there, STR("u=1\r\nx"));
	h2_priority(back, there + 2, STR("u=1"));
	talk(site, back);
	ck_assert_uint_eq(updates, 1);
}
END_TEST

START_TEST(a_priority_for_no_request_of_ours_is_dropped)
{
	talk(browser, front);
	ck_assert_int_eq(nghttp2_submit_priority_update(browser, NGHTTP2_FLAG_NONE, 101, (const uint8_t *)"u=1", 3), 0);
	talk(browser, front);
	ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(pings_are_answered_on_each_leg)
{
	ck_assert_int_eq(nghttp2_submit_ping(browser, NGHTTP2_FLAG_NONE, NULL), 0);
	talk(browser, front);
	ck_assert_uint_eq(pongs, 1);
	site_says(10, 8192, 0);
	ck_assert_int_eq(nghttp2_submit_ping(site, NGHTTP2_FLAG_NONE, NULL), 0);
	talk(site, back);
	ck_assert_uint_eq(pongs, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("h2_settings");
	TCase *t = tcase_create("legs");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, without_an_origin_the_own_limits_stand);
	tcase_add_test(t, an_origin_that_spoke_first_is_in_the_first_settings);
	tcase_add_test(t, an_origin_that_speaks_later_is_mirrored_later);
	tcase_add_test(t, what_does_not_change_is_not_said_again);
	tcase_add_test(t, an_origin_may_take_no_fields_for_now);
	tcase_add_test(t, a_push_is_refused_and_no_tree_of_priorities_kept);
	tcase_add_test(t, requests_beyond_the_origins_limit_wait);
	tcase_add_test(t, a_new_priority_passes);
	tcase_add_test(t, a_priority_for_no_request_of_ours_is_dropped);
	tcase_add_test(t, pings_are_answered_on_each_leg);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
