/* SPDX-License-Identifier: BSD-2-Clause */
/* sallyport ca create | import | show | list | export | rotate | revoke. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "certs/export.h"
#include "control/ca_cycle.h"
#include "control/ca_files.h"
#include "control/ca_secrets.h"
#include "control/cmd.h"
#include "control/exit.h"
#include "control/files.h"

enum { PEM_MAX = 65536, FORM_MAX = 1 << 20 };

static int emit(struct str bytes, const char *path)
{
	if (path != NULL && file_write(path, 0644, bytes) != 0) {
		fprintf(stderr, "sallyport ca: %s cannot be written: %s\n", path, strerror(errno));
		return EXIT_FILE;
	}
	if (path == NULL)
		fwrite(bytes.p, 1, bytes.n, stdout);
	return EXIT_OK;
}

static int convert(struct str pem, enum ca_format format, const char *to)
{
	struct buf out;
	int code = EXIT_FILE;

	buf_init(&out, FORM_MAX);
	if (ca_export(pem, format, &out) != 0)
		fprintf(stderr, "sallyport ca: the file holds no certificate\n");
	else
		code = emit(buf_view(&out), to);
	buf_free(&out);
	return code;
}

static int show(const struct config *c, const struct args *a)
{
	struct buf pem;
	int code = ca_files_read_cert(config_tls(c)->ca_cert, &pem);

	(void)a;
	if (code == EXIT_OK)
		code = convert(buf_view(&pem), CA_TEXT, NULL);
	else
		fprintf(stderr, "fix: sallyport ca create\n");
	buf_free(&pem);
	return code;
}

static int create(const struct config *c, const struct args *a)
{
	const struct config_tls *t = config_tls(c);
	int code;

	if (ca_files_there(c) != 0 && !a->force) {
		fprintf(stderr,
		    "sallyport ca: %s or %s is there already; fix: --force to replace both\n",
		    t->ca_cert, t->ca_key);
		return EXIT_OTHER;
	}
	if ((code = ca_cycle_retire(c)) != EXIT_OK ||
	    (code = ca_cycle_make(c, a, t->ca_cert, t->ca_key)) != EXIT_OK)
		return code;
	ca_cycle_wipe(c);
	printf("CA certificate: %s\nCA key: %s\n", t->ca_cert, t->ca_key);
	return show(c, a);
}

static int export(const struct config *c, const struct args *a)
{
	enum ca_format format = CA_PEM;
	struct buf pem;
	int code;

	if (a->format != NULL && !ca_format_of(str_c(a->format), &format)) {
		bool asked = strcmp(a->format, "help") == 0;

		if (!asked)
			fprintf(stderr, "sallyport ca: unknown format '%s'; known:\n", a->format);
		ca_formats_print(asked ? stdout : stderr);
		return asked ? EXIT_OK : EXIT_USAGE;
	}
	buf_init(&pem, PEM_MAX);
	code = ca_cycle_anchors(c, a->which, &pem);
	if (code == EXIT_OK)
		code = convert(buf_view(&pem), format, a->out);
	buf_free(&pem);
	return code;
}

static int list(const struct config *c, const struct args *a)
{
	(void)a;
	return ca_cycle_list(c);
}

static const struct {
	const char *word;
	int (*fn)(const struct config *c, const struct args *a);
	bool makes; /* writes a key's file */
} words[] = { { "create", create, true }, { "import", ca_cycle_import, true },
	{ "show", show, false }, { "list", list, false }, { "export", export, false },
	{ "rotate", ca_cycle_rotate, true }, { "revoke", ca_cycle_revoke, true } };

int cmd_ca(const struct args *a, const struct cli_ops *ops)
{
	const char *word = a->word != NULL ? a->word : "";
	struct config *c;
	int code = EXIT_OTHER;

	(void)ops;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i].word) != 0)
			continue;
		if ((c = config_for_command(a->config, NULL, &code)) == NULL)
			return code;
		if (ca_in_token(c) && words[i].makes) {
			fprintf(stderr, "sallyport ca: tls.ca_key is in a token: make key and "
					"certificate with its own tools; see docs/ca.md\n");
			code = EXIT_OTHER;
		} else {
			code = words[i].fn(c, a);
		}
		config_free(c);
		return code;
	}
	fprintf(stderr,
	    "sallyport ca: create, import, show, list, export, rotate or revoke is expected, not '%s'\n",
	    word);
	return EXIT_USAGE;
}
