#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# An answer that two parsers could read differently becomes 502; a broken body is never completed.
. "$(dirname "$0")/lib.sh"
topology </dev/null
raw_origin 80
raw_origin 443 --tls "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"

refuse() {
	reply bad "$2"
	is "$1 becomes 502" "$(get http://raw.origin.test/bad)" 502
}
ok200='HTTP/1.1 200 OK\r\n'
refuse "length and chunked" "${ok200}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
refuse "two lengths" "${ok200}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"
refuse "a signed length" "${ok200}Content-Length: +5\r\n\r\nhello"
refuse "an unknown transfer coding" "${ok200}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
refuse "a bare line feed" 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'
refuse "a NUL in a value" "${ok200}X: a\0000b\r\nContent-Length: 0\r\n\r\n"
refuse "a folded field" "${ok200}X: a\r\n b\r\nContent-Length: 0\r\n\r\n"
refuse "a blank before the colon" "${ok200}Content-Length : 0\r\n\r\n"
refuse "status 99" 'HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n'
refuse "status 1000" 'HTTP/1.1 1000 What\r\nContent-Length: 0\r\n\r\n'
refuse "no status line" 'hello there, this is not http\r\n\r\n'
refuse "nothing at all" ''
refuse "half a head" 'HTTP/1.1 200 OK\r\nContent-Le'
refuse "an upgrade that nobody asked for" 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'
refuse "a body shorter than announced" "${ok200}Content-Length: 100\r\n\r\nshort"
refuse "a bad chunk" "${ok200}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"
refuse "a chunked body without an end" "${ok200}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
refuse "a list of lengths" "${ok200}Content-Length: 5, 5\r\n\r\nhello"
refuse "a hexadecimal length" "${ok200}Content-Length: 0x5\r\n\r\nhello"
refuse "a length beyond 64 bits" "${ok200}Content-Length: 99999999999999999999\r\n\r\nhello"
refuse "chunked in http/1.0" 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
refuse "http/1.2 as version" 'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n'
refuse "a page without a head" '<html>hello</html>'
refuse "a bare carriage return" "${ok200}X: a\rb\r\nContent-Length: 0\r\n\r\n"
refuse "a chunk size that overflows" "${ok200}Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"
refuse "a chunk size with a blank" "${ok200}Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"
refuse "a length in the trailers" "${ok200}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"
refuse "an interim answer with a length" "HTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\nhello${ok200}Content-Length: 0\r\n\r\n"
refuse "204 with a length" 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'
refuse "204 with chunks" 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
refuse "two places to go" 'HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n'
refuse "a field of 70,000 bytes" "${ok200}X: $(printf 'x%.0s' $(seq 70000))\r\nContent-Length: 0\r\n\r\n"
refuse "100 interim answers" "$(printf 'HTTP/1.1 103 Early\\r\\n\\r\\n%.0s' $(seq 100))${ok200}Content-Length: 0\r\n\r\n"
reply bad "${ok200}Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!"
is "broken gzip coding is unscannable and blocked" "$(get http://raw.origin.test/bad)" 403

reply bad "${ok200}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"
is "the same over tls becomes 502" "$(get https://raw.origin.test/bad)" 502
reply good "${ok200}Content-Length: 2\r\n\r\nok"
is "a good answer passes" "$(get https://raw.origin.test/good)" 200
reply more.keep "${ok200}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
got=$(raw_to --wait 3 raw.origin.test 80 send 'GET /more.keep HTTP/1.1\r\nHost: raw.origin.test\r\n\r\n' await ok \
	sleep 0.3 send 'GET /good HTTP/1.1\r\nHost: raw.origin.test\r\nConnection: close\r\n\r\n' drain)
unlike "an answer that nobody asked for is not delivered" "$got" evil
for kind in 'HEAD 200 OK' 'GET 204 No Content' 'GET 304 Not Modified'; do
	reply body.keep "HTTP/1.1 ${kind#* }\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	got=$(raw_to --wait 3 raw.origin.test 80 send "${kind%% *} /body.keep HTTP/1.1\r\nHost: raw.origin.test\r\n\r\n" sleep 0.3 \
		send 'GET /good HTTP/1.1\r\nHost: raw.origin.test\r\nConnection: close\r\n\r\n' drain)
	unlike "what stands behind the head of '$kind' is not the next answer" "$got" evil
done
audit "the audit says what was wrong" event=transaction host=raw.origin.test status=502 reason='.*body_length.*'
audit "and that a body was short" event=transaction host=raw.origin.test reason='.*body_short.*'
