/* SPDX-License-Identifier: BSD-2-Clause */
/* Magic numbers of media containers. Text-like or scriptable formats are not among them. */
#include "gateway/media.h"

static const struct magic {
	size_t at;
	struct str bytes;
} magics[] = {
	{ 4, { "ftyp", 4 } },		   /* ISO base media: mp4, mov, m4a */
	{ 0, { "\x1a\x45\xdf\xa3", 4 } },  /* Matroska, WebM */
	{ 0, { "OggS\0", 5 } },
	{ 0, { "fLaC", 4 } },
	{ 0, { "ID3", 3 } },
	{ 8, { "WAVE", 4 } },
	{ 8, { "AVI ", 4 } },
	{ 0, { "FLV\x01", 4 } },
};

bool media_proved(struct str type, struct str first)
{
	if (!str_iprefix(type, STR("audio/")) && !str_iprefix(type, STR("video/")))
		return false;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (str_eq(str_sub(first, magics[i].at, magics[i].bytes.n), magics[i].bytes))
			return true;
	return false;
}
