/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of subcommands and the way to them. */
#include "control/cli.h"

#include <stdio.h>
#include <string.h>

#include "control/cmd.h"
#include "control/exit.h"

static const struct command commands[] = {
	{ "up", "ciF", NULL, "Intercept the traffic of an interface: rules, CA, daemon",
	    "Creates the CA on first use. Everything is undone if a step fails.", cmd_up, false },
	{ "down", "cs", NULL, "Stop the gateway and restore the host's network exactly",
	    "Works after a crash, too. Running transfers get limits.drain to finish.", cmd_down,
	    false },
	{ "run", "ci", NULL, "Run the gateway in the foreground",
	    "SIGHUP reloads, SIGTERM drains and stops.", cmd_run, false },
	{ "check", "c", NULL, "Check the configuration and the files that it names", "", cmd_check,
	    false },
	{ "explain", "cCudmatvyYNUzek", NULL, "Say what the rules would do, and why",
	    "With --fault: and what would become of an origin that has them.", cmd_explain,
	    false },
	{ "status", "cjM", NULL, "Ask the running gateway how it is", "", cmd_status, false },
	{ "learned", "cj", NULL, "List what was learned about connections that cannot be decrypted",
	    "Candidates pass only where the configuration says so; see docs/bypass.md.", cmd_learned,
	    false },
	{ "hunt", "cjlO", "[SHA256...]", "Ask the audit who received or sent an object",
	    "Searches the audit files of the running gateway; see docs/retro-hunt.md.", cmd_hunt, false },
	{ "samples", "cjVD", "[FILE]", "List the bodies that killed a scan job, and hand them out",
	    "They are kept in memory, the last few; see docs/samples.md.", cmd_samples, false },
	{ "reload", "cS", NULL, "Put a changed configuration in force, dropping no connection",
	    "A configuration with a mistake leaves the old one in force.", cmd_reload, false },
	{ "exceptions", "cj", NULL, "List the exceptions for origins with faults, and their uses",
	    "Uses are counted by the running gateway since its start.", cmd_exceptions, false },
	{ "ca", "cnXfowpxEPrKAb", "create|import|show|list|export|rotate|revoke",
	    "The certificate authority from its making to its end",
	    "Clients have to trust what `ca export` writes. The key never leaves its file.\n"
	    "See docs/ca.md.", cmd_ca, false },
	{ "limits", "", NULL, "Print the table of limits", "", cmd_limits, false },
	{ "conditions", "", NULL, "Print the table of rule conditions", "", cmd_conditions, false },
	{ "version", "", NULL, "Print the version", "", cmd_version, false },
	{ "role", "", "NAME", "Be one of the gateway's processes", "", cmd_role, true },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void help(FILE *f)
{
	fprintf(f, "usage: sallyport COMMAND [options]\n");
	for (unsigned i = 0; i < COMMANDS; i++) {
		if (!commands[i].hidden)
			fprintf(f, "  %-10s %s\n", commands[i].name, commands[i].summary);
	}
	fprintf(f, "Options of a command: sallyport COMMAND --help\n");
}

static bool asks(const char *word, const char *name)
{
	return strcmp(word, name) == 0 ||
	       (strncmp(word, "--", 2) == 0 && strcmp(word + 2, name) == 0);
}

static int call(const struct command *c, int argc, char **argv, const struct cli_ops *ops)
{
	struct args a;
	int r = args_parse(c, argc, argv, &a);

	if (r != 0)
		return r;
	if (a.help) {
		args_help(c, stdout);
		return EXIT_OK;
	}
	r = c->fn(&a, ops);
	if (fflush(stdout) == 0 || r != EXIT_OK)
		return r;
	fprintf(stderr, "sallyport %s: standard output cannot be written\n", c->name);
	return EXIT_FILE;
}

int cli_main(int argc, char **argv, const struct cli_ops *ops)
{
	if (argc < 2) {
		fprintf(stderr, "usage: sallyport COMMAND [options]; see: sallyport --help\n");
		return EXIT_USAGE;
	}
	if (asks(argv[1], "help") || strcmp(argv[1], "-h") == 0) {
		help(stdout);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0)
		argv[1] += 2;
	for (unsigned i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return call(&commands[i], argc - 1, argv + 1, ops);
	}
	fprintf(stderr, "sallyport: unknown command '%s'; see: sallyport --help\n", argv[1]);
	return EXIT_USAGE;
}
