#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# HTTP/2 on plain TCP by prior knowledge (RFC 9113 section 3.3): the same search, policy and streams.
. "$(dirname "$0")/lib.sh"
topology <<END
rules:
  - { name: no secrets, when: { path: /secret }, action: block }
  - { name: not this network, when: { host: [forbidden.test], protocol: [http] }, action: block }
END
mkdir -p "$OUT/site"
cp "$LAB_MATERIAL/www/2m.bin" "$LAB_MATERIAL/www/clean.txt" "$LAB_MATERIAL/www/eicar.com" "$OUT/site/"
echo secret >"$OUT/site/secret"
lab_spawn nghttpd "$LAB_ORIGIN" nghttpd --no-tls -a $LAB_RAW4 -d "$OUT/site" --echo-upload -v 80
holds "the origin stands" lab_wait 5 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4

prior() { get "http://raw.origin.test$1" --http2-prior-knowledge "${@:2}" -w '%{http_code} %{http_version}'; }
is "a page passes" "$(prior /clean.txt)" '200 2'
is "2 MB pass" "$(prior /2m.bin)" '200 2'
is "and arrive intact" "$(digest "$OUT/body")" "$(file_digest 2m.bin)"
is "EICAR is blocked" "$(prior /eicar.com)" '403 2'
unlike "nothing of it arrives" "$(body)" 'X5O!'
is "an upload comes back" "$(prior / --data-binary @"$OUT/site/2m.bin")" '200 2'
is "intact" "$(digest "$OUT/body")" "$(file_digest 2m.bin)"
is "EICAR is not uploaded" "$(prior / --data-binary @"$OUT/site/eicar.com")" '403 2'
is "a rule blocks by path" "$(prior /secret)" '403 2'
is "and by name, which comes with the request" "$(prior /clean.txt -H 'Host: forbidden.test')" '403 2'
load=$(in_client h2load -n 1000 -c 4 -m 16 http://raw.origin.test/clean.txt 2>&1)
like "1,000 requests on four connections pass" "$load" '1000 succeeded, 0 failed'

# Upgrade: h2c is no way to it: the field goes, HTTP/1.1 goes on.
is "Upgrade: h2c is dropped" "$(get http://www.origin.test/clean.txt --http2 -w '%{http_code} %{http_version}')" '200 1.1'
raw_to raw.origin.test 80 send 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n' drain >"$OUT/raw"
like "half a preface is a malformed request" "$(head -n 1 "$OUT/raw")" '^HTTP/1.1 400'
raw_to --wait 2 raw.origin.test 80 send 'PRI * HTTP/2.0\r\n' sleep 0.1 send '\r\nSM\r\n\r\n' send '\0\0\0\4\0\0\0\0\0' drain | xxd -p | tr -d '\n' >"$OUT/raw"
like "a preface in pieces is one: settings come" "$(cat "$OUT/raw")" '^......04'
# An origin that speaks HTTP/1.1 alone does not understand: the client sees that, nothing is translated.
is "an origin of HTTP/1.1 gives no answer" "$(get http://www.origin.test/clean.txt --http2-prior-knowledge)" 000
audit "the audit says how HTTP/2 came about" event=flow protocol=http h2_prior_knowledge=true
audit "and what was blocked" event=transaction path=/eicar.com action=block tls=false response_verdict=infected
