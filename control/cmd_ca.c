/* SPDX-License-Identifier: BSD-2-Clause */
/* sallyport ca create | show | export. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certs/export.h"
#include "control/ca_files.h"
#include "control/cmd.h"
#include "control/exit.h"
#include "control/files.h"

enum { PEM_MAX = 65536 };

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

static int convert(const char *cert, enum ca_format format, const char *to)
{
	struct buf pem, out;
	int code = EXIT_FILE;

	buf_init(&pem, PEM_MAX);
	buf_init(&out, PEM_MAX);
	if (file_read(cert, &pem) != 0)
		fprintf(stderr, "sallyport ca: %s cannot be read: %s; fix: sallyport ca create\n",
		    cert, strerror(errno));
	else if (ca_export(buf_view(&pem), format, &out) != 0)
		fprintf(stderr, "sallyport ca: %s holds no certificate\n", cert);
	else
		code = emit(buf_view(&out), to);
	buf_free(&pem);
	buf_free(&out);
	return code;
}

static int create(const struct config *c, const struct args *a)
{
	const struct config_tls *t = config_tls(c);
	char name[65], host[40] = "";
	int code;

	if (ca_files_there(c) != 0 && !a->force) {
		fprintf(stderr,
		    "sallyport ca: %s or %s is there already; fix: --force to replace both\n",
		    t->ca_cert, t->ca_key);
		return EXIT_OTHER;
	}
	gethostname(host, sizeof(host) - 1);
	snprintf(name, sizeof(name), "Sallyport CA%s%s", host[0] != '\0' ? " on " : "", host);
	if ((code = ca_files_create(c, a->name != NULL ? a->name : name)) != EXIT_OK)
		return code;
	printf("CA certificate: %s\nCA key: %s\n", t->ca_cert, t->ca_key);
	return convert(t->ca_cert, CA_TEXT, NULL);
}

int cmd_ca(const struct args *a, const struct cli_ops *ops)
{
	const char *word = a->word != NULL ? a->word : "";
	enum ca_format format = CA_PEM;
	struct config *c;
	int code = EXIT_OTHER;

	(void)ops;
	if (strcmp(word, "create") != 0 && strcmp(word, "show") != 0 &&
	    strcmp(word, "export") != 0) {
		fprintf(
		    stderr, "sallyport ca: create, show or export is expected, not '%s'\n", word);
		return EXIT_USAGE;
	}
	if (a->format != NULL && !ca_format_of(str_c(a->format), &format)) {
		fprintf(stderr,
		    "sallyport ca: unknown format '%s'; known: pem, der, fingerprint, text\n",
		    a->format);
		return EXIT_USAGE;
	}
	if ((c = config_for_command(a->config, NULL, &code)) == NULL)
		return code;
	if (word[0] == 'c')
		code = create(c, a);
	else
		code = convert(config_tls(c)->ca_cert, word[0] == 's' ? CA_TEXT : format, a->out);
	config_free(c);
	return code;
}
