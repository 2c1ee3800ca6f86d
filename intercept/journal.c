/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal file. Its first line ties it to this boot and this network namespace: after a
 * reboot the kernel has forgotten the changes already, and in another namespace undoing would
 * hit the wrong host.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "intercept/journal.h"
#include "intercept/tables.h"

static const char file_name[] = "network.journal";

enum { JOURNAL_MAX = 1 << 20, HEADER_MAX = 160, LINE_MAX_BYTES = 1024 };

struct journal {
	int dir, fd;   /* the folder carries the lock */
	size_t header; /* bytes of the first line */
	struct buf text;
};

static void boot_id(char *to, size_t n)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t k = fd >= 0 ? read(fd, to, n - 1) : -1;

	to[k > 0 ? k : 0] = '\0';
	to[strcspn(to, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

static void header_make(char *to, size_t n)
{
	char boot[64];
	struct stat st;

	boot_id(boot, sizeof(boot));
	memset(&st, 0, sizeof(st));
	stat("/proc/self/ns/net", &st);
	snprintf(to, n, "sallyport-network 1 %s %llu:%llu\n", boot, (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
}

static int write_line(struct journal *j, struct str line)
{
	if (write(j->fd, line.p, line.n) != (ssize_t)line.n || fsync(j->fd) != 0)
		return -ERR_FILE;
	return buf_str(&j->text, line) == 0 ? 0 : -ERR_FILE;
}

static int start_anew(struct journal *j)
{
	char header[HEADER_MAX];

	header_make(header, sizeof(header));
	buf_consume(&j->text, j->text.len);
	j->header = strlen(header);
	if (ftruncate(j->fd, 0) != 0 || write_line(j, str_c(header)) != 0)
		return -ERR_FILE;
	return fsync(j->dir) == 0 ? 0 : -ERR_FILE;
}

static int load(struct journal *j)
{
	ssize_t k = 1;
	char *to;

	while (k > 0) {
		if ((to = buf_reserve(&j->text, 4096)) == NULL)
			return -ERR_FILE;
		if ((k = pread(j->fd, to, 4096, (off_t)j->text.len)) < 0)
			return -ERR_FILE;
		buf_commit(&j->text, (size_t)k);
	}
	/* A line cut off by a crash was never acted upon: its change comes after fsync. */
	while (j->text.len > 0 && j->text.p[j->text.off + j->text.len - 1] != '\n')
		j->text.len--;
	return ftruncate(j->fd, (off_t)j->text.len) == 0 ? 0 : -ERR_FILE;
}

/* 0 when the journal is ours to go on with. */
static int check_header(struct journal *j, char *why, size_t why_n)
{
	char header[HEADER_MAX];
	struct str mine, theirs, line, text = buf_view(&j->text);
	unsigned i;

	if (!tables_line(&text, &line))
		return start_anew(j);
	header_make(header, sizeof(header));
	mine = str_of(header, strlen(header) - 1);
	j->header = line.n + 1;
	if (str_eq(line, mine))
		return 0;
	for (i = 0; i < 3; i++) { /* name, version, boot */
		theirs = journal_word(&line);
		if (!str_eq(theirs, journal_word(&mine)))
			return start_anew(j);
	}
	snprintf(why, why_n,
	    "%s was written in another network namespace; fix: work there, or delete the file if "
	    "that namespace is gone",
	    file_name);
	return -ERR_DENIED;
}

static int open_file(struct journal *j, const char *state_dir, bool create)
{
	/*
	 * Not O_CLOEXEC: a tool that is still at work when we are killed keeps the lock, so that
	 * nobody undoes its changes before it has made them.
	 */
	j->dir = open(state_dir, O_RDONLY | O_DIRECTORY);
	if (j->dir < 0)
		return create || errno != ENOENT ? -ERR_FILE : -ERR_NOT_FOUND;
	if (flock(j->dir, LOCK_EX) != 0)
		return -ERR_FILE;
	j->fd = openat(j->dir, file_name,
	    O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
	if (j->fd < 0)
		return create || errno != ENOENT ? -ERR_FILE : -ERR_NOT_FOUND;
	return 0;
}

int journal_open(const char *state_dir, bool create, struct journal **out, char *why, size_t why_n)
{
	struct journal *j = calloc(1, sizeof(*j));
	int r;

	if (j == NULL)
		return -ERR_NOMEM;
	j->dir = j->fd = -1;
	buf_init(&j->text, JOURNAL_MAX);
	r = open_file(j, state_dir, create);
	if (r == -ERR_NOT_FOUND) {
		journal_free(j);
		*out = NULL;
		return 0;
	}
	if (r != 0 || (r = load(j)) != 0)
		snprintf(why, why_n, "%s/%s: %s", state_dir, file_name, strerror(errno));
	else if ((r = check_header(j, why, why_n)) == -ERR_FILE)
		snprintf(why, why_n, "%s/%s cannot be written: %s", state_dir, file_name,
		    strerror(errno));
	if (r == 0)
		*out = j;
	else
		journal_free(j);
	return r;
}

void journal_free(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->fd >= 0)
		close(j->fd);
	if (j->dir >= 0)
		close(j->dir); /* and with it the lock */
	buf_free(&j->text);
	free(j);
}

struct str journal_text(const struct journal *j)
{
	return str_sub(buf_view(&j->text), j->header, j->text.len);
}

bool journal_has(const struct journal *j, const char *words)
{
	struct str line, text = journal_text(j), want = str_c(words);

	while (tables_line(&text, &line)) {
		if (str_eq(str_sub(line, 0, want.n), want) &&
		    (line.n == want.n || line.p[want.n] == ' '))
			return true;
	}
	return false;
}

int journal_add(struct journal *j, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line) - 1)
		return -ERR_FILE;
	line[n] = '\n';
	return write_line(j, str_of(line, (size_t)n + 1));
}

int journal_remove(struct journal *j)
{
	if (unlinkat(j->dir, file_name, 0) != 0 && errno != ENOENT)
		return -ERR_FILE;
	return fsync(j->dir) == 0 ? 0 : -ERR_FILE;
}

struct str journal_word(struct str *line)
{
	struct str w;

	return str_next(line, ' ', &w) ? w : STR_NONE;
}
