/* SPDX-License-Identifier: BSD-2-Clause */
/* The wait page, in the block page's dress. */
#include "gateway/wait_page.h"

#include <stdio.h>

#include "gateway/page.h"

static void amount(uint64_t n, char to[32])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
	double v = (double)n;
	size_t u = 0;

	while (v >= 1024 && u < 3)
		v /= 1024, u++;
	snprintf(to, 32, u == 0 ? "%.0f %s" : "%.1f %s", v, units[u]);
}

static struct str file_of(struct str url)
{
	ptrdiff_t q = str_chr(url, '?');
	struct str path = q >= 0 ? str_sub(url, 0, (size_t)q) : url, name = path;

	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '/')
			name = str_sub(path, i + 1, path.n);
	return name;
}

static const char *reason_of(enum wait_state s)
{
	switch (s) {
	case WAIT_SEARCHING:
		return "It has arrived and is being searched for malware. This page goes on by itself.";
	case WAIT_READY:
		return "It has been checked and may pass. It should begin by itself; if not, use the link.";
	default:
		return "It is on its way, and is searched for malware before you get it. This page goes on by itself.";
	}
}

int wait_page(struct buf *b, const struct wait_answer *a, struct str host, const char *own,
    const char *object, uint64_t refresh)
{
	char so_far[80], some[32], all[32];
	bool ready = a->state == WAIT_READY;
	struct page p = { .title = ready ? STR("Your download is ready") : STR("Your download is being checked"),
		.reason = str_c(reason_of(a->state)), .host = host, .calm = true, .file = file_of(a->url),
		.next = str_c(ready ? object : own), .seconds = ready ? 0 : (unsigned)((refresh + 999) / 1000),
		.link = ready ? str_c(object) : STR_NONE, .link_text = "Download" };

	amount(a->bytes, some);
	amount(a->total, all);
	snprintf(so_far, sizeof(so_far), a->total > 0 && !ready ? "%s of %s" : "%s", some, all);
	p.progress = str_c(so_far);
	return page_write(b, true, &p);
}
