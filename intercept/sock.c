/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of the data path: see sock.h. Nothing here reads or writes a byte of payload, and
 * every failure leaves errno as the failing call set it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "intercept/sock.h"

enum { BACKLOG = 4096 };

/* Seconds: a peer that is silent for QUIET is asked every EVERY, and given up after TRIES. */
enum { ALIVE_QUIET = 60, ALIVE_EVERY = 15, ALIVE_TRIES = 4 };

union any_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int set_transparent(int fd, int family)
{
	if (family == AF_INET6)
		return set_int(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
	return set_int(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
}

/* Peers that vanished, or closed without our noticing (their FIN may only have ended their side). */
static int set_keepalive(int fd)
{
	return set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1) != 0 ||
	       set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, ALIVE_QUIET) != 0 ||
	       set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, ALIVE_EVERY) != 0 ||
	       set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, ALIVE_TRIES) != 0;
}

static int tcp_socket(int family)
{
	if (family != AF_INET && family != AF_INET6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}

static int close_failed(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
	return -ERR_SYSTEM;
}

static socklen_t addr_len(int family)
{
	return family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static int bind_any(int fd, int family, uint16_t port)
{
	union any_addr a;

	memset(&a, 0, sizeof(a));
	a.sa.sa_family = (sa_family_t)family;
	if (family == AF_INET6)
		a.in6.sin6_port = htons(port);
	else
		a.in.sin_port = htons(port);
	return bind(fd, &a.sa, addr_len(family));
}

int sock_listen(int family, uint16_t port)
{
	int fd = tcp_socket(family);

	if (fd < 0)
		return -ERR_SYSTEM;
	/* Accepted sockets inherit TCP_NODELAY and what is said about keepalive: fewer calls per flow. */
	if ((family == AF_INET6 && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) ||
	    set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 ||
	    set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0 || set_transparent(fd, family) != 0 ||
	    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1) != 0 || set_keepalive(fd) != 0 ||
	    bind_any(fd, family, port) != 0 || listen(fd, BACKLOG) != 0)
		return close_failed(fd);
	return fd;
}

int sock_probe(int family, uint16_t port)
{
	int fd = tcp_socket(family);

	if (fd < 0)
		return -ERR_SYSTEM;
	/* SO_REUSEADDR looks past TIME_WAIT, not past a listener; listen() settles it. */
	if ((family == AF_INET6 && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) ||
	    set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 || bind_any(fd, family, port) != 0 ||
	    listen(fd, 1) != 0)
		return close_failed(fd);
	return fd;
}

int sock_prepare(int family, uint32_t mark, bool transparent)
{
	int fd = tcp_socket(family);

	if (fd < 0)
		return -ERR_SYSTEM;
	/*
	 * Without IP_BIND_ADDRESS_NO_PORT a bind to the client's address would take a port for
	 * all destinations: a busy client would run out. The option is IPPROTO_IP for IPv6, too.
	 */
	if ((transparent && set_transparent(fd, family) != 0) ||
	    (mark != 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) != 0) ||
	    set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1) != 0 ||
	    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1) != 0 || set_keepalive(fd) != 0)
		return close_failed(fd);
	return fd;
}

int sock_accept(int fd, struct sockaddr_storage *client, struct sockaddr_storage *destination)
{
	struct sockaddr_storage peer, local;
	socklen_t peer_n = sizeof(peer), local_n = sizeof(local);
	int s;

	memset(&peer, 0, sizeof(peer));
	memset(&local, 0, sizeof(local));
	do { /* a peer that gave up while it waited is not an error of ours */
		peer_n = sizeof(peer);
		s = accept4(fd, (struct sockaddr *)&peer, &peer_n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (s < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (s < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? -ERR_WANT_READ : -ERR_SYSTEM;
	if (getsockname(s, (struct sockaddr *)&local, &local_n) != 0)
		return close_failed(s);
	*client = peer;
	*destination = local;
	return s;
}

static int bind_source(int fd, const struct sockaddr *local)
{
	union any_addr a;

	memset(&a, 0, sizeof(a));
	if (local->sa_family != AF_INET && local->sa_family != AF_INET6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	memcpy(&a, local, addr_len(local->sa_family));
	if (local->sa_family == AF_INET6)
		a.in6.sin6_port = 0;
	else
		a.in.sin_port = 0;
	return bind(fd, &a.sa, addr_len(local->sa_family));
}

int sock_connect(int fd, const struct sockaddr *local, const struct sockaddr *to)
{
	if (local != NULL && bind_source(fd, local) != 0)
		return -ERR_SYSTEM;
	if (connect(fd, to, addr_len(to->sa_family)) == 0)
		return 0;
	/* An interrupted connect goes on in the background: the same as in progress. */
	return errno == EINPROGRESS || errno == EINTR ? -ERR_WANT_WRITE : -ERR_SYSTEM;
}

int sock_connected(int fd)
{
	int e = 0;
	socklen_t n = sizeof(e);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0)
		return -ERR_SYSTEM;
	if (e == 0)
		return 0;
	errno = e;
	return -ERR_SYSTEM;
}

void sock_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

const char *sock_text(const struct sockaddr *a, char *to, size_t n)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)a;
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)a;
	const char *text = NULL;

	if (a->sa_family == AF_INET)
		text = inet_ntop(AF_INET, &in->sin_addr, to, (socklen_t)n);
	else if (a->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		text = inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], to, (socklen_t)n);
	else if (a->sa_family == AF_INET6)
		text = inet_ntop(AF_INET6, &in6->sin6_addr, to, (socklen_t)n);
	if (text == NULL && n > 0)
		to[0] = '\0';
	return to;
}

uint16_t sock_port(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)a)->sin_port);
	if (a->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)a)->sin6_port);
	return 0;
}
