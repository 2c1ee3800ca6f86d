/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Audio and video that is what it says (design: STREAM), and signs that it is something else besides: a file
 * that begins as music and ends as an archive is music to a player and an archive to who unpacks it. Pure.
 */
#ifndef GATEWAY_MEDIA_H
#define GATEWAY_MEDIA_H

#include "core/str.h"

enum media {
	MEDIA_NONE,  /* not proved */
	MEDIA_STREAM /* a container or coding that players take from its beginning */
};

/*
 * What the first bytes prove, by more than a magic number: the structure behind it must fit. Containers: ISO base
 * media, Matroska, Ogg, FLAC, RIFF (WAVE, AVI), FLV, ID3; bare frames (radio): MPEG audio, ADTS, MPEG-TS.
 */
enum media media_of(struct str first);

/* ---- what has no place in media ---- */

enum { FOREIGN_CARRY = 15 };

struct foreign {
	unsigned char carry[FOREIGN_CARRY]; /* the last bytes before */
	size_t n;
	uint64_t at; /* offset of the next byte */
};

/*
 * The next bytes of a body that plays as media. NULL, or the word of a format whose readers would find it in
 * there: "zip" (members or directory, anywhere), "rar", "7z", "tar", "iso", "pdf", "html", "cab" where their readers
 * look. Ended bytes may be told with the piece behind them, at most FOREIGN_CARRY later.
 */
const char *foreign_find(struct foreign *s, struct str data);

#endif
