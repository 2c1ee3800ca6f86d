/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of known content, and what a job answers. A file that is read and written again gives the
 * same rows; one that is refused adds none.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "scanner/client.h"
#include "scanner/known_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_clean(void *arg, const struct known_content_row *row)
{
	uint64_t *n = arg;

	if (row->verdict.class != VERDICT_CLEAN)
		abort();
	++*n;
	return true;
}

static void answer(struct str s)
{
	unsigned char digest[SCAN_DIGEST];
	struct verdict v;
	struct buf again;
	uint64_t id;

	if (scan_read_answer(s, &id, digest, &v) != 0)
		return;
	buf_init(&again, 1024);
	if (scan_pack_answer(&again, id, digest, &v) != 0 || again.len != s.n || memcmp(again.p, s.p, s.n) != 0)
		abort();
	buf_free(&again);
}

/* With a check that is right: else no mutation comes further than that. */
static void mend(char *p, size_t n)
{
	uint64_t check, word, rows = n / 8 > 3 ? (n / 8 - 3) / KNOWN_CONTENT_WORDS : 0;
	const uint64_t magic = 0x31306e776f6e6b73ull;

	memcpy(p, &magic, 8);
	memcpy(p + 8, &rows, 8);
	for (uint64_t i = 0; i < rows; i++) {
		struct known_content_row row = { .length = i };
		uint64_t w[KNOWN_CONTENT_WORDS];

		memcpy(w, p + 16 + i * sizeof(w), sizeof(w));
		row.verdict = verdict_make(VERDICT_CLEAN, REASON_NONE, STR_NONE);
		memcpy(row.digest, w, sizeof(row.digest));
		row.at = w[6] & UINT32_MAX;
		if ((w[7] & 1) != 0 && known_content_pack(&row, w))
			memcpy(p + 16 + i * sizeof(w), w, sizeof(w));
	}
	check = magic;
	for (size_t i = 0; i + 16 <= n; i += 8) {
		memcpy(&word, p + i, 8);
		check = known_content_mix(check, word);
	}
	memcpy(p + n - 8, &check, 8);
}

static void file(struct known_content *k, struct str s)
{
	uint64_t before = known_content_count(k), n = 0;
	struct buf again;

	if (known_file_read(s, k) != 0 && known_content_count(k) != before)
		abort();
	known_content_each(k, is_clean, &n);
	if (n != known_content_count(k))
		abort();
	buf_init(&again, known_file_most(known_content_most(k)));
	if (known_file_write(k, &again) != 0 || known_file_read(buf_view(&again), k) != 0 || known_content_count(k) != n)
		abort();
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of((const char *)data, size);
	int fd = known_content_create(32);
	struct known_content *k = known_content_map(fd, true);
	char *copy;

	answer(s);
	file(k, s);
	size -= size % 8;
	if (size >= 24 && (copy = malloc(size)) != NULL) {
		memcpy(copy, data, size);
		mend(copy, size);
		file(k, str_of(copy, size));
		free(copy);
	}
	known_content_free(k);
	close(fd);
	return 0;
}
