/* SPDX-License-Identifier: BSD-2-Clause */
/* What was negotiated on one leg, as values that outlive it: for the audit and the grade. */
#ifndef MITM_TLS_FACTS_H
#define MITM_TLS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

struct tls;
struct hello;

struct tls_facts {
	uint16_t version;		     /* 0x0304 for TLS 1.3; 0: no handshake was finished */
	const char *version_word, *cipher; /* static text: "TLSv1.3", "TLS_AES_128_GCM_SHA256" */
	char group[24];			     /* of the key agreement: "x25519"; "" if not known */
	char key[16];			     /* of the server's certificate: "ec-256", "rsa-2048" */
	char hash[16];			     /* of its signature: "sha256", or the whole algorithm: "ed25519" */
	uint16_t bits;			     /* strength of the cipher */
	uint16_t key_bits;		     /* strength of the key, as NIST counts: 112 for RSA-2048 */
	bool aead, forward_secrecy, post_quantum, resumed;
};

/* After a finished handshake, of either side. */
void tls_facts(const struct tls *t, struct tls_facts *out);

/* What became of post-quantum key agreement. */
enum tls_pq {
	TLS_PQ_NONE,	     /* the client did not offer it */
	TLS_PQ_BOTH,	     /* on both legs */
	TLS_PQ_ORIGIN_LACKS, /* we offered it as the client did, the origin chose another */
	TLS_PQ_LOST,	     /* the client would perhaps have had it without us */
	TLS_PQ_COUNT
};

/* Its word ("lost"); NULL for TLS_PQ_NONE. */
const char *tls_pq_word(enum tls_pq pq);

/* offered: the client offered it; ours: this library speaks it. */
enum tls_pq tls_pq(bool offered, bool ours, const struct tls_facts *client,
    const struct tls_facts *origin);

#endif
