/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings for programs and for people. What strangers wrote is printed without control bytes. */
#include "gateway/hunt_text.h"

#include <stdio.h>

#include "core/counter.h"
#include "core/log.h"

/* Bytes of lists, such that a line of 64 KiB has room for all, escaped: clients are addresses. */
enum { CLIENTS_MAX = 24000, LIST_MAX = 8000, KEY_MAX = 32, NAMED = 5 };

/* Whole texts with blanks between them, as many as fit; no text has a blank but where somebody sent one. */
static void join(struct buf *to, const struct hunt_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (buf_printf(to, "%s%s", i > 0 ? " " : "", t->text[i]) != 0)
			return;
}

static uint64_t count_of(const struct hunt_texts *t)
{
	return t->n + t->nothers;
}

static void texts_fields(struct json *j, const char *what, const struct hunt_texts *t, size_t most)
{
	char key[KEY_MAX];
	struct buf list;

	buf_init(&list, most);
	join(&list, t);
	json_str(j, what, buf_view(&list));
	buf_free(&list);
	snprintf(key, sizeof(key), "%s_count", what);
	json_u64(j, key, count_of(t));
	snprintf(key, sizeof(key), "%s_more", what);
	if (t->more)
		json_bool(j, key, true);
}

static const char *direction(const struct hunt_finding *f)
{
	bool down = f->downloads + f->downloads_part + f->downloads_later > 0;
	bool up = f->uploads + f->uploads_part > 0;

	return down && up ? "both" : down ? "down" : up ? "up" : "none";
}

void hunt_fields(struct json *j, const struct hunt_finding *f)
{
	char hex[2 * AUDIT_SHA256 + 1];

	audit_write_sha256(f->sha256, hex);
	json_c(j, "sha256", hex);
	if (f->name[0] != '\0')
		json_c(j, "signature", f->name);
	json_bool(j, "found", hunt_found(f));
	if (!hunt_found(f))
		return;
	json_u64(j, "length", f->length);
	json_c(j, "first", f->first);
	json_c(j, "last", f->last);
	json_c(j, "direction", direction(f));
	json_u64(j, "downloads", f->downloads);
	json_u64(j, "downloads_part", f->downloads_part);
	json_u64(j, "downloads_later", f->downloads_later);
	json_u64(j, "uploads", f->uploads);
	json_u64(j, "uploads_part", f->uploads_part);
	json_u64(j, "blocked", f->blocked);
	texts_fields(j, "clients", &f->clients, CLIENTS_MAX);
	texts_fields(j, "hosts", &f->hosts, LIST_MAX);
	texts_fields(j, "paths", &f->paths, LIST_MAX);
	if (f->incidents.n > 0)
		texts_fields(j, "incidents", &f->incidents, LIST_MAX);
}

void hunt_scope_fields(struct json *j, const struct hunt_scope *s)
{
	json_u64(j, "files", s->files);
	json_u64(j, "files_left", s->files_left);
	if (s->files_left > 0)
		json_c(j, "left", s->left);
	json_u64(j, "bytes", s->bytes);
	json_u64(j, "lines_unread", s->unread);
}

void hunt_log(const struct hunt_finding *f, bool late)
{
	char hex[2 * AUDIT_SHA256 + 1], names[256] = "";
	size_t n = 0;

	COUNT_ADD(retro_alerts, 1);
	audit_write_sha256(f->sha256, hex);
	if (!hunt_found(f)) {
		log_warn("RETRO-HUNT: %s was clean and is %s by the signatures now in force; the audit names nobody who had it",
		    hex, f->name);
		return;
	}
	for (size_t i = 0; i < f->clients.n && i < NAMED; i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, " %.40s", f->clients.text[i]);
	log_error("RETRO-HUNT: %s is %s by the signatures now in force and was let by as clean%s: %llu downloads, "
		  "%llu in part, %llu behind a wait page; %llu uploads, %llu in part; %llu clients:%s%s; first %.30s, last %.30s",
	    hex, f->name, late ? ", to its end only now" : "", (unsigned long long)f->downloads,
	    (unsigned long long)f->downloads_part, (unsigned long long)f->downloads_later, (unsigned long long)f->uploads,
	    (unsigned long long)f->uploads_part, (unsigned long long)count_of(&f->clients), names,
	    f->clients.n > NAMED ? " ..." : "", f->first, f->last);
}

static int print_texts(struct buf *out, const char *what, const struct hunt_texts *t)
{
	int r = t->n > 0 ? buf_printf(out, "  %-10s", what) : 0;
	uint64_t rest = t->nothers;

	for (size_t i = 0; i < t->n && r == 0; i++)
		r = buf_printf(out, " %s", t->text[i]);
	if (r == 0 && rest > 0)
		r = buf_printf(out, " and %s%llu more", t->more ? "at least " : "", (unsigned long long)rest);
	return r == 0 && t->n > 0 ? buf_str(out, STR("\n")) : r;
}

static int print_counts(struct buf *out, const struct hunt_finding *f)
{
	return buf_printf(out, "  %-10s %llu whole, %llu in part, %llu behind a wait page\n  %-10s %llu whole, %llu in part\n"
			       "  %-10s %llu\n  %-10s %s\n  %-10s %s\n",
	    "received", (unsigned long long)f->downloads, (unsigned long long)f->downloads_part,
	    (unsigned long long)f->downloads_later, "sent", (unsigned long long)f->uploads,
	    (unsigned long long)f->uploads_part, "blocked", (unsigned long long)f->blocked, "first", f->first,
	    "last", f->last);
}

int hunt_print(struct buf *out, const struct hunt_finding *f)
{
	char hex[2 * AUDIT_SHA256 + 1];
	int r;

	audit_write_sha256(f->sha256, hex);
	if (!hunt_found(f))
		return buf_printf(out, "%s: nobody, as far as the audit goes\n", hex);
	r = buf_printf(out, "%s: %llu bytes\n", hex, (unsigned long long)f->length);
	if (r == 0)
		r = print_counts(out, f);
	if (r == 0)
		r = print_texts(out, "clients", &f->clients);
	if (r == 0)
		r = print_texts(out, "hosts", &f->hosts);
	if (r == 0)
		r = print_texts(out, "paths", &f->paths);
	return r == 0 ? print_texts(out, "incidents", &f->incidents) : r;
}

int hunt_scope_print(struct buf *out, const struct hunt_scope *s)
{
	int r = buf_printf(out, "searched: %u files, %llu bytes\n", s->files, (unsigned long long)s->bytes);

	if (r == 0 && s->files_left > 0)
		r = buf_printf(out, "NOT searched: %u files: %s\n", s->files_left, s->left);
	if (r == 0 && s->unread > 0)
		r = buf_printf(out, "NOT read: %llu lines with one of these digests\n", (unsigned long long)s->unread);
	return r;
}
