/* SPDX-License-Identifier: BSD-2-Clause */
/* Option parsing: one table for all subcommands, one line for every mistake. */
#include "control/args.h"

#include <getopt.h>
#include <string.h>

#include "control/exit.h"

struct row {
	char letter;
	const char *name, *value, *doc;
};

static const struct row rows[] = {
	{ 'c', "config", "FILE", "configuration, default " CONFIG_DEFAULT_PATH },
	{ 'i', "inside", "IF",
	    "interface whose traffic is intercepted; may be given several times" },
	{ 'F', "foreground", NULL, "stay, and take everything down at the end" },
	{ 's', "state", "FOLDER", "state folder, instead of the configuration's" },
	{ 'C', "client", "IP", "address of the client" },
	{ 'u', "url", "URL", "what it asks for" },
	{ 'd', "destination", "IP", "address of the server, where rules look at it" },
	{ 'm', "method", "METHOD", "request method, default GET" },
	{ 'a', "accept", "TYPE", "media types that the request asks for" },
	{ 't', "type", "TYPE", "content type of the body" },
	{ 'z', "size", "SIZE", "size of the body, such as 10M" },
	{ 'v', "verdict", "VERDICT",
	    "result of its search, such as clean or unscannable.encrypted" },
	{ 'y', "content", "KIND", "kind of the body, or kind.type, such as executable or archive.zip" },
	{ 'Y', "contains", "KINDS", "kinds of what is in it, separated by commas" },
	{ 'N', "file-name", "NAME", "name that the body is said to have" },
	{ 'e', "fault", "WORD",
	    "what is wrong with the origin, such as expired; may be given several times" },
	{ 'k', "spki", "DIGEST", "SHA-256 of the origin's key" },
	{ 'U', "upload", NULL, "the body is the request's, not the response's" },
	{ 'j', "json", NULL, "print JSON" },
	{ 'M', "metrics", NULL, "print every counter as OpenMetrics text" },
	{ 'f', "format", "FORM", "form of the certificate, default pem; `--format help` lists them" },
	{ 'w', "which", "WORD", "export: current, next or all; default all that clients should trust" },
	{ 'o', "out", "FILE", "write there instead of standard output" },
	{ 'n', "name", "NAME", "common name of the new CA" },
	{ 'p', "permit", "NAME", "create: a domain or network, all that the CA may sign for; several times" },
	{ 'x', "exclude", "NAME", "create: a domain or network that it must not sign for; several times" },
	{ 'E', "encrypt", NULL, "create, rotate: write the key encrypted" },
	{ 'P', "passphrase-file", "FILE", "its first line; else the configuration's file, else asked for" },
	{ 'r', "cert", "FILE", "import: certificate, followed by those above it (PEM)" },
	{ 'K', "key", "FILE", "import: its private key (PEM, may be encrypted)" },
	{ 'A', "activate", NULL, "rotate: let the prepared CA take over" },
	{ 'b', "fingerprint", "HEX", "revoke: which, by the beginning of its SHA-256" },
	{ 'l', "list", "FILE", "file with a SHA-256 on each line, as sha256sum writes them" },
	{ 'O', "object", "FILE", "a local file: whoever had the same" },
	{ 'S', "signatures", NULL, "look for new signatures alone, and say what came of it" },
	{ 'V', "save", "SHA256", "write this sample to FILE, which must not exist" },
	{ 'D', "drop", "SHA256", "forget this sample, or all" },
	{ 'X', "force", NULL, "replace what is there" },
	{ 'h', "help", NULL, "this text" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static bool takes(const struct command *c, char letter)
{
	return letter == 'h' || strchr(c->options, letter) != NULL;
}

/* The command's share of the table, as getopt wants it. */
static void select_rows(const struct command *c, struct option *o)
{
	for (unsigned i = 0; i < ROWS; i++) {
		if (!takes(c, rows[i].letter))
			continue;
		*o++ = (struct option){ .name = rows[i].name,
			.val = rows[i].letter,
			.has_arg = rows[i].value != NULL ? required_argument : no_argument };
	}
	*o = (struct option){ .name = NULL };
}

static int add_to(const struct command *c, const char *option, const char **list, unsigned *n,
    unsigned most, const char *value)
{
	if (*n == most) {
		fprintf(stderr, "sallyport %s: more than %u times --%s\n", c->name, most, option);
		return EXIT_USAGE;
	}
	list[(*n)++] = value;
	return 0;
}

static const char **text_of(struct args *a, int letter)
{
	switch (letter) {
	case 'c':
		return &a->config;
	case 's':
		return &a->state;
	case 'C':
		return &a->client;
	case 'u':
		return &a->url;
	case 'd':
		return &a->destination;
	case 'm':
		return &a->method;
	case 'a':
		return &a->accept;
	case 't':
		return &a->type;
	case 'z':
		return &a->size;
	case 'v':
		return &a->verdict;
	case 'y':
		return &a->content;
	case 'Y':
		return &a->contains;
	case 'N':
		return &a->file_name;
	case 'f':
		return &a->format;
	case 'w':
		return &a->which;
	case 'P':
		return &a->passphrase_file;
	case 'r':
		return &a->cert;
	case 'K':
		return &a->key;
	case 'b':
		return &a->fingerprint;
	case 'o':
		return &a->out;
	case 'k':
		return &a->spki;
	case 'V':
		return &a->save;
	case 'D':
		return &a->drop;
	case 'l':
		return &a->list;
	case 'O':
		return &a->object;
	default:
		return &a->name;
	}
}

static bool *flag_of(struct args *a, int letter)
{
	switch (letter) {
	case 'j':
		return &a->json;
	case 'M':
		return &a->metrics;
	case 'F':
		return &a->foreground;
	case 'X':
		return &a->force;
	case 'U':
		return &a->upload;
	case 'E':
		return &a->encrypt;
	case 'A':
		return &a->activate;
	case 'S':
		return &a->signatures;
	default:
		return &a->help;
	}
}

/* getopt keeps the offending word in argv[optind - 1]; a short one alone in optopt. */
static int complain(const struct command *c, int what, char **argv)
{
	fprintf(stderr, "sallyport %s: %s '%s'; see: sallyport %s --help\n", c->name,
	    what == ':' ? "a value is missing after" : "unknown or wrongly used option",
	    argv[optind - 1], c->name);
	return EXIT_USAGE;
}

static int take_word(const struct command *c, struct args *a, int argc, char **argv)
{
	if (c->word != NULL && strstr(c->word, "...") != NULL) {
		a->words = argv + optind;
		a->words_n = (unsigned)(argc - optind);
		return 0;
	}
	if (optind < argc && c->word != NULL)
		a->word = argv[optind++];
	if (optind >= argc)
		return 0;
	fprintf(stderr, "sallyport %s: unexpected argument '%s'; see: sallyport %s --help\n",
	    c->name, argv[optind], c->name);
	return EXIT_USAGE;
}

int args_parse(const struct command *c, int argc, char **argv, struct args *a)
{
	struct option options[ROWS + 1];
	int letter, r = 0;

	*a = (struct args){ .config = NULL };
	select_rows(c, options);
	opterr = 0;
	optind = 1;
	while (r == 0 && (letter = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (letter == '?' || letter == ':')
			r = complain(c, letter, argv);
		else if (letter == 'i')
			r = add_to(c, "inside", a->inside, &a->inside_n, ARGS_INSIDE_MAX, optarg);
		else if (letter == 'e')
			r = add_to(c, "fault", a->faults, &a->faults_n, ARGS_FAULTS_MAX, optarg);
		else if (letter == 'p')
			r = add_to(c, "permit", a->permit, &a->permit_n, ARGS_CONSTRAINTS_MAX, optarg);
		else if (letter == 'x')
			r = add_to(c, "exclude", a->exclude, &a->exclude_n, ARGS_CONSTRAINTS_MAX, optarg);
		else if (optarg != NULL)
			*text_of(a, letter) = optarg;
		else
			*flag_of(a, letter) = true;
	}
	return r != 0 || a->help ? r : take_word(c, a, argc, argv);
}

void args_help(const struct command *c, FILE *f)
{
	fprintf(f, "usage: sallyport %s%s%s%s\n%s.\n", c->name, c->word != NULL ? " " : "",
	    c->word != NULL ? c->word : "", c->options[0] != '\0' ? " [options]" : "", c->summary);
	if (c->more[0] != '\0')
		fprintf(f, "%s\n", c->more);
	for (unsigned i = 0; i < ROWS; i++) {
		if (takes(c, rows[i].letter))
			fprintf(f, "  --%s%s%-*s  %s\n", rows[i].name,
			    rows[i].value != NULL ? " " : "",
			    18 - (int)strlen(rows[i].name) - (rows[i].value != NULL),
			    rows[i].value != NULL ? rows[i].value : "", rows[i].doc);
	}
}
