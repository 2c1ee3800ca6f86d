/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of the subcommands, in one table; each subcommand names the letters that it takes. */
#ifndef CONTROL_ARGS_H
#define CONTROL_ARGS_H

#include <stdbool.h>
#include <stdio.h>

#include "control/cli.h"

enum { ARGS_CONSTRAINTS_MAX = 32, ARGS_INSIDE_MAX = 16, ARGS_FAULTS_MAX = 16 };

struct args {
	const char *config, *state, *client, *url, *destination, *method, *accept, *type, *verdict, *size;
	const char *content, *contains, *file_name;
	const char *format, *out, *name, *spki, *save, *drop;
	const char *list, *object;
	const char *cert, *key, *passphrase_file, *which, *fingerprint;
	const char *permit[ARGS_CONSTRAINTS_MAX], *exclude[ARGS_CONSTRAINTS_MAX];
	unsigned permit_n, exclude_n;
	const char *inside[ARGS_INSIDE_MAX];
	const char *faults[ARGS_FAULTS_MAX];
	unsigned inside_n, faults_n;
	bool json, metrics, foreground, force, upload, encrypt, activate, signatures, help;
	const char *word; /* the one argument that is no option, or NULL */
	char *const *words; /* all of them, where the command takes several ("..." in its usage) */
	unsigned words_n;
};

struct command {
	const char *name;
	const char *options;  /* letters of the table in args.c */
	const char *word;     /* what the argument is called in the usage line, or NULL */
	const char *summary;  /* one line */
	const char *more;     /* further lines of its help, or "" */
	int (*fn)(const struct args *a, const struct cli_ops *ops);
	bool hidden;
};

/* Parse what follows the command's name: 0, or EXIT_USAGE after one line on standard error. */
int args_parse(const struct command *c, int argc, char **argv, struct args *a);

/* The usage of one command. */
void args_help(const struct command *c, FILE *f);

#endif
