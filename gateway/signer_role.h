/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signer's process: takes certs/signer.h to its channels, its sandbox and the audit. Entries
 * of the START and RELOAD bundles: "ca.cert" (PEM); where the key is in
 * a token "ca.key_uri", "ca.module" and "ca.token_dir"; "management" (lines) and "ca.revoked"; optional "limits" (lines "name value")
 * and "audit.when_full" ("block", the default, or "continue"). The CA's key and what opens it come
 * before as open files (SECRETS), so that no other process has had their bytes.
 */
#ifndef GATEWAY_SIGNER_ROLE_H
#define GATEWAY_SIGNER_ROLE_H

/* The role's main loop, over the channel to the parent: the exit code. */
int signer_main(int parent_fd);

#endif
