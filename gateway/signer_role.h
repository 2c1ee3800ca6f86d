/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signer's process: takes certs/signer.h to its channels, its sandbox and the audit. Entries
 * of the START and RELOAD bundles: "ca.cert" (PEM); "ca.key_path" (read before the sandbox, so
 * that no other process sees the key) or "ca.key" (PEM); optional "limits" (lines "name value")
 * and "audit.when_full" ("block", the default, or "continue").
 */
#ifndef GATEWAY_SIGNER_ROLE_H
#define GATEWAY_SIGNER_ROLE_H

/* The role's main loop, over the channel to the parent: the exit code. */
int signer_main(int parent_fd);

#endif
