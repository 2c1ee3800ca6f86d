/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts and names of the error codes, from the table. */
#include "core/err.h"

#include <stddef.h>

static const struct {
	const char *name, *text;
} errors[ERR_COUNT] = {
#define ERR(name, text) [ERR_##name] = { #name, text },
#include "core/err.def"
#undef ERR
};

static int index_of(int code)
{
	if (code < 0)
		code = -code;
	return code > 0 && code < ERR_COUNT ? code : 0;
}

const char *err_text(int code)
{
	int i = index_of(code);

	return i > 0 ? errors[i].text : "unknown error";
}

const char *err_name(int code)
{
	static char lower[ERR_COUNT][32];
	int i = index_of(code);

	if (i == 0)
		return "unknown";
	if (lower[i][0] == '\0')
		for (size_t n = 0; n + 1 < sizeof(lower[i]) && errors[i].name[n] != '\0'; n++) {
			char c = errors[i].name[n];

			lower[i][n] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
		}
	return lower[i];
}
