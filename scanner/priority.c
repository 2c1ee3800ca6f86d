/* SPDX-License-Identifier: BSD-2-Clause */
/* Niceness of the loading process. */
#include "scanner/priority.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#include "core/log.h"

enum { GIVE_WAY = 5, LIMIT_OF_ZERO = 20 }; /* a limit of 20 permits niceness 0, of 21 -1: setrlimit(2) */

static bool lowered;
static int before;

void priority_lower(void)
{
	const struct sched_param none = { 0 };
	struct rlimit back;

	before = getpriority(PRIO_PROCESS, 0);
	back.rlim_cur = back.rlim_max = (rlim_t)(LIMIT_OF_ZERO - before);
	if (setrlimit(RLIMIT_NICE, &back) != 0 || setpriority(PRIO_PROCESS, 0, before + GIVE_WAY) != 0)
		return;
	lowered = true;
	sched_setscheduler(0, SCHED_BATCH, &none);
}

void priority_restore(void)
{
	const struct sched_param none = { 0 };

	if (!lowered)
		return;
	sched_setscheduler(0, SCHED_OTHER, &none);
	if (setpriority(PRIO_PROCESS, 0, before) != 0)
		log_warn("searches run at low priority: %s", strerror(errno));
	lowered = false;
}
