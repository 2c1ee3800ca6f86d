/* SPDX-License-Identifier: BSD-2-Clause */
/* The CA certificate in the forms that clients, browsers and people want. Never the key. */
#ifndef CERTS_EXPORT_H
#define CERTS_EXPORT_H

#include "core/buf.h"

enum ca_format {
	CA_PEM,		/* one certificate, nothing else of the file */
	CA_DER,		/* for Windows, Android and Java */
	CA_FINGERPRINT, /* "AB:CD:..." SHA-256 and LF, to compare by eye */
	CA_TEXT		/* subject, dates, key and fingerprint, a line each */
};

/* The format by name ("pem", "der", "fingerprint", "text"): false where there is none. */
bool ca_format_of(struct str word, enum ca_format *out);

/* Append the first certificate of cert_pem in a format: 0, -ERR_CERT_INVALID, -ERR_LIMIT, -ERR_NOMEM. */
int ca_export(struct str cert_pem, enum ca_format format, struct buf *out);

#endif
