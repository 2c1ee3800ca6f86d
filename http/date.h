/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates as HTTP writes them. Pure. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "core/str.h"

/* IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7), as Unix seconds: 0 or
 * -ERR_NUMBER, also for the two obsolete forms. The name of the day is not looked at. */
int date_read(struct str s, int64_t *out);

#endif
