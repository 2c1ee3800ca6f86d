/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signer: composes and signs leaf certificates from wishes by a fixed profile; never signs
 * bytes that somebody else composed. The process around it is gateway/signer_role.h, since it
 * reports to the audit. Message bodies:
 *   SIGN: u64 id, str spki, i64 not_before, i64 not_after, u16 n, n x { u8 is_ip, str name },
 *         u8 untrusted (by the CA that nobody trusts)
 *   LEAF: u64 id, u8 ok, str der, str key, i64 until, str why (ok: der, maybe key; else why)
 */
#ifndef CERTS_SIGNER_H
#define CERTS_SIGNER_H

#include "certs/leaf.h"
#include "core/limit.h"

enum { SIGNER_SPKI_MAX = 1024, CA_SERIAL_TEXT = 41, CA_FINGERPRINT_HEX = 65 };

/* What the signer answers. */
struct leaf_answer {
	uint64_t id;
	struct str der;	 /* empty: refused */
	struct str key;	 /* the private number of its P-256 key, CLUSTER_KEY bytes; empty: the asker's key */
	int64_t until;	 /* it may be shown to new clients until then, Unix seconds */
	struct str why;	 /* refused: printable */
};

struct ca; /* certificate and private key; the key is wiped on free */

/* What a CA is made of. Texts are PEM; cert may go on with the certificates above, up to the root. */
struct ca_source {
	struct str cert, key;  /* key: PEM, or a PKCS#11 URI ("pkcs11:...") */
	struct str module, pin; /* of a token; module may be empty (p11-kit's choice) */
	bool no_modules;       /* under a sandbox: nothing can be loaded any more */
	struct str passphrase; /* of an encrypted key; else not looked at */
	struct str revoked;    /* lines beginning with the fingerprints of CAs that must not be used */
};

/* NULL with a static text in *why: unreadable, mismatch, not a CA, weak, expired ... */
struct ca *ca_open(const struct ca_source *from, const char **why);
struct ca *ca_new(struct str cert_pem, struct str key_pem, const char **why);
void ca_free(struct ca *ca);

/* Keep keys in locked memory that no core dump holds: call before the first key is read, once
 * per process. False where the system refuses (the keys are then in ordinary memory). */
bool ca_lock_memory(void);

/* Text and dates for humans and warnings; not_after in Unix seconds. */
int64_t ca_not_after(const struct ca *ca);

/* SHA-256 of the first certificate of a PEM text in lower-case hex: false where there is none. */
bool ca_cert_fingerprint(struct str cert_pem, char to[CA_FINGERPRINT_HEX]);

/* The end of the first certificate of a PEM text: false where there is none. */
bool ca_cert_end(struct str cert_pem, int64_t *not_after);

/* "the CA ends in 12 days (2026-12-05); fix: ..." where less than 90 days are left: false else. */
bool ca_ends_soon(int64_t not_after, int64_t now, char *to, size_t n);

/* What is weaker than it should be (static text), or NULL. */
const char *ca_hint(const struct ca *ca);

/*
 * Sign a certificate for a throwaway key and name and forget it: shows that the CA works, and
 * makes OpenSSL load what it needs, so that a sandbox may follow. NULL, or what is wrong.
 */
const char *ca_try(struct ca *ca, int64_t now);

/*
 * Pack and read the messages; pure (fuzzed): 0 or -ERR_PROTO. Views borrow from body. Packing
 * leaves out names that the signer would refuse, but the first must be good (-ERR_CERT_NAME).
 * A leaf is packed as refused where why is not empty.
 */
int signer_pack_wish(struct buf *out, uint64_t id, struct str spki, const struct leaf_wish *w);
int signer_read_wish(struct str body, uint64_t *id, struct str *spki, struct leaf_wish *w);
int signer_pack_leaf(struct buf *out, const struct leaf_answer *a);
int signer_read_leaf(struct str body, struct leaf_answer *a);

/*
 * What the CA must not sign for: names that its constraints, or those above it, forbid, and names of
 * the gateway's own management (own_n of them; also under a wildcard). Drops such names from the
 * wish, but where the first is one: why (static), and nothing must be signed.
 */
const char *ca_filter(const struct ca *ca, const struct leaf_name *own, size_t own_n,
    struct leaf_wish *w);

/*
 * Compose and sign: CN (the requested name, where it has at most 64 bytes) and SAN (critical
 * where there is no CN, RFC 5280 section 4.2.1.6; names past 12 KiB are left out) from the wish,
 * CA:FALSE and digitalSignature (critical), serverAuth, AKI, a random serial (126
 * bits, positive), SHA-256, validity within the origin's, the CA's, and now - 1 day .. now + 7 days.
 * spki is a P-256 or RSA 2048..4096 SubjectPublicKeyInfo and not the CA's own key. 0 with der
 * appended, *not_after and the serial in hex; -ERR_DENIED with *why (static, printable).
 */
int ca_sign(struct ca *ca, struct str spki, const struct leaf_wish *w, int64_t now,
    struct buf *der, int64_t *not_after, char serial[CA_SERIAL_TEXT], const char **why);

/* A CA that is to be made. Constraints as ca_constraint() reads them: names and networks. */
struct ca_plan {
	const char *common_name; /* 1..64 printable bytes */
	int64_t now;
	const char *const *permit, *const *exclude;
	unsigned permit_n, exclude_n;
	struct str passphrase; /* empty: the key is not encrypted */
};

/*
 * Make a CA (P-256, pathlen 0, 5 years, CA:TRUE critical, keyCertSign|cRLSign; name constraints
 * critical; where anything is permitted, addresses that are not are excluded): PEM texts; the
 * caller wipes key_pem. 0, -ERR_TOO_LONG (name), -ERR_CERT_NAME (a constraint), -ERR_SYSTEM.
 */
int ca_make(const struct ca_plan *plan, struct buf *cert_pem, struct buf *key_pem);
int ca_create(const char *common_name, int64_t now, struct buf *cert_pem, struct buf *key_pem);

#endif
