#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# HTTP/2 where the origin speaks it: the same search, and a block ends its stream alone.
. "$(dirname "$0")/lib.sh"
LAB_HTTP2=yes topology </dev/null

version() { get "$1" "${@:2}" -w '%{http_code} %{http_version}'; }
is "C7: h2 meets h2" "$(version https://www.origin.test/)" '200 2'
like "its body is the origin's" "$(body)" 'A clean page'
is "C7: a client of http/1.1 gets http/1.1" "$(version https://www.origin.test/ --http1.1)" '200 1.1'
is "C7: a client without ALPN gets http/1.1" "$(version https://www.origin.test/ --no-alpn)" '200 1.1'
is "ipv6 passes" "$(version https://v6.origin.test/ -6)" '200 2'
is "HEAD passes" "$(version https://www.origin.test/2m.bin -I)" '200 2'
is "its length is told" "$(tr -d '\r' <"$OUT/head" | sed -n 's/^content-length: //p')" 2097152
is "204 passes" "$(version https://www.origin.test/204)" '204 2'
is "2 MB pass" "$(version https://www.origin.test/2m.bin)" '200 2'
is "and arrive intact" "$(digest "$OUT/body")" "$(file_digest 2m.bin)"
is "50 MB pass" "$(version https://www.origin.test/50m.bin)" '200 2'
is "and arrive intact" "$(digest "$OUT/body")" "$(file_digest 50m.bin)"
is "chunked at the origin passes" "$(version https://www.origin.test/chunked/1000)" '200 2'
is "and is whole" "$(wc -c <"$OUT/body")" 21000
is "EICAR is blocked" "$(version https://www.origin.test/eicar.com)" '403 2'
unlike "nothing of it arrives" "$(body)" 'X5O!'
is "and in gzip, too" "$(version https://www.origin.test/eicar-gz)" '403 2'
is "an upload passes" "$(version https://www.origin.test/upload --data-binary @"$LAB_MATERIAL/www/2m.bin")" '200 2'
is "and is intact at the origin" "$(body | tr -d '\n')" "$(file_digest 2m.bin)"
is "EICAR is not uploaded" "$(version https://www.origin.test/upload --data-binary @"$LAB_MATERIAL/www/eicar.com")" '403 2'
is "expect: 100-continue passes" "$(version https://www.origin.test/upload -H 'Expect: 100-continue' --data-binary @"$LAB_MATERIAL/www/2m.bin")" '200 2'
is "an expired origin is refused with a page" "$(version https://expired.origin.test/)" '502 1.1'

# Many streams on one connection, one of which is blocked: the others do not notice.
in_client curl -sS --parallel --parallel-max 8 --cacert "$CA" --max-time 30 -w '%{http_code} %{num_connects}\n' \
	-o "$OUT/a" https://www.origin.test/2m.bin -o "$OUT/b" https://www.origin.test/eicar.com \
	-o "$OUT/c" https://www.origin.test/clean.txt -o "$OUT/d" https://www.origin.test/50m.bin >"$OUT/codes" 2>"$OUT/error"
is "one of four streams is blocked" "$(sort "$OUT/codes" | cut -d' ' -f1 | tr '\n' ' ')" '200 200 200 403 '
is "the large one beside it is intact" "$(digest "$OUT/d")" "$(file_digest 50m.bin)"
is "and the small one" "$(wc -c <"$OUT/c")" 14000
load=$(in_client h2load -n 2000 -c 4 -m 32 https://www.origin.test/1k.bin 2>&1)
like "2,000 requests on four connections pass" "$load" '2000 succeeded, 0 failed'
audit "the blocked one is audited" event=transaction path=/eicar.com action=block response_verdict=infected
audit "the protocol is audited" event=flow alpn=h2
is "a slow download passes" "$(ask https://www.origin.test/slow.bin -w '%{http_code} %{http_version}')" '200 2'
is "and arrives intact" "$(digest "$OUT/body")" "$(file_digest 2m.bin)"
