/* SPDX-License-Identifier: BSD-2-Clause */
/* Resumption toward clients: the ring of keys, and what a ticket is good for. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "mitm/ticket_ring.h"
#include "mitm/tls.h"
#include "tests/unit/x509_rig.h"

enum { TURNS = 60, T0 = 1000000000 };

/* ---- the ring ---- */

static size_t keys(const struct ticket_ring *r)
{
	size_t n = 0;

	for (size_t i = 0; i < TICKET_KEYS; i++)
		n += r->keys[i].from != 0;
	return n;
}

START_TEST(c5_a_key_issues_for_a_turn_is_taken_for_two_and_gone_within_a_day)
{
	struct ticket_ring r = { 0 };
	struct ticket_key first;

	ck_assert_int_eq(ticket_ring_turn(&r, T0), 1);
	ck_assert_uint_eq(keys(&r), 2); /* this turn's and the next one's */
	ck_assert_int_eq(ticket_ring_turn(&r, T0), 0);
	first = *ticket_ring_issue(&r, T0);
	ck_assert_ptr_nonnull(ticket_ring_find(&r, first.name, T0));
	for (int64_t t = T0; t < T0 + 10 * TICKET_TURN; t += 600) {
		const struct ticket_key *k;

		ck_assert_int_ge(ticket_ring_turn(&r, t), 0);
		k = ticket_ring_issue(&r, t);
		ck_assert_ptr_nonnull(k);
		ck_assert_int_eq(memcmp(k->name, first.name, TICKET_NAME) == 0, t < T0 + TICKET_TURN);
		ck_assert_int_eq(ticket_ring_find(&r, first.name, t) != NULL, t < T0 + 2 * TICKET_TURN);
		ck_assert_uint_le(keys(&r), TICKET_KEYS);
		for (size_t i = 0; i < TICKET_KEYS; i++) /* made a turn ahead at most */
			ck_assert(r.keys[i].from == 0 || (r.keys[i].from <= t + TICKET_TURN &&
							     r.keys[i].from > t - 2 * TICKET_TURN));
	}
	for (size_t i = 0; i < TICKET_KEYS; i++)
		ck_assert_int_ne(memcmp(r.keys[i].cipher, first.cipher, TICKET_KEY), 0);
	ck_assert_int_le(3 * TICKET_TURN, 24 * 3600);
}
END_TEST

START_TEST(c5_a_copy_that_nobody_turns_ends_by_itself)
{
	struct ticket_ring r = { 0 };

	ticket_ring_turn(&r, T0);
	ck_assert_ptr_nonnull(ticket_ring_issue(&r, T0 + 2 * TICKET_TURN - 1));
	ck_assert_ptr_null(ticket_ring_issue(&r, T0 + 2 * TICKET_TURN));
	for (size_t i = 0; i < TICKET_KEYS; i++)
		ck_assert_ptr_null(ticket_ring_find(&r, r.keys[i].name, T0 + 3 * TICKET_TURN));
}
END_TEST

START_TEST(a_clock_that_jumps_leaves_a_good_ring)
{
	static const int64_t jumps[] = { 100 * TICKET_TURN, -100 * TICKET_TURN, -TICKET_TURN / 2,
		-2 * TICKET_TURN, TICKET_TURN + 1 };
	struct ticket_ring r = { 0 };

	ticket_ring_turn(&r, T0);
	ticket_ring_turn(&r, T0 + TICKET_TURN + 5);
	if (_i == 0) { /* three keys, and none that issues */
		r.keys[0].from = T0 + jumps[0] - TICKET_TURN - 1;
		r.keys[1].from = T0 + jumps[0] - TICKET_TURN - 2;
		r.keys[2].from = T0 + jumps[0] + 1;
	}
	ck_assert_int_ge(ticket_ring_turn(&r, T0 + jumps[_i]), 0);
	ck_assert_ptr_nonnull(ticket_ring_issue(&r, T0 + jumps[_i]));
	for (size_t i = 0; i < TICKET_KEYS; i++)
		ck_assert_int_le(r.keys[i].from, T0 + jumps[_i] + TICKET_TURN);
}
END_TEST

static struct str packed(const struct ticket_ring *r, struct buf *b)
{
	buf_init(b, TICKET_RING_BYTES);
	ck_assert_int_eq(ticket_ring_write(r, b), 0);
	ck_assert_uint_eq(b->len, TICKET_RING_BYTES);
	return buf_view(b);
}

START_TEST(a_ring_is_read_whole_or_not_at_all)
{
	struct ticket_ring r = { 0 }, got = { 0 };
	struct buf b;
	struct str s;

	ticket_ring_turn(&r, T0);
	s = packed(&r, &b);
	for (size_t n = 0; n < s.n; n++)
		ck_assert_int_eq(ticket_ring_read(&got, str_of(s.p, n)), -ERR_PROTO);
	ck_assert_uint_eq(keys(&got), 0);
	ck_assert_int_eq(ticket_ring_read(&got, s), 0);
	ck_assert_int_eq(memcmp(&got, &r, sizeof(r)), 0);
	b.p[0]++;
	ck_assert_int_eq(ticket_ring_read(&got, s), -ERR_PROTO);
	buf_free(&b);
}
END_TEST

/* ---- connections: two workers, one ring ---- */

static struct limits limits;
static struct cert root, own, site, other_site;
static struct verify_store *store;
static struct tls_ctx *workers[2];
static struct leaf *leaves[2];
static SSL_CTX *server, *client;
static struct ticket_ring ring;
static SSL_SESSION *given; /* the last that the client got */

static struct leaf *forge(struct tls_ctx *ctx, int hours)
{
	struct cert key = { NULL, NULL }, c;
	unsigned char *der = NULL;
	const unsigned char *p;
	struct leaf *l;
	struct str spki;
	int n;

	ck_assert_int_eq(tls_ctx_spki(ctx, true, &spki), 0);
	p = (const unsigned char *)spki.p;
	key.key = d2i_PUBKEY(NULL, &p, (long)spki.n);
	c = rig_make((struct spec){ .san = "DNS:www.example.com,DNS:two.example.com",
	    .issuer = &own, .key_of = &key, .hours_from = -1, .hours_to = hours });
	n = i2d_X509(c.x, &der);
	l = leaf_new(str_of((const char *)der, (size_t)n));
	OPENSSL_free(der);
	rig_free(&c);
	rig_free(&key);
	return l;
}

static void use(const struct cert *c)
{
	ck_assert_int_eq(SSL_CTX_use_certificate(server, c->x), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(server, c->key), 1);
}

static void hand_out(const struct ticket_ring *r)
{
	struct buf b;
	struct str s = packed(r, &b);

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(tls_ctx_tickets(workers[i], s), 0);
	buf_free(&b);
}

/* As if these seconds had gone by since the keys were made. */
static void age_keys(int64_t seconds)
{
	for (size_t i = 0; i < TICKET_KEYS; i++)
		if (ring.keys[i].from != 0)
			ring.keys[i].from -= seconds;
	hand_out(&ring);
}

static int keep(SSL *ssl, SSL_SESSION *s)
{
	(void)ssl;
	SSL_SESSION_free(given);
	given = s;
	return 1;
}

static void setup(void)
{
	limits_default(&limits);
	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	own = rig_make((struct spec){ .cn = "Own CA", .ca = true });
	site = rig_make((struct spec){ .issuer = &root, .san = "DNS:www.example.com,DNS:two.example.com" });
	other_site = rig_make((struct spec){ .issuer = &root, .san = "DNS:www.example.com" });
	store = rig_store(&root, NULL, &own);
	server = SSL_CTX_new(TLS_server_method());
	client = SSL_CTX_new(TLS_client_method());
	use(&site);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(client), own.x);
	SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(client, keep);
	ring = (struct ticket_ring){ 0 };
	ticket_ring_turn(&ring, time(NULL));
	for (int i = 0; i < 2; i++) {
		workers[i] = tls_ctx_new(store, &limits);
		ck_assert_ptr_nonnull(workers[i]);
		leaves[i] = forge(workers[i], 20);
	}
	hand_out(&ring);
}

static void teardown(void)
{
	for (int i = 0; i < 2; i++) {
		leaf_free(leaves[i]);
		tls_ctx_free(workers[i]);
	}
	SSL_SESSION_free(given);
	given = NULL;
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	verify_store_free(store);
	rig_free(&root);
	rig_free(&own);
	rig_free(&site);
	rig_free(&other_site);
}

struct pair {
	struct tls *t;
	SSL *ssl;
	int fd[2], r;
};

static void shake(struct pair *p)
{
	int done = 0;

	p->r = -ERR_WANT_READ;
	for (int i = 0; i < TURNS; i++) {
		if (p->r == -ERR_WANT_READ || p->r == -ERR_WANT_WRITE)
			p->r = tls_handshake(p->t);
		ERR_clear_error();
		if (done != 1)
			done = SSL_do_handshake(p->ssl);
	}
}

static void end_pair(struct pair *p)
{
	SSL_set_shutdown(p->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	tls_free(p->t);
	SSL_free(p->ssl);
	close(p->fd[0]);
	close(p->fd[1]);
	ERR_clear_error();
}

static bool judge_any(void *arg, const struct verify_report *r)
{
	(void)arg;
	(void)r;
	return true;
}

/* How a client comes. Zero: www.example.com under generation 1, at worker 0, without a session. */
struct come {
	const char *name;
	SSL_SESSION *with;
	int worker, version;
	uint32_t generation;
	bool not_asked;      /* resumption is off for this connection */
	bool judged;	     /* the origin's faults are accepted */
	int origin_version;
	size_t flip;	     /* this byte of the ticket is changed on its way; 1 is the first */
};

static struct pair upstream(const struct come *c, const char *name)
{
	struct pair p = { .r = 0 };

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fd), 0);
	p.t = tls_connect(workers[c->worker], p.fd[0],
	    &(struct tls_target){ .sni = str_c(name), .ip = "192.0.2.1", .port = 443, .fresh = true,
		.judge = c->judged ? judge_any : NULL });
	p.ssl = SSL_new(server);
	if (c->origin_version != 0)
		SSL_set_max_proto_version(p.ssl, c->origin_version);
	SSL_set_fd(p.ssl, p.fd[1]);
	SSL_set_accept_state(p.ssl);
	shake(&p);
	return p;
}

static void flip(char *hello, size_t n, const struct come *c)
{
	const unsigned char *ticket;
	char *at;
	size_t len;

	if (c->flip == 0)
		return;
	SSL_SESSION_get0_ticket(c->with, &ticket, &len);
	at = memmem(hello, n, ticket, len);
	ck_assert_ptr_nonnull(at);
	at[(c->flip - 1) % len] ^= 0x20;
}

enum outcome { FULL, RESUMED, FAILED };

/* The origin first, then the client, who afterwards holds a new session or not (`given`). */
static enum outcome come(struct come c)
{
	const char *name = c.name != NULL ? c.name : "www.example.com";
	struct pair up = upstream(&c, name), p = { .r = 0 };
	enum outcome got;
	char hello[4096], b[8];
	ssize_t n;

	ck_assert_msg(up.r == 0, "origin: %s %s", err_name(up.r), tls_failure(up.t));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fd), 0);
	p.ssl = SSL_new(client);
	SSL_set_fd(p.ssl, p.fd[1]);
	SSL_set_connect_state(p.ssl);
	SSL_set_tlsext_host_name(p.ssl, name);
	SSL_set1_host(p.ssl, name);
	if (c.version != 0)
		SSL_set_max_proto_version(p.ssl, c.version);
	if (c.with != NULL)
		ck_assert_int_eq(SSL_set_session(p.ssl, c.with), 1);
	SSL_do_handshake(p.ssl);
	n = read(p.fd[0], hello, sizeof(hello));
	ck_assert_int_gt(n, 0);
	flip(hello, (size_t)n, &c);
	p.t = tls_accept(workers[c.worker], p.fd[0], str_of(hello, (size_t)n), true,
	    leaves[c.worker], STR_NONE);
	if (!c.not_asked)
		tls_resumable(p.t, up.t, c.generation != 0 ? c.generation : 1);
	shake(&p);
	if (p.r == 0) {
		ck_assert_int_eq(tls_write(p.t, "ping", 4), 4);
		if (SSL_read(p.ssl, b, sizeof(b)) != 4) /* and what came before it: tickets */
			p.r = -ERR_TLS;
	}
	got = p.r != 0 ? FAILED : tls_resumed(p.t) ? RESUMED : FULL;
	ck_assert(got == FAILED || tls_resumed(p.t) == SSL_session_reused(p.ssl));
	end_pair(&up);
	end_pair(&p);
	return got;
}

/* A first visit; its session, the caller's. */
static SSL_SESSION *first(struct come c)
{
	SSL_SESSION *s;

	ck_assert_int_eq(come(c), FULL);
	s = given;
	ck_assert(s != NULL && SSL_SESSION_has_ticket(s));
	given = NULL;
	return s;
}

static const int versions[] = { TLS1_3_VERSION, TLS1_2_VERSION };

START_TEST(c5_a_ticket_is_good_at_every_worker)
{
	int v = versions[_i];
	SSL_SESSION *s = first((struct come){ .version = v });

	ck_assert_int_eq(come((struct come){ .version = v, .with = s, .worker = 1 }), RESUMED);
	/* TLS 1.3 gives the next one with each resumption, 1.2 leaves it at the first. */
	ck_assert_int_eq(given != NULL, v == TLS1_3_VERSION);
	if (given != NULL)
		ck_assert_int_eq(come((struct come){ .version = v, .with = given }), RESUMED);
	SSL_SESSION_free(s);
}
END_TEST

START_TEST(c5_a_ticket_is_good_for_its_purpose_alone)
{
	static const struct {
		const char *why;
		struct come c;
		enum outcome want;
	} rows[] = {
		{ "the same again", { .generation = 1 }, RESUMED },
		{ "another name", { .name = "two.example.com" }, FULL },
		{ "another configuration", { .generation = 2 }, FULL },
		{ "the origin speaks less", { .origin_version = TLS1_2_VERSION }, FULL },
		{ "switched off", { .not_asked = true }, FULL },
	};
	int v = versions[_i / 5];
	struct come c = rows[_i % 5].c;
	SSL_SESSION *s = first((struct come){ .version = v });

	c.version = v;
	c.with = s;
	ck_assert_msg((int)come(c) == (int)rows[_i % 5].want, "%s", rows[_i % 5].why);
	SSL_SESSION_free(s);
}
END_TEST

START_TEST(v17_an_origin_with_another_certificate_is_not_resumed)
{
	int v = versions[_i];
	SSL_SESSION *s = first((struct come){ .version = v });

	use(&other_site);
	ck_assert_int_eq(come((struct come){ .version = v, .with = s }), FULL);
	use(&site);
	ck_assert_int_eq(come((struct come){ .version = v, .with = s }), RESUMED);
	SSL_SESSION_free(s);
}
END_TEST

START_TEST(c6_an_origin_with_accepted_faults_gives_and_takes_no_ticket)
{
	struct cert old = rig_make((struct spec){ .issuer = &root, .san = "DNS:www.example.com",
	    .hours_from = -9, .hours_to = -1 });
	int v = versions[_i];
	SSL_SESSION *s = first((struct come){ .version = v });

	use(&old);
	ck_assert_int_eq(come((struct come){ .version = v, .judged = true, .with = s }), FULL);
	ck_assert(given == NULL || !SSL_SESSION_has_ticket(given));
	SSL_SESSION_free(s);
	rig_free(&old);
}
END_TEST

START_TEST(c6_without_a_verified_origin_there_is_no_resumption)
{
	struct come c = { .name = "wrong.example.com" };
	struct pair up = upstream(&c, c.name);
	struct tls *t = tls_accept(workers[0], up.fd[0], STR_NONE, true, leaves[0], STR_NONE);

	ck_assert_int_eq(up.r, -ERR_CERT_NAME);
	ck_assert(!tls_resumable(t, up.t, 1));
	tls_free(t);
	end_pair(&up);
}
END_TEST

START_TEST(c5_a_ticket_ends_with_its_key)
{
	int v = versions[_i];
	SSL_SESSION *s = first((struct come){ .version = v });

	age_keys(TICKET_TURN);
	ck_assert_int_eq(come((struct come){ .version = v, .with = s }), RESUMED);
	age_keys(TICKET_TURN);
	ticket_ring_turn(&ring, time(NULL));
	hand_out(&ring);
	ck_assert_int_eq(come((struct come){ .version = v, .with = s }), FULL);
	SSL_SESSION_free(s);
}
END_TEST

START_TEST(c5_without_keys_there_are_no_tickets)
{
	ring = (struct ticket_ring){ 0 };
	hand_out(&ring);
	ck_assert_int_eq(come((struct come){ .version = versions[_i] }), FULL);
	ck_assert(given == NULL || !SSL_SESSION_has_ticket(given));
}
END_TEST

START_TEST(c5_a_ticket_of_foreign_keys_is_a_full_handshake)
{
	int v = versions[_i / 2];
	SSL_SESSION *s = first((struct come){ .version = v });

	for (size_t i = 0; i < TICKET_KEYS; i++)
		if (_i % 2 == 0) /* another gateway's; or the same name with other bytes */
			ring.keys[i].name[0] ^= 1;
		else
			ring.keys[i].mac[0] ^= 1;
	hand_out(&ring);
	ck_assert_int_eq(come((struct come){ .version = v, .with = s }), FULL);
	SSL_SESSION_free(s);
}
END_TEST

START_TEST(c5_a_changed_ticket_is_never_resumed)
{
	int v = versions[_i];
	SSL_SESSION *s = first((struct come){ .version = v });
	const unsigned char *ticket;
	size_t n;

	SSL_SESSION_get0_ticket(s, &ticket, &n);
	for (size_t i = 1; i <= n; i += 7)
		ck_assert_int_ne(come((struct come){ .version = v, .with = s, .flip = i }), RESUMED);
	SSL_SESSION_free(s);
}
END_TEST

START_TEST(c5_a_ticket_ends_with_the_leaf_and_resumption_does_not_prolong_it)
{
	SSL_SESSION *s;

	leaf_free(leaves[0]);
	leaves[0] = forge(workers[0], 1);
	s = first((struct come){ .version = versions[_i] });
	ck_assert_uint_le(SSL_SESSION_get_ticket_lifetime_hint(s), 3600);
	ck_assert_uint_gt(SSL_SESSION_get_ticket_lifetime_hint(s), 3500);
	/* The other worker's leaf is good for longer; the visit still counts from the first. */
	ck_assert_int_eq(come((struct come){ .with = s, .worker = 1, .version = versions[_i] }), RESUMED);
	if (given != NULL)
		ck_assert_uint_le(SSL_SESSION_get_ticket_lifetime_hint(given), 3600);
	SSL_SESSION_free(s);
	s = first((struct come){ .worker = 1, .version = versions[_i] });
	ck_assert_uint_eq(SSL_SESSION_get_ticket_lifetime_hint(s) / 10, TICKET_TURN / 10);
	SSL_SESSION_free(s);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, c5_a_ticket_is_good_at_every_worker, 0, 2);
	tcase_add_loop_test(t, c5_a_ticket_is_good_for_its_purpose_alone, 0, 10);
	tcase_add_loop_test(t, v17_an_origin_with_another_certificate_is_not_resumed, 0, 2);
	tcase_add_loop_test(t, c6_an_origin_with_accepted_faults_gives_and_takes_no_ticket, 0, 2);
	tcase_add_test(t, c6_without_a_verified_origin_there_is_no_resumption);
	tcase_add_loop_test(t, c5_a_ticket_ends_with_its_key, 0, 2);
	tcase_add_loop_test(t, c5_without_keys_there_are_no_tickets, 0, 2);
	tcase_add_loop_test(t, c5_a_ticket_of_foreign_keys_is_a_full_handshake, 0, 4);
	tcase_add_loop_test(t, c5_a_changed_ticket_is_never_resumed, 0, 2);
	tcase_add_loop_test(
	    t, c5_a_ticket_ends_with_the_leaf_and_resumption_does_not_prolong_it, 0, 2);
	return t;
}

static TCase *ring_cases(void)
{
	TCase *t = tcase_create("ring");

	tcase_add_test(t, c5_a_key_issues_for_a_turn_is_taken_for_two_and_gone_within_a_day);
	tcase_add_test(t, c5_a_copy_that_nobody_turns_ends_by_itself);
	tcase_add_loop_test(t, a_clock_that_jumps_leaves_a_good_ring, 0, 5);
	tcase_add_test(t, a_ring_is_read_whole_or_not_at_all);
	return t;
}

int main(void)
{
	Suite *s = suite_create("tickets");
	SRunner *r;
	int failed;

	suite_add_tcase(s, ring_cases());
	suite_add_tcase(s, cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
