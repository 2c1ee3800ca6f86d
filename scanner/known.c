/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table in shared memory: buckets of a few slots, found by the digest's own bits. A slot is a
 * run of words that are read and written one by one.
 */
#include "scanner/known.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/siphash.h"
#include "scanner/client.h"

/* Words of a slot: the digest in four, then these; the verdict as a message from VERDICT_AT on. */
enum { LENGTH = 4, GENERATION, WHEN, CHECK, VERDICT_AT, WORDS = KNOWN_CONTENT_WORDS };
/* In the word WHEN: seconds, of whose client it is, bytes of the verdict. */
enum { OF_SHIFT = 40, PACKED_SHIFT = 56 };
enum { PACKED_MOST = (WORDS - VERDICT_AT) * 8, WAYS = KNOWN_CONTENT_WAYS, DIGEST_WORDS = 4 };
enum { CLIENT_MOST = WAYS / 2 /* slots of a full bucket that one client's content takes */ };
enum { AHEAD = 3600 /* s: a clock that was set back makes no eternal entries */ };
enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW };
#define MAGIC 0x31746e6f436e7753ull

struct slot {
	_Atomic uint64_t word[WORDS];
};

struct table {
	_Atomic uint64_t magic, buckets, generation, count;
	uint64_t key[2], spare[2]; /* the key is written before anybody maps it */
	struct slot slots[];
};

struct known_content {
	struct table *t;
	size_t size;
	uint64_t buckets; /* as it was checked: the shared number may change */
	uint64_t key[2];
};

static uint64_t load(const _Atomic uint64_t *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}

static void store(_Atomic uint64_t *at, uint64_t v)
{
	atomic_store_explicit(at, v, memory_order_relaxed);
}

/* ---- rows ---- */

uint64_t known_content_mix(uint64_t check, uint64_t word)
{
	check = (check ^ word) * 0x9e3779b97f4a7c15ull;
	return check ^ check >> 29;
}

static uint64_t check_of(const uint64_t w[WORDS])
{
	uint64_t check = MAGIC;

	for (unsigned i = 0; i < WORDS; i++)
		if (i != CHECK)
			check = known_content_mix(check, w[i]);
	return check | 1; /* 0: free */
}

static uint64_t when(uint64_t word)
{
	return word & (((uint64_t)1 << OF_SHIFT) - 1);
}

static uint16_t of(uint64_t word)
{
	return (uint16_t)(word >> OF_SHIFT);
}

bool known_content_pack(const struct known_content_row *row, uint64_t w[WORDS])
{
	char space[PACKED_MOST];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (row->verdict.class != VERDICT_CLEAN || row->at >> OF_SHIFT != 0 ||
	    scan_pack_verdict(&b, 0, &row->verdict) != 0)
		return false;
	memset(w, 0, WORDS * sizeof(*w));
	memcpy(w, row->digest, KNOWN_CONTENT_DIGEST);
	memcpy(w + VERDICT_AT, space, b.len);
	w[LENGTH] = row->length;
	w[GENERATION] = row->generation;
	w[WHEN] = row->at | (uint64_t)row->of << OF_SHIFT | (uint64_t)b.len << PACKED_SHIFT;
	w[CHECK] = check_of(w);
	return true;
}

bool known_content_unpack(const uint64_t w[WORDS], struct known_content_row *row)
{
	uint64_t n = w[WHEN] >> PACKED_SHIFT, id;

	if (w[CHECK] != check_of(w) || n > PACKED_MOST ||
	    scan_read_verdict(str_of((const char *)(w + VERDICT_AT), n), &id, &row->verdict) != 0 ||
	    row->verdict.class != VERDICT_CLEAN)
		return false;
	memcpy(row->digest, w, KNOWN_CONTENT_DIGEST);
	row->length = w[LENGTH];
	row->generation = w[GENERATION];
	row->at = when(w[WHEN]);
	row->of = of(w[WHEN]);
	return true;
}

/* ---- slots ---- */

static bool read_slot(const struct slot *s, struct known_content_row *row)
{
	uint64_t w[WORDS];

	if (load(&s->word[CHECK]) == 0)
		return false;
	for (unsigned i = 0; i < WORDS; i++)
		w[i] = load(&s->word[i]);
	return known_content_unpack(w, row);
}

/* The check goes first and comes last: in between there is no entry. */
static void write_slot(struct table *t, struct slot *s, const uint64_t w[WORDS])
{
	uint64_t before = atomic_exchange(&s->word[CHECK], 0);

	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned i = 0; i < WORDS && w != NULL; i++)
		if (i != CHECK)
			store(&s->word[i], w[i]);
	if (w != NULL)
		atomic_store_explicit(&s->word[CHECK], w[CHECK], memory_order_release);
	if (before == 0 && w != NULL)
		atomic_fetch_add_explicit(&t->count, 1, memory_order_relaxed);
	if (before != 0 && w == NULL)
		atomic_fetch_sub_explicit(&t->count, 1, memory_order_relaxed);
}

/* By a key that nobody outside knows: whom what falls together with cannot be arranged. */
static struct slot *bucket_of(const struct known_content *k, const unsigned char *digest)
{
	uint64_t words[DIGEST_WORDS];

	memcpy(words, digest, sizeof(words));
	return k->t->slots + siphash(k->key, words, DIGEST_WORDS) % k->buckets * WAYS;
}

uint16_t known_content_of(const struct known_content *k, uint64_t client)
{
	return client == 0 ? 0 : (uint16_t)(1 + siphash(k->key, &client, 1) % UINT16_MAX);
}

/* The slot of some content, of whatever generation: NULL when there is none. */
static struct slot *find_slot(
    const struct known_content *k, const unsigned char *digest, uint64_t length, struct known_content_row *row)
{
	struct slot *s = bucket_of(k, digest);
	uint64_t first;

	memcpy(&first, digest, sizeof(first));
	for (unsigned i = 0; i < WAYS; i++)
		if (load(&s[i].word[0]) == first && load(&s[i].word[LENGTH]) == length && read_slot(&s[i], row) &&
		    row->length == length && memcmp(row->digest, digest, KNOWN_CONTENT_DIGEST) == 0)
			return &s[i];
	return NULL;
}

bool known_content_find(const struct known_content *k, const unsigned char digest[KNOWN_CONTENT_DIGEST],
    uint64_t length, uint64_t now, uint64_t age, struct verdict *v)
{
	uint64_t generation = load(&k->t->generation);
	struct known_content_row row;

	if (generation == 0 || find_slot(k, digest, length, &row) == NULL || row.generation != generation ||
	    row.at > now + AHEAD || row.at + age < now)
		return false;
	*v = row.verdict;
	v->usec = 0; /* no job was busy with it */
	return true;
}

/* What a clock that was ahead has dated is older than all. */
static uint64_t age_key(uint64_t word, uint64_t now)
{
	return when(word) > now + AHEAD ? 0 : when(word);
}

/*
 * A free slot of the bucket, else the one that was written first: of the same client's, where these are
 * half of the bucket, so that nobody alone can make the table forget what others had.
 */
static struct slot *place_for(struct slot *s, const struct known_content_row *row)
{
	struct slot *best[2] = { NULL, NULL }; /* of all; of the same client's */
	uint64_t least[2] = { UINT64_MAX, UINT64_MAX };
	unsigned own = 0;

	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t word = load(&s[i].word[WHEN]), age = age_key(word, row->at);
		bool same = row->of != 0 && of(word) == row->of;

		if (load(&s[i].word[CHECK]) == 0)
			return &s[i];
		own += same;
		for (unsigned which = 0; which < 1u + same; which++)
			if (best[which] == NULL || age < least[which]) {
				best[which] = &s[i];
				least[which] = age;
			}
	}
	return best[own >= CLIENT_MOST];
}

void known_content_add(struct known_content *k, const struct known_content_row *row)
{
	struct known_content_row old;
	struct slot *s = find_slot(k, row->digest, row->length, &old);
	uint64_t w[WORDS];

	if (known_content_pack(row, w))
		write_slot(k->t, s != NULL ? s : place_for(bucket_of(k, row->digest), row), w);
}

bool known_content_drop(struct known_content *k, const unsigned char digest[KNOWN_CONTENT_DIGEST],
    uint64_t length, uint64_t *generation)
{
	struct known_content_row row;
	struct slot *s;
	bool found = false;

	/* Two scanners at a change of signatures may have written it twice. */
	for (unsigned i = 0; i < WAYS && (s = find_slot(k, digest, length, &row)) != NULL; i++) {
		*generation = row.generation;
		found = true;
		write_slot(k->t, s, NULL);
	}
	return found;
}

void known_content_each(const struct known_content *k, known_content_fn *fn, void *arg)
{
	struct known_content_row row;

	for (uint64_t i = 0; i < k->buckets * WAYS; i++)
		if (read_slot(&k->t->slots[i], &row) && !fn(arg, &row))
			return;
}

/* ---- the memory ---- */

void known_content_serve(struct known_content *k, uint64_t generation)
{
	store(&k->t->generation, generation);
}

uint64_t known_content_count(const struct known_content *k)
{
	return load(&k->t->count);
}

uint64_t known_content_most(const struct known_content *k)
{
	return k->buckets * WAYS;
}

int known_content_create(uint64_t entries)
{
	uint64_t buckets = entries / WAYS + (entries % WAYS != 0 || entries == 0);
	size_t size = sizeof(struct table) + buckets * WAYS * sizeof(struct slot);
	int fd = memfd_create("known-content", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct table head = { .magic = MAGIC, .buckets = buckets };
	bool keyed = getrandom(head.key, sizeof(head.key), 0) == (ssize_t)sizeof(head.key);

	/* 0600: a worker has another user than root, should it ever find a way to open it anew. */
	if (fd >= 0 && keyed && fchmod(fd, 0600) == 0 && ftruncate(fd, (off_t)size) == 0 &&
	    pwrite(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -ERR_SYSTEM;
}

int known_content_read_only(int fd)
{
	char path[64];
	int copy;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	copy = open(path, O_RDONLY | O_CLOEXEC);
	return copy >= 0 ? copy : -ERR_SYSTEM;
}

static bool is_table(const struct known_content *k)
{
	uint64_t buckets = load(&k->t->buckets);

	return load(&k->t->magic) == MAGIC && buckets > 0 &&
	       buckets == (k->size - sizeof(struct table)) / sizeof(struct slot) / WAYS;
}

struct known_content *known_content_map(int fd, bool writer)
{
	struct known_content *k = calloc(1, sizeof(*k));
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (k == NULL)
		return NULL;
	k->t = MAP_FAILED;
	if (seals >= 0 && (seals & F_SEAL_SHRINK) != 0 && fstat(fd, &st) == 0 &&
	    (uint64_t)st.st_size > sizeof(struct table)) {
		k->size = (size_t)st.st_size;
		k->t = mmap(NULL, k->size, writer ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	}
	/* Jobs are forked from the writer, and must not write. */
	if (k->t != MAP_FAILED && is_table(k) && (!writer || madvise(k->t, k->size, MADV_DONTFORK) == 0)) {
		k->buckets = load(&k->t->buckets);
		memcpy(k->key, k->t->key, sizeof(k->key));
		return k;
	}
	known_content_free(k);
	return NULL;
}

void known_content_free(struct known_content *k)
{
	if (k != NULL && k->t != MAP_FAILED)
		munmap(k->t, k->size);
	free(k);
}
