/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoders of text that carries files. All are lenient, as receivers are: what cannot be decoded is
 * skipped or kept, never an error. The output is never longer than the input, and `to` has room for
 * as many bytes as `s` has. Each returns the number of bytes written. Pure.
 */
#ifndef SCANNER_DECODE_H
#define SCANNER_DECODE_H

#include "core/base64.h"
#include "core/str.h"

/* RFC 4648 sections 4 and 5, mixed; other bytes are passed over, the first '=' ends it. */
size_t decode_base64(struct str s, char *to);

/* RFC 3986 section 2.1; with plus, "+" is a space (HTML forms). */
size_t decode_percent(struct str s, bool plus, char *to);

/* Quoted-printable, RFC 2045 section 6.7. */
size_t decode_quoted(struct str s, char *to);

/* Pairs of hexadecimal digits; other bytes between them are passed over. */
size_t decode_hexadecimal(struct str s, char *to);

/*
 * One number of a list of bytes, -128 to 255, decimal or with 0x, or (pairs) of two hexadecimal
 * digits; *value is the byte. How many bytes it takes with the blanks and commas around it; 0: none.
 */
size_t decode_number(struct str s, bool pairs, unsigned *value);

/* Lines of uuencode up to their end (POSIX.1); *used is how far they go. */
size_t decode_uu(struct str s, char *to, size_t *used);

/* UTF-16 as UTF-8, without a byte order mark; `to` has room for three bytes for each two. */
size_t decode_utf16(struct str s, bool big, char *to);

/*
 * The escapes of a JSON string (RFC 8259 section 7), and those that only scripts have. With bytes, U+0080 to U+00FF become single
 * bytes, escaped or not: "binary strings" mean that.
 */
size_t decode_json(struct str s, bool bytes, char *to);

/* Character references of HTML and XML: numeric ones and the five of XML; bytes as above. */
size_t decode_entities(struct str s, bool bytes, char *to);

/* What a byte may be part of, by one look. */
enum decode_class {
	CLASS_SEXTET = 1, /* a letter of either base64 alphabet */
	CLASS_HEX = 2,	  /* a hexadecimal digit */
	CLASS_LIST = 4	  /* a list of numbers */
};
extern const unsigned char decode_classes[256];

static inline bool decode_is(char c, enum decode_class class)
{
	return (decode_classes[(unsigned char)c] & class) != 0;
}

/* 0 to 63 for a letter of either base64 alphabet, else -1. 0 to 15 for a hexadecimal digit. */
static inline int decode_sextet(char c)
{
	return base64_value(c == '-' ? '+' : c == '_' ? '/' : c);
}
int decode_hex(char c);

#endif
