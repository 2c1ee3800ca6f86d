/* SPDX-License-Identifier: BSD-2-Clause */
/* Navigations and downloads, by their fields. */
#include "gateway/navigation.h"

static bool is(const struct head *h, const char *name, const char *value)
{
	struct str v;

	return head_get(h, name, &v) && str_ieq(v, str_c(value));
}

/* By Fetch Metadata, which browsers send on trustworthy connections: 1, 0, or -1 without it. */
static int by_metadata(const struct head *h)
{
	struct str v;

	if (!head_get(h, "sec-fetch-mode", &v) && !head_get(h, "sec-fetch-dest", &v))
		return -1;
	return (head_count(h, "sec-fetch-mode") == 0 || is(h, "sec-fetch-mode", "navigate")) &&
	       (is(h, "sec-fetch-dest", "document") || is(h, "sec-fetch-dest", "iframe") ||
		   is(h, "sec-fetch-dest", "frame"));
}

/* Programs that copy one of the two fields are few; those that copy both want to be browsers. */
static bool by_accept(const struct head *h)
{
	struct str v, first;

	if (!head_get(h, "accept", &v) || !str_next(&v, ',', &first) ||
	    !str_ieq(str_trim(first), STR("text/html")))
		return false;
	return head_get(h, "user-agent", &v) && str_iprefix(v, STR("Mozilla/"));
}

bool navigation_of(const struct head *h)
{
	int told = by_metadata(h);

	if (!str_eq(h->method, STR("GET")) && !str_eq(h->method, STR("POST")))
		return false;
	if (head_count(h, "range") > 0 || head_count(h, "sec-purpose") > 0 || head_count(h, "purpose") > 0)
		return false;
	return told >= 0 ? told == 1 : by_accept(h);
}

static struct str essence(struct str value)
{
	ptrdiff_t semicolon = str_chr(value, ';');

	return str_trim(semicolon >= 0 ? str_sub(value, 0, (size_t)semicolon) : value);
}

bool navigation_downloads(const struct head *h)
{
	static const struct str documents[] = { STR("text/html"), STR("application/xhtml+xml"),
		STR("text/xml"), STR("application/xml"), STR("image/svg+xml"), STR("") };
	struct str v, type = STR_NONE;

	if (head_get(h, "content-disposition", &v) && str_ieq(essence(v), STR("attachment")))
		return true;
	if (head_get(h, "content-type", &v))
		type = essence(v);
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
		if (str_ieq(type, documents[i]))
			return false;
	return true;
}
