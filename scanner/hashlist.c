/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file is by its name, and the lines of lists. */
#include "scanner/hashlist.h"

#include <string.h>

#include "core/err.h"

enum { FIELDS = 5, MD5 = 32, SHA1 = 40, SHA256 = 64 };

enum hashlist hashlist_kind(struct str name)
{
	static const struct {
		const char *end;
		enum hashlist kind;
	} ends[] = {
		{ ".hdb", HASHLIST_BAD }, { ".hsb", HASHLIST_BAD }, { ".hdu", HASHLIST_BAD }, { ".hsu", HASHLIST_BAD },
		{ ".fp", HASHLIST_GOOD }, { ".sfp", HASHLIST_GOOD }, { ".ign", HASHLIST_IGNORE },
		{ ".ign2", HASHLIST_IGNORE }, { ".cvd", HASHLIST_CONTAINER }, { ".cld", HASHLIST_CONTAINER },
		{ ".cud", HASHLIST_CONTAINER },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (str_isuffix(name, str_c(ends[i].end)))
			return ends[i].kind;
	return HASHLIST_NONE;
}

/* Up to FIELDS parts between colons; what is behind stays with the last. */
static unsigned split(struct str line, struct str to[FIELDS])
{
	unsigned n = 0;

	while (n < FIELDS) {
		ptrdiff_t colon = n + 1 < FIELDS ? str_chr(line, ':') : -1;

		to[n++] = str_sub(line, 0, colon >= 0 ? (size_t)colon : line.n);
		if (colon < 0)
			break;
		line = str_sub(line, (size_t)colon + 1, line.n);
	}
	return n;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct str hex, unsigned char *to)
{
	for (size_t i = 0; i < hex.n; i++) {
		int d = digit(hex.p[i]);

		if (d < 0)
			return false;
		to[i / 2] = (unsigned char)(i % 2 == 0 ? d << 4 : to[i / 2] | d);
	}
	return true;
}

/* Levels of the engine from which on and up to which a line counts; none given: always. */
static bool counts(const struct str *f, unsigned n, unsigned level)
{
	uint64_t least, most;

	if (n > 3 && f[3].n > 0 && (str_u64(f[3], &least) != 0 || least > level))
		return false;
	return n <= 4 || f[4].n == 0 || (str_u64(f[4], &most) == 0 && most >= level);
}

bool hashlist_entry(struct str line, unsigned level, struct hash_entry *to, uint64_t *others)
{
	struct str f[FIELDS];
	unsigned char any[SHA256 / 2];
	unsigned n = split(line, f);

	if (line.n == 0 || line.p[0] == '#' || n < 3 || f[2].n == 0 ||
	    (f[0].n != MD5 && f[0].n != SHA1 && f[0].n != SHA256) || !read_hex(f[0], any) || !counts(f, n, level))
		return false;
	if (f[0].n != SHA256) {
		++*others;
		return false;
	}
	to->any_size = str_eq(f[1], STR("*"));
	to->size = 0;
	if (!to->any_size && (str_u64(f[1], &to->size) != 0 || to->size == 0))
		return false;
	memcpy(to->sha256, any, sizeof(to->sha256));
	to->name = f[2];
	return true;
}

struct str hashlist_ignored(struct str line)
{
	struct str f[FIELDS];
	unsigned n = line.n > 0 && line.p[0] != '#' ? split(line, f) : 0;

	return n == 0 ? STR_NONE : n >= 3 ? f[2] : f[0];
}
