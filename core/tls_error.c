/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for faults of origins, from the table. */
#include "core/tls_error.h"

#include <stdio.h>

static const char *const words[TLS_ERROR_COUNT] = {
#define TLS_ERROR(name, word, doc) word,
#include "core/tls_error.def"
#undef TLS_ERROR
};

static const char *const docs[TLS_ERROR_COUNT] = {
#define TLS_ERROR(name, word, doc) doc,
#include "core/tls_error.def"
#undef TLS_ERROR
};

const char *tls_error_word(enum tls_error e)
{
	return (unsigned)e < TLS_ERROR_COUNT ? words[e] : "unknown";
}

const char *tls_error_doc(enum tls_error e)
{
	return (unsigned)e < TLS_ERROR_COUNT ? docs[e] : "unknown";
}

bool tls_error_of(struct str word, enum tls_error *out)
{
	for (unsigned i = 0; i < TLS_ERROR_COUNT; i++)
		if (str_eq(word, str_c(words[i]))) {
			*out = (enum tls_error)i;
			return true;
		}
	return false;
}

void tls_error_words(uint32_t set, char *to, size_t n)
{
	size_t at = 0;

	if (n > 0)
		to[0] = '\0';
	for (unsigned i = 0; i < TLS_ERROR_COUNT && at < n; i++)
		if ((set & TLS_ERROR_BIT(i)) != 0)
			at +=
			    (size_t)snprintf(to + at, n - at, "%s%s", at > 0 ? " " : "", words[i]);
}
