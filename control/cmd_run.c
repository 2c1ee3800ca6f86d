/* SPDX-License-Identifier: BSD-2-Clause */
/* sallyport run, role, and the commands that only print. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/ca_files.h"
#include "control/client_files.h"
#include "control/cmd.h"
#include "control/exit.h"
#include "control/files.h"
#include "control/pidfile.h"
#include "core/err.h"
#include "core/log.h"
#include "intercept/rules.h"
#include "policy/docs.h"

static int folders(const struct config *c)
{
	const char *const path[] = { config_state_dir(c), config_audit(c)->folder };

	for (unsigned i = 0; i < 2; i++) {
		if (file_mkdirs(path[i], 0750) == 0)
			continue;
		fprintf(stderr, "sallyport run: folder %s cannot be made: %s\n", path[i],
		    strerror(errno));
		return EXIT_FILE;
	}
	return EXIT_OK;
}

/* In a process of its own: the daemon's parent is not to have had keys in its memory. */
static int check_keys(const struct config *c)
{
	char warning[160];
	int status = 0, code;
	pid_t pid;

	if (!config_tls(c)->intercept && config_client_cert(c, 0) == NULL)
		return EXIT_OK;
	pid = fork();
	if (pid == 0) {
		code = config_tls(c)->intercept ? ca_files_check(c, warning, sizeof(warning)) : EXIT_OK; /* the signer warns */
		if (code == EXIT_OK)
			code = client_files_check(c);
		_exit(code);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
		fprintf(stderr, "sallyport run: the CA cannot be checked\n");
		return EXIT_OTHER;
	}
	return WEXITSTATUS(status);
}

static int locked_run(
    const struct args *a, const struct cli_ops *ops, const char *path, const char *state_dir)
{
	int fd = pidfile_take(state_dir), code;

	if (fd == -ERR_DENIED) {
		fprintf(stderr,
		    "sallyport run: a gateway (process %ld) runs with state folder %s already\n",
		    (long)pidfile_owner(state_dir, 0), state_dir);
		return EXIT_OTHER;
	}
	if (fd < 0) {
		fprintf(
		    stderr, "sallyport run: no pid file in %s: %s\n", state_dir, strerror(errno));
		return EXIT_FILE;
	}
	code = ops->run(path, a->inside, a->inside_n);
	pidfile_drop(state_dir, fd);
	return code;
}

int cmd_run(const struct args *a, const struct cli_ops *ops)
{
	const char *path = NULL;
	int code = EXIT_OTHER;
	struct config *c;

	if (geteuid() != 0 || !net_capable()) { /* first: without it most files look missing */
		fprintf(stderr, "sallyport run: root with CAP_NET_ADMIN is needed\n");
		return EXIT_CAPABILITY;
	}
	if ((c = config_for_command(a->config, &path, &code)) == NULL)
		return code;
	if (config_tls(c)->intercept && access(config_tls(c)->ca_cert, F_OK) != 0) {
		fprintf(stderr, "sallyport run: CA certificate %s: %s; fix: sallyport ca create\n",
		    config_tls(c)->ca_cert, strerror(errno));
		code = EXIT_FILE;
	} else if ((code = check_keys(c)) == EXIT_OK && (code = folders(c)) == EXIT_OK) {
		code = locked_run(a, ops, path, config_state_dir(c));
	}
	config_free(c);
	return code;
}

int cmd_role(const struct args *a, const struct cli_ops *ops)
{
	if (a->word != NULL)
		return ops->role(a->word);
	fprintf(stderr, "sallyport role: a name is missing\n");
	return EXIT_USAGE;
}

int cmd_version(const struct args *a, const struct cli_ops *ops)
{
	(void)a;
	(void)ops;
	printf("sallyport %s\n", SALLYPORT_VERSION);
	return EXIT_OK;
}

int cmd_limits(const struct args *a, const struct cli_ops *ops)
{
	(void)a;
	(void)ops;
	limits_print(stdout);
	return EXIT_OK;
}

int cmd_conditions(const struct args *a, const struct cli_ops *ops)
{
	(void)a;
	(void)ops;
	conditions_print(stdout);
	return EXIT_OK;
}
