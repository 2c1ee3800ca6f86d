#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The leg to the origin: what is offered there, what is refused, and that the client does not see
# more than the origin gave.
. "$(dirname "$0")/lib.sh"
topology </dev/null

RAW=https://raw.origin.test/
saw() { tail -n 1 "$OUT/saw" 2>/dev/null; }
said() { [ -s "$OUT/saw" ]; }
field() { python3 -c 'import json,sys; print(json.loads(sys.argv[1]).get(sys.argv[2], ""))' "$(saw)" "$1"; }

# scripted MODE; served S_SERVER-OPTION...: an origin of ours at raw.origin.test
scripted() {
	lab_stop origin-tls >/dev/null
	rm -f "$OUT/saw"
	lab_spawn origin-tls "$LAB_ORIGIN" python3 "$E2E/tls_origin.py" "$1" "$OUT/saw" $LAB_RAW4 443
	lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
}
served() {
	lab_stop origin-tls >/dev/null
	lab_spawn origin-tls "$LAB_ORIGIN" openssl s_server -accept $LAB_RAW4:443 -www -quiet -naccept 1000 \
		-cert "${CERT:-$LAB_MATERIAL/raw.origin.test}.crt" -cert_chain "$LAB_MATERIAL/intermediate.crt" \
		-key "${CERT:-$LAB_MATERIAL/raw.origin.test}.key" "$@"
	lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
}
seen() { sed -n 's/^\* SSL connection using //p' "$OUT/error"; }

scripted hello
get $RAW --max-time 2 >/dev/null
lab_wait 5 said
is "U2: suites offered: AEAD with forward secrecy, and nothing else" "$(field suites)" \
	"['1301', '1302', '1303', 'c02b', 'c02f', 'c02c', 'c030', 'cca9', 'cca8', '00ff']"
is "U1: versions offered" "$(field versions)" "['0304', '0303']"
is "U6: compression offered: none" "$(field compression)" 00
like "U3: no finite-field group" "$(field groups)" "^\['(11ec', ')?001d', '0017', '0018'\]$"
unlike "U2: no early data, no heartbeat" "$(field extensions)" '[^0-9](42|15)[^0-9]'
unlike "U2: no SHA-1, SHA-224 or DSA signature" "$(field signatures)" "'0[23]0.'|'0[456]02'"
is "U11: the name sent is the client's" "$(field sni)" raw.origin.test
rm -f "$OUT/saw"
in_client curl -sSk --max-time 2 "https://$LAB_RAW4/" >/dev/null 2>&1
lab_wait 5 said
is "U11: without a name none is sent, above all no address" "$(field sni)" ""

# A ServerHello with nothing wrong is taken: the origin is waited for. So the refusals below are for the fault alone.
scripted good
get $RAW --max-time 2 >/dev/null
lab_wait 8 said
is "a plain ServerHello is taken" "$(field alert)" ""
scripted no-rfc5746
is "U4: an origin without secure renegotiation is refused" "$(get $RAW)" 502
lab_wait 8 said
is "U4: by handshake_failure" "$(field alert)" 40
audit "U4: the audit says why" event=flow sni=raw.origin.test reason='.*renegotiation.*'
scripted sentinel
is "U7: a downgrade sentinel ends it" "$(get $RAW)" 502
lab_wait 8 said
is "U7: by illegal_parameter" "$(field alert)" 47

# U5: the origin types R as soon as the request is there.
lab_stop origin-tls >/dev/null
mkfifo "$OUT/keys"
in_origin openssl s_server -accept $LAB_RAW4:443 -tls1_2 -cert "$LAB_MATERIAL/raw.origin.test.crt" -naccept 1 \
	-cert_chain "$LAB_MATERIAL/intermediate.crt" -key "$LAB_MATERIAL/raw.origin.test.key" -msg \
	<"$OUT/keys" >"$OUT/renegotiates" 2>&1 &
exec 9>"$OUT/keys"
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
in_client curl -sS --max-time 5 --cacert "$CA" -o /dev/null $RAW 2>/dev/null &
asked() { grep -q '^GET / HTTP' "$OUT/renegotiates"; }
lab_wait 5 asked
holds "U5: the request is at the origin, in TLS 1.2" asked
echo R >&9
refused() { grep -q 'no_renegotiation' "$OUT/renegotiates"; }
lab_wait 5 refused
holds "U5: the wish to renegotiate is answered by no_renegotiation" refused
exec 9>&-
wait
is "U5: there was one ClientHello" "$(grep -c '<<<.*ClientHello' "$OUT/renegotiates")" 1

# What the client sees is not above what the origin gave.
served -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256
is "an origin of TLS 1.2 passes" "$(get $RAW -v)" 200
is "U9: the client sees TLS 1.2 and 128 bits, too" "$(seen)" "TLSv1.2 / ECDHE-ECDSA-AES128-GCM-SHA256"
is "U9: a client of TLS 1.3 alone is not given it" "$(get $RAW --tlsv1.3)" 502
served -tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384
get $RAW -v >/dev/null
is "U9: 256 bits there, 256 bits here" "$(seen)" "TLSv1.2 / ECDHE-ECDSA-AES256-GCM-SHA384"
served -tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256
get $RAW -v >/dev/null
is "U9: TLS 1.3 with 128 bits on both" "$(seen)" "TLSv1.3 / TLS_AES_128_GCM_SHA256"
is "U9: a client that insists on 256 bits gets no origin of 128" "$(get $RAW --tls13-ciphers TLS_AES_256_GCM_SHA384 --ciphers ECDHE+AES256)" 502
served -tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384
get $RAW -v >/dev/null
is "U9: TLS 1.3 with 256 bits on both" "$(seen)" "TLSv1.3 / TLS_AES_256_GCM_SHA384"
is "a client of 256 bits is served" "$(get $RAW --tls13-ciphers TLS_AES_256_GCM_SHA384 --ciphers ECDHE+AES256)" 200

# U10: an identity that only the origin's CA checked is not lent to our leaf.
CERT=$OUT/ev
(
	cd "$LAB_MATERIAL" || exit 1
	export SAN=DNS:raw.origin.test ISSUER=intermediate # read by the configuration
	openssl ecparam -name prime256v1 -genkey -noout -out "$CERT.key"
	openssl req -new -key "$CERT.key" -out "$CERT.csr" -config ca.cnf \
		-subj "/1.3.6.1.4.1.311.60.2.1.3=XX/businessCategory=Private Organization/serialNumber=1234/O=Great Bank/CN=raw.origin.test"
	openssl x509 -req -in "$CERT.csr" -CA intermediate.crt -CAkey intermediate.key \
		-set_serial 4711 -days 30 -extfile ca.cnf -extensions v3_leaf -out "$CERT.crt"
) >/dev/null 2>&1
served
leaf() {
	in_client timeout 10 openssl s_client -connect $LAB_RAW4:443 -servername raw.origin.test </dev/null 2>/dev/null |
		openssl x509 -noout -text
}
like "the origin's certificate names an organisation" "$(openssl x509 -in "$CERT.crt" -noout -subject)" 'Great Bank'
text=$(leaf)
like "U10: our leaf names the host" "$text" 'DNS:raw.origin.test'
unlike "U10: and no organisation" "$text" 'Great Bank|Private Organization|1\.3\.6\.1\.4\.1\.311|Certificate Policies'
