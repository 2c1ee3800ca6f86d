/* SPDX-License-Identifier: BSD-2-Clause */
/* sallyport exceptions: the running gateway's list with uses; else that of the configuration. */
#include <stdio.h>
#include <time.h>

#include "control/client.h"
#include "control/cmd.h"
#include "control/exit.h"
#include "control/files.h"
#include "core/err.h"
#include "policy/origin.h"

enum { ANSWER_MAX = 2 << 20, SECONDS = 10 };

static int ask(const struct args *a, const char *state_dir, struct buf *out)
{
	int r = control_ask(state_dir, a->json ? "exceptions --json" : "exceptions", SECONDS, out);

	if (r == -ERR_DENIED) {
		fprintf(stderr, "sallyport exceptions: not permitted to ask; fix: run as root\n");
		return EXIT_CAPABILITY;
	}
	if (r >= 0)
		return r;
	fprintf(stderr, "sallyport exceptions: the gateway does not answer: %s\n", err_text(r));
	return EXIT_OTHER;
}

int cmd_exceptions(const struct args *a, const struct cli_ops *ops)
{
	int code = EXIT_OTHER;
	struct config *c = config_for_command(a->config, NULL, &code);
	struct buf out;

	(void)ops;
	if (c == NULL)
		return code;
	buf_init(&out, ANSWER_MAX);
	code = EXIT_OK;
	if (control_alive(config_state_dir(c))) {
		code = ask(a, config_state_dir(c), &out);
	} else {
		if (!a->json)
			printf("no gateway runs; as configured:\n");
		exceptions_print(&out, c, time(NULL), a->json, NULL, NULL);
	}
	if (out.len > 0)
		fwrite(buf_view(&out).p, 1, out.len, code == EXIT_OK ? stdout : stderr);
	buf_free(&out);
	config_free(c);
	return code;
}
