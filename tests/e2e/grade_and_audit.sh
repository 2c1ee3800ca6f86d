#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What was negotiated on both legs stands in the audit, with a grade; the counters agree.
. "$(dirname "$0")/lib.sh"
topology <<'END'
exceptions:
  - { name: old printer, host: expired.origin.test, errors: [expired], until: 2099-01-01 }
  - { name: old server, host: raw.origin.test, errors: [old_protocol], until: 2099-01-01 }
END

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
# Exceptions let pass what is worse, and the grade says so.
is "an exception accepts what has expired" "$(get https://expired.origin.test/)" 200
audit "which somebody else may show: F" event=flow sni=expired.origin.test tls_grade=F tls_grade_rule=not_verified
raw_origin 443 --tls "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key" --old
reply page 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
is "an exception accepts an old protocol" "$(get https://raw.origin.test/page -v)" 200
like "U9: our leg does not go below its minimum for it" "$(cat "$OUT/error")" 'SSL connection using TLSv1.2 / ECDHE-ECDSA-AES(128|256)-GCM'
audit "which has known attacks: C" event=flow sni=raw.origin.test tls_origin='TLSv1(\.1)? .*' tls_grade=C tls_grade_rule=old_protocol
is "grades are counted" "$(counter grade_a) $(counter grade_b) $(counter grade_c) $(counter grade_f)" "2 0 1 1"
