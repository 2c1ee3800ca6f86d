/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Origins that speak TLS 1.0 or 1.1 alone: refused, unless it was said beforehand that this
 * one may (RFC 8996 forbids them for good reasons). There is no second try with less: an
 * attacker who breaks a handshake gains nothing.
 */
#include "core/err.h"
#include "mitm/tls_local.h"

/* What such servers have; never RC4, 3DES, NULL, export or anonymous. */
#define OLD_CIPHERS                                                                                \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" \
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"   \
	"ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:" \
	"AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:AES256-SHA"

bool tls_offer_old(SSL *ssl)
{
	/* Level 0: TLS 1.0 signs its keys with MD5 and SHA-1. Certificates are judged on their
	 * own, at level 2 (verify.c). */
	SSL_set_security_level(ssl, 0);
	return SSL_set_min_proto_version(ssl, TLS1_VERSION) == 1 &&
	       SSL_set_cipher_list(ssl, OLD_CIPHERS) == 1;
}

bool tls_is_old(const SSL *ssl)
{
	return SSL_version(ssl) < TLS1_2_VERSION;
}

bool tls_wants_old(unsigned alert, int reason)
{
	return alert == SSL_AD_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL;
}

void tls_old_fault(struct verify_report *report)
{
	report->errors |= TLS_ERROR_BIT(TLS_ERROR_OLD_PROTOCOL);
	if (report->err != 0)
		return;
	report->err = -ERR_TLS_OLD;
	report->why = "the origin speaks no TLS version above 1.1";
}
