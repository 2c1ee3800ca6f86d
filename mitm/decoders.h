/* SPDX-License-Identifier: BSD-2-Clause */
/* Fewer key decoders for this thread's OpenSSL: reading a certificate costs half as much. */
#ifndef MITM_DECODERS_H
#define MITM_DECODERS_H

/*
 * From now on the calling thread's default library context knows DER SubjectPublicKeyInfo and
 * PrivateKeyInfo of RSA, RSA-PSS, EC, Ed25519 and Ed448 only; all other algorithms are the
 * default provider's. Does nothing where it cannot, or where the system's configuration names
 * other providers (FIPS). May be called again. Not for processes that read key files.
 */
void decoders_trim(void);

#endif
