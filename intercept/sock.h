/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of the data path. The parent (with capabilities) makes listeners and prepared
 * outbound sockets; workers only accept, bind, connect and ask for addresses.
 */
#ifndef INTERCEPT_SOCK_H
#define INTERCEPT_SOCK_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/str.h"

enum { SOCK_TEXT_MAX = INET6_ADDRSTRLEN };

/*
 * A listening TCP socket with SO_REUSEPORT, IP(V6)_TRANSPARENT, V6ONLY, non-blocking, on any
 * address: descriptor or -ERR_SYSTEM (errno kept: EADDRINUSE, EPERM).
 */
int sock_listen(int family, uint16_t port);

/*
 * Is the port free for us? SO_REUSEPORT would let a second gateway share it silently, so this
 * asks without: a descriptor to be closed, or -ERR_SYSTEM with errno EADDRINUSE, EACCES,
 * EAFNOSUPPORT.
 */
int sock_probe(int family, uint16_t port);

/* An outbound TCP socket, transparent if asked, marked, non-blocking, TCP_NODELAY. */
int sock_prepare(int family, uint32_t mark, bool transparent);

/* Accept: descriptor (non-blocking, TCP_NODELAY), peer and original destination (TPROXY keeps it
 * as the local address), or -ERR_WANT_READ, -ERR_SYSTEM. */
int sock_accept(int fd, struct sockaddr_storage *client, struct sockaddr_storage *destination);

/* Bind a prepared socket to the client's address (port left to the kernel; with local = NULL
 * not bound) and start to connect: 0, -ERR_WANT_WRITE (in progress) or -ERR_SYSTEM. */
int sock_connect(int fd, const struct sockaddr *local, const struct sockaddr *to);

/* Result of a connect in progress: 0 or -ERR_SYSTEM with errno set. */
int sock_connected(int fd);

/* Bytes that the peer's system has acknowledged so far: what was written may wait in our own. 0: unknown. */
uint64_t sock_acked(int fd);

/* Close so that the peer gets RST instead of FIN. */
void sock_reset(int fd);

/* Text form: address without port; v4-mapped addresses as IPv4; "" for other families. */
const char *sock_text(const struct sockaddr *a, char *to, size_t n);
uint16_t sock_port(const struct sockaddr *a);

#endif
