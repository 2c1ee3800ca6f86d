/* SPDX-License-Identifier: BSD-2-Clause */
/* Files with secrets: who else may read or change them is asked before a byte is taken. */
#ifndef CERTS_CA_FILE_H
#define CERTS_CA_FILE_H

#include "core/buf.h"

enum { CA_SECRET_MAX = 65536, CA_WHY_MAX = 256 };

/* The file may hold a secret: a plain one, not empty, not too large, of root or of us, closed to
 * group and others: 0, or -ERR_DENIED with the reason. `what` names it there ("the CA key"). */
int ca_secret_check(int fd, const char *what, char why[CA_WHY_MAX]);

/*
 * Append all of a secret's file to out, which the caller made with buf_init(out, CA_SECRET_MAX)
 * and wipes, after ca_secret_check(). 0, or -ERR_DENIED, -ERR_FILE, -ERR_NOMEM with the reason in why.
 */
int ca_secret_read(int fd, const char *what, struct buf *out, char why[CA_WHY_MAX]);

/* The first line of a passphrase's or PIN's file, without its end. */
struct str ca_first_line(struct str text);

#endif
