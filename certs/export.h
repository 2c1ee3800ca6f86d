/* SPDX-License-Identifier: BSD-2-Clause */
/* The CA certificate in the forms that clients, browsers and people want. Never the key. */
#ifndef CERTS_EXPORT_H
#define CERTS_EXPORT_H

#include <stdio.h>

#include "core/buf.h"

enum ca_format {
#define FORM(id, word, all, doc) CA_##id,
#include "certs/export.def"
#undef FORM
	CA_FORMATS
};

/* The form by its word: false where there is none. */
bool ca_format_of(struct str word, enum ca_format *out);

/* The words and what they are for, a line each. */
void ca_formats_print(FILE *f);

/*
 * Append the certificates of a PEM text in a form; those forms that have room for one take the
 * first. 0, -ERR_CERT_INVALID, -ERR_LIMIT, -ERR_NOMEM.
 */
int ca_export(struct str certs_pem, enum ca_format format, struct buf *out);

/* Append, as PEM, what clients have to trust: the last certificate of a CA's file (itself, or the
 * root above it). 0, -ERR_CERT_INVALID, -ERR_NOMEM. */
int ca_anchor(struct str ca_pem, struct buf *out);

#endif
