/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Can this host do it? The rules are installed for real, but in a network namespace that lives
 * no longer than the question: nothing else tells apart "unknown to the tool", "unknown to the
 * kernel" and "module not there".
 */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "intercept/route.h"
#include "intercept/rules.h"
#include "intercept/tool.h"

enum { TEXT_MAX = 1 << 20, WHY_MAX = 256 };

static int try_family(const struct net_plan *p, int family, char *why, size_t why_n)
{
	const char *const argv[] = { family == 6 ? "ip6tables-restore" : "iptables-restore",
		"--noflush", NULL };
	struct buf text;
	int r;

	buf_init(&text, TEXT_MAX);
	if ((r = net_rules_text(p, family, &text)) != 0)
		snprintf(
		    why, why_n, "%s", net_plan_fault(p) != NULL ? net_plan_fault(p) : err_text(r));
	else
		r = tool_run(argv, buf_view(&text), NULL, why, why_n);
	buf_free(&text);
	return r == -ERR_SYSTEM ? -ERR_UNSUPPORTED : r;
}

/* In the child: the answer goes through the pipe, the code is the exit status. */
static _Noreturn void try_all(const struct net_plan *p, int to)
{
	char why[WHY_MAX] = "";
	int r;

	if (unshare(CLONE_NEWNET) != 0) {
		snprintf(why, sizeof(why), "no network namespace for a trial: %s", strerror(errno));
		r = errno == EPERM ? -ERR_DENIED : -ERR_UNSUPPORTED;
	} else if ((r = try_family(p, 4, why, sizeof(why))) == 0 &&
		   access("/proc/net/if_inet6", F_OK) == 0) {
		r = try_family(p, 6, why, sizeof(why));
	}
	if (write(to, why, strlen(why)) < 0)
		_exit(ERR_SYSTEM);
	_exit(-r);
}

static int collect(pid_t pid, int from, char *why, size_t why_n)
{
	int status = 0;
	ssize_t k;

	while ((k = read(from, why, why_n - 1)) < 0 && errno == EINTR)
		;
	why[k > 0 ? k : 0] = '\0';
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ERR_SYSTEM;
}

bool net_capable(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];

	memset(d, 0, sizeof(d));
	return syscall(SYS_capget, &h, d) == 0 && (d[0].effective & (1u << CAP_NET_ADMIN)) != 0;
}

int net_probe(const struct net_plan *p, char *why, size_t why_n)
{
	int fd[2], r;
	pid_t pid;

	if (!net_capable()) {
		snprintf(why, why_n, "CAP_NET_ADMIN is missing; fix: run as root");
		return -ERR_DENIED;
	}
	if (pipe(fd) != 0) {
		snprintf(why, why_n, "%s", strerror(errno));
		return -ERR_SYSTEM;
	}
	if ((pid = fork()) == 0)
		try_all(p, fd[1]);
	close(fd[1]);
	r = pid < 0 ? -ERR_SYSTEM : collect(pid, fd[0], why, why_n);
	close(fd[0]);
	return r;
}
