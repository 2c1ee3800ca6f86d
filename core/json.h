/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes one flat or nested JSON object into a bounded buffer (RFC 8259). Strings are escaped;
 * bytes that are not UTF-8 become U+FFFD, control bytes \u00XX. Errors are sticky.
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include "core/buf.h"

struct json {
	struct buf *out;
	int bad;
	bool comma;
	size_t start;
};

void json_begin(struct json *j, struct buf *out);
void json_str(struct json *j, const char *key, struct str value);
void json_c(struct json *j, const char *key, const char *value);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_open(struct json *j, const char *key);
void json_close(struct json *j);

/* Close the object and append LF: 0 or the first error (the buffer is cut back to where it was). */
int json_end(struct json *j);

#endif
