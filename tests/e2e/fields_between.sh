#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What the origin gets of a request's fields and authority, and what a client cannot have taken away.
. "$(dirname "$0")/lib.sh"
topology </dev/null
raw_origin 80
raw_origin 443 --tls "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"

# sees REQUEST-LINES: the head as the origin got it; tls_sees: by TLS.
to_raw() { in_client timeout 20 python3 "$E2E/raw.py" --wait 3 "$@" drain 2>"$OUT/end" | tr -d '\r'; }
sees() { to_raw raw.origin.test 80 send "$1"; }
tls_sees() { to_raw --tls raw.origin.test --ca "$CA" raw.origin.test 443 send "$1"; }
start='GET /x.head HTTP/1.1\r\nHost: raw.origin.test\r\n'

got=$(sees "${start}Connection: close, Host, Authorization, Cookie, X-Forwarded-For, Range, Accept, X-Hop\r\nAuthorization: a\r\nCookie: b\r\nX-Forwarded-For: c\r\nAccept: d/e\r\nX-Hop: f\r\nX-End: g\r\n\r\n")
like "what is named by Connection is dropped" "$(grep -ci x-hop <<<"$got")" '^0$'
for field in 'Host: raw.origin.test' 'Authorization: a' 'Cookie: b' 'X-Forwarded-For: c' 'Accept: d/e' 'X-End: g'; do
	like "but not $field" "$got" "^$field\$"
done
got=$(sees "POST /x.head HTTP/1.1\r\nHost: raw.origin.test\r\nConnection: Content-Length, Content-Type\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
like "nor the length" "$got" '^Content-Length: 5$'
like "nor the type" "$got" '^Content-Type: text/plain$'
got=$(sees "POST /x.head HTTP/1.1\r\nHost: raw.origin.test\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
like "nor the coding" "$got" '^Transfer-Encoding: chunked$'

got=$(sees "${start}Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\r\n")
unlike "fields of the connection are not passed on" "$(sed -n '/^GET /,$p' <<<"$got")" '^(Keep-Alive|Proxy-Connection|TE|Upgrade|HTTP2-Settings|Connection):'
got=$(sees "${start}TE: trailers\r\nConnection: TE\r\n\r\n")
like "TE: trailers is" "$got" '^TE: trailers$'
like "and named" "$got" '^Connection: TE$'
got=$(sees "${start}Via: 1.1 a\r\nMax-Forwards: 0\r\nProxy-Authorization: Basic eA==\r\nForwarded: for=b\r\n\r\n")
like "a transparent gateway adds nothing to Via" "$got" '^Via: 1.1 a$'
like "counts no forwards" "$got" '^Max-Forwards: 0$'
like "and credentials for a proxy behind it pass" "$got" '^Proxy-Authorization: Basic eA==$'
unlike "it does not tell of itself" "$got" 'sallyport'

like "absolute-form becomes origin-form" "$(sees 'GET http://raw.origin.test/x.head HTTP/1.1\r\nHost: raw.origin.test\r\n\r\n')" '^GET /x.head HTTP/1.1$'
like "a request without Host is for the address" "$(sees 'GET /x.head HTTP/1.0\r\n\r\n')" "^Host: $LAB_RAW4\$"
like "in TLS for its name" "$(tls_sees 'GET /x.head HTTP/1.0\r\n\r\n')" '^Host: raw.origin.test$'
audit "rules and audit see that host" event=transaction host="$LAB_RAW4" path=/x.head
got=$(sees 'GET /x.head HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
like "a client of HTTP/1.0 is told that its connection ends" "$(sed '/^$/q' <<<"$got")" '^Connection: close$'
is "and it does" "$(ended)" fin
like "another scheme is misdirected" "$(sees 'GET https://raw.origin.test/x.head HTTP/1.1\r\nHost: raw.origin.test\r\n\r\n')" '^HTTP/1.1 421 '
like "in TLS, too" "$(tls_sees 'GET http://raw.origin.test/x.head HTTP/1.1\r\nHost: raw.origin.test\r\n\r\n')" '^HTTP/1.1 421 '
like "an unknown expectation gets 417" "$(sees "${start}Expect: x\r\n\r\n")" '^HTTP/1.1 417 '
like "an expectation hidden behind a word, too" "$(sees "${start}Expect: x 100-continue\r\nContent-Length: 1\r\n\r\n")" '^HTTP/1.1 417 '
like "TRACE with content gets 400" "$(sees 'TRACE /x.head HTTP/1.1\r\nHost: raw.origin.test\r\nContent-Length: 1\r\n\r\nx')" '^HTTP/1.1 400 '
like "Content_Length gets 400" "$(sees "${start}Content_Length: 1\r\n\r\n")" '^HTTP/1.1 400 '
like "two types get 400" "$(sees "${start}Content-Type: a/b\r\nContent-Type: a/c\r\n\r\n")" '^HTTP/1.1 400 '

reply empty 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'
unlike "204 has no length" "$(sees 'GET /empty HTTP/1.1\r\nHost: raw.origin.test\r\n\r\n')" '^Content-Length'
reply twice 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok'
is "two types become 502" "$(get http://raw.origin.test/twice)" 502
reply names 'HTTP/1.1 200 OK\r\nConnection: Content-Type, Content-Length, Set-Cookie, X-Hop\r\nContent-Type: text/plain\r\nSet-Cookie: a=b\r\nX-Hop: c\r\nContent-Length: 2\r\n\r\nok'
is "an answer that names its fields passes" "$(get http://raw.origin.test/names)" 200
like "with its type" "$(tr -d '\r' <"$OUT/head")" '^Content-Type: text/plain$'
like "and cookie" "$(tr -d '\r' <"$OUT/head")" '^Set-Cookie: a=b$'
unlike "without the field of the connection" "$(cat "$OUT/head")" X-Hop

# An answer that comes while the next request is still held here is none to that.
reply first.keep 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
reply first.keep.late 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
got=$(to_raw raw.origin.test 80 send 'GET /first.keep HTTP/1.1\r\nHost: raw.origin.test\r\n\r\n' await ok \
	send 'POST /second.keep HTTP/1.1\r\nHost: raw.origin.test\r\nContent-Length: 9\r\n\r\nhalf' sleep 1.5)
unlike "an answer from before its request is not delivered" "$got" evil
like "the request gets 502" "$got" '^(ok)?HTTP/1.1 502 '
audit "the audit says why" event=transaction path=/second.keep reason='the origin sent bytes without a request'
