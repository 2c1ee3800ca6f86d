/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Settings below /proc/sys/net. Two kinds of journal lines: "sysctl PATH OLD NEW" is a value
 * that we change; "keep PATH OLD NEW" is one that the kernel changes with it: switching
 * forwarding for the host rewrites the setting of each interface, in both directions.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "intercept/sysctl.h"
#include "intercept/tables.h"

enum { PATH_SIZE = 192, VALUE_SIZE = 32 };

static int sys_open(const char *path, int flags)
{
	char full[PATH_SIZE + 16];

	snprintf(full, sizeof(full), "/proc/sys/net/%s", path);
	return open(full, flags | O_CLOEXEC);
}

static int value_read(const char *path, char *to, size_t n)
{
	int fd = sys_open(path, O_RDONLY);
	ssize_t k;

	if (fd < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND : -ERR_SYSTEM;
	k = read(fd, to, n - 1);
	close(fd);
	to[k > 0 ? k : 0] = '\0';
	to[strcspn(to, "\n\t ")] = '\0';
	return to[0] != '\0' ? 0 : -ERR_SYSTEM;
}

static int value_write(const char *path, const char *value)
{
	int fd = sys_open(path, O_WRONLY | O_TRUNC);
	ssize_t k;
	int e;

	if (fd < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND : -ERR_SYSTEM;
	k = write(fd, value, strlen(value));
	e = errno;
	close(fd);
	errno = e;
	return k == (ssize_t)strlen(value) ? 0 : -ERR_SYSTEM;
}

static int failed(const char *path, char *why, size_t why_n)
{
	snprintf(why, why_n, "/proc/sys/net/%s cannot be changed: %s", path, strerror(errno));
	return -ERR_SYSTEM;
}

/* Note a value once: a second `up` must not take our own value for the old one. */
static int note(
    struct journal *j, const char *kind, const char *path, const char *old, const char *new)
{
	char words[PATH_SIZE + 16];

	snprintf(words, sizeof(words), "%s %s", kind, path);
	if (journal_has(j, words))
		return 0;
	return journal_add(j, "%s %s %s", words, old, new);
}

/* Change one value if it is not what it should be. */
static int change(struct journal *j, const char *path, const char *want, char *why, size_t why_n)
{
	char now[VALUE_SIZE];

	if (value_read(path, now, sizeof(now)) != 0)
		return failed(path, why, why_n);
	if (strcmp(now, want) == 0)
		return 0;
	if (note(j, "sysctl", path, now, want) != 0 || value_write(path, want) != 0)
		return failed(path, why, why_n);
	return 0;
}

typedef int each_fn(struct journal *j, const char *path, char *why, size_t why_n);

/* Call fn for ipvF/conf/EACH/leaf, "all" and "." left out. */
static int each_interface(
    struct journal *j, int family, const char *leaf, each_fn *fn, char *why, size_t why_n)
{
	char path[PATH_SIZE];
	struct dirent *e;
	DIR *d;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv%d/conf", family);
	if ((d = opendir(path)) == NULL)
		return errno == ENOENT ? 0 : failed("", why, why_n);
	while (r == 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || strcmp(e->d_name, "all") == 0 || strlen(e->d_name) > 64)
			continue;
		snprintf(path, sizeof(path), "ipv%d/conf/%.64s/%s", family, e->d_name, leaf);
		r = fn(j, path, why, why_n);
	}
	closedir(d);
	return r;
}

static int keep_ra(struct journal *j, const char *path, char *why, size_t why_n)
{
	char now[VALUE_SIZE];

	if (value_read(path, now, sizeof(now)) != 0 || strcmp(now, "1") != 0)
		return 0; /* the interface went away, or never listened */
	return change(j, path, "2", why, why_n);
}

int sysctl_keep_ra(struct journal *j, char *why, size_t why_n)
{
	return each_interface(j, 6, "accept_ra", keep_ra, why, why_n);
}

/* An interface that forwarded by itself already has to get its 1 back later. */
static int keep_forwarding(struct journal *j, const char *path, char *why, size_t why_n)
{
	char now[VALUE_SIZE];

	if (value_read(path, now, sizeof(now)) != 0 || strcmp(now, "1") != 0)
		return 0;
	return note(j, "keep", path, "1", "1") == 0 ? 0 : failed(path, why, why_n);
}

/* inet_forward_change() in the kernel sets this one to "not forwarding". */
static int keep_redirects(struct journal *j, char *why, size_t why_n)
{
	static const char path[] = "ipv4/conf/all/accept_redirects";
	char now[VALUE_SIZE];

	if (value_read(path, now, sizeof(now)) != 0)
		return failed(path, why, why_n);
	return note(j, "keep", path, now, "0") == 0 ? 0 : failed(path, why, why_n);
}

int sysctl_forward(struct journal *j, int family, char *why, size_t why_n)
{
	const char *path = family == 4 ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding";
	char now[VALUE_SIZE];
	int r;

	if (value_read(path, now, sizeof(now)) != 0)
		return failed(path, why, why_n);
	if (strcmp(now, "1") == 0)
		return 0;
	if ((r = each_interface(j, family, "forwarding", keep_forwarding, why, why_n)) != 0 ||
	    (family == 4 && (r = keep_redirects(j, why, why_n)) != 0))
		return r;
	return change(j, path, "1", why, why_n);
}

struct target {
	char path[PATH_SIZE], value[VALUE_SIZE];
};

/* What a value shall be: the old one, unless it is no longer what we made it. */
static bool target_of(struct str line, struct target *t)
{
	struct str kind = journal_word(&line), path = journal_word(&line);
	struct str old = journal_word(&line), new = journal_word(&line);
	char now[VALUE_SIZE];

	if ((!str_eq(kind, STR("sysctl")) && !str_eq(kind, STR("keep"))) ||
	    str_copy(path, t->path, sizeof(t->path)) != 0 || strstr(t->path, "..") != NULL ||
	    value_read(t->path, now, sizeof(now)) != 0)
		return false;
	if (!str_eq(str_c(now), new))
		old = str_c(now);
	return str_copy(old, t->value, sizeof(t->value)) == 0;
}

static int put_back(const struct target *t, char *why, size_t why_n)
{
	char now[VALUE_SIZE];
	int r = value_read(t->path, now, sizeof(now));

	if (r == 0 && strcmp(now, t->value) != 0)
		r = value_write(t->path, t->value);
	return r == 0 || r == -ERR_NOT_FOUND ? 0 : failed(t->path, why, why_n);
}

int sysctl_undo(const struct journal *j, char *why, size_t why_n)
{
	struct str line, text = journal_text(j);
	struct target *t = NULL, *more;
	size_t n = 0;
	int r = 0;

	/* All targets are found before the first change, which may change the others. */
	while (r == 0 && tables_line(&text, &line)) {
		if ((more = reallocarray(t, n + 1, sizeof(*t))) == NULL) {
			r = -ERR_NOMEM;
			break;
		}
		t = more;
		n += target_of(line, &t[n]);
	}
	while (n > 0) {
		if (put_back(&t[--n], why, why_n) != 0)
			r = -ERR_SYSTEM;
	}
	free(t);
	return r;
}
