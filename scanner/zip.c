/* SPDX-License-Identifier: BSD-2-Clause */
/* The central directory of a ZIP (APPNOTE 4.3.12 and 4.3.16), walked with every offset checked. */
#include "scanner/zip.h"

#include <string.h>

enum {
	END_SIZE = 22,
	ENTRY_SIZE = 46,
	END_SEARCH = 1 << 20, /* a comment is at most 64 KiB; some tools append more */
	FLAG_ENCRYPTED = 1,
	LOCAL_SIZE = 30,
	DEFLATED = 8,
	PROBES = 256, /* members that are looked into; what they unpack to is bounded by the engine's limits */
	TINY = 5 /* the engine looks at no file of up to five bytes */
};

static uint32_t le(struct str s, size_t at, size_t bytes)
{
	uint32_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v |= (uint32_t)(unsigned char)s.p[at + i] << (8 * i);
	return v;
}

static bool is_at(struct str s, size_t at, const char *four)
{
	return at + 4 <= s.n && memcmp(s.p + at, four, 4) == 0;
}

/*
 * The last end record whose directory lies within the file, as the engine picks it: comments may
 * hold forged ones.
 */
static bool find_end(struct str f, size_t *end, bool *zip64)
{
	size_t stop = f.n > END_SEARCH ? f.n - END_SEARCH : 0;

	*zip64 = false;
	if (f.n < END_SIZE)
		return false;
	for (size_t at = f.n - END_SIZE + 1; at-- > stop;) {
		if (!is_at(f, at, "PK\5\6"))
			continue;
		*zip64 = *zip64 || le(f, at + 16, 4) == UINT32_MAX;
		if (le(f, at + 16, 4) <= at) {
			*end = at;
			return true;
		}
	}
	return false;
}

/* A directory lies right before its end record (or, ZIP64, the locator does: 4.3.15), wherever offsets count from. */
static bool has_directory(struct str f, size_t end)
{
	uint32_t n = le(f, end + 12, 4);

	return (n <= end && is_at(f, end - n, "PK\1\2")) || (end >= 20 && is_at(f, end - 20, "PK\6\7"));
}

bool zip_ends_in(struct str f)
{
	struct str rest = str_sub(f, f.n > END_SEARCH ? f.n - END_SEARCH : 0, END_SEARCH);
	const char *at;

	while (rest.n >= END_SIZE && (at = memmem(rest.p, rest.n, "PK\5\6", 4)) != NULL) {
		size_t end = (size_t)(at - f.p);

		if (end + END_SIZE <= f.n && has_directory(f, end))
			return true;
		rest = str_sub(f, end + 4, f.n);
	}
	return false;
}

static bool method_known(uint32_t method)
{
	return method == 0 || method == 6 || method == 8 || method == 9 || method == 12;
}

enum zip_state zip_look(struct str f, uint32_t *members)
{
	size_t end, at;
	uint32_t seen = 0;
	bool zip64, unknown = false;

	*members = 0;
	if (!find_end(f, &end, &zip64))
		return zip64 ? ZIP_64 : ZIP_NO_END;
	for (at = le(f, end + 16, 4); at + ENTRY_SIZE <= end && is_at(f, at, "PK\1\2"); seen++) {
		bool plain = (le(f, at + 8, 2) & FLAG_ENCRYPTED) == 0 && le(f, at + 24, 4) > TINY;

		if (plain && !method_known(le(f, at + 10, 2)))
			unknown = true;
		*members += plain;
		at += ENTRY_SIZE + le(f, at + 28, 2) + le(f, at + 30, 2) + le(f, at + 32, 2);
	}
	if ((seen & 0xffff) != le(f, end + 10, 2) || (seen > 0 && at > end))
		return zip64 ? ZIP_64 : ZIP_DIRECTORY;
	return unknown ? ZIP_METHOD : ZIP_GOOD;
}

/* The packed bytes of an entry's member, up to the directory: the length may be a lie. */
static struct str packed_of(struct str f, size_t entry, size_t directory)
{
	size_t local = le(f, entry + 42, 4), begin;

	if (local + LOCAL_SIZE > f.n || !is_at(f, local, "PK\3\4"))
		return STR_NONE;
	begin = local + LOCAL_SIZE + le(f, local + 26, 2) + le(f, local + 28, 2);
	return begin < directory ? str_sub(f, begin, directory - begin) : STR_NONE;
}

bool zip_dense(struct str f, struct dense *d)
{
	size_t end, at, directory;
	unsigned probes = 0;
	bool zip64;

	if (!find_end(f, &end, &zip64))
		return false;
	directory = at = le(f, end + 16, 4);
	while (at + ENTRY_SIZE <= end && is_at(f, at, "PK\1\2") && probes < PROBES) {
		if (le(f, at + 10, 2) == DEFLATED && le(f, at + 20, 4) >= DENSE_LEAST) {
			probes++;
			if (dense_deflate(d, packed_of(f, at, directory), false))
				return true;
		}
		at += ENTRY_SIZE + le(f, at + 28, 2) + le(f, at + 30, 2) + le(f, at + 32, 2);
	}
	return false;
}
