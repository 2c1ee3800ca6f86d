#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What was negotiated on both legs stands in the audit, with a grade; the counters agree.
. "$(dirname "$0")/lib.sh"
topology </dev/null

counter() { "$SALLYPORT" status --config "$LAB_DIR/sallyport.yaml" | awk -v n="$1" '$1 == n { print $2 }'; }

is "a good origin is visited" "$(get https://www.origin.test/)" 200
audit "both legs' parameters are recorded" event=flow sni=www.origin.test action=intercept \
	tls_client='TLSv1.3 TLS_AES_.*' tls_client_group=x25519 tls_client_key=ec-256 tls_client_hash=sha256 \
	tls_origin='TLSv1.3 TLS_AES_.*' tls_origin_group=x25519 'tls_origin_key=(ec|rsa)-[0-9]+' tls_origin_hash=sha256
audit "its encryption is as a modern browser's" event=flow sni=www.origin.test tls_grade=A tls_grade_rule=modern
is "TLS 1.2 is no worse" "$(get https://www.origin.test/ --tls-max 1.2)" 200
audit "the client's version is recorded beside the origin's" event=flow tls_client='TLSv1.2 ECDHE-ECDSA-.*-GCM-.*' \
	tls_origin='TLSv1.3 .*' tls_grade=A
audit "a second connection resumes with the origin" event=flow sni=www.origin.test tls_origin_resumed=true
is "a refused origin" "$(get https://untrusted.origin.test/)" 502
audit "has a client's leg and no grade" event=flow sni=untrusted.origin.test tls_client='TLSv1.3 .*' tls_origin= tls_grade=
is "an undecrypted connection" "$(get https://bank.origin.test/ --cacert "$LAB_MATERIAL/root.crt")" 200
audit "has neither" event=flow sni=bank.origin.test action=passthrough tls_client= tls_origin= tls_grade=
is "grades are counted" "$(counter grade_a) $(counter grade_b) $(counter grade_c) $(counter grade_f)" "2 0 0 0"
