/* SPDX-License-Identifier: BSD-2-Clause */
/* Creating and checking the CA's files. The key's bytes are wiped wherever they were. */
#include "control/ca_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "certs/signer.h"
#include "control/ca_secrets.h"
#include "control/exit.h"
#include "control/files.h"
#include "core/err.h"

enum { PEM_MAX = 65536 };

int ca_files_there(const struct config *c)
{
	const struct config_tls *t = config_tls(c);
	int n = (access(t->ca_cert, F_OK) == 0) + (access(t->ca_key, F_OK) == 0);

	return n == 2 ? 1 : n == 0 ? 0 : -ERR_FILE;
}

static int failed(const char *path)
{
	fprintf(stderr, "sallyport: %s cannot be written: %s\n", path, strerror(errno));
	return EXIT_FILE;
}

/* The key first: a certificate without its key would be trusted for nothing. */
static int write_files(const struct config_tls *t, struct str cert, struct str key)
{
	if (file_mkdirs_for(t->ca_key, 0700) != 0 || file_write(t->ca_key, 0600, key) != 0)
		return failed(t->ca_key);
	if (file_mkdirs_for(t->ca_cert, 0755) != 0 || file_write(t->ca_cert, 0644, cert) != 0)
		return failed(t->ca_cert);
	return EXIT_OK;
}

int ca_files_create(const struct config *c, const char *common_name)
{
	struct buf cert, key;
	int r, code;

	buf_init(&cert, PEM_MAX);
	buf_init(&key, PEM_MAX);
	r = ca_create(common_name, (int64_t)time(NULL), &cert, &key);
	if (r == 0) {
		code = write_files(config_tls(c), buf_view(&cert), buf_view(&key));
	} else {
		fprintf(stderr, "sallyport: no CA can be made: %s\n",
		    r == -ERR_TOO_LONG ? "its name must have 1 to 64 bytes" : err_text(r));
		code = r == -ERR_TOO_LONG ? EXIT_USAGE : EXIT_OTHER;
	}
	buf_free(&cert);
	buf_wipe(&key);
	return code;
}

void ca_files_remove(const struct config *c)
{
	unlink(config_tls(c)->ca_cert);
	unlink(config_tls(c)->ca_key);
}

static int read_pem(const char *path, const char *what, struct buf *out)
{
	if (file_read(path, out) == 0)
		return EXIT_OK;
	fprintf(stderr, "sallyport: %s %s cannot be read: %s\n", what, path, strerror(errno));
	return EXIT_FILE;
}

/* One secret's bytes; nothing where the configuration names none. */
static int read_secret(const struct config *c, enum ca_secret which, struct buf *out)
{
	char why[CA_WHY_MAX];
	int fd = ca_secret_open(c, which, why), r;

	if (fd == -ERR_NOT_FOUND)
		return EXIT_OK;
	r = fd < 0 ? fd : ca_secret_read(fd, ca_secret_name(which), out, why);
	if (fd >= 0)
		close(fd);
	if (r == 0)
		return EXIT_OK;
	fprintf(stderr, "sallyport: %s\n", why);
	return r == -ERR_DENIED ? EXIT_CONFIG : EXIT_FILE;
}

static void warn(const struct ca *ca, char *to, size_t n)
{
	if (!ca_ends_soon(ca_not_after(ca), (int64_t)time(NULL), to, n) && ca_hint(ca) != NULL)
		snprintf(to, n, "%s", ca_hint(ca));
}

int ca_files_check(const struct config *c, char *warning, size_t n)
{
	const struct config_tls *t = config_tls(c);
	struct buf cert, key, pass;
	const char *why = NULL;
	struct ca *ca = NULL;
	int code;

	warning[0] = '\0';
	buf_init(&cert, PEM_MAX);
	buf_init(&key, CA_SECRET_MAX);
	buf_init(&pass, CA_SECRET_MAX);
	if ((code = read_pem(t->ca_cert, "CA certificate", &cert)) == EXIT_OK &&
	    (code = read_secret(c, CA_SECRET_KEY, &key)) == EXIT_OK &&
	    (code = read_secret(c, CA_SECRET_PASSPHRASE, &pass)) == EXIT_OK) {
		ca = ca_open(&(struct ca_source){ .cert = buf_view(&cert),
				 .key = buf_view(&key),
				 .passphrase = ca_first_line(buf_view(&pass)) },
		    &why);
		if (ca != NULL) {
			warn(ca, warning, n);
		} else {
			fprintf(stderr, "sallyport: CA %s: %s\n", t->ca_cert, why);
			code = EXIT_CONFIG;
		}
	}
	ca_free(ca);
	buf_free(&cert);
	buf_wipe(&key);
	buf_wipe(&pass);
	return code;
}
