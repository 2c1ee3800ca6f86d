#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Answers without a body, although their heads speak of one, leave the connection in step.
. "$(dirname "$0")/lib.sh"
topology </dev/null

q='Host: www.origin.test\r\n'
etag=$(in_client curl -sSI --cacert "$CA" https://www.origin.test/50m.bin | tr -d '\r' | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
like "HEAD shows the entity's tag" "$etag" '^"'
esc=${etag//\"/\\x22}
for way in raw raw_tls; do
	# shellcheck disable=SC2086 # two words
	got=$($way send "HEAD /50m.bin HTTP/1.1\r\n$q\r\n" send "GET /204 HTTP/1.1\r\n$q\r\n" \
		send "GET /50m.bin HTTP/1.1\r\n${q}If-None-Match: $esc\r\n\r\n" \
		send "HEAD /eicar.com HTTP/1.1\r\n$q\r\n" \
		send "GET /index.html HTTP/1.1\r\n${q}Connection: close\r\n\r\n" drain | tr -d '\r')
	is "HEAD, 204, 304, HEAD, GET by $way" "$(grep -a '^HTTP/1.1' <<<"$got" | cut -d' ' -f2 | tr '\n' ' ')" \
		"200 204 304 200 200 "
	like "HEAD keeps the announced length" "$got" '^Content-Length: 50000000'
	like "the GET at the end is answered whole" "$got" 'A clean page'
	is "and the connection closes" "$(ended)" fin
done
