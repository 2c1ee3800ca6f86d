/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of the data path, over loopback; what needs CAP_NET_ADMIN is left out without it. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "intercept/rules.h"
#include "intercept/sock.h"

static const int families[] = { AF_INET, AF_INET6 };

static int get_int(int fd, int level, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	ck_assert_int_eq(getsockopt(fd, level, name, &v, &n), 0);
	return v;
}

static struct sockaddr_storage loopback(int family, uint16_t port)
{
	struct sockaddr_storage s = { .ss_family = (sa_family_t)family };

	if (family == AF_INET6) {
		((struct sockaddr_in6 *)&s)->sin6_addr = in6addr_loopback;
		((struct sockaddr_in6 *)&s)->sin6_port = htons(port);
	} else {
		((struct sockaddr_in *)&s)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		((struct sockaddr_in *)&s)->sin_port = htons(port);
	}
	return s;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage s;
	socklen_t n = sizeof(s);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&s, &n), 0);
	return sock_port((struct sockaddr *)&s);
}

static void ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	ck_assert_int_eq(poll(&p, 1, 5000), 1);
}

/* A connection over loopback: the accepted end, and the connected one in *client. */
static int connected_pair(
    int family, int *client, struct sockaddr_storage *peer, struct sockaddr_storage *dst)
{
	int l = sock_listen(family, 0), c = sock_prepare(family, 0, false), a, r;
	struct sockaddr_storage to;

	ck_assert_int_ge(l, 0);
	ck_assert_int_eq(sock_accept(l, peer, dst), -ERR_WANT_READ);
	to = loopback(family, port_of(l));
	r = sock_connect(c, NULL, (struct sockaddr *)&to);
	ck_assert(r == 0 || r == -ERR_WANT_WRITE);
	ready(c, POLLOUT);
	ck_assert_int_eq(sock_connected(c), 0);
	ready(l, POLLIN);
	ck_assert_int_ge(a = sock_accept(l, peer, dst), 0);
	ck_assert_uint_eq(sock_port((struct sockaddr *)dst), port_of(l));
	close(l);
	*client = c;
	return a;
}

START_TEST(a_listener_is_shared_transparent_and_does_not_block)
{
	int family = families[_i], fd, other;

	if (!net_capable())
		return;
	ck_assert_int_ge(fd = sock_listen(family, 0), 0);
	ck_assert_int_eq(get_int(fd, SOL_SOCKET, SO_REUSEPORT), 1);
	ck_assert_int_eq(family == AF_INET ? get_int(fd, IPPROTO_IP, IP_TRANSPARENT)
					   : get_int(fd, IPPROTO_IPV6, IPV6_TRANSPARENT),
	    1);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_ge(other = sock_listen(family, port_of(fd)), 0);
	close(other);
	close(fd);
}
END_TEST

START_TEST(a_probe_sees_a_listener_of_our_own_kind)
{
	int family = families[_i], fd, probe;
	uint16_t port;

	if (!net_capable())
		return;
	ck_assert_int_ge(fd = sock_listen(family, 0), 0);
	port = port_of(fd);
	ck_assert_int_eq(sock_probe(family, port), -ERR_SYSTEM);
	ck_assert_int_eq(errno, EADDRINUSE);
	close(fd);
	ck_assert_int_ge(probe = sock_probe(family, port), 0);
	close(probe);
}
END_TEST

START_TEST(an_accepted_socket_knows_both_addresses)
{
	struct sockaddr_storage peer, dst;
	char text[SOCK_TEXT_MAX];
	int family = families[_i], c, a;

	if (!net_capable())
		return;
	a = connected_pair(family, &c, &peer, &dst);
	ck_assert_str_eq(sock_text((struct sockaddr *)&peer, text, sizeof(text)),
	    family == AF_INET ? "127.0.0.1" : "::1");
	ck_assert_str_eq(sock_text((struct sockaddr *)&dst, text, sizeof(text)),
	    family == AF_INET ? "127.0.0.1" : "::1");
	ck_assert_uint_eq(sock_port((struct sockaddr *)&peer), port_of(c));
	ck_assert_int_eq(get_int(a, IPPROTO_TCP, TCP_NODELAY), 1);
	ck_assert(fcntl(a, F_GETFL) & O_NONBLOCK);
	close(a);
	close(c);
}
END_TEST

START_TEST(a_reset_is_a_reset)
{
	struct sockaddr_storage peer, dst;
	int c, a;
	char byte;

	if (!net_capable())
		return;
	a = connected_pair(AF_INET, &c, &peer, &dst);
	sock_reset(a);
	ready(c, POLLIN);
	ck_assert_int_eq(recv(c, &byte, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	close(c);
}
END_TEST

START_TEST(a_prepared_socket_is_marked_and_late_with_its_port)
{
	int family = families[_i], fd;

	if (!net_capable())
		return;
	ck_assert_int_ge(fd = sock_prepare(family, 0x5a11, true), 0);
	ck_assert_int_eq(get_int(fd, SOL_SOCKET, SO_MARK), 0x5a11);
	ck_assert_int_eq(get_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT), 1);
	ck_assert_int_eq(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	close(fd);
}
END_TEST

START_TEST(a_transparent_socket_takes_a_strangers_address)
{
	struct sockaddr_in stranger = { .sin_family = AF_INET, .sin_port = htons(4711) };
	struct sockaddr_storage to = loopback(AF_INET, 9), bound;
	socklen_t n = sizeof(bound);
	char text[SOCK_TEXT_MAX];
	int fd;

	if (!net_capable())
		return;
	inet_pton(AF_INET, "192.0.2.7", &stranger.sin_addr);
	ck_assert_int_ge(fd = sock_prepare(AF_INET, 0x5a11, true), 0);
	sock_connect(fd, (struct sockaddr *)&stranger, (struct sockaddr *)&to);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&bound, &n), 0);
	ck_assert_str_eq(sock_text((struct sockaddr *)&bound, text, sizeof(text)), "192.0.2.7");
	ck_assert_uint_ne(sock_port((struct sockaddr *)&bound), 4711);
	close(fd);
	ck_assert_int_ge(fd = sock_prepare(AF_INET, 0, false), 0);
	ck_assert_int_eq(
	    sock_connect(fd, (struct sockaddr *)&stranger, (struct sockaddr *)&to), -ERR_SYSTEM);
	ck_assert_int_eq(errno, EADDRNOTAVAIL);
	close(fd);
}
END_TEST

START_TEST(a_refused_connect_keeps_its_errno)
{
	struct sockaddr_storage to = loopback(AF_INET, 1);
	int fd = sock_prepare(AF_INET, 0, false), r;

	ck_assert_int_ge(fd, 0);
	r = sock_connect(fd, NULL, (struct sockaddr *)&to);
	if (r == -ERR_WANT_WRITE) {
		ready(fd, POLLOUT);
		r = sock_connected(fd);
	}
	ck_assert_int_eq(r, -ERR_SYSTEM);
	ck_assert_int_eq(errno, ECONNREFUSED);
	close(fd);
}
END_TEST

START_TEST(other_families_are_refused)
{
	ck_assert_int_eq(sock_listen(AF_UNIX, 1), -ERR_SYSTEM);
	ck_assert_int_eq(errno, EAFNOSUPPORT);
	ck_assert_int_eq(sock_prepare(AF_UNIX, 0, false), -ERR_SYSTEM);
}
END_TEST

START_TEST(mapped_addresses_print_as_ipv4)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(443) };
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	char text[SOCK_TEXT_MAX];

	inet_pton(AF_INET6, "::ffff:10.1.2.3", &a.sin6_addr);
	ck_assert_str_eq(sock_text((struct sockaddr *)&a, text, sizeof(text)), "10.1.2.3");
	ck_assert_uint_eq(sock_port((struct sockaddr *)&a), 443);
	ck_assert_str_eq(sock_text(&none, text, sizeof(text)), "");
	ck_assert_uint_eq(sock_port(&none), 0);
	ck_assert_str_eq(sock_text((struct sockaddr *)&a, text, 4), "");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sock");
	TCase *t = tcase_create("sock");

	tcase_add_loop_test(t, a_listener_is_shared_transparent_and_does_not_block, 0, 2);
	tcase_add_loop_test(t, a_probe_sees_a_listener_of_our_own_kind, 0, 2);
	tcase_add_loop_test(t, an_accepted_socket_knows_both_addresses, 0, 2);
	tcase_add_test(t, a_reset_is_a_reset);
	tcase_add_loop_test(t, a_prepared_socket_is_marked_and_late_with_its_port, 0, 2);
	tcase_add_test(t, a_transparent_socket_takes_a_strangers_address);
	tcase_add_test(t, a_refused_connect_keeps_its_errno);
	tcase_add_test(t, other_families_are_refused);
	tcase_add_test(t, mapped_addresses_print_as_ipv4);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
