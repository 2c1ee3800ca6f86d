/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two legs' strength: what the client sees is not above what the origin gave (de Carné de
 * Carnavalet and Mannan 2016, "parameter mapping"), and the origin is not asked for less than the
 * client insists on. Keys and hashes of leaves are a policy minimum on both legs: P-256 with
 * SHA-256 on ours, RSA-2048 or better with SHA-256 or better on the origin's.
 */
#include "mitm/tls_local.h"

/* AEAD with forward secrecy only. */
#define LIST_12_128 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define LIST_12_256                                                                                \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                               \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define LIST_13_128 "TLS_AES_128_GCM_SHA256"
#define LIST_13_256 "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

/* Signatures of today: no SHA-1, no SHA-224, no DSA. */
#define SIGNATURES                                                                                 \
	"ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:"           \
	"ECDSA+SHA512:RSA-PSS+SHA512:RSA+SHA512:ed25519:ed448:"                                    \
	"rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512"

#define GROUPS "X25519:P-256:P-384"
/* OpenSSL 3.5: two key shares, so that an origin without the first need not ask again; a client
 * that has it is asked to use it. */
#define GROUPS_35 "*X25519MLKEM768/*X25519:P-256:P-384"
#define GROUPS_PQ "X25519MLKEM768:" GROUPS /* an older library with a provider */

bool tls_strength_default(SSL_CTX *c, bool *pq)
{
	/* AES-128-GCM first: SHA-256 keys are cheaper than SHA-384. */
	if (SSL_CTX_set_cipher_list(c, LIST_12_128 ":" LIST_12_256) != 1 ||
	    SSL_CTX_set_ciphersuites(c, LIST_13_128 ":" LIST_13_256) != 1 ||
	    SSL_CTX_set1_sigalgs_list(c, SIGNATURES) != 1)
		return false;
	/* The library says that it has the group only when it is asked for it. */
	*pq = SSL_CTX_set1_groups_list(c, GROUPS_35) == 1 ||
	      SSL_CTX_set1_groups_list(c, GROUPS_PQ) == 1;
	ERR_clear_error();
	return *pq || SSL_CTX_set1_groups_list(c, GROUPS) == 1;
}

unsigned tls_strength_limits(unsigned suites)
{
	unsigned old = suites & (HELLO_12_128 | HELLO_12_256);
	unsigned new = suites & (HELLO_13_128 | HELLO_13_256);
	unsigned limits = 0;

	if (suites == 0)
		return 0;
	/* What the client could not speak is no use: its handshake would fail after ours. */
	if (old == 0)
		limits |= STRENGTH_13_ONLY;
	/* A client that insists on 256 bits is not to be given 128 behind its back. */
	if (old == HELLO_12_256)
		limits |= STRENGTH_12_256;
	if (new == HELLO_13_256)
		limits |= STRENGTH_13_256;
	return limits;
}

bool tls_strength_offer(SSL *origin, unsigned limits)
{
	if ((limits & STRENGTH_13_ONLY) != 0 &&
	    SSL_set_min_proto_version(origin, TLS1_3_VERSION) != 1)
		return false;
	if ((limits & STRENGTH_12_256) != 0 && SSL_set_cipher_list(origin, LIST_12_256) != 1)
		return false;
	return (limits & STRENGTH_13_256) == 0 ||
	       SSL_set_ciphersuites(origin, LIST_13_256) == 1;
}

bool tls_match(struct tls *client, const struct tls_facts *origin)
{
	SSL *s = client->ssl;

	/* An exception for an older protocol ends at the origin: ours is the policy's minimum. */
	if (origin->version < TLS1_3_VERSION && SSL_set_max_proto_version(s, TLS1_2_VERSION) != 1)
		return false;
	if (client->ctx->pq && !origin->post_quantum && SSL_set1_groups_list(s, GROUPS) != 1)
		return false;
	if (origin->bits < 256)
		return true;
	return SSL_set_cipher_list(s, LIST_12_256 ":" LIST_12_128) == 1 &&
	       SSL_set_ciphersuites(s, LIST_13_256 ":" LIST_13_128) == 1;
}
