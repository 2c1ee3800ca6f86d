/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClientHello reader (RFC 8446 section 4.1.2, RFC 6066, RFC 7301): pure, over any segmentation
 * and any cutting into TLS records up to a limit. Reads what decides, keeps nothing.
 */
#ifndef MITM_HELLO_H
#define MITM_HELLO_H

#include "core/str.h"

enum { HELLO_NAME_MAX = 256, HELLO_ALPN_MAX = 128 };

/* Cipher suites by version and strength: AEAD with forward secrecy. */
enum { HELLO_12_128 = 1, HELLO_12_256 = 2, HELLO_13_128 = 4, HELLO_13_256 = 8 };

struct hello {
	char sni[HELLO_NAME_MAX];  /* lower case, no trailing dot, NUL-terminated; "" if none */
	/* The name was an address: nothing is in sni then. RFC 6066 section 3 forbids it. */
	bool has_literal;
	unsigned char literal[16]; /* IPv4 as ::ffff:0:0/96 */
	char alpn[HELLO_ALPN_MAX]; /* protocols in wire form (length byte, name, ...) that fit */
	size_t alpn_n;
	unsigned suites; /* HELLO_12_128 and so on: those that we speak, too */
	uint16_t version; /* highest offered (supported_versions or legacy), GREASE skipped */
	bool has_alpn;
	bool ecdsa;    /* an ECDSA leaf on P-256 serves this client in its highest version */
	bool ecdsa_12; /* the same, where it is to speak TLS 1.2 */
	bool psk;   /* offers resumption */
	bool early_data;
	bool pq;	/* offers a hybrid post-quantum group */
	bool ech;      /* encrypted_client_hello present (real or GREASE) */
	size_t length; /* bytes of input that the hello's records span */
};

/* Does this begin like a TLS handshake record? 1 yes, 0 no, -ERR_MORE (fewer than 3 bytes). */
int hello_sniff(struct str in);

/* How far the records of a hello were looked at; zero at first. Each byte is looked at once. */
struct hello_walk {
	size_t at;      /* bytes of whole records */
	size_t message; /* bytes of the message in them */
	size_t need;    /* the message's length as far as known */
	char head[4];
};

/*
 * Is the hello whole? `in` begins with the same bytes each time and grows. 0, then it is time for
 * hello_parse(); -ERR_MORE and the faults of records as hello_parse() has them.
 */
int hello_walk(struct hello_walk *w, struct str in, size_t max);

/*
 * Read a whole hello: 0 with *out filled; -ERR_MORE; -ERR_NOT_TLS; -ERR_HELLO (malformed:
 * lengths, doubled SNI extension, names that are no host names); -ERR_LIMIT (announced length
 * above `max` bytes). An empty SNI or one whose last label is a number is -ERR_HELLO, but not a
 * whole IP literal.
 */
int hello_parse(struct str in, size_t max, struct hello *out);

/* True when the client offers that protocol ("h2", "http/1.1"). */
bool hello_offers(const struct hello *h, const char *protocol);

#endif
