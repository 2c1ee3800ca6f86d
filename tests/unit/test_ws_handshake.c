/* SPDX-License-Identifier: BSD-2-Clause */
/* The opening handshake of WebSocket, row by row: what passes, what goes on, what is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/ws_handshake.h"

enum { FIELDS = 12 };

static struct field fields[FIELDS];

/* "Name: value" lines become a head. */
static struct head head_of(const char *lines)
{
	struct str rest = str_c(lines), line;
	struct head h = { .minor = 1, .fields = fields };

	while (str_next(&rest, '\n', &line)) {
		ptrdiff_t colon = str_chr(line, ':');

		ck_assert(colon > 0 && h.nfields < FIELDS);
		fields[h.nfields++] = (struct field){ str_sub(line, 0, (size_t)colon),
			str_trim(str_sub(line, (size_t)colon + 1, line.n)) };
	}
	h.upgrade = head_count(&h, "upgrade") > 0;
	return h;
}

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
#define V13 "Sec-WebSocket-Version: 13\n"
#define UP "Upgrade: websocket\n"

static const struct {
	const char *name, *lines, *method, *protocol;
	bool asked;
	int want;
	enum body_kind body;
	unsigned old; /* HTTP/1.0 */
	bool length;
} requests[] = {
	{ "as in RFC 6455", UP KEY V13, "GET", "", true, 0 },
	{ "any case", "upgrade: WebSocket\n" KEY V13, "GET", "", true, 0 },
	{ "no upgrade", KEY V13, "GET", "", false, 0 },
	{ "another protocol", "Upgrade: h2c\n" KEY V13, "GET", "", false, 0 },
	{ "one of two", "Upgrade: websocket, h2c\n" KEY V13, "GET", "", false, 0 },
	{ "one of two fields", UP "Upgrade: h2c\n" KEY V13, "GET", "", false, 0 },
	{ "no key", UP V13, "GET", "", true, -ERR_WS_HANDSHAKE },
	{ "two keys", UP KEY KEY V13, "GET", "", true, -ERR_WS_HANDSHAKE },
	{ "a short key", UP "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\n" V13, "GET", "", true, -ERR_WS_HANDSHAKE },
	{ "no base64", UP "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25*ZQ==\n" V13, "GET", "", true, -ERR_WS_HANDSHAKE },
	{ "no version", UP KEY, "GET", "", true, -ERR_WS_HANDSHAKE },
	{ "an old version", UP KEY "Sec-WebSocket-Version: 8\n", "GET", "", true, -ERR_WS_HANDSHAKE },
	{ "two versions", UP KEY V13 V13, "GET", "", true, -ERR_WS_HANDSHAKE },
	{ "POST", UP KEY V13, "POST", "", true, -ERR_WS_HANDSHAKE },
	{ "a body", UP KEY V13, "GET", "", true, -ERR_WS_HANDSHAKE, BODY_LENGTH },
	{ "HTTP/1.0", UP KEY V13, "GET", "", true, -ERR_WS_HANDSHAKE, BODY_NONE, 1 },
	{ "as in RFC 8441", V13, "CONNECT", "websocket", true, 0, BODY_CHUNKED },
	{ "another :protocol", V13, "CONNECT", "connect-udp", false, 0, BODY_CHUNKED },
	{ "a stream that has ended", V13, "CONNECT", "websocket", true, -ERR_WS_HANDSHAKE },
	{ "a stream with a length", V13, "CONNECT", "websocket", true, -ERR_WS_HANDSHAKE, BODY_LENGTH, 0, true },
	{ "no version in HTTP/2", "A: b\n", "CONNECT", "websocket", true, -ERR_WS_HANDSHAKE, BODY_CHUNKED },
};

START_TEST(requests_are_checked)
{
	struct head h = head_of(requests[_i].lines);
	struct ws_handshake out;

	h.method = str_c(requests[_i].method);
	h.protocol = str_c(requests[_i].protocol);
	h.body = requests[_i].body;
	h.minor = requests[_i].old ? 0 : 1;
	h.has_length = requests[_i].length;
	ck_assert_msg(ws_asked(&h) == requests[_i].asked, "%s", requests[_i].name);
	if (!requests[_i].asked)
		return;
	ck_assert_msg(ws_request(&h, &out) == requests[_i].want, "%s", requests[_i].name);
	if (requests[_i].want == 0)
		ck_assert_str_eq(out.accept, h.protocol.n > 0 ? "" : "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
END_TEST

#define EXT "Sec-WebSocket-Extensions: "

static const struct {
	const char *lines, *want;
} offers[] = {
	{ "", "" },
	{ EXT "permessage-deflate; client_max_window_bits\n", "permessage-deflate; client_max_window_bits" },
	{ EXT "Permessage-Deflate;Client_No_Context_Takeover ; server_max_window_bits = \"10\"\n",
	    "permessage-deflate; client_no_context_takeover; server_max_window_bits=10" },
	{ EXT "x-webkit-deflate-frame\n", "" },
	{ EXT "bbf-usp-protocol; eid=\"x\", permessage-deflate\n", "permessage-deflate" },
	{ EXT "permessage-deflate; server_no_context_takeover, permessage-deflate\n",
	    "permessage-deflate; server_no_context_takeover, permessage-deflate" },
	{ EXT "permessage-deflate\n" EXT "permessage-bzip2\n", "permessage-deflate" },
	{ EXT "permessage-deflate; server_max_window_bits\n", "" },
	{ EXT "permessage-deflate; server_max_window_bits=16\n", "" },
	{ EXT "permessage-deflate; client_max_window_bits=7\n", "" },
	{ EXT "permessage-deflate; client_no_context_takeover=1\n", "" },
	{ EXT "permessage-deflate; client_max_window_bits; client_max_window_bits=9\n", "" },
	{ EXT "permessage-deflate; level=9, permessage-deflate\n", "permessage-deflate" },
};

START_TEST(offers_are_cut_down_to_what_can_be_undone)
{
	char lines[400];
	struct ws_handshake out;
	struct head h;

	snprintf(lines, sizeof(lines), UP KEY V13 "%s", offers[_i].lines);
	h = head_of(lines);
	h.method = STR("GET");
	ck_assert_int_eq(ws_request(&h, &out), 0);
	ck_assert_str_eq(out.offer, offers[_i].want);
}
END_TEST

START_TEST(many_offers_are_cut_not_overrun)
{
	static char lines[2000];
	struct ws_handshake out;
	struct head h;

	strcpy(lines, UP KEY V13 EXT "permessage-deflate");
	while (strlen(lines) < 1900)
		strcat(lines, ", permessage-deflate; client_max_window_bits=10");
	h = head_of(lines);
	h.method = STR("GET");
	ck_assert_int_eq(ws_request(&h, &out), 0);
	ck_assert_uint_lt(strlen(out.offer), WS_OFFER_MAX);
	ck_assert_uint_gt(strlen(out.offer), WS_OFFER_MAX - 60);
	ck_assert_str_eq(out.offer + strlen(out.offer) - 3, "=10");
}
END_TEST

#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"

static const struct {
	const char *name, *lines, *accept, *offer;
	int want;
	bool deflate, no_context[2];
} answers[] = {
	{ "as in RFC 6455", UP ACCEPT, "", "", 0 },
	{ "another digest", UP "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n", "", "", -ERR_WS_HANDSHAKE },
	{ "no digest", UP, "", "", -ERR_WS_HANDSHAKE },
	{ "two digests", UP ACCEPT ACCEPT, "", "", -ERR_WS_HANDSHAKE },
	{ "another protocol", "Upgrade: x\n" ACCEPT, "", "", -ERR_WS_HANDSHAKE },
	{ "no upgrade", ACCEPT, "", "", -ERR_WS_HANDSHAKE },
	{ "a subprotocol", UP ACCEPT "Sec-WebSocket-Protocol: chat\n", "", "", 0 },
	{ "two subprotocols", UP ACCEPT "Sec-WebSocket-Protocol: a\nSec-WebSocket-Protocol: b\n", "", "", -ERR_WS_HANDSHAKE },
	{ "deflate", UP ACCEPT EXT "permessage-deflate; server_no_context_takeover; client_max_window_bits=15\n", "",
	    "permessage-deflate", 0, true, { false, true } },
	{ "deflate that was not offered", UP ACCEPT EXT "permessage-deflate\n", "", "", -ERR_UNSUPPORTED },
	{ "an unknown extension", UP ACCEPT EXT "permessage-bzip2\n", "", "permessage-deflate", -ERR_UNSUPPORTED },
	{ "an unknown parameter", UP ACCEPT EXT "permessage-deflate; level=9\n", "", "permessage-deflate", -ERR_UNSUPPORTED },
	{ "two extensions", UP ACCEPT EXT "permessage-deflate\n" EXT "foo\n", "", "permessage-deflate", -ERR_UNSUPPORTED },
	{ "in HTTP/2 there is no digest", EXT "permessage-deflate; client_no_context_takeover\n", NULL,
	    "permessage-deflate", 0, true, { true, false } },
	{ "in HTTP/2, an unknown extension", EXT "foo\n", NULL, "", -ERR_UNSUPPORTED },
};

START_TEST(answers_are_checked)
{
	struct head h = head_of(answers[_i].lines);
	struct ws_handshake asked = { 0 };
	struct ws_deflate out;

	if (answers[_i].accept != NULL)
		strcpy(asked.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	strcpy(asked.offer, answers[_i].offer);
	ck_assert_msg(ws_response(&h, &asked, &out) == answers[_i].want, "%s", answers[_i].name);
	if (answers[_i].want != 0)
		return;
	ck_assert(out.on == answers[_i].deflate);
	ck_assert(out.no_context[WS_CLIENT] == answers[_i].no_context[0]);
	ck_assert(out.no_context[WS_SERVER] == answers[_i].no_context[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ws_handshake");
	TCase *t = tcase_create("handshake");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, requests_are_checked, 0, sizeof(requests) / sizeof(requests[0]));
	tcase_add_loop_test(t, offers_are_cut_down_to_what_can_be_undone, 0, sizeof(offers) / sizeof(offers[0]));
	tcase_add_test(t, many_offers_are_cut_not_overrun);
	tcase_add_loop_test(t, answers_are_checked, 0, sizeof(answers) / sizeof(answers[0]));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
