/* SPDX-License-Identifier: BSD-2-Clause */
/* The samples: a short list of sealed memfds, and a longer one of digests. */
#include "gateway/samples.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/exit.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "gateway/samples_disk.h"
#include "scanner/poison.h"
#include "scanner/sample.h"

enum { SAMPLES_MOST = 1024, DIGITS_LEAST = 8, EVENTS_PER_SECOND = 20 };
enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };

struct kept {
	struct scan_sample about; /* its url points to url */
	char url[SCAN_URL_MAX + 1];
	char digest[SAMPLE_HEX + 1];
	int64_t when; /* milliseconds since 1970: the last time */
	unsigned times;
	int fd;
};

struct samples {
	struct parent *p;
	size_t n; /* the oldest first */
	uint64_t bytes;
	struct kept kept[SAMPLES_MOST];
	struct poison poison; /* in wall-clock milliseconds */
	int64_t second;
	unsigned events;
};

struct samples *samples_new(struct parent *p)
{
	struct samples *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->p = p;
	return s;
}

static void drop(struct samples *s, size_t i)
{
	s->bytes -= s->kept[i].about.length;
	close(s->kept[i].fd);
	s->n--;
	memmove(&s->kept[i], &s->kept[i + 1], (s->n - i) * sizeof(s->kept[0]));
}

void samples_free(struct samples *s)
{
	while (s != NULL && s->n > 0)
		drop(s, s->n - 1);
	free(s);
}

/* ---- a new one ---- */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Whoever reads it must neither wait nor see it change: only a sealed memfd is that. */
static bool good(int fd, uint64_t length)
{
	struct stat st;
	int seals = fd >= 0 ? fcntl(fd, F_GET_SEALS) : -1;

	return seals >= 0 && (seals & SEALS) == SEALS && fstat(fd, &st) == 0 && st.st_size >= 0 &&
	       (uint64_t)st.st_size >= length;
}

static struct kept *find(struct samples *s, const unsigned char *digest)
{
	for (size_t i = 0; i < s->n; i++)
		if (memcmp(s->kept[i].about.digest, digest, SCAN_DIGEST) == 0)
			return &s->kept[i];
	return NULL;
}

static void make_room(struct samples *s, uint64_t length)
{
	const struct limits *l = &s->p->limits;

	while (s->n > 0 &&
	       (s->n >= l->samples || s->n == SAMPLES_MOST || s->bytes + length > l->samples_bytes))
		drop(s, 0);
}

static void hex_of(const unsigned char *digest, char to[SAMPLE_HEX + 1])
{
	for (size_t i = 0; i < SCAN_DIGEST; i++)
		snprintf(to + 2 * i, 3, "%02x", digest[i]);
}

/* Takes the descriptor; NULL where it is too large to be kept. */
static struct kept *keep(struct samples *s, const struct scan_sample *a, int fd)
{
	struct kept *k = find(s, a->digest);
	unsigned times = k != NULL ? k->times : 0;

	if (k != NULL)
		drop(s, (size_t)(k - s->kept)); /* it becomes the newest */
	make_room(s, a->length);
	if (s->p->limits.samples == 0 || a->length > s->p->limits.samples_bytes) {
		close(fd);
		return NULL;
	}
	k = &s->kept[s->n++];
	*k = (struct kept){ .about = *a, .when = now_ms(), .times = times + 1, .fd = fd };
	str_copy(a->url, k->url, sizeof(k->url));
	k->about.url = str_c(k->url);
	hex_of(a->digest, k->digest);
	s->bytes += a->length;
	return k;
}

/* A flood of deadly bodies must not become one of lines. */
static bool event_due(struct samples *s)
{
	int64_t second = now_ms() / 1000;

	if (second != s->second)
		s->events = 0;
	s->second = second;
	return s->events++ < EVENTS_PER_SECOND;
}

static void audit_sample(struct samples *s, const struct scan_sample *a, bool kept)
{
	char how[32], digest[SAMPLE_HEX + 1];
	struct json j;
	struct buf line;

	if (!event_due(s))
		return;
	sample_text(a, how, sizeof(how));
	hex_of(a->digest, digest);
	buf_init(&line, AUDIT_LINE_MAX);
	audit_begin(&j, &line, "sample");
	json_c(&j, "source", "parent");
	json_c(&j, "sha256", digest);
	json_u64(&j, "bytes", a->length);
	json_c(&j, "direction", a->direction == 0 ? "up" : "down");
	json_c(&j, "reason", reason_word(a->reason));
	json_c(&j, "how", how);
	json_u64(&j, "cpu_ms", a->cpu_ms);
	json_u64(&j, "duration_ms", a->wall_ms);
	json_bool(&j, "refused", a->sure);
	json_bool(&j, "kept", kept);
	if (a->url.n > 0)
		audit_str(&j, "url", a->url);
	if (json_end(&j) == 0)
		audit_line(s->p->audit, buf_view(&line));
	buf_free(&line);
}

void samples_message(struct samples *s, struct str body, int fd)
{
	struct scan_sample a;
	const struct limits *l = &s->p->limits;
	struct kept *k;
	uint64_t now = (uint64_t)now_ms();

	if (sample_read(body, &a) != 0 || !good(fd, a.length)) {
		log_error("the scanner handed over something that is no sample");
		if (fd >= 0)
			close(fd);
		return;
	}
	if (a.sure)
		poison_add(&s->poison, a.digest, a.length, a.reason, POISON_SURE, now,
		    now + (a.reason == REASON_TIMEOUT ? l->scan_slow : l->scan_poison));
	k = keep(s, &a, fd);
	audit_sample(s, &a, k != NULL);
	if (k != NULL && config_scanner(s->p->config)->keep != NULL)
		samples_disk_write(config_scanner(s->p->config)->keep, k->digest, k->fd, a.length, l);
}

int samples_poison(const struct samples *s, struct buf *out)
{
	uint64_t now = (uint64_t)now_ms();
	char digest[SAMPLE_HEX + 1];

	for (size_t i = 0; i < s->poison.n; i++) {
		const struct poison_body *b = &s->poison.bodies[i];
		int r;

		if (b->until <= now)
			continue;
		hex_of(b->digest, digest);
		r = buf_printf(out, "%s %llu %u %llu\n", digest, (unsigned long long)b->length, b->reason,
		    (unsigned long long)(b->until - now));
		if (r != 0)
			return r;
	}
	return 0;
}

/* ---- commands ---- */

static void line_text(const struct kept *k, struct buf *out)
{
	char how[32], when[AUDIT_TS_MAX];

	sample_text(&k->about, how, sizeof(how));
	audit_ts(k->when, when);
	buf_printf(out, "%s %s %llu bytes, %s: unscannable %s, %s after %u ms, %u time%s%s%s\n", when,
	    k->digest, (unsigned long long)k->about.length, k->about.direction == 0 ? "upload" : "download",
	    reason_word(k->about.reason), how, k->about.wall_ms, k->times, k->times == 1 ? "" : "s",
	    k->url[0] != '\0' ? ", " : "", k->url);
}

static void line_json(const struct kept *k, struct buf *out)
{
	char how[32], when[AUDIT_TS_MAX];
	struct json j;

	sample_text(&k->about, how, sizeof(how));
	audit_ts(k->when, when);
	json_begin(&j, out);
	json_c(&j, "ts", when);
	json_c(&j, "sha256", k->digest);
	json_u64(&j, "bytes", k->about.length);
	json_c(&j, "direction", k->about.direction == 0 ? "up" : "down");
	json_c(&j, "verdict", "unscannable");
	json_c(&j, "reason", reason_word(k->about.reason));
	json_c(&j, "how", how);
	json_u64(&j, "cpu_ms", k->about.cpu_ms);
	json_u64(&j, "duration_ms", k->about.wall_ms);
	json_u64(&j, "times", k->times);
	json_bool(&j, "refused", k->about.sure);
	json_str(&j, "url", k->about.url);
	json_end(&j);
}

static void list(const struct samples *s, bool json, struct control_reply *reply)
{
	struct buf text;

	buf_init(&text, CONTROL_REPLY_MAX);
	for (size_t i = 0; i < s->n; i++) {
		if (json)
			line_json(&s->kept[i], &text);
		else
			line_text(&s->kept[i], &text);
	}
	if (s->n == 0 && !json)
		buf_printf(&text, "no body has killed a scan job since the gateway started\n");
	control_reply_send(reply, EXIT_OK, buf_view(&text));
	buf_free(&text);
}

/* The one whose digest begins so; NULL, with a sentence, where there is none, or several. */
static struct kept *by_digits(struct samples *s, struct str digits, const char **why)
{
	struct kept *found = NULL;

	*why = "a sample is named by at least 8 digits of its SHA-256";
	if (digits.n < DIGITS_LEAST)
		return NULL;
	*why = "no sample has this SHA-256; see: sallyport samples";
	for (size_t i = 0; i < s->n; i++) {
		if (!str_iprefix(str_c(s->kept[i].digest), digits))
			continue;
		if (found != NULL) {
			*why = "several samples begin with these digits";
			return NULL;
		}
		found = &s->kept[i];
	}
	return found;
}

static void save(struct samples *s, struct str digits, struct control_reply *reply)
{
	const char *why;
	struct kept *k = by_digits(s, digits, &why);
	char text[32];

	if (k == NULL) {
		control_reply_send(reply, EXIT_USAGE, str_c(why));
		return;
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long)k->about.length);
	control_reply_send_fd(reply, EXIT_OK, str_c(text), k->fd);
}

static void drop_command(struct samples *s, struct str digits, struct control_reply *reply)
{
	const char *why = NULL;
	struct kept *k;

	if (str_eq(digits, STR("all"))) {
		while (s->n > 0)
			drop(s, s->n - 1);
	} else if ((k = by_digits(s, digits, &why)) != NULL) {
		drop(s, (size_t)(k - s->kept));
		why = NULL;
	}
	control_reply_send(reply, why == NULL ? EXIT_OK : EXIT_USAGE, str_c(why == NULL ? "dropped" : why));
}

bool samples_command(struct samples *s, struct str command, struct control_reply *reply)
{
	static const struct str save_word = STR("samples --save "), drop_word = STR("samples --drop ");

	if (str_eq(command, STR("samples")) || str_eq(command, STR("samples --json")))
		list(s, command.n > 7, reply);
	else if (str_iprefix(command, save_word))
		save(s, str_sub(command, save_word.n, command.n), reply);
	else if (str_iprefix(command, drop_word))
		drop_command(s, str_sub(command, drop_word.n, command.n), reply);
	else
		return false;
	return true;
}
