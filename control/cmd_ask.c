/* SPDX-License-Identifier: BSD-2-Clause */
/* sallyport status and reload: one question to the running gateway. */
#include <stdio.h>
#include <string.h>

#include "control/client.h"
#include "control/cmd.h"
#include "control/exit.h"
#include "control/files.h"
#include "core/err.h"
#include "intercept/rules.h"

enum { ANSWER_MAX = 2 << 20, STATUS_SECONDS = 10, RELOAD_SECONDS = 120, LOAD_SECONDS = 1800 };

static int not_answered(const char *command, const char *state_dir, int r)
{
	if (r == -ERR_NOT_FOUND) {
		fprintf(stderr, "sallyport %s: not running: no gateway has the state folder %s\n",
		    command, state_dir);
		return EXIT_NOT_RUNNING;
	}
	if (r == -ERR_DENIED) {
		fprintf(stderr, "sallyport %s: not permitted to ask; fix: run as root\n", command);
		return EXIT_CAPABILITY;
	}
	fprintf(stderr, "sallyport %s: the gateway does not answer: %s\n", command, err_text(r));
	return EXIT_OTHER;
}

/* The answer goes to standard output when it is good news. */
static int print(const struct buf *answer, int code)
{
	struct str s = buf_view(answer);

	fwrite(s.p, 1, s.n, code == EXIT_OK ? stdout : stderr);
	return code;
}

static int ask(const char *command, const char *line, const char *state_dir, unsigned seconds)
{
	struct buf answer;
	int r;

	buf_init(&answer, ANSWER_MAX);
	r = control_ask(state_dir, line, seconds, &answer);
	r = r < 0 ? not_answered(command, state_dir, r) : print(&answer, r);
	buf_free(&answer);
	return r;
}

int cmd_status(const struct args *a, const struct cli_ops *ops)
{
	int code = EXIT_OTHER;
	struct config *c = config_for_command(a->config, NULL, &code);
	bool rules;

	(void)ops;
	if (c == NULL)
		return code;
	if (a->metrics) {
		code = ask("status", "status --metrics", config_state_dir(c), STATUS_SECONDS);
		config_free(c);
		return code;
	}
	rules = net_is_up(config_state_dir(c));
	if (a->json && !control_alive(config_state_dir(c)))
		printf("{\"ready\":false,\"running\":false,\"network_rules\":%s}\n",
		    rules ? "true" : "false");
	code = ask(
	    "status", a->json ? "status --json" : "status", config_state_dir(c), STATUS_SECONDS);
	if (!a->json)
		printf("network rules: %s\n", !rules ? "none of ours"
					      : code == EXIT_NOT_RUNNING
						  ? "installed; intercepted traffic is dropped "
						    "until `sallyport up` or `sallyport down`"
						  : "installed");
	config_free(c);
	return code;
}

int cmd_learned(const struct args *a, const struct cli_ops *ops)
{
	int code = EXIT_OTHER;
	struct config *c = config_for_command(a->config, NULL, &code);

	(void)ops;
	if (c == NULL)
		return code;
	code = ask("learned", a->json ? "learned --json" : "learned", config_state_dir(c),
	    STATUS_SECONDS);
	config_free(c);
	return code;
}

int cmd_reload(const struct args *a, const struct cli_ops *ops)
{
	int code = EXIT_OTHER;
	struct config *c = config_for_command(a->config, NULL, &code);

	(void)ops;
	if (c == NULL)
		return code;
	code = a->signatures ? ask("reload", "reload signatures", config_state_dir(c), LOAD_SECONDS) :
			       ask("reload", "reload", config_state_dir(c), RELOAD_SECONDS);
	config_free(c);
	return code;
}
