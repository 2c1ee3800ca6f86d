/* SPDX-License-Identifier: BSD-2-Clause */
/* What an attacker in a job would try. Test build only. */
#include "scanner/hostile.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Each returns true when it got what it wanted. */
static bool try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool try_open(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0 || open("/proc/self/mem", O_RDWR) >= 0;
}

static bool try_sibling(void)
{
	/* The zygote's root, the signatures and the next job's folder. */
	return open("/", O_RDONLY | O_DIRECTORY) >= 0 ||
	       open("/signatures", O_RDONLY | O_DIRECTORY) >= 0 ||
	       open("/job-1", O_RDONLY | O_DIRECTORY) >= 0 ||
	       open("/x", O_RDWR | O_CREAT, 0600) >= 0;
}

static bool try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool try_exec(void)
{
	char *argv[] = { (char *)"sh", NULL };

	execv("/bin/sh", argv);
	return false;
}

static bool try_mmap_exec(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static bool try_mprotect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

/* Fill a file in whatever folder it has. The name is guessed: job folders are numbered. */
static bool try_file_size(void)
{
	static char block[1 << 20];
	char path[64] = "";
	int fd = -1;

	for (int i = 0; i < 1000 && fd < 0; i++) {
		memcpy(path, "/job-", 6);
		path[5] = (char)(i < 10 ? '0' + i : i < 100 ? '0' + i / 10 : '0' + i / 100);
		path[6] = (char)(i < 10 ? '/' : i < 100 ? '0' + i % 10 : '0' + i / 10 % 10);
		path[7] = (char)(i < 10 ? 'x' : i < 100 ? '/' : '0' + i % 10);
		path[8] = (char)(i < 10 ? 0 : i < 100 ? 'x' : '/');
		path[9] = (char)(i < 100 ? 0 : 'x');
		path[10] = '\0';
		fd = open(path, O_RDWR | O_CREAT, 0600);
	}
	if (fd < 0)
		return true; /* its own folder must work, or the test proves nothing */
	for (int i = 0; i < 4096; i++)
		if (write(fd, block, sizeof(block)) < 0)
			return false;
	return true;
}

static bool try_memory(void)
{
	for (int i = 0; i < 64; i++) {
		size_t n = (size_t)256 << 20;

		if (mmap(NULL, n, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
			return false;
	}
	return true;
}

static bool try_loop(void)
{
	for (volatile unsigned i = 0;; i++)
		;
	return true;
}

static bool try_null(void)
{
	volatile int *volatile p = NULL;

	*p = 1;
	return true;
}

static bool try_kill(void)
{
	return kill(getppid(), SIGKILL) == 0;
}

static bool try_sigio(void)
{
	/* Ask the kernel to send the signal instead. */
	return fcntl(3, F_SETOWN, 1) == 0;
}

static bool try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool try_limit(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	return setrlimit(RLIMIT_AS, &r) == 0;
}

static bool try_lie(void)
{
	/* An answer out of turn, and nonsense: the zygote must not believe it. */
	static char junk[64] = "nonsense";
	struct iovec iov = { junk, sizeof(junk) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	return sendmsg(3, &m, 0) < 0;
}

static const struct {
	const char *word;
	bool (*act)(void);
} acts[] = { { "socket", try_socket }, { "open", try_open }, { "sibling", try_sibling },
	{ "fork", try_fork }, { "exec", try_exec }, { "mmap-exec", try_mmap_exec },
	{ "mprotect-exec", try_mprotect_exec }, { "file-size", try_file_size },
	{ "memory", try_memory }, { "loop", try_loop }, { "null", try_null }, { "kill", try_kill },
	{ "sigio", try_sigio }, { "ptrace", try_ptrace }, { "limit", try_limit },
	{ "lie", try_lie } };

bool hostile_act(struct str body, struct verdict *v)
{
	struct str prefix = STR("HOSTILE:");
	bool got;

	if (!str_iprefix(body, prefix))
		return false;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (str_eq(str_trim(str_sub(body, prefix.n, body.n)), str_c(acts[i].word))) {
			got = acts[i].act();
			*v = verdict_make(got ? VERDICT_INFECTED : VERDICT_CLEAN, REASON_NONE,
			    got ? STR("escaped") : STR("denied"));
			return true;
		}
	return false;
}
