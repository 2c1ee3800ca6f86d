/* SPDX-License-Identifier: BSD-2-Clause */
/* Anchors and preloaded intermediates as a worker reads them. */
#include "gateway/anchors.h"

#include <stdio.h>

#include "core/log.h"
#include "mitm/intermediates.h"

/* The preloaded intermediates go with the anchors. False: there is such a file without any. */
static bool add_intermediates(const struct bundle *b, bool tell, struct verify_store *store)
{
	struct str pem = STR_NONE;
	struct intermediates *i;
	size_t bad = 0;

	if (!bundle_get(b, STR("intermediates"), &pem))
		return true;
	i = intermediates_new(pem, &bad);
	if (tell)
		log_info("%zu intermediate certificates are preloaded, %zu cannot be read",
		    intermediates_count(i), bad);
	if (i != NULL)
		verify_store_preload(store, i);
	return i != NULL;
}

struct verify_store *anchors_load(const struct bundle *b, struct str entry, bool tell, char *text, size_t n)
{
	struct str pem = STR_NONE, own = STR_NONE;
	struct verify_store *store;
	struct verify_counts c;
	int err;

	bundle_get(b, entry, &pem);
	bundle_get(b, STR("ca.cert"), &own);
	store = verify_store_new(pem, own, &err);
	if (store == NULL) {
		snprintf(text, n, "%s: no certificate in it may be an anchor",
		    str_eq(entry, STR("trust")) ? "tls.trust" : "the engine's ca");
		return NULL;
	}
	if (!add_intermediates(b, tell, store)) {
		snprintf(text, n, "tls.intermediates: the file holds no certificate");
		verify_store_free(store);
		return NULL;
	}
	c = verify_store_counts(store);
	if (tell)
		log_info("trust store: %u anchors; left out: %u expired, %u weak, %u our own, %u unreadable",
		    c.anchors, c.expired, c.weak, c.own, c.unreadable);
	return store;
}
