#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Encrypted ClientHello: what is seen is the outer name, and that is intercepted. A client that meant it
# is told by the protocol's own means to come again without it (draft-ietf-tls-esni, "Middleboxes").
. "$(dirname "$0")/lib.sh"
topology </dev/null

mkdir "$OUT/nss"
certutil -d "sql:$OUT/nss" -N --empty-password
certutil -d "sql:$OUT/nss" -A -t C,, -n gateway -i "$CA"
printf 'GET /index.html HTTP/1.1\r\nHost: www.origin.test\r\nConnection: close\r\n\r\n' >"$OUT/request"
# nss NAME OPTION...: what NSS's client says when it wants NAME. It verifies for NAME, also where it
# should for the outer name; so the origin's certificate is for both.
nss() {
	local name=$1
	shift
	in_client timeout 20 tstclnt -h "$name" -p 443 -d "sql:$OUT/nss" -V tls1.3:tls1.3 -A "$OUT/request" "$@" 2>&1
}
# config OUTER-NAME: an ECHConfigList with one X25519 key and that public name.
config() {
	python3 - "$1" <<-'END'
		import base64, sys
		def vec(n, data):
		    return len(data).to_bytes(n, "big") + data
		key = bytes([9]) + bytes(31)
		body = b"\x07\x00\x20" + vec(2, key) + vec(2, b"\x00\x01\x00\x01") + b"\0" + vec(1, sys.argv[1].encode()) + vec(2, b"")
		print(base64.b64encode(vec(2, b"\xfe\x0d" + vec(2, body))).decode())
	END
}

like "Q3: a client without gets the page" "$(nss www.origin.test)" 'A clean page'
audit "Q3: and nothing is said of ECH" event=flow sni=www.origin.test tls_client='TLSv1.3 .*' ech=
like "Q3: GREASE is ignored: the page comes" "$(nss www.origin.test -i 100)" 'A clean page'
audit "Q3: it is intercepted, and noted" event=flow sni=www.origin.test ech=true action=intercept tls_grade=A

# The name that is wanted is hidden; outside stands another.
said=$(nss www.origin.test -N "$(config v4.origin.test)")
like "Q3: a client that hides its name is to come again without" "$said" 'SSL_ERROR_ECH_RETRY_WITHOUT_ECH'
unlike "Q3: and was given nothing" "$said" 'A clean page'
unlike "Q3: above all no other key to encrypt to" "$said" 'ECH_RETRY_WITH_ECH'
audit "Q3: the outer name is what was intercepted; the client's alert is ech_required" event=flow sni=v4.origin.test ech=true \
	client_alert=121
is "Q3: the origin saw one request for each page" "$(origin_saw 'GET /index.html')" 2
like "Q3: it comes again without, and is searched" "$(nss www.origin.test)" 'A clean page'

# Nobody is fooled by an outer name that would pass undecrypted: then nothing is read here either, but the rule has said so.
nss www.origin.test -N "$(config bank.origin.test)" >/dev/null
audit "Q3: rules see the outer name" event=flow sni=bank.origin.test ech=true action=passthrough
