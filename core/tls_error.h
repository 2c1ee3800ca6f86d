/* SPDX-License-Identifier: BSD-2-Clause */
/* The closed set of an origin's faults, as bits: found by mitm, chosen about by policy. */
#ifndef CORE_TLS_ERROR_H
#define CORE_TLS_ERROR_H

#include "core/str.h"

enum tls_error {
#define TLS_ERROR(name, word, doc) TLS_ERROR_##name,
#include "core/tls_error.def"
#undef TLS_ERROR
	TLS_ERROR_COUNT
};

#define TLS_ERROR_BIT(e) (1u << (e))

/* Its word ("expired") and its sentence; "unknown" out of range. */
const char *tls_error_word(enum tls_error e);
const char *tls_error_doc(enum tls_error e);

/* The fault of a word: false where there is none. */
bool tls_error_of(struct str word, enum tls_error *out);

/* The words of a set, separated by blanks, into `to` (at most n bytes with the NUL, cut). */
void tls_error_words(uint32_t set, char *to, size_t n);

#endif
