/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where frames begin and end in the bytes that come in (RFC 9113 section 4.1), to know since when a
 * frame or a head is not whole. Pure; what frames mean is not looked at.
 */
#ifndef HTTP_H2_FRAMES_H
#define HTTP_H2_FRAMES_H

#include <stdbool.h>

#include "core/str.h"

struct h2_frames {
	size_t skip;	 /* bytes of the preface still to come */
	unsigned char header[9];
	unsigned have;	 /* of header */
	uint32_t left;	 /* of the payload */
	bool data;	 /* it is a body's: that may take its time */
	bool head;	 /* a head goes on with the next frame */
	uint64_t since;	 /* ms; what is under way began then; 0: nothing is */
};

/* Bytes came at now (ms, not 0). */
void h2_frames_walk(struct h2_frames *f, struct str in, uint64_t now);

#endif
