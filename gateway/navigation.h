/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who waits for an answer: a browser that would show whatever comes, or a program that would take
 * it for what it asked for. Pure.
 */
#ifndef GATEWAY_NAVIGATION_H
#define GATEWAY_NAVIGATION_H

#include "http/head.h"

/*
 * A page of ours may take the place of the answer: GET or POST of a navigation of a whole document
 * or frame (Fetch Metadata; without it, Accept that begins with text/html and a User-Agent of the
 * Mozilla kind). Not where a part is asked for, or fetched ahead: what is saved would be the page.
 */
bool navigation_of(const struct head *request);

/*
 * The answer is a download: it is to be saved (Content-Disposition: attachment, RFC 6266), or its
 * type is none that is a document with an address of its own (HTML, XML, SVG).
 */
bool navigation_downloads(const struct head *response);

#endif
