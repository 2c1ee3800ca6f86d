/* SPDX-License-Identifier: BSD-2-Clause */
/* Error codes: functions return 0 or a negative ERR_ value; the table is err.def. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

enum err {
	ERR_NONE = 0,
#define ERR(name, text) ERR_##name,
#include "core/err.def"
#undef ERR
	ERR_COUNT
};

/* The sentence for a code (sign ignored); for an unknown one "unknown error". */
const char *err_text(int code);

/* The code's short name in lower case, as it stands in audit records ("body_length"). */
const char *err_name(int code);

#endif
