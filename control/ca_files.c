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

enum { PEM_MAX = 65536, PATH_SIZE = 4096 + 32, REVOKED_MAX = 1 << 20 };

int ca_files_there(const struct config *c)
{
	const struct config_tls *t = config_tls(c);
	int n = (access(t->ca_cert, F_OK) == 0) + (ca_in_token(c) || access(t->ca_key, F_OK) == 0);

	if (ca_in_token(c) && n == 1)
		return -ERR_FILE;

	return n == 2 ? 1 : n == 0 ? 0 : -ERR_FILE;
}

static int failed(const char *path)
{
	fprintf(stderr, "sallyport: %s cannot be written: %s\n", path, strerror(errno));
	return EXIT_FILE;
}

/* The key first: a certificate without its key would be trusted for nothing. */
int ca_files_write(const char *cert_path, const char *key_path, struct str cert, struct str key)
{
	if (file_mkdirs_for(key_path, 0700) != 0 || file_write(key_path, 0600, key) != 0)
		return failed(key_path);
	if (file_mkdirs_for(cert_path, 0755) != 0 || file_write(cert_path, 0644, cert) != 0)
		return failed(cert_path);
	return EXIT_OK;
}

static int not_made(int r)
{
	fprintf(stderr, "sallyport: no CA can be made: %s\n",
	    r == -ERR_TOO_LONG    ? "its name must have 1 to 64 bytes"
	    : r == -ERR_CERT_NAME ? "a --permit or --exclude is neither a domain nor a network such as "
				    "10.0.0.0/8"
				  : err_text(r));
	return r == -ERR_TOO_LONG || r == -ERR_CERT_NAME ? EXIT_USAGE : EXIT_OTHER;
}

int ca_files_make(const struct ca_plan *plan, const char *cert_path, const char *key_path)
{
	struct buf cert, key;
	int r, code;

	buf_init(&cert, PEM_MAX);
	buf_init(&key, PEM_MAX);
	r = ca_make(plan, &cert, &key);
	code = r == 0 ? ca_files_write(cert_path, key_path, buf_view(&cert), buf_view(&key)) : not_made(r);
	buf_free(&cert);
	buf_wipe(&key);
	return code;
}

int ca_files_create(const struct config *c, const char *common_name)
{
	struct ca_plan plan = { .common_name = common_name, .now = (int64_t)time(NULL) };

	return ca_files_make(&plan, config_tls(c)->ca_cert, config_tls(c)->ca_key);
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

int ca_files_read_cert(const char *path, struct buf *out)
{
	buf_init(out, PEM_MAX);
	return read_pem(path, "CA certificate", out);
}

/* One secret's bytes; nothing where none is named. */
static int read_secret(int fd, const char *what, struct buf *out, char *why)
{
	int r;

	buf_init(out, CA_SECRET_MAX);
	if (fd == -ERR_NOT_FOUND)
		return EXIT_OK;
	r = fd < 0 ? fd : ca_secret_read(fd, what, out, why);
	if (fd >= 0)
		close(fd);
	if (r == 0)
		return EXIT_OK;
	fprintf(stderr, "sallyport: %s\n", why);
	return r == -ERR_DENIED ? EXIT_CONFIG : EXIT_FILE;
}

static int read_key(const struct config *c, const char *path, struct buf *out)
{
	char why[CA_WHY_MAX];

	if (path == NULL && ca_in_token(c)) {
		buf_init(out, CA_SECRET_MAX);
		return buf_str(out, str_c(config_tls(c)->ca_key)) == 0 ? EXIT_OK : EXIT_OTHER;
	}
	return read_secret(path != NULL ? ca_secret_open_path(CA_SECRET_KEY, path, why)
					: ca_secret_open(c, CA_SECRET_KEY, why),
	    ca_secret_name(CA_SECRET_KEY), out, why);
}

static int read_passphrase(const struct config *c, const char *path, struct buf *out)
{
	char why[CA_WHY_MAX];

	return read_secret(path != NULL ? ca_secret_open_path(CA_SECRET_PASSPHRASE, path, why)
					: ca_secret_open(c, CA_SECRET_PASSPHRASE, why),
	    ca_secret_name(CA_SECRET_PASSPHRASE), out, why);
}

static int read_pin(const struct config *c, struct buf *out)
{
	char why[CA_WHY_MAX];

	return read_secret(ca_in_token(c) ? ca_secret_open(c, CA_SECRET_PIN, why) : -ERR_NOT_FOUND,
	    ca_secret_name(CA_SECRET_PIN), out, why);
}

static void read_revoked(const struct config *c, struct buf *out)
{
	char path[PATH_SIZE];

	buf_init(out, REVOKED_MAX);
	snprintf(path, sizeof(path), "%s/ca/revoked", config_state_dir(c));
	if (file_read(path, out) != 0)
		buf_free(out); /* there need not be one */
}

static void warn(const struct ca *ca, char *to, size_t n)
{
	if (!ca_ends_soon(ca_not_after(ca), (int64_t)time(NULL), to, n) && ca_hint(ca) != NULL)
		snprintf(to, n, "%s", ca_hint(ca));
}

int ca_files_check_pair(const struct config *c, const char *cert_path, const char *key_path,
    const char *passphrase_file, char *warning, size_t n)
{
	struct buf cert, key = { 0 }, pass = { 0 }, pin = { 0 }, revoked;
	const char *why = NULL;
	struct ca *ca = NULL;
	int code;

	warning[0] = '\0';
	read_revoked(c, &revoked);
	if ((code = ca_files_read_cert(cert_path, &cert)) == EXIT_OK &&
	    (code = read_key(c, key_path, &key)) == EXIT_OK &&
	    (code = read_pin(c, &pin)) == EXIT_OK &&
	    (code = read_passphrase(c, passphrase_file, &pass)) == EXIT_OK) {
		ca = ca_open(&(struct ca_source){ .cert = buf_view(&cert),
				 .key = buf_view(&key),
				 .module = str_c(config_tls(c)->ca_module),
				 .pin = ca_first_line(buf_view(&pin)),
				 .passphrase = ca_first_line(buf_view(&pass)),
				 .revoked = buf_view(&revoked) },
		    &why);
		if (ca != NULL) {
			warn(ca, warning, n);
		} else {
			fprintf(stderr, "sallyport: CA %s: %s\n", cert_path, why);
			code = EXIT_CONFIG;
		}
	}
	ca_free(ca);
	buf_free(&cert);
	buf_wipe(&key);
	buf_wipe(&pass);
	buf_wipe(&pin);
	buf_free(&revoked);
	return code;
}

int ca_files_check(const struct config *c, char *warning, size_t n)
{
	return ca_files_check_pair(c, config_tls(c)->ca_cert, NULL, NULL, warning, n);
}
