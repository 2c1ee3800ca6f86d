/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of hashes and containers of them; the first byte picks the kind and the size of pieces. */
#include <assert.h>
#include <string.h>

#include "scanner/hashlist.h"
#include "scanner/retro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 1 << 20, INPUT_MAX = 1 << 18 };

struct seen {
	uint64_t lines, bytes;
	bool bad;
};

static void on_line(void *arg, enum hashlist kind, bool contained, struct str line)
{
	struct seen *s = arg;
	struct hash_entry e;
	uint64_t others = 0;

	(void)contained;
	assert(kind != HASHLIST_NONE && kind != HASHLIST_CONTAINER && line.n > 0 && line.n <= 4096);
	assert(str_chr(line, '\n') < 0);
	if (hashlist_entry(line, 210, &e, &others))
		assert(e.name.n > 0 && (e.any_size || e.size > 0));
	assert(hashlist_ignored(line).n <= line.n);
	s->lines++;
	s->bytes += line.n;
}

static struct seen feed(enum hashlist kind, struct str in, size_t piece)
{
	struct seen s = { 0 };
	struct hashlist_reader *r = hashlist_reader_new(kind, MOST, on_line, &s);

	assert(r != NULL);
	for (size_t at = 0; at < in.n; at += piece)
		hashlist_feed(r, str_sub(in, at, piece));
	s.bad = hashlist_end(r) != 0;
	hashlist_reader_free(r);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data + 1, size > 0 ? size - 1 : 0);
	enum hashlist kind;
	struct seen a, b;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	kind = (enum hashlist)(1 + data[0] % 4);
	a = feed(kind, in, in.n + 1);
	b = feed(kind, in, 1u + data[0]);
	/* How much comes out before the damage depends on the pieces. */
	assert(a.bad == b.bad && (a.bad || (a.lines == b.lines && a.bytes == b.bytes)));
	return 0;
}
