/* SPDX-License-Identifier: BSD-2-Clause */
/* What an attacker in a job would try. Test build only. */
#include "scanner/hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scanner/client.h"

enum { CHANNEL = 3, BLOCK = 1 << 20, TRIES = 100000 };

const char *hostile_folder;
uint64_t hostile_number;
static int body_fd;

/* Each returns true when it got what it wanted; else errno says why not. */

/* ---- files ---- */

static bool opens(const char *path, int flags)
{
	return open(path, flags, 0600) >= 0;
}

static bool try_passwd(void)
{
	return opens("/etc/passwd", O_RDONLY);
}

static bool try_proc(void)
{
	return opens("/proc/self/mem", O_RDWR);
}

static bool try_proc_parent(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", 1);
	return opens(path, O_RDWR);
}

static const char *above(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s", hostile_folder);
	snprintf(strrchr(path, '/') + 1, 64, "%s", name);
	return path;
}

static bool try_above(void)
{
	return opens(above("."), O_RDONLY | O_DIRECTORY);
}

static bool try_create_above(void)
{
	return opens(above("x"), O_WRONLY | O_CREAT);
}

/* Other jobs' folders: whichever is not ours. */
static bool try_sibling(void)
{
	char name[32];
	int denied = 0;

	for (int i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "job-%d", i);
		if (strcmp(above(name), hostile_folder) == 0)
			continue;
		if (opens(above(name), O_RDONLY | O_DIRECTORY))
			return true;
		if (errno != ENOENT)
			denied = errno;
	}
	errno = denied;
	return false;
}

static bool try_mode(void)
{
	return chmod(above("."), 0) == 0;
}

static bool try_mode_own(void)
{
	return chmod(hostile_folder, 0777) == 0;
}

static int own_file(int i)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/f%d", hostile_folder, i);
	return open(path, O_RDWR | O_CREAT, 0600);
}

static bool try_file_size(void)
{
	static char block[BLOCK];
	int fd = own_file(0);

	for (int i = 0; fd >= 0 && i < 4096; i++)
		if (write(fd, block, sizeof(block)) < 0)
			return false;
	return true;
}

static bool try_fill_bytes(void)
{
	static char block[BLOCK];

	for (int i = 0; i < 4096; i++) {
		int fd = own_file(i);

		if (fd < 0)
			return false;
		for (int k = 0; k < 8; k++)
			if (write(fd, block, sizeof(block)) < 0)
				return false;
		close(fd);
	}
	return true;
}

static bool try_fill_inodes(void)
{
	for (int i = 0; i < TRIES; i++) {
		int fd = own_file(i);

		if (fd < 0)
			return false;
		close(fd);
	}
	return true;
}

/* One folder in another, as deep as there are inodes. */
static bool try_nest(void)
{
	int at = open(hostile_folder, O_RDONLY | O_DIRECTORY);

	for (int i = 0; at >= 0 && i < TRIES; i++) {
		int next;

		if (mkdirat(at, "d", 0700) != 0)
			return false;
		next = openat(at, "d", O_RDONLY | O_DIRECTORY);
		close(at);
		at = next;
	}
	return at >= 0;
}

/* Nests and dies: the next job in its place has to clear that up. */
static bool try_nest_and_die(void)
{
	try_nest();
	abort();
}

static bool try_left_over(void)
{
	struct stat st;
	char path[256];

	snprintf(path, sizeof(path), "%s/d", hostile_folder);
	return stat(path, &st) == 0;
}

/* ---- the body, the channel ---- */

static bool try_body_write(void)
{
	return pwrite(body_fd, "x", 1, 0) == 1;
}

static bool try_body_store(void)
{
	return write(body_fd, "x", 1) == 1;
}

static bool try_body_map(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, body_fd, 0) != MAP_FAILED;
}

static bool try_body_cut(void)
{
	return ftruncate(body_fd, 0) == 0;
}

static bool try_body_seal(void)
{
	return fcntl(body_fd, F_ADD_SEALS, F_SEAL_SEAL) == 0;
}

static bool try_send_fd(void)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c = { .space = { 0 } };
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.space,
		.msg_controllen = sizeof(c.space) };

	c.align.cmsg_level = SOL_SOCKET;
	c.align.cmsg_type = SCM_RIGHTS;
	c.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&c.align), &body_fd, sizeof(int));
	return sendmsg(CHANNEL, &m, 0) == 1;
}

static bool say(uint64_t number, enum verdict_class class, enum verdict_reason reason)
{
	static const unsigned char none[SCAN_DIGEST];
	struct verdict v = verdict_make(class, reason, STR("said-early"));
	char space[512];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	return scan_pack_answer(&b, number, none, &v) == 0 &&
	       write(CHANNEL, b.p + b.off, b.len) == (ssize_t)b.len;
}

static bool try_lie(void)
{
	static const char junk[64] = "nonsense";

	return write(CHANNEL, junk, sizeof(junk)) < 0;
}

/* An answer to an order that it does not have; and then its own, but that is not heard any more. */
static bool try_other_order(void)
{
	return !say(hostile_number + 1, VERDICT_CLEAN, REASON_NONE);
}

static bool try_odd_verdict(void)
{
	return !say(hostile_number, VERDICT_BYPASSED, REASON_POLICY);
}

/* Its answer, and after it another. */
static bool try_twice(void)
{
	return !say(hostile_number, VERDICT_CLEAN, REASON_NONE);
}

static bool try_flood(void)
{
	for (int i = 0; i < TRIES; i++)
		say(hostile_number + (uint64_t)i, VERDICT_CLEAN, REASON_NONE);
	return false;
}

static bool try_close(void)
{
	close(CHANNEL);
	for (volatile unsigned i = 0;; i++)
		;
	return true;
}

/* ---- time and memory ---- */

static bool try_spin(void)
{
	for (volatile unsigned i = 0;; i++)
		;
	return true;
}

static bool try_sleep(void)
{
	int word = 0;

	return syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, NULL) == 0;
}

static bool try_answer_and_spin(void)
{
	say(hostile_number, VERDICT_CLEAN, REASON_NONE);
	return try_spin();
}

static bool try_address_space(void)
{
	for (int i = 0; i < 64; i++)
		if (mmap(NULL, (size_t)256 << 20, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
			return false;
	return true;
}

static bool try_memory(void)
{
	for (int i = 0; i < TRIES; i++) {
		void *p = malloc(BLOCK);

		if (p == NULL)
			return false;
		memset(p, 1, BLOCK);
	}
	return true;
}

/* Answers properly and keeps 100 MB. */
static bool try_keep_memory(void)
{
	void *p = mmap(NULL, (size_t)100 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	errno = 0;
	return p == MAP_FAILED;
}

static bool try_stack(void)
{
	volatile char big[1 << 14];

	big[0] = 1;
	return big[0] == 1 && try_stack() && big[0] == 1;
}

static bool try_null(void)
{
	volatile int *volatile p = NULL;

	*p = 1;
	return true;
}

static bool try_exit(void)
{
	_exit(0);
}

/* ---- calls ---- */

static bool try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool try_connect(void)
{
	struct sockaddr a = { .sa_family = AF_UNSPEC };

	return connect(CHANNEL, &a, sizeof(a)) == 0;
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

static bool try_kill(void)
{
	return kill(1, SIGKILL) == 0; /* the number is no matter: there is no such call */
}

static bool try_stop(void)
{
	return raise(SIGSTOP) == 0;
}

static bool try_sigio(void)
{
	/* Ask the kernel to send the signal instead. */
	return fcntl(CHANNEL, F_SETOWN, 1) == 0;
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

/* "call-N": a system call by its number, with arguments that do nothing. */
static bool try_call(struct str word)
{
	uint64_t n = 0;

	return str_u64(str_sub(word, 5, word.n), &n) == 0 && syscall((long)n, 0, 0, 0, 0, 0, 0) >= 0;
}

static const struct {
	const char *word;
	bool (*act)(void);
} acts[] = { { "passwd", try_passwd }, { "proc", try_proc }, { "proc-parent", try_proc_parent },
	{ "above", try_above }, { "create-above", try_create_above }, { "sibling", try_sibling },
	{ "mode", try_mode }, { "mode-own", try_mode_own }, { "file-size", try_file_size },
	{ "fill-bytes", try_fill_bytes }, { "fill-inodes", try_fill_inodes }, { "nest", try_nest },
	{ "nest-and-die", try_nest_and_die }, { "left-over", try_left_over },
	{ "body-write", try_body_write }, { "body-store", try_body_store },
	{ "body-map", try_body_map }, { "body-cut", try_body_cut }, { "body-seal", try_body_seal },
	{ "send-fd", try_send_fd }, { "lie", try_lie }, { "other-order", try_other_order },
	{ "odd-verdict", try_odd_verdict }, { "twice", try_twice }, { "flood", try_flood },
	{ "close", try_close }, { "spin", try_spin }, { "sleep", try_sleep },
	{ "answer-and-spin", try_answer_and_spin }, { "address-space", try_address_space },
	{ "memory", try_memory }, { "keep-memory", try_keep_memory }, { "stack", try_stack },
	{ "null", try_null }, { "exit", try_exit }, { "socket", try_socket },
	{ "connect", try_connect }, { "fork", try_fork }, { "exec", try_exec },
	{ "mmap-exec", try_mmap_exec }, { "mprotect-exec", try_mprotect_exec }, { "kill", try_kill },
	{ "stop", try_stop }, { "sigio", try_sigio }, { "ptrace", try_ptrace },
	{ "limit", try_limit } };

static bool run(struct str word, bool *got)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (str_eq(word, str_c(acts[i].word))) {
			*got = acts[i].act();
			return true;
		}
	if (!str_iprefix(word, STR("call-")))
		return false;
	*got = try_call(word);
	return true;
}

bool hostile_act(struct str body, int fd, struct verdict *v)
{
	struct str prefix = STR("HOSTILE:"), word;
	ptrdiff_t blank;
	char name[32];
	bool got;

	if (!str_iprefix(body, prefix))
		return false;
	word = str_sub(body, prefix.n, body.n);
	blank = str_chr(word, ' ');
	word = str_sub(word, 0, blank >= 0 ? (size_t)blank : word.n);
	body_fd = fd;
	errno = 0;
	if (!run(word, &got))
		return false;
	snprintf(name, sizeof(name), "errno-%d", errno);
	*v = verdict_make(got ? VERDICT_INFECTED : VERDICT_CLEAN, REASON_NONE,
	    got ? STR("escaped") : str_c(name));
	return true;
}
