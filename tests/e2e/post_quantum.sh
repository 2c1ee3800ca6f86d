#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A client that offers post-quantum key agreement works, and what became of its offer is recorded.
# The client is Node 24 (scripts/install-deps); without it hellos alone are sent.
. "$(dirname "$0")/lib.sh"
topology </dev/null

NODE=${SALLYPORT_TEST_CACHE:-/var/cache/sallyport-test}/node24/bin/node
counter() { "$SALLYPORT" status --config "$LAB_DIR/sallyport.yaml" | awk -v n="$1" '$1 == n { print $2 }'; }
hellos() { in_client timeout 60 python3 "$E2E/hellos.py" v4.origin.test 443 "$LAB_ORIGIN4" "$@" | cut -f 2; }
visit() { in_client env NODE_EXTRA_CA_CERTS="$1" "$2" "$E2E/clients/get.mjs" "$3" 2>&1; }

is "U8: a hello with a post-quantum share is answered" "$(hellos post-quantum)" server_hello
is "U8: also in two segments, cut anywhere" "$(hellos 'post-quantum in two segments' | cut -d' ' -f1)" server_hello
is "a client without: a visit" "$(get https://www.origin.test/)" 200
audit "U8: nothing is said of what was not offered" event=flow tls_grade=A tls_pq=
is "U8: and nothing is counted" "$(counter pq_lost)" 0
if ! [ -x "$NODE" ]; then
	echo "# post_quantum: no Node 24 here: its visits are left out"
	exit
fi
like "U8: a post-quantum client gets the page" "$(visit "$CA" "$NODE" https://www.origin.test/)" '200 .*A clean page'
if grep -q MLKEM <<<"$(openssl list -kem-algorithms 2>/dev/null)"; then
	audit "U8: both legs have it, or the origin lacks it" event=flow tls_pq='both|origin_lacks' tls_grade=A
else
	audit "U8: what the library lacks is recorded as lost" event=flow sni=www.origin.test tls_pq=lost \
		tls_client_group=x25519 tls_grade=B tls_grade_rule=post_quantum_lost
	is "U8: and counted" "$(counter pq_lost)" 1
fi
like "U8: an undecrypted connection keeps it" "$(visit "$LAB_MATERIAL/root.crt" "$NODE" https://bank.origin.test/)" '200 .*A clean page'
