/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System-call lists, found by tracing (scripts/spike-syscalls; the table is in README.md). Names
 * that an architecture lacks are passed over. Sanitizer builds need more and are for tests only.
 */
#include "scanner/jail_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "core/err.h"

/* What libclamav does: read memory, write scratch files, take them away again. */
static const int job_calls[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(lseek),
	SCMP_SYS(pread64), SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rmdir), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(getdents64), SCMP_SYS(ftruncate),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
	SCMP_SYS(recvmsg), SCMP_SYS(exit_group), SCMP_SYS(exit),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall) };

/*
 * The zygote's own: its loop and channels, forking and ending jobs, and the calls by which a job
 * confines itself further.
 */
static const int zygote_calls[] = { SCMP_SYS(writev), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(socketpair), SCMP_SYS(wait4),
	SCMP_SYS(pidfd_open), SCMP_SYS(sched_setscheduler),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
	SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe2),
	SCMP_SYS(close_range), SCMP_SYS(prctl), SCMP_SYS(seccomp), SCMP_SYS(setrlimit),
	SCMP_SYS(prlimit64), SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_add_rule),
	SCMP_SYS(landlock_restrict_self) };

#if JAIL_SANITIZED
static const int sanitizer_calls[] = { SCMP_SYS(sigaltstack), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(tgkill), SCMP_SYS(sched_yield), SCMP_SYS(prctl),
	SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(prlimit64), SCMP_SYS(getrlimit), SCMP_SYS(uname),
	SCMP_SYS(access), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	SCMP_SYS(wait4), SCMP_SYS(fork), SCMP_SYS(clone), SCMP_SYS(close_range) };
#endif

static scmp_filter_ctx job_filter;

static int allow(scmp_filter_ctx f, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);

		if (r != 0 && r != -EDOM && r != -EEXIST)
			return -ERR_SYSTEM;
	}
	return 0;
}

static int allow_if(scmp_filter_ctx f, int call, struct scmp_arg_cmp arg)
{
	int r = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &arg);

	return r == 0 || r == -EDOM ? 0 : -ERR_SYSTEM;
}

/* Both: no memory becomes executable, and descriptors get no signals or owners. */
static int allow_narrow(scmp_filter_ctx f)
{
	static const unsigned commands[] = { F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC };
	int r = allow_if(f, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	r = r != 0 ? r : allow_if(f, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	r = r != 0 ? r : allow_if(f, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TCGETS));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && r == 0; i++)
		r = allow_if(f, SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, commands[i]));
	return r;
}

/*
 * libclamav gives its own new folders a mode before it removes them, and does not ask whether that
 * worked. Landlock does not guard modes: they are all left as they are.
 */
static int refuse_modes(scmp_filter_ctx f)
{
	static const int calls[] = { SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat) };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), calls[i], 0);

		if (r != 0 && r != -EDOM)
			return -ERR_SYSTEM;
	}
	return 0;
}

static int allow_zygote(scmp_filter_ctx f)
{
	/* Plain forks, as glibc makes them: no threads, no namespaces. */
	uint64_t strange = ~(uint64_t)(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | 0xff);
	int r = allow(f, zygote_calls, sizeof(zygote_calls) / sizeof(zygote_calls[0]));

	r = r != 0 ? r : allow_if(f, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, strange, 0));
	r = r != 0 ? r : allow_if(f, SCMP_SYS(kill), SCMP_A1(SCMP_CMP_EQ, SIGKILL));
	r = r != 0 ? r : allow_if(f, SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_GET_SEALS));
	r = r != 0 ? r : allow_if(f, SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_SETFL));
	r = r != 0 ? r : allow_if(f, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONBIO));
	r = r != 0 ? r : allow_if(f, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TIOCOUTQ));
	/* A C library that tries clone3 first falls back. */
	if (r == 0 && seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) != 0)
		r = -ERR_SYSTEM;
	return r;
}

static scmp_filter_ctx new_filter(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = f != NULL ? 0 : -ERR_SYSTEM;

	/* A tree instead of a list: jobs make thousands of calls. Old kernels' libraries lack it.
	 */
	if (r == 0)
		seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = r != 0 ? r : allow(f, job_calls, sizeof(job_calls) / sizeof(job_calls[0]));
	r = r != 0 ? r : allow_narrow(f);
	r = r != 0 ? r : refuse_modes(f);
#if JAIL_SANITIZED
	r = r != 0
		? r
		: allow(f, sanitizer_calls, sizeof(sanitizer_calls) / sizeof(sanitizer_calls[0]));
#endif
	if (r == 0)
		return f;
	seccomp_release(f);
	return NULL;
}

int jail_calls_zygote(void)
{
	scmp_filter_ctx f = new_filter();
	int r = -ERR_SYSTEM;

	job_filter = new_filter(); /* now: a job could not even ask the kernel what it supports */
	if (f != NULL && job_filter != NULL && allow_zygote(f) == 0 && seccomp_load(f) == 0)
		r = 0;
	seccomp_release(f);
	return r;
}

int jail_calls_job(void)
{
	return seccomp_load(job_filter) == 0 ? 0 : -ERR_SYSTEM;
}
