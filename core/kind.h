/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What content is: kinds broad enough for rules and for holding bodies back, told by libclamav's
 * types or by the first bytes, and claimed by media types and file names. Pure; the bytes are hostile.
 */
#ifndef CORE_KIND_H
#define CORE_KIND_H

#include "core/buf.h"
#include "core/str.h"

enum kind {
#define KIND(name, fits, doc) KIND_##name,
#include "core/kind.def"
#undef KIND
	KIND_COUNT
};

#define KIND_BIT(k) (1u << (k))

enum { KIND_FIRST = 512 }; /* more than these first bytes are never looked at */

/*
 * The kind that the first bytes of something tell; STR_NONE and unknown bytes are KIND_UNKNOWN. *type
 * (may be NULL) is a short word of its own, "png", "docx" or "unknown"; it is static. Text is told behind a
 * byte order mark and blanks, in UTF-16 as well. Zip packages are told by the name of their first member.
 */
enum kind kind_of_bytes(struct str first, const char **type);

/* The kind of libclamav's word, "CL_TYPE_ZIP"; KIND_UNKNOWN for words that say nothing. */
enum kind kind_of_engine(const char *type);

/*
 * Both together: libclamav knows more, except where its word says little (text, plain zip) or nothing.
 */
enum kind kind_of_object(const char *engine_type, struct str first);

/* What a media type (parameters allowed) or a file name (or path) claims; KIND_UNKNOWN: nothing. */
enum kind kind_of_media_type(struct str type);
enum kind kind_of_name(struct str name);

/*
 * The media type or the name's ending claims a kind, and the content is known to be of one that does not fit
 * the claim. What is unknown fits all, and any text fits the claim of text.
 */
bool kind_mismatch(struct str media_type, struct str name, enum kind content);

/* "disk_image"; the kind for such a word, false where there is none. */
const char *kind_word(enum kind k);
bool kind_of_word(struct str word, enum kind *out);

/* The words of a set of KIND_BIT()s, "archive executable", in the order of the table: bytes written as by snprintf. */
enum { KINDS_TEXT = 192 };
int kinds_text(uint32_t kinds, char to[KINDS_TEXT]);

#endif
