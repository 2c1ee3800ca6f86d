/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that go past the search because of what was learned of them: an origin that wants
 * a client certificate. Nothing passes but by a rule that says so.
 */
#ifndef GATEWAY_BYPASS_H
#define GATEWAY_BYPASS_H

#include "gateway/flow.h"

/* After policy said "decrypt": if it is known by now that this one passes, the flow is set up for
 * that: as a passthrough, or (pinning) to verify the origin first. */
void bypass_known(struct flow *f);

/* The rule about client certificates, for the handshake with the origin. */
void bypass_target(struct flow *f, struct tls_target *to);

/* The handshake stopped at the origin's wish for a certificate: the next state. */
enum flow_state bypass_wanted(struct flow *f);

/* A passthrough by rule: where so configured the origin is verified first, by a handshake of ours. */
void bypass_probe(struct flow *f);

/* That handshake failed: the connection does not pass. */
enum flow_state bypass_unverified(struct flow *f, int err);

/* The origin of a learned bypass is who it should be: the next state. */
enum flow_state bypass_verified(struct flow *f);

/* The origin ended the connection because no client certificate was sent: after the handshake in
 * TLS 1.3 (RFC 8446 section 4.4.2.4). */
bool bypass_lacks_certificate(const struct flow *f);

/* The same before the first request: the client's request is to get a page that says so. False
 * where that is not why the origin ended. */
bool bypass_refused_late(struct flow *f);

/* The handshake with the origin ended, or its connection: note what there was about certificates. */
void bypass_note(struct flow *f);

#endif
