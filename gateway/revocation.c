/* SPDX-License-Identifier: BSD-2-Clause */
/* From the files that the configuration names to what is known to be revoked. */
#include "gateway/revocation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/exit.h"
#include "core/err.h"
#include "gateway/parent.h"

void revocation_entry(const char *path, char *to, size_t n)
{
	snprintf(to, n, "revocation:%s", path);
}

/* Finds a file's bytes; valid until the load is done. */
typedef bool find_fn(void *arg, const char *path, struct str *bytes);

static struct revoke *load(
    const struct config *conf, find_fn *find, void *arg, char *text, size_t n)
{
	const struct config_tls *tls = config_tls(conf);
	struct revoke_file set = { "", STR_NONE };
	struct revoke_file *lists = calloc(tls->crl_n + 1, sizeof(*lists));
	struct revoke *r = NULL;
	const char *missing = NULL;

	snprintf(text, n, "out of memory");
	if (lists == NULL)
		return NULL;
	if (tls->revocation_set != NULL) {
		set.path = tls->revocation_set;
		if (!find(arg, set.path, &set.bytes))
			missing = set.path;
	}
	for (unsigned i = 0; i < tls->crl_n && missing == NULL; i++) {
		lists[i].path = tls->crl[i];
		if (!find(arg, tls->crl[i], &lists[i].bytes))
			missing = tls->crl[i];
	}
	if (missing != NULL)
		snprintf(text, n, "%s: it cannot be read", missing);
	else
		r = revoke_new(&set, lists, tls->crl_n, text, n);
	free(lists);
	return r;
}

static bool find_in_bundle(void *arg, const char *path, struct str *bytes)
{
	char name[4200];

	revocation_entry(path, name, sizeof(name));
	return bundle_get(arg, str_c(name), bytes);
}

struct revoke *revocation_load(
    const struct bundle *b, const struct config *conf, char *text, size_t n)
{
	return load(conf, find_in_bundle, (void *)(uintptr_t)b, text, n);
}

/* ---- sallyport check ---- */

struct files {
	struct buf *bytes;
	size_t n;
};

static bool find_in_files(void *arg, const char *path, struct str *bytes)
{
	struct files *f = arg;
	struct buf *b = &f->bytes[f->n];

	if (parent_read_file(path, REVOCATION_MAX, b) != 0)
		return false;
	f->n++;
	*bytes = buf_view(b);
	return true;
}

int revocation_check(const struct config *conf)
{
	const struct config_tls *tls = config_tls(conf);
	struct files f = { calloc(tls->crl_n + 1, sizeof(*f.bytes)), 0 };
	struct revoke_counts c;
	struct revoke *r;
	char text[512];

	if (f.bytes == NULL)
		return EXIT_OTHER;
	r = load(conf, find_in_files, &f, text, sizeof(text));
	for (size_t i = 0; i < f.n; i++)
		buf_free(&f.bytes[i]);
	free(f.bytes);
	if (r == NULL) {
		fprintf(stderr, "sallyport check: %s\n", text);
		return EXIT_CONFIG;
	}
	c = revoke_counts(r);
	if (tls->crl_n > 0 || tls->revocation_set != NULL)
		printf("revocation: %zu keys and %zu serial numbers in the set, %zu lists with %zu "
		       "certificates, %zu of the lists out of date\n",
		    c.keys, c.serials, c.lists, c.listed, c.old);
	revoke_free(r);
	return EXIT_OK;
}
