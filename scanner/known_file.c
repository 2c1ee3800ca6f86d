/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of known content. */
#include "scanner/known_file.h"

#include "core/err.h"
#include "core/pack.h"

enum { WORD = 8, FRAME = 3 * WORD, ROW = KNOWN_CONTENT_WORDS * WORD };
#define MAGIC 0x31306e776f6e6b73ull /* "sknown01": of which the last two are the version */

size_t known_file_most(uint64_t rows)
{
	return FRAME + rows * ROW;
}

static uint64_t check_of(struct str s)
{
	struct rd r = rd_of(s);
	uint64_t check = MAGIC;

	for (size_t i = 0; i < s.n / WORD; i++)
		check = known_content_mix(check, rd_u64(&r));
	return check;
}

struct writing {
	struct buf *out;
	uint64_t rows;
	int err;
};

static bool write_row(void *arg, const struct known_content_row *row)
{
	struct writing *w = arg;
	struct known_content_row kept = *row;
	uint64_t words[KNOWN_CONTENT_WORDS];

	kept.of = 0; /* says nothing to the next table, and shall say nothing to anybody */
	if (!known_content_pack(&kept, words))
		return true;
	for (unsigned i = 0; i < KNOWN_CONTENT_WORDS && w->err == 0; i++)
		w->err = pack_u64(w->out, words[i]);
	w->rows++;
	return w->err == 0;
}

int known_file_write(const struct known_content *k, struct buf *out)
{
	struct writing w = { .out = out };
	size_t at = out->len;
	struct buf number;
	char space[WORD];
	int r = pack_u64(out, MAGIC);

	r = r != 0 ? r : pack_u64(out, 0); /* the number of rows, known afterwards */
	if (r != 0)
		return r;
	known_content_each(k, write_row, &w);
	if (w.err != 0)
		return w.err;
	number = (struct buf){ .p = space, .cap = WORD, .max = WORD };
	pack_u64(&number, w.rows);
	for (unsigned i = 0; i < WORD; i++)
		out->p[out->off + at + WORD + i] = space[i];
	return pack_u64(out, check_of(str_sub(buf_view(out), at, out->len)));
}

static bool read_row(struct rd *r, struct known_content_row *row)
{
	uint64_t words[KNOWN_CONTENT_WORDS];

	for (unsigned i = 0; i < KNOWN_CONTENT_WORDS; i++)
		words[i] = rd_u64(r);
	return known_content_unpack(words, row);
}

int known_file_read(struct str file, struct known_content *k)
{
	struct str end = str_sub(file, file.n >= WORD ? file.n - WORD : 0, WORD);
	struct rd r = rd_of(file), last = rd_of(end);
	uint64_t magic = rd_u64(&r), rows = rd_u64(&r);
	struct known_content_row row;
	struct rd again;

	if (file.n < FRAME || magic != MAGIC || rows != (file.n - FRAME) / ROW || (file.n - FRAME) % ROW != 0 ||
	    rd_u64(&last) != check_of(str_sub(file, 0, file.n - WORD)))
		return -ERR_PROTO;
	again = r;
	for (uint64_t i = 0; i < rows; i++)
		if (!read_row(&r, &row))
			return -ERR_PROTO;
	for (uint64_t i = 0; i < rows && read_row(&again, &row); i++)
		known_content_add(k, &row);
	return 0;
}
