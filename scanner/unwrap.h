/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the engine would not take apart: files inside forms, MIME parts, JSON, XML, HTML, data:
 * URLs. One step: bytes in, the objects that lie one wrapping deeper out. It goes by the bytes
 * alone, never by a declared type, and would rather find too much: an object that is none costs a
 * search. Pure and without I/O; time linear in the input.
 */
#ifndef SCANNER_UNWRAP_H
#define SCANNER_UNWRAP_H

#include "core/str.h"

enum {
	UNWRAP_LEAST = 65, /* bytes that text must decode to: digests up to SHA-512 are no files */
	UNWRAP_SINGLE = 1024, /* shorter pieces of escaped text are searched together */
	UNWRAP_BATCH = 1 << 20
};

struct unwrap {
	/*
	 * An object. own is NULL when its bytes lie in the input, else an allocation that is now the
	 * callee's. A guess is one reading of several, or cut where an escape stands: that it is
	 * malformed means nothing. False: no more, please.
	 */
	bool (*found)(void *arg, struct str bytes, char *own, bool guess);
	void *arg;
	bool stop;  /* found() said so */
	bool short_of_memory;
	char *batch; /* within one unwrap() only */
	size_t batched;
	bool batch_guess;
};

/* Take one wrapping off. Each of short_of_memory and stop is for the caller to judge. */
void unwrap(struct unwrap *u, struct str in);

/* The parts of it, for unwrap() itself. Each looks for one family of wrappings. */
void unwrap_mime(struct unwrap *u, struct str in);
void unwrap_base64(struct unwrap *u, struct str in);
void unwrap_data_urls(struct unwrap *u, struct str in);
void unwrap_json(struct unwrap *u, struct str in);
void unwrap_markup(struct unwrap *u, struct str in);
void unwrap_forms(struct unwrap *u, struct str in);
void unwrap_hex(struct unwrap *u, struct str in);
void unwrap_numbers(struct unwrap *u, struct str in);
void unwrap_escapes(struct unwrap *u, struct str in);
void unwrap_quoted(struct unwrap *u, struct str in);
void unwrap_uuencode(struct unwrap *u, struct str in);
void unwrap_utf16(struct unwrap *u, struct str in);
void unwrap_frames(struct unwrap *u, struct str in);

/* Room for the decoded form of n bytes; NULL (noted) when there is none. */
char *unwrap_room(struct unwrap *u, size_t n);

/* Hand over n decoded bytes: as an object, or, when short and not single, with others like it. */
void unwrap_give(struct unwrap *u, char *own, size_t n, bool single, bool guess);

/*
 * Room for n bytes among the short pieces, to be handed over by the next unwrap_give_short(); NULL where n is no short
 * piece or there is none (noted).
 */
char *unwrap_short(struct unwrap *u, size_t n);

/* The first n bytes of that room. */
void unwrap_give_short(struct unwrap *u, size_t n, bool guess);

/* An object that lies in the input. */
void unwrap_show(struct unwrap *u, struct str bytes, bool guess);

#endif
