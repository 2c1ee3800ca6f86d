/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening secrets. Whoever only opens them has never had their bytes. */
#include "control/ca_secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/files.h"
#include "core/err.h"

enum { PATH_SIZE = 4096 };

static const struct {
	const char *name;
	const char *credential; /* systemd's, where the configuration names no file; NULL: none */
} rows[CA_SECRETS] = {
	[CA_SECRET_KEY] = { "CA key", NULL },
	[CA_SECRET_PASSPHRASE] = { "CA passphrase", "sallyport-ca-passphrase" },
	[CA_SECRET_PIN] = { "PIN of the token", "sallyport-ca-pin" },
	[CA_SECRET_CLUSTER] = { "cluster secret", "sallyport-cluster-secret" },
};

bool ca_in_token(const struct config *c)
{
	return str_iprefix(str_c(config_tls(c)->ca_key), STR("pkcs11:"));
}

const char *ca_secret_name(enum ca_secret which)
{
	return rows[which].name;
}

static const char *configured(const struct config *c, enum ca_secret which)
{
	const struct config_tls *t = config_tls(c);

	switch (which) {
	case CA_SECRET_KEY:
		return ca_in_token(c) ? NULL : t->ca_key;
	case CA_SECRET_PIN:
		return t->ca_pin_file;
	case CA_SECRET_PASSPHRASE:
		return t->ca_passphrase_file;
	case CA_SECRET_CLUSTER:
		return t->cluster_secret;
	default:
		return NULL;
	}
}

/* Below $CREDENTIALS_DIRECTORY, which only the service's own processes can read. */
static bool credential(const char *name, char *to, size_t n)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return name != NULL && dir != NULL && file_join(dir, name, to, n) == 0 &&
	       access(to, F_OK) == 0;
}

int ca_secret_open_path(enum ca_secret which, const char *path, char why[CA_WHY_MAX])
{
	char what[PATH_SIZE + 32];
	int fd, r;

	snprintf(what, sizeof(what), "%s %s", rows[which].name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		snprintf(why, CA_WHY_MAX, "%.160s: %s", what, strerror(errno));
		return -ERR_FILE;
	}
	if ((r = ca_secret_check(fd, what, why)) == 0)
		return fd;
	close(fd);
	return r;
}

int ca_secret_open(const struct config *c, enum ca_secret which, char why[CA_WHY_MAX])
{
	const char *path = configured(c, which);
	char found[PATH_SIZE];

	if (path == NULL && !credential(rows[which].credential, found, sizeof(found)))
		return -ERR_NOT_FOUND;
	return ca_secret_open_path(which, path != NULL ? path : found, why);
}
