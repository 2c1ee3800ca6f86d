/* SPDX-License-Identifier: BSD-2-Clause */
/* Checking client certificates and their keys; the keys' bytes are wiped. */
#include "control/client_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "certs/identity.h"
#include "control/exit.h"
#include "control/files.h"

enum { PEM_MAX = 256 << 10 };

static int read_pem(const char *path, struct buf *out)
{
	if (file_read(path, out) == 0)
		return EXIT_OK;
	fprintf(stderr, "sallyport: client certificate: %s cannot be read: %s\n", path,
	    strerror(errno));
	return EXIT_FILE;
}

static int check_mode(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || (st.st_mode & 077) == 0)
		return EXIT_OK;
	fprintf(stderr,
	    "sallyport: client certificate: others than its owner may read the key %s; "
	    "fix: chmod 600 it\n",
	    path);
	return EXIT_FILE;
}

static int check_one(const struct client_cert *c)
{
	struct identity *i = NULL;
	const char *why = NULL;
	struct buf cert, key;
	int code;

	buf_init(&cert, PEM_MAX);
	buf_init(&key, PEM_MAX);
	if ((code = read_pem(c->cert, &cert)) == EXIT_OK &&
	    (code = read_pem(c->key, &key)) == EXIT_OK && (code = check_mode(c->key)) == EXIT_OK) {
		i = identity_new(buf_view(&cert), buf_view(&key), &why);
		if (i == NULL) {
			fprintf(stderr, "sallyport: client certificate %s: %s\n", c->cert, why);
			code = EXIT_CONFIG;
		} else if (identity_not_after(i) < (int64_t)time(NULL)) {
			printf("warning: client certificate %s has expired\n", c->cert);
		}
	}
	identity_free(i);
	buf_free(&cert);
	buf_wipe(&key);
	return code;
}

int client_files_check(const struct config *conf)
{
	const struct client_cert *c;
	int code = EXIT_OK;

	for (size_t i = 0; code == EXIT_OK && (c = config_client_cert(conf, i)) != NULL; i++)
		if (c->action == CLIENT_CERT_PRESENT)
			code = check_one(c);
	return code;
}
