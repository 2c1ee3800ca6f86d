/* SPDX-License-Identifier: BSD-2-Clause */
/* A job's isolation, entered right after its fork and before it sees a hostile byte. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/counter.h"
#include "core/err.h"
#include "scanner/jail.h"
#include "scanner/jail_calls.h"
#include "scanner/scratch.h"

enum { JOB_FILES = 256, JOB_FIRST_FREE = 4, FILE_MARGIN = 16 << 20 };

/* Address space in use, in bytes: the loaded signatures and the libraries. 0 when unknown. */
static uint64_t space_in_use(const struct jail *j)
{
	char text[64];
	ssize_t n = j->statm_fd >= 0 ? pread(j->statm_fd, text, sizeof(text) - 1, 0) : -1;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int set(int what, uint64_t value)
{
	struct rlimit r = { value, value };

	return setrlimit(what, &r) == 0 ? 0 : -ERR_SYSTEM;
}

static int set_limits(const struct jail *j, const struct limits *l)
{
	uint64_t used = space_in_use(j);
	int r = set(RLIMIT_CORE, 0);

	r = r != 0 ? r : set(RLIMIT_NOFILE, JOB_FILES);
	/* A member's scratch file is at most as long as a layer may be. */
	r = r != 0 ? r : set(RLIMIT_FSIZE, l->scan_file + FILE_MARGIN);
	r = r != 0 ? r : set(RLIMIT_NPROC, 0);
	r = r != 0 ? r : set(RLIMIT_MEMLOCK, 0);
	if (r == 0 && !JAIL_SANITIZED) /* shadow memory takes terabytes of address space */
		r = used > 0 ? set(RLIMIT_AS, used + l->scan_memory) : -ERR_SYSTEM;
	return r;
}

/* Standard descriptors say nothing from here on: a job could forge log lines. */
static int keep_only(const struct jail *j, int sock)
{
	if (dup2(j->null_fd, 0) < 0 || dup2(j->null_fd, 1) < 0 ||
	    (!JAIL_SANITIZED && dup2(j->null_fd, 2) < 0) || dup2(sock, 3) < 0 ||
	    fcntl(3, F_SETFD, 0) != 0 || close_range(JOB_FIRST_FREE, ~0U, 0) != 0)
		return -ERR_SYSTEM;
	return 0;
}

int jail_job(const struct jail *j, const char *folder, int sock, const struct limits *limits)
{
	int flags = j->flags;
	int r = set_limits(j, limits);

	counters_leave();
	r = r != 0 ? r : keep_only(j, sock);
	r = r != 0 ? r : sandbox_common();
	if (r == 0 && getppid() != j->zygote) /* gone before its death could be a signal */
		r = -ERR_SYSTEM;
	r = r != 0 ? r : sandbox_landlock(folder, -1);
	if (r == -ERR_UNSUPPORTED && (flags & SANDBOX_LANDLOCK) == 0)
		r = 0; /* known since the zygote tried */
	r = r != 0 ? r : jail_calls_job();
	return r == 0 ? flags : r;
}

void jail_job_tidy(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	scratch_clear(fd);
	close(fd);
}
