/* SPDX-License-Identifier: BSD-2-Clause */
/* The files with secrets that the configuration names for the signer, opened but not read. */
#ifndef CONTROL_CA_SECRETS_H
#define CONTROL_CA_SECRETS_H

#include "certs/ca_file.h"
#include "policy/config.h"

enum ca_secret { CA_SECRET_KEY, CA_SECRET_PASSPHRASE, CA_SECRET_CLUSTER, CA_SECRET_PIN, CA_SECRETS };

/* The CA key stays in a token: tls.ca_key is a PKCS#11 URI. */
bool ca_in_token(const struct config *c);

/* What a secret is called in messages: "CA key". */
const char *ca_secret_name(enum ca_secret which);

/*
 * Open one for reading, after ca_secret_check(): the descriptor; -ERR_NOT_FOUND where the
 * configuration names none; -ERR_FILE or -ERR_DENIED with the reason. All but the key may
 * also be credentials of systemd's.
 */
int ca_secret_open(const struct config *c, enum ca_secret which, char why[CA_WHY_MAX]);

/* The same of a file that is named here. */
int ca_secret_open_path(enum ca_secret which, const char *path, char why[CA_WHY_MAX]);

#endif
