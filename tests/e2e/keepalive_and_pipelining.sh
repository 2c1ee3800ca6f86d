#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Several requests on one connection, one after the other or all at once, are answered in order.
. "$(dirname "$0")/lib.sh"
topology </dev/null

one='GET /%s HTTP/1.1\r\nHost: www.origin.test\r\n\r\n'
# shellcheck disable=SC2059 # the format is ours
pipeline="$(printf "${one//\\/\\\\}" index.html clean.txt whoami nosuch)"
last='GET /index.html HTTP/1.1\r\nHost: www.origin.test\r\nConnection: close\r\n\r\n'
for way in raw raw_tls; do
	got=$($way send "$pipeline$last" drain | tr -d '\0' | grep -a '^HTTP/1.1' | tr -d '\r' | cut -d' ' -f2 | tr '\n' ' ')
	is "five pipelined requests by $way get five answers in order" "$got" "200 200 200 404 200 "
	is "and then the connection closes" "$(ended)" fin
done
got=$(raw send "${one/\%s/index.html}" await 'clean page' sleep 0.3 send "${one/\%s/whoami}" await '10.77.1.2' \
	send "$last" drain | grep -ac '^HTTP/1.1 200')
is "three requests one after the other on one connection" "$got" 3
got=$(in_client curl -sS --cacert "$CA" -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects} ' \
	https://www.origin.test/ https://www.origin.test/whoami https://www.origin.test/1k.bin)
is "curl keeps its connection" "$got" "1 0 0 "
got=$(raw send 'GET /index.html HTTP/1.0\r\nHost: www.origin.test\r\n\r\n' drain)
like "http/1.0 is answered" "$got" '^HTTP/1\.[01] 200'
is "and closed" "$(ended)" fin
# A blocked answer in the middle must not let the next one take its place.
got=$(raw send "${one/\%s/eicar.com}${one/\%s/whoami}" drain | tr -d '\0' | grep -a '^HTTP/1.1' | head -n 1)
like "after a blocked answer nothing is confused" "$got" '^HTTP/1.1 403'
