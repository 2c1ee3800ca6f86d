#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The anchors: never our own CA, reloaded without harm, and asked anew for every new chain of a name.
. "$(dirname "$0")/lib.sh"
prepare() { cat "$LAB_MATERIAL/root.crt" "$LAB_MATERIAL/gateway-ca.crt" >"$LAB_DIR/trust.pem"; }
LAB_BEFORE=prepare topology <<'END'
tls: { ca_cert: @MATERIAL@/gateway-ca.crt, ca_key: @MATERIAL@/gateway-ca.key, trust: @LAB@/trust.pem }
END
conf=$LAB_DIR/sallyport.yaml

# One name, different certificates after each other; each start is a new origin.
serve() {
	[ ! -e "$LAB_DIR/serve.pid" ] || lab_stop serve 5
	lab_spawn serve "$LAB_ORIGIN" openssl s_server -accept $LAB_RAW4:443 -cert "$1" -key "$2" \
		-cert_chain "${3:-$1}" -www -quiet
	lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
}
good() { serve "$LAB_MATERIAL/raw.origin.test.crt" "$LAB_MATERIAL/raw.origin.test.key" "$LAB_MATERIAL/intermediate.crt"; }
minted() {
	(cd "$OUT" && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout minted.key \
		-subj /CN=raw.origin.test -out minted.csr 2>/dev/null &&
		printf 'subjectAltName=DNS:raw.origin.test\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid' >minted.ext &&
		openssl x509 -req -in minted.csr -CA "$LAB_MATERIAL/gateway-ca.crt" -CAkey "$LAB_MATERIAL/gateway-ca.key" \
			-days 2 -extfile minted.ext -out minted.crt 2>/dev/null)
	serve "$OUT/minted.crt" "$OUT/minted.key"
}
selfsigned() {
	(cd "$OUT" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self.key -days 2 \
		-subj /CN=raw.origin.test -addext subjectAltName=DNS:raw.origin.test -out self.crt 2>/dev/null)
	serve "$OUT/self.crt" "$OUT/self.key"
}
page() { get https://raw.origin.test/; }
good
is "V17: first the name is good" "$(page)" 200
like "K6: our own CA in the file is left out, and said so" "$(cat "$LAB_DIR/gateway.log")" 'trust store: 1 anchors; .*1 our own'
like "K6: status shows file and age" "$(in_gw "$SALLYPORT" status --config "$conf")" 'trust store .*trust.pem, changed 0 days ago'
minted
unlike "V15: a certificate of the gateway's own CA is refused" "$(page)" '^200$'
unlike "V15: nothing of that origin arrives" "$(body)" 's_server'
audit "V15: the audit says why" event=flow sni=raw.origin.test reason='.*cert_proxy_ca.*'
selfsigned
unlike "V17: then it is bad" "$(page)" '^200$'
audit "V17: the audit says why" event=flow sni=raw.origin.test reason='.*cert_self_signed.*'
good
is "V17: then it is good again" "$(page)" 200

# Other anchors after a reload: what was good is not any more, and the other way round.
cp "$LAB_DIR/trust.pem" "$OUT/trust.good"
cp "$LAB_MATERIAL/untrusted-root.crt" "$LAB_DIR/trust.pem"
holds "reload takes other anchors" in_gw "$SALLYPORT" reload --config "$conf"
unlike "V17: an origin of an anchor that is gone is refused" "$(get https://www.origin.test/)" '^200$'
is "V17: one of the new anchor passes" "$(get https://untrusted.origin.test/)" 200
echo 'this is no certificate' >"$LAB_DIR/trust.pem"
in_gw "$SALLYPORT" reload --config "$conf" >"$OUT/said" 2>&1
unlike "a trust store that cannot be read is refused" "$?" '^0$'
like "with the key that names it" "$(cat "$OUT/said" "$LAB_DIR/gateway.log")" 'tls.trust'
is "the old one stays in force" "$(get https://untrusted.origin.test/)" 200
rm "$LAB_DIR/trust.pem"
in_gw "$SALLYPORT" reload --config "$conf" >"$OUT/said" 2>&1
unlike "so is one that is not there" "$?" '^0$'
is "the old one stays in force then, too" "$(get https://untrusted.origin.test/)" 200
cp "$OUT/trust.good" "$LAB_DIR/trust.pem"
holds "reload takes the first ones again" in_gw "$SALLYPORT" reload --config "$conf"
is "and they are in force" "$(get https://www.origin.test/)" 200
