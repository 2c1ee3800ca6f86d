/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block page: what a person sees instead of what was refused. Pure; every text is treated
 * as hostile (a peer chose the URL and the signature's name may quote it).
 */
#ifndef GATEWAY_PAGE_H
#define GATEWAY_PAGE_H

#include "core/buf.h"
#include "http/head.h"

/* Texts may be empty; a row without text is left out. A URL is cut at 512 bytes, others at 2 KiB. */
struct page {
	struct str title;    /* "Download blocked"; empty: "Access blocked" */
	struct str reason;   /* for the person: the rule's own text, else what happened */
	struct str rule;     /* name of the rule that decided */
	struct str verdict;  /* "infected", "unscannable: encrypted" */
	struct str name;     /* signature or heuristic */
	struct str host;
	struct str url;
	struct str incident; /* identifier to quote to the help desk; also in the audit */
	struct str time;     /* as in the audit */
	struct str gateway;  /* who blocked; empty: "sallyport" */
	/* Wait pages only: what is waited for, how far it is, and where the page goes by itself. */
	bool calm;	     /* nothing was refused: another sign and colour */
	struct str file, progress;
	struct str next;     /* path that is asked for after `seconds`, also without scripts */
	unsigned seconds;
	struct str link;     /* path behind a link that says link_text */
	const char *link_text;
};

/* Append the page as HTML or as plain text: 0, -ERR_LIMIT or -ERR_NOMEM (nothing appended). */
int page_write(struct buf *body, bool html, const struct page *p);

/* The Content-Type that goes with it. */
const char *page_type(bool html);

/*
 * Does a person look at the answer? Sec-Fetch-Dest (document or a frame) decides where it is sent,
 * else Accept with text/html of a quality above zero.
 */
bool page_wants_html(const struct head *request);

#endif
