#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Chunked bodies in both directions, with trailers, by a real and by a scripted origin.
. "$(dirname "$0")/lib.sh"
topology </dev/null

want=$(yes 'a clean line of text' | head -n 50000 | sha256sum | cut -d' ' -f1)
for at in https://www.origin.test http://www.origin.test; do
	is "a chunked answer by ${at%%:*} passes" "$(get $at/chunked/50000)" 200
	is "and is intact" "$(digest "$OUT/body")" "$want"
done
got=$(raw send 'POST /upload/c HTTP/1.1\r\nHost: www.origin.test\r\nTransfer-Encoding: chunked\r\n\r\n' \
	send '5\r\nhello\r\n' sleep 0.2 send '6;x=y\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n' await '\r\n\r\n' await '\n' \
	sleep 0.2 send 'GET /index.html HTTP/1.1\r\nHost: www.origin.test\r\nConnection: close\r\n\r\n' drain)
like "a chunked upload with extension and trailer arrives" "$got" "$(printf 'hello world' | sha256sum | cut -d' ' -f1)"
like "and the connection is kept" "$got" 'A clean page'

raw_origin 80
reply trailers 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n'
got=$(raw_to raw.origin.test 80 send 'GET /trailers HTTP/1.1\r\nHost: raw.origin.test\r\nTE: trailers\r\nConnection: TE, close\r\n\r\n' drain)
like "the body before a trailer arrives" "$got" 'abc'
like "an answer's trailer arrives" "$got" 'X-Sum: 42'
reply close 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end'
is "a body until close passes" "$(get http://raw.origin.test/close)" 200
is "and is whole" "$(body)" 'until the end'
reply interim 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody'
is "an interim answer does not confuse" "$(get http://raw.origin.test/interim)" 200
is "and the final body arrives" "$(body)" body
like "an early hint arrives" "$(tr -d '\r' <"$OUT/head" | head -n 2)" '^HTTP/1.1 103 Early Hints'
