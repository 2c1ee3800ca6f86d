#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# HTTP/2 messages that could be read in two ways: their stream alone ends, nothing of them arrives, the audit says why.
. "$(dirname "$0")/lib.sh"
LAB_HTTP2=yes topology </dev/null

# row NAME FIELDS [DATA [TRAILERS]]: said on stream 1, beside a good request on stream 3.
rows=$OUT/rows
row() { printf '%s\t%s\t%s\t%s\n' "$@" "" "" | head -n 1 | cut -f1-4 >>"$rows"; }
q=':method=GET|:scheme=https|:path=/h2|:authority=www.origin.test|'
p=':method=POST|:scheme=https|:path=/h2|:authority=www.origin.test|'
at() { echo ":method=GET|:scheme=https|:path=$1|:authority=$2|"; }
: >"$rows"
row "no path" ":method=GET|:scheme=https|:authority=www.origin.test|"
row "an empty path" "$(at '' www.origin.test)"
row "a path without slash" "$(at h2 www.origin.test)"
row "a request within the path" "$(at '/h2 HTTP/1.1\\r\\nX: y' www.origin.test)"
row "two paths" ":path=/h2|$q"
row "an unknown pseudo-field" ":x=y|$q"
row "a pseudo-field behind a field" ":method=GET|:scheme=https|x=y|:path=/h2|:authority=www.origin.test|"
row "a pseudo-field in trailers" "$p" abc ":path=/h2|"
row "a user in the authority" "$(at /h2 u@www.origin.test)"
row "an empty authority beside Host" "$(at /h2 '')host=www.origin.test|"
row "another Host" "${q}host=v4.origin.test|"
row "the scheme ftp" ":method=GET|:scheme=ftp|:path=/h2|:authority=www.origin.test|"
row "connection" "${q}connection=close|"
row "transfer-encoding" "${p}transfer-encoding=chunked|" '0\r\n\r\n'
row "upgrade" "${q}upgrade=websocket|"
row "te gzip" "${q}te=gzip|"
row "a capital in a name" "${q}X=y|"
row "a field within a name" "${q}x: y\\r\\nz=1|"
row "a field within a value" "${q}x=y\\r\\nhost: v4.origin.test|"
row "NUL in a value" "${q}x=y\\0|"
row "a blank before a value" "${q}x= y|"
row "content_length" "${p}content_length=1|" abc
row "two lengths" "${p}content-length=3|content-length=4|" abc
row "a signed length" "${p}content-length=+3|" abc
row "more than the length" "${p}content-length=2|" abc
row "less than the length" "${p}content-length=4|" abc
row "a length and no body" "${p}content-length=4|"
row "a length in trailers" "$p" abc 'content-length=3|'
row "authorization in trailers" "$p" abc 'authorization=x|'
row "TRACE with a body" ":method=TRACE|:scheme=https|:path=/h2|:authority=www.origin.test|" abc
row "an unknown expectation" "${p}expect=x|" abc
in_client timeout 120 python3 "$E2E/h2raw.py" client --tls www.origin.test --ca "$CA" --wait 4 v4.origin.test 443 "$rows" >"$OUT/became" 2>"$OUT/error"
while IFS=$'\t' read -r name bad good; do
	like "$name ends its stream" "$bad" '^reset 1$'
	is "the other stream passes ($name)" "$good" "200 $(wc -c <"$LAB_MATERIAL/www/index.html")"
done <"$OUT/became"
is "each was tried" "$(wc -l <"$OUT/became")" "$(wc -l <"$rows")"
is "nothing of all that reached the origin" "$(origin_saw /h2)" 0
audit "the audit says it of what we found" event=transaction action=refuse reason='request: http_host'
audit "and of what the library found" event=transaction action=refuse reason='request: h2_message'

is "another scheme than the connection's is misdirected" "$(printf 'http\t%s\n' "${q/https/http}" >"$rows"
	in_client timeout 20 python3 "$E2E/h2raw.py" client --tls www.origin.test --ca "$CA" v4.origin.test 443 "$rows" | cut -f2 | cut -d' ' -f1)" 421

# ---- the origin's ----
lab_spawn h2-origin "$LAB_ORIGIN" python3 "$E2E/h2raw.py" origin "$LAB_MATERIAL/raw.origin.test.chain" \
	"$LAB_MATERIAL/raw.origin.test.key" $LAB_RAW4 443 "$OUT/script"
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
from() { # FACT STATUS SCRIPT-LINE...
	local fact=$1 want=$2
	shift 2
	printf '%s\n' "$@" >"$OUT/script"
	is "$fact" "$(get https://raw.origin.test/h2)" "$want"
}
a=':status=200|'
from "a good answer passes" 200 "head $a" 'last abc'
from "with interim ones and trailers" 200 'head :status=103|link=</x>|' "head $a" 'data abc' 'trailers x-sum=1|'
from "no status becomes 502" 502 'head x=y|' 'last abc'
from "101 becomes 502" 502 'head :status=101|' 'last abc'
from "status 099 becomes 502" 502 'head :status=099|' 'last abc'
from "connection becomes 502" 502 "head ${a}connection=close|" 'last abc'
from "transfer-encoding becomes 502" 502 "head ${a}transfer-encoding=chunked|" 'last abc'
from "a capital in a name becomes 502" 502 "head ${a}X=y|" 'last abc'
from "a field within a value becomes 502" 502 "head ${a}x=y\\r\\nset-cookie: z|" 'last abc'
from "two types become 502" 502 "head ${a}content-type=text/plain|content-type=text/html|" 'last abc'
from "two lengths become 502" 502 "head ${a}content-length=3|content-length=3|" 'last abc'
from "more than the length becomes 502" 502 "head ${a}content-length=2|" 'last abc'
from "less than the length becomes 502" 502 "head ${a}content-length=4|" 'last abc'
from "204 with a body becomes 502" 502 'head :status=204|' 'last abc'
from "a status in trailers becomes 502" 502 "head $a" 'data abc' 'trailers :status=200|'
from "a length in trailers becomes 502" 502 "head $a" 'data abc' 'trailers content-length=3|'
interims=(); for _ in $(seq 100); do interims+=("head :status=103|"); done
from "100 interim answers become 502" 502 "${interims[@]}" "head $a" "last abc"
printf '%s\n' "head ${a}content-length=3|" 'last abc' >"$OUT/script"
is "HEAD with a body becomes 502" "$(get https://raw.origin.test/h2 -I)" 502
audit "the audit says what was wrong" event=transaction host=raw.origin.test status=502 reason='response: .*'
