/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sandbox profiles for the roles of the main program. The lists below were found by tracing each
 * role over the end-to-end suite; a call outside its list kills the process, and the parent
 * starts it anew.
 */
#include "core/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"

/* The leak check at exit attaches to the process: test builds leave it the means. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Every role: memory, time, its event loop, its channels, its end. */
#define COMMON_CALLS                                                                               \
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close),       \
	    SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),     \
	    SCMP_SYS(epoll_ctl), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),               \
	    SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),                 \
	    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),  \
	    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),  \
	    SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),              \
	    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fstat),                \
	    SCMP_SYS(newfstatat), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),              \
	    SCMP_SYS(getrusage)

static const int worker_calls[] = { COMMON_CALLS,
	/* flows: accept, bind and connect prepared sockets; never socket() */
	SCMP_SYS(accept4), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	/* tunnels and bodies */
	SCMP_SYS(pipe2), SCMP_SYS(splice), SCMP_SYS(tee), SCMP_SYS(memfd_create), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(sendfile) };

static const int signer_calls[] = { COMMON_CALLS, SCMP_SYS(mlock), SCMP_SYS(munlock) };

/* What softhsm2 and OpenSC's modules ask for when they sign. */
static const int token_calls[] = { COMMON_CALLS, SCMP_SYS(mlock), SCMP_SYS(munlock),
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(lseek), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(access), SCMP_SYS(getdents64), SCMP_SYS(pread64), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(getuid),
	SCMP_SYS(geteuid) };

static const int recorder_calls[] = { COMMON_CALLS, SCMP_SYS(openat), SCMP_SYS(open),
	SCMP_SYS(lseek), SCMP_SYS(fdatasync), SCMP_SYS(fsync), SCMP_SYS(ftruncate),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(stat), SCMP_SYS(statx), SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(getdents64) };

/* Only what the parent connected, and UDP for names: there is no connect() and no bind(). */
static const int fetcher_calls[] = { COMMON_CALLS, SCMP_SYS(socket), SCMP_SYS(recvfrom),
	SCMP_SYS(sendto), SCMP_SYS(getsockopt) };

/* As the fetcher; bodies are read from their memfds. */
static const int icap_calls[] = { COMMON_CALLS, SCMP_SYS(socket), SCMP_SYS(recvfrom),
	SCMP_SYS(sendto), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(pread64) };

struct profile {
	const int *calls;
	size_t ncalls;
	rlim_t files;	    /* RLIMIT_NOFILE */
	bool token;	    /* keeps its user, reads below a folder */
	rlim_t memory;	    /* RLIMIT_AS, 0: none */
};

#define CALLS(a) (a), sizeof(a) / sizeof((a)[0])

static const struct profile profiles[ROLE_COUNT] = {
	[ROLE_WORKER] = { CALLS(worker_calls), 65536 },
	[ROLE_SIGNER] = { CALLS(signer_calls), 256 },
	[ROLE_RECORDER] = { CALLS(recorder_calls), 256 },
	[ROLE_FETCHER] = { CALLS(fetcher_calls), 256, .memory = 512 << 20 },
	[ROLE_ICAP] = { CALLS(icap_calls), 65536, .memory = 512 << 20 },
};

static const struct profile token_profile = { CALLS(token_calls), 256, true };

static void limit(int what, rlim_t v)
{
	struct rlimit r = { v, v };

	if (setrlimit(what, &r) != 0)
		log_debug("setrlimit %d: %s", what, strerror(errno));
}

int sandbox_common(void)
{
	limit(RLIMIT_CORE, 0);
	if (prctl(PR_SET_DUMPABLE, SANITIZED) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return -ERR_SYSTEM;
	return 0;
}

void sandbox_user(uid_t *uid, gid_t *gid)
{
	const struct passwd *p = getpwnam("sallyport");

	*uid = p != NULL && p->pw_uid != 0 ? p->pw_uid : 65534;
	*gid = p != NULL && p->pw_gid != 0 ? p->pw_gid : 65534;
}

static int drop_user(const char *keep_dir)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return 0; /* started without root: there is nothing to drop */
	sandbox_user(&uid, &gid);
	if (keep_dir != NULL && chown(keep_dir, uid, gid) != 0)
		log_warn("cannot hand %s to the unprivileged user: %s", keep_dir, strerror(errno));
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		return -ERR_SYSTEM;
	/* Changing the user resets both. */
	return sandbox_common();
}

static int drop_caps(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -ERR_SYSTEM;
}

/*
 * Calls that are good with some arguments only: all roles have one user, and none may signal or
 * limit another (tgkill, prlimit64, fcntl's F_SETOWN).
 */
static int filter_arguments(scmp_filter_ctx ctx, bool locks)
{
	static const unsigned commands[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC,
		F_ADD_SEALS, F_GET_SEALS, F_OFD_SETLK, F_SETLK };
	scmp_datum_t self = (scmp_datum_t)getpid();
	int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, self));

	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_EQ, 0));
	/* libuv makes what it watches non-blocking this way; no other ioctl. */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, FIONBIO));
	for (size_t i = 0; r == 0 && i < sizeof(commands) / sizeof(commands[0]); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
		    SCMP_A1(SCMP_CMP_EQ, commands[i]));
	if (r == 0 && locks)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETLKW));
	return r;
}

/* UDP over IP, and nothing else. */
static int filter_socket(scmp_filter_ctx ctx)
{
	static const unsigned families[] = { AF_INET, AF_INET6 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
		    SCMP_A0(SCMP_CMP_EQ, families[i]),
		    SCMP_A1(SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)(SOCK_NONBLOCK | SOCK_CLOEXEC) & UINT32_MAX, SOCK_DGRAM));
	return r;
}

static int filter_calls(const struct profile *p)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = -ERR_SYSTEM;

	if (ctx == NULL)
		return r;
	for (size_t i = 0; i < p->ncalls; i++) {
		if (p->calls[i] == SCMP_SYS(socket)) {
			if (filter_socket(ctx) != 0)
				goto out;
			continue;
		}
		/* Executable memory only through what was mapped before. */
		bool exec = p->calls[i] == SCMP_SYS(mmap) || p->calls[i] == SCMP_SYS(mprotect);
		int e = exec ? seccomp_rule_add(ctx, SCMP_ACT_ALLOW, p->calls[i], 1,
				   SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) :
			       seccomp_rule_add(ctx, SCMP_ACT_ALLOW, p->calls[i], 0);

		if (e != 0 && e != -EDOM && e != -EEXIST)
			goto out;
	}
	if (filter_arguments(ctx, p->token) != 0)
		goto out;
#if SANITIZED
	/* The sanitizers' own needs at exit and for stack traces; test builds only. */
	static const int sanitizer[] = { SCMP_SYS(fcntl), SCMP_SYS(tgkill), SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(readlink),
		SCMP_SYS(readlinkat), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(ptrace), SCMP_SYS(wait4),
		SCMP_SYS(prctl), SCMP_SYS(arch_prctl), SCMP_SYS(lseek), SCMP_SYS(stat),
		SCMP_SYS(getdents64), SCMP_SYS(ioctl), SCMP_SYS(sched_getaffinity),
		SCMP_SYS(process_vm_readv), SCMP_SYS(getppid), SCMP_SYS(set_robust_list),
		SCMP_SYS(rseq), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(kill),
		SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(uname), SCMP_SYS(access),
		SCMP_SYS(personality), SCMP_SYS(execve), SCMP_SYS(getdents),
		SCMP_SYS(lstat), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(unlink), SCMP_SYS(tkill) };

	for (size_t i = 0; i < sizeof(sanitizer) / sizeof(sanitizer[0]); i++)
		seccomp_rule_add(ctx, SCMP_ACT_ALLOW, sanitizer[i], 0);
	seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 0);
#endif
	r = seccomp_load(ctx) == 0 ? 0 : -ERR_SYSTEM;
out:
	seccomp_release(ctx);
	return r;
}

static int landlock_allow(int rules, const char *dir, bool read_only)
{
	static const uint64_t reads = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

	struct landlock_path_beneath_attr below = {
		.allowed_access = reads | (read_only ? 0
						     : LANDLOCK_ACCESS_FS_WRITE_FILE |
							   LANDLOCK_ACCESS_FS_REMOVE_DIR |
							   LANDLOCK_ACCESS_FS_REMOVE_FILE |
							   LANDLOCK_ACCESS_FS_MAKE_DIR |
							   LANDLOCK_ACCESS_FS_MAKE_REG),
		.parent_fd = open(dir, O_PATH | O_CLOEXEC) };
	int r = -ERR_SYSTEM;

	if (below.parent_fd < 0)
		return r;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0) == 0)
		r = 0;
	close(below.parent_fd);
	return r;
}

static int landlock_allow_files(int rules, int fd)
{
	struct landlock_path_beneath_attr below = { .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = fd };

	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0) == 0
		   ? 0
		   : -ERR_SYSTEM;
}

static int landlock(const char *dir, bool read_only, int readable_fd)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = (1ULL << 13) - 1 };
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	int r = 0;

	if (rules < 0)
		return -ERR_UNSUPPORTED;
	if (dir != NULL)
		r = landlock_allow(rules, dir, read_only);
	if (r == 0 && readable_fd >= 0)
		r = landlock_allow_files(rules, readable_fd);
	if (SANITIZED) /* the leak check lists its threads there */
		landlock_allow(rules, "/proc", false);
	if (r == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
			  syscall(SYS_landlock_restrict_self, rules, 0) != 0))
		r = -ERR_SYSTEM;
	close(rules);
	return r;
}

int sandbox_landlock(const char *dir, int readable_fd)
{
	return landlock(dir, false, readable_fd);
}

static int fail(const char *step)
{
	log_error("sandbox: %s failed: %s", step, strerror(errno));
	return -ERR_SYSTEM;
}

static int enter(const struct profile *p, const char *keep_dir)
{
	int flags = SANDBOX_SECCOMP | SANDBOX_CAPS | (p->token ? 0 : SANDBOX_UID);
	int r;

	limit(RLIMIT_NOFILE, p->files);
	if (sandbox_common() != 0)
		return fail("no-new-privileges");
	r = landlock(keep_dir, p->token, -1);
	if (r == 0)
		flags |= SANDBOX_LANDLOCK;
	else if (r != -ERR_UNSUPPORTED)
		return fail("Landlock");
	if (!p->token && drop_user(keep_dir) != 0)
		return fail("changing the user");
	if (drop_caps() != 0)
		return fail("dropping capabilities");
	if (!SANITIZED)
		limit(RLIMIT_NPROC, 0);
	if (!SANITIZED && p->memory > 0)
		limit(RLIMIT_AS, p->memory);
	if (filter_calls(p) != 0)
		return fail("the system-call filter");
	return flags;
}

int sandbox_enter(enum role role, const char *keep_dir)
{
	if (role >= ROLE_COUNT || profiles[role].calls == NULL)
		return fail("unknown role");
	return enter(&profiles[role], keep_dir);
}

int sandbox_enter_token(const char *dir)
{
	return enter(&token_profile, dir);
}

const char *sandbox_text(int flags)
{
	static char text[96];
	static const char *const words[] = { "seccomp", "caps", "uid", "landlock", "netns", "root" };

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (flags & 1 << i)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			    text[0] != '\0' ? "," : "", words[i]);
	return text;
}
