/* SPDX-License-Identifier: BSD-2-Clause */
/* Which names a CA may sign for: its name constraints, and what the operator forbids. Inside the wing. */
#ifndef CERTS_CA_NAMES_H
#define CERTS_CA_NAMES_H

#include <openssl/x509v3.h>

#include "certs/leaf.h"

/*
 * The constraints of one certificate (RFC 5280 section 4.2.1.10) let the name be. Stricter than
 * OpenSSL with wildcards: "*.example.org" is excluded where any name that it covers is.
 */
bool ca_constraints_allow(const NAME_CONSTRAINTS *nc, const struct leaf_name *n);

/* "example.org" (with all below it), ".example.org" (only below), "10.0.0.0/8", "fd00::/8" as a
 * constraint's name: NULL where it is none of these. */
GENERAL_NAME *ca_constraint(struct str text);

#endif
