/* SPDX-License-Identifier: BSD-2-Clause */
/* What was negotiated on one leg: asked of OpenSSL once, when its handshake is done. */
#include "mitm/tls_facts.h"

#include <ctype.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "mitm/tls_local.h"

static void lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
}

static void key_facts(X509 *x, struct tls_facts *out)
{
	EVP_PKEY *k = X509_get0_pubkey(x);
	const char *type = k != NULL ? EVP_PKEY_get0_type_name(k) : NULL;
	int md = NID_undef, pk = NID_undef;

	if (type != NULL) {
		snprintf(out->key, sizeof(out->key), "%s-%d", type, EVP_PKEY_get_bits(k));
		lower(out->key);
		out->key_bits = (uint16_t)EVP_PKEY_get_security_bits(k);
	}
	if (X509_get_signature_info(x, &md, &pk, NULL, NULL) == 1) {
		snprintf(out->hash, sizeof(out->hash), "%s", OBJ_nid2sn(md != NID_undef ? md : pk));
		lower(out->hash);
	}
}

static void cipher_facts(const SSL_CIPHER *c, struct tls_facts *out)
{
	int kx = SSL_CIPHER_get_kx_nid(c);

	out->cipher = SSL_CIPHER_get_name(c);
	out->bits = (uint16_t)SSL_CIPHER_get_bits(c, NULL);
	out->aead = SSL_CIPHER_is_aead(c) == 1;
	/* TLS 1.3 suites name none: there it is always ephemeral (psk_ke is never offered). */
	out->forward_secrecy = kx == NID_kx_any || kx == NID_kx_ecdhe || kx == NID_kx_dhe;
}

void tls_facts(const struct tls *t, struct tls_facts *out)
{
	const SSL_CIPHER *c = SSL_get_current_cipher(t->ssl);
	X509 *x = SSL_is_server(t->ssl) ? SSL_get_certificate(t->ssl)
					: SSL_get0_peer_certificate(t->ssl);
	const char *group = NULL;
	int id;

	*out = (struct tls_facts){ .version = (uint16_t)SSL_version(t->ssl),
		.version_word = SSL_get_version(t->ssl),
		.cipher = "",
		.resumed = SSL_session_reused(t->ssl) == 1 };
	if (c != NULL)
		cipher_facts(c, out);
	id = (int)SSL_get_negotiated_group(t->ssl);
	if (id != 0)
		group = SSL_group_to_name(t->ssl, id);
	snprintf(out->group, sizeof(out->group), "%s", group != NULL ? group : "");
	out->post_quantum = strstr(out->group, "MLKEM") != NULL;
	if (x != NULL)
		key_facts(x, out);
	ERR_clear_error();
}

const char *tls_pq_word(enum tls_pq pq)
{
	static const char *const words[TLS_PQ_COUNT] = { NULL, "both", "origin_lacks", "lost" };

	return (unsigned)pq < TLS_PQ_COUNT ? words[pq] : NULL;
}

enum tls_pq tls_pq(bool offered, bool ours, const struct tls_facts *client,
    const struct tls_facts *origin)
{
	if (!offered)
		return TLS_PQ_NONE;
	if (client->post_quantum && origin->post_quantum)
		return TLS_PQ_BOTH;
	return ours && !origin->post_quantum ? TLS_PQ_ORIGIN_LACKS : TLS_PQ_LOST;
}
