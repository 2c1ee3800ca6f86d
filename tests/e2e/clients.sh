#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Clients of every kind, each with the gateway's CA in its own kind of store: good origins pass, of bad
# ones nothing arrives, and the origin never hears a request.
. "$(dirname "$0")/lib.sh"
topology </dev/null
C=$E2E/clients
GOOD=https://www.origin.test/
BAD=(https://{expired,wrong,selfsigned,untrusted}.origin.test/)
HOME=$OUT/home
export HOME
mkdir -p "$HOME"

# judged CLIENT TEXT: the lines "URL STATUS BODY" that a client printed. A client that could not even
# start would say "error", too; that it gets the good page shows that it did.
judged() {
	local url
	like "$1 gets the good page" "$2" "^$GOOD 200 .*A clean page"
	for url in "${BAD[@]}"; do
		like "$1 is told about $url" "$2" "^$url (502|error)"
	done
	is "$1 gets the origin's page once" "$(grep -c 'A clean page' <<<"$2")" 1
}

# each COMMAND...: a client that takes one URL; its output becomes one line.
each() {
	local url text
	for url in $GOOD "${BAD[@]}"; do
		text=$("$@" "$url" 2>&1 | tr '\n\r' '  ')
		echo "$url $text"
	done
}

one_curl() {
	local status
	status=$(get "$1") && echo "$status $(body)" || echo "error $(cat "$OUT/error")"
}
one_wget() {
	local status
	in_client wget -q -T 20 -t 1 --content-on-error --server-response --ca-certificate="$CA" -O "$OUT/wget" "$1" 2>"$OUT/wget.head"
	status=$(sed -n 's/^ *HTTP\/1.1 \([0-9]*\).*/\1/p' "$OUT/wget.head" | tail -n 1)
	echo "${status:-error} $(cat "$OUT/wget")"
}
one_gnutls() {
	local host=${1#https://}
	host=${host%/}
	printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$host" >"$OUT/request"
	in_client timeout 20 gnutls-cli --x509cafile="$CA" --logfile="$OUT/gnutls.log" "$host" <"$OUT/request" >"$OUT/gnutls" 2>&1
	sed -n 's/^HTTP\/1.1 \([0-9]*\).*/\1/p' "$OUT/gnutls" | grep . || echo "error $(tail -n 1 "$OUT/gnutls")"
	cat "$OUT/gnutls"
}

judged curl "$(each one_curl)"
judged wget "$(each one_wget)"
judged "GnuTLS's client" "$(each one_gnutls)"
judged Python "$(in_client python3 "$C/get.py" "$CA" $GOOD "${BAD[@]}")"
for node in node "${SALLYPORT_TEST_CACHE:-/var/cache/sallyport-test}"/node*/bin/node; do
	command -v "$node" >/dev/null || continue
	judged "Node $($node --version)" "$(in_client env NODE_EXTRA_CA_CERTS="$CA" "$node" "$C/get.mjs" $GOOD "${BAD[@]}")"
done

# Java: a store of its own kind, made by keytool.
in_client keytool -importcert -noprompt -alias gateway -file "$CA" -keystore "$OUT/ca.p12" \
	-storetype PKCS12 -storepass changeit >/dev/null 2>&1
holds "keytool takes the CA" test -s "$OUT/ca.p12"
judged Java "$(in_client timeout 120 java -Djavax.net.ssl.trustStore="$OUT/ca.p12" -Djavax.net.ssl.trustStorePassword=changeit "$C/Get.java" $GOOD "${BAD[@]}" 2>&1)"

# Chromium: the CA in its NSS store. A page is what a person sees: its text.
mkdir -p "$HOME/.pki/nssdb"
certutil -d "sql:$HOME/.pki/nssdb" -N --empty-password
certutil -d "sql:$HOME/.pki/nssdb" -A -t C,, -n gateway -i "$CA"
one_chromium() {
	local text
	text=$(in_client timeout -k 5 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--user-data-dir="$OUT/chromium" --disable-background-networking --no-first-run \
		--virtual-time-budget=10000 --dump-dom "$1" 2>"$OUT/chromium.err" | tr '\n' ' ')
	case $text in
	*'A clean page'*) echo "200 $text" ;;
	*'was refused'*) echo "502 $text" ;;
	*) echo "error $text" ;;
	esac
}
judged Chromium "$(each one_chromium)"

is "the bad origins saw no request" "$(origin_saw 'https \(expired\|wrong\|selfsigned\|untrusted\)')" 0
