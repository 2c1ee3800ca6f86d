/* SPDX-License-Identifier: BSD-2-Clause */
/* sallyport: one program, a role per process. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "control/cli.h"
#include "control/exit.h"
#include "core/log.h"
#include "gateway/audit.h"
#include "gateway/fetcher.h"
#include "gateway/icap_role.h"
#include "gateway/parent.h"
#include "gateway/recorder.h"
#include "gateway/revocation.h"
#include "gateway/signer_role.h"
#include "gateway/worker.h"

enum { ROLE_FD = 3 };

static int run_role(const char *name)
{
	char title[16];

	snprintf(title, sizeof(title), "sp-%s", name); /* for ps and the kernel's log */
	prctl(PR_SET_NAME, title);
	if (strcmp(name, "worker") == 0)
		return worker_main(ROLE_FD);
	log_role(name);
	if (strcmp(name, "signer") == 0)
		return signer_main(ROLE_FD);
	if (strcmp(name, "fetcher") == 0)
		return fetcher_main(ROLE_FD);
	if (strcmp(name, "icap") == 0)
		return icap_main(ROLE_FD);
	if (strcmp(name, "recorder") == 0)
		return recorder_main(ROLE_FD);
	fprintf(stderr, "sallyport: unknown role\n");
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static const struct cli_ops ops = { .run = parent_run, .role = run_role,
		.check_revocation = revocation_check };

	if (argc == 2 && strcmp(argv[1], "audit-fields") == 0) { /* for the documentation check */
		audit_fields_print(stdout);
		return 0;
	}
	return cli_main(argc, argv, &ops);
}
