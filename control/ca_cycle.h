/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CA's life on disk. Beside the pair in force (tls.ca_cert, tls.ca_key) there may be the next
 * (the same names with .next); below state_dir/ca stand retired/FINGERPRINT.pem and the list
 * `revoked`. All functions say what they did, or what failed, and return an exit code.
 */
#ifndef CONTROL_CA_CYCLE_H
#define CONTROL_CA_CYCLE_H

#include "control/args.h"
#include "core/buf.h"
#include "policy/config.h"

/* A passphrase for a new key: of --passphrase-file, of the configuration's, or asked for. */
int ca_passphrase(const struct config *c, const struct args *a, struct buf *out);

/* Make a pair by --name, --permit, --exclude, --encrypt. */
int ca_cycle_make(const struct config *c, const struct args *a, const char *cert, const char *key);

/* Check what --cert and --key name and put it in force; what was in force is retired. */
int ca_cycle_import(const struct config *c, const struct args *a);

/* Prepare the next CA; with --activate: let it take over, retire the old one, destroy its key. */
int ca_cycle_rotate(const struct config *c, const struct args *a);

/* Never use the CA of --fingerprint again: note it, destroy its key. */
int ca_cycle_revoke(const struct config *c, const struct args *a);

/* All CAs with their state and end. */
int ca_cycle_list(const struct config *c);

/* What clients should trust, as PEM: "current", "next", or all of both (NULL). */
int ca_cycle_anchors(const struct config *c, const char *which, struct buf *out);

/* Before another takes its place: keep the certificate in force for the record, and its key under a
 * second name, so that ca_cycle_wipe() can destroy it when the other is in place. */
int ca_cycle_retire(const struct config *c);
void ca_cycle_wipe(const struct config *c);

#endif
