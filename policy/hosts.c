/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names in an open-addressing table over one run of bytes. */
#include "policy/hosts.h"

#include <assert.h>
#include <string.h>

enum { HOST_EXACT = 1, HOST_BELOW = 2 };
enum { HOST_SEED = 2166136261u, HOST_PRIME = 16777619 }; /* FNV-1a, run from the last byte on */

struct hosts {
	struct {
		uint32_t hash;
		uint32_t at; /* offset + 1 into names; 0: free */
	} * slots;
	uint32_t mask;
	char *names; /* per name: flags, length, bytes */
	size_t used, cap, n, n_max;
};

struct hosts *hosts_new(struct arena *a, size_t n, size_t bytes)
{
	struct hosts *h = arena_alloc(a, sizeof(*h));
	size_t slots = 8;

	if (h == NULL || n > HOSTS_MAX || bytes > UINT32_MAX / 4)
		return NULL;
	while (slots < 2 * n)
		slots *= 2;
	h->mask = (uint32_t)slots - 1;
	h->slots = arena_array(a, slots, sizeof(h->slots[0]));
	h->cap = bytes + 2 * n;
	h->names = arena_alloc(a, h->cap);
	h->n_max = n;
	return h->slots != NULL && h->names != NULL ? h : NULL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static uint32_t hash_step(uint32_t h, char c)
{
	return (h ^ (unsigned char)c) * HOST_PRIME;
}

/* Index of the slot that holds the name, or of the free one where it would go. */
static uint32_t slot_of(const struct hosts *h, uint32_t hash, struct str name)
{
	uint32_t i = (hash ^ hash >> 15) & h->mask;

	for (; h->slots[i].at != 0; i = (i + 1) & h->mask) {
		const char *e = h->names + h->slots[i].at - 1;

		if (h->slots[i].hash == hash && str_eq(name, str_of(e + 2, (unsigned char)e[1])))
			break;
	}
	return i;
}

static const char *bad_byte(unsigned char c, const char **fix)
{
	if (c >= 0x80) {
		*fix = "write the A-label, such as xn--bcher-kva.example for b\303\274cher.example";
		return "a host name in ASCII";
	}
	*fix = c == '*' ? "a leading dot means the name and all below: .example.com"
	       : c == ':' || c == '/'
		   ? "only the name: no scheme, port, path; addresses go to destination"
		   : "letters, digits, '-', '_' and dots only";
	return "a host name";
}

/* NULL when it is a sequence of labels (RFC 1035 section 2.3.4), else what it should be. */
static const char *host_check(struct str s, const char **fix)
{
	size_t label = 0;

	*fix = "for example bank.example, or .bank.example for all below it too";
	if (s.n == 0 || s.n > HOST_MAX)
		return "a host name of 1 to 253 bytes";
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (c == '.' && label == 0)
			return "a host name without an empty label";
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return "a host name with labels of at most 63 bytes";
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    c != '.')
			return bad_byte((unsigned char)c, fix);
	}
	return NULL;
}

/* Without one trailing dot: "example.com." is the same name. */
static struct str without_root(struct str s)
{
	return s.n > 1 && s.p[s.n - 1] == '.' ? str_sub(s, 0, s.n - 1) : s;
}

const char *hosts_add(struct hosts *h, struct str name, const char **fix)
{
	bool below = name.n > 0 && name.p[0] == '.';
	struct str s = without_root(below ? str_sub(name, 1, name.n) : name);
	const char *why = host_check(s, fix);
	uint32_t hash = HOST_SEED, slot;
	char *e = h->names + h->used;

	if (why != NULL)
		return why;
	assert(h->n < h->n_max && h->used + 2 + s.n <= h->cap);
	for (size_t i = s.n; i-- > 0;) {
		e[2 + i] = lower(s.p[i]);
		hash = hash_step(hash, e[2 + i]);
	}
	slot = slot_of(h, hash, str_of(e + 2, s.n));
	if (h->slots[slot].at == 0) {
		e[0] = 0;
		e[1] = (char)s.n;
		h->slots[slot].hash = hash;
		h->slots[slot].at = (uint32_t)h->used + 1;
		h->used += 2 + s.n;
		h->n++;
	}
	h->names[h->slots[slot].at - 1] |= below ? HOST_EXACT | HOST_BELOW : HOST_EXACT;
	return NULL;
}

bool hosts_match(const struct hosts *h, struct str name)
{
	char low[HOST_MAX];
	struct str s = without_root(name);
	uint32_t hash = HOST_SEED;

	if (s.n == 0 || s.n > sizeof(low))
		return false;
	for (size_t i = s.n; i-- > 0;) {
		uint32_t slot;

		low[i] = lower(s.p[i]);
		hash = hash_step(hash, low[i]);
		if (i > 0 && s.p[i - 1] != '.')
			continue;
		slot = slot_of(h, hash, str_of(low + i, s.n - i));
		if (h->slots[slot].at != 0 &&
		    (h->names[h->slots[slot].at - 1] & (i > 0 ? HOST_BELOW : HOST_EXACT)) != 0)
			return true;
	}
	return false;
}

size_t hosts_count(const struct hosts *h)
{
	return h->n;
}

/* Cut the next line off; comment and blanks are dropped. */
static bool next_line(struct str *rest, struct str *line)
{
	ptrdiff_t at = str_chr(*rest, '\n');
	struct str s = str_sub(*rest, 0, at >= 0 ? (size_t)at : rest->n);

	if (rest->n == 0)
		return false;
	*rest = str_sub(*rest, at >= 0 ? (size_t)at + 1 : rest->n, rest->n);
	at = str_chr(s, '#');
	if (at >= 0)
		s.n = (size_t)at;
	while (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	*line = str_trim(s);
	return true;
}

struct hosts *hosts_read(struct arena *a, struct str file, unsigned *line, struct str *name,
    const char **why, const char **fix)
{
	struct str rest, s;
	size_t n = 0, bytes = 0;
	struct hosts *h;

	if (file.n >= 3 && memcmp(file.p, "\xef\xbb\xbf", 3) == 0)
		file = str_sub(file, 3, file.n); /* a byte order mark, from some editors */
	*line = 0;
	for (rest = file; next_line(&rest, &s);) {
		n += s.n > 0;
		bytes += s.n;
	}
	h = hosts_new(a, n, bytes);
	for (rest = file; h != NULL && next_line(&rest, &s);) {
		++*line;
		if (s.n == 0)
			continue;
		*name = s;
		*why = hosts_add(h, s, fix);
		if (*why != NULL)
			return NULL;
	}
	*line = 0;
	return h;
}
