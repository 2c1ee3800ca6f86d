/* SPDX-License-Identifier: BSD-2-Clause */
/* A CA key that stays in a token: PKCS#11 by OpenSSL's engine (libengine-pkcs11-openssl). In the wing. */
#ifndef CERTS_CA_TOKEN_H
#define CERTS_CA_TOKEN_H

#include <openssl/evp.h>

#include "core/str.h"

/*
 * The private key that a PKCS#11 URI (RFC 7512) names. The first call of a process loads engine and
 * module, unless it may not (under a sandbox): further calls must name the same module. module may
 * be empty: p11-kit's choice. NULL with a static text in *why.
 */
EVP_PKEY *ca_token_key(struct str uri, struct str module, struct str pin, bool may_load,
    const char **why);

#endif
