#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Chromium on a page of many parts over HTTP/2: 100 pictures, an upload, an EventSource, a WebSocket;
# then a download that is blocked and shows why. E2E_SHOTS=FOLDER keeps the pictures.
. "$(dirname "$0")/lib.sh"
topology </dev/null
lab_spawn site "$LAB_ORIGIN" node "$E2E/browser_origin.mjs" "$LAB_MATERIAL/www" $LAB_RAW4 \
	"$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
lab_wait 10 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
export HOME=$OUT/home
mkdir -p "$HOME/.pki/nssdb" "$OUT/page"
certutil -d "sql:$HOME/.pki/nssdb" -N --empty-password
certutil -d "sql:$HOME/.pki/nssdb" -A -t C,, -n gateway -i "$CA"
in_client timeout -k 5 60 python3 "$E2E/browse.py" --seconds 40 "$OUT/page" go https://raw.origin.test/ \
	title '^pictures' click evil title Blocked >"$OUT/said" 2>&1
want=$(python3 -c 'import hashlib; print(hashlib.sha256(bytes(i * 7 % 251 for i in range(300000))).hexdigest()[:8])')
said=$(grep '^title pictures' "$OUT/said")
like "100 pictures over HTTP/2, none broken" "$said" '^title pictures 100 broken 0 by h2;'
like "a file in a form arrives as it was" "$said" "; upload 300000 $want;"
like "an EventSource hears its three events" "$said" '; events abc;'
like "a WebSocket echoes" "$said" '; socket 3[+]15000 closed 1000$'
holds "the infected download shows the block page" grep -q '^title Blocked by the security gateway' "$OUT/said"
is "and leaves no file" "$(ls "$OUT/page/saved")" ""
audit "the pictures came on one connection" event=flow alpn=h2 sni=raw.origin.test transactions='1[0-9][0-9]'
audit "the events were searched one by one" event=transaction path=/events response_messages=3 response_verdict=clean
audit "as were the socket's messages" event=transaction path=/ws protocol=websocket request_messages=2 response_messages=2 response_verdict=clean
audit "the upload was searched" event=transaction method=POST path=/upload request_verdict=clean
audit "the download was blocked" event=transaction path=/eicar.com action=block response_verdict=infected
[ -z "${E2E_SHOTS:-}" ] || cp "$OUT"/page/shot-*.png "$E2E_SHOTS"
