/* SPDX-License-Identifier: BSD-2-Clause */
/* The CA on disk: a certificate that everybody may read and a key that only root may. */
#ifndef CONTROL_CA_FILES_H
#define CONTROL_CA_FILES_H

#include "certs/signer.h"
#include "core/buf.h"
#include "policy/config.h"

/* 0 none of the two files is there, 1 both, -ERR_FILE one of them. */
int ca_files_there(const struct config *c);

/* Make a CA and write both files, replacing what is there: exit code, failure said. */
int ca_files_create(const struct config *c, const char *common_name);

/* The same by a plan, into files of that name. */
int ca_files_make(const struct ca_plan *plan, const char *cert_path, const char *key_path);

/* The key first, 0600: exit code, failure said. */
int ca_files_write(const char *cert_path, const char *key_path, struct str cert, struct str key);

/* A certificate's file appended to out, at most 64 KiB: exit code, failure said. */
int ca_files_read_cert(const char *path, struct buf *out);

/*
 * Does this pair make a usable CA? passphrase_file may be NULL (the configuration's is taken then).
 * Exit code, failure said under the certificate's name.
 */
int ca_files_check_pair(const struct config *c, const char *cert_path, const char *key_path,
    const char *passphrase_file, char *warning, size_t n);

/* Remove what ca_files_create made. */
void ca_files_remove(const struct config *c);

/* Both files fit together and are good for now: exit code, failure said; warning is empty, or says
 * what will soon be wrong. */
int ca_files_check(const struct config *c, char *warning, size_t n);

#endif
