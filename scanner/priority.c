/* SPDX-License-Identifier: BSD-2-Clause */
/* Niceness of the loading process. */
#include "scanner/priority.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "core/log.h"

enum { LOADING_NICE = 15, NICE_LIMIT = 20 }; /* a limit of 20 permits niceness 0: setrlimit(2) */

static int lowered;

void priority_lower(void)
{
	const struct rlimit back = { NICE_LIMIT, NICE_LIMIT };
	const struct sched_param none = { 0 };

	if (setrlimit(RLIMIT_NICE, &back) != 0 || setpriority(PRIO_PROCESS, 0, LOADING_NICE) != 0)
		return;
	lowered = 1;
	sched_setscheduler(0, SCHED_BATCH, &none);
}

void priority_restore(void)
{
	const struct sched_param none = { 0 };

	if (!lowered)
		return;
	sched_setscheduler(0, SCHED_OTHER, &none);
	if (setpriority(PRIO_PROCESS, 0, 0) != 0)
		log_warn("searches run at low priority: %s", strerror(errno));
	lowered = 0;
}
