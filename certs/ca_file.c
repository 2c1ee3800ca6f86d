/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading secrets from open files. Nothing is kept but what the caller's buffer holds. */
#include "certs/ca_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

static int refuse(char *why, const char *what, const char *reason)
{
	snprintf(why, CA_WHY_MAX, "%s: %s", what, reason);
	return -ERR_DENIED;
}

/* Asked of the open file, not of a path, so that nobody can exchange it in between. */
int ca_secret_check(int fd, const char *what, char why[CA_WHY_MAX])
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return refuse(why, what, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(why, what, "it is not a plain file");
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		snprintf(why, CA_WHY_MAX,
		    "%s: others than its owner may read or change its file (mode %04o); fix: chmod "
		    "600, and take a new one if others could read it",
		    what, (unsigned)st.st_mode & 07777);
		return -ERR_DENIED;
	}
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return refuse(why, what, "its file belongs to another user; fix: chown root");
	if (st.st_size == 0)
		return refuse(why, what, "its file is empty");
	return st.st_size > CA_SECRET_MAX ? refuse(why, what, "its file is too large") : 0;
}

int ca_secret_read(int fd, const char *what, struct buf *out, char why[CA_WHY_MAX])
{
	int r = ca_secret_check(fd, what, why);
	size_t room = CA_SECRET_MAX - out->len;
	ssize_t n = 0;
	char *p;

	if (r != 0)
		return r;
	/* One piece of its final size: growing would leave copies behind. */
	if ((p = buf_reserve(out, room)) == NULL) {
		refuse(why, what, "out of memory");
		return -ERR_NOMEM;
	}
	while (room > 0 && (n = read(fd, p, room)) > 0) {
		p += n;
		room -= (size_t)n;
		buf_commit(out, (size_t)n);
	}
	if (n < 0) {
		refuse(why, what, "its file cannot be read");
		return -ERR_FILE;
	}
	return 0;
}

struct str ca_first_line(struct str text)
{
	ptrdiff_t end = str_chr(text, '\n');

	if (end >= 0)
		text.n = (size_t)end;
	while (text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	return text;
}
