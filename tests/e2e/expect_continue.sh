#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A client that waits for 100 Continue is not left waiting, and what it then sends is searched.
. "$(dirname "$0")/lib.sh"
topology </dev/null

head='PUT /upload/e HTTP/1.1\r\nHost: www.origin.test\r\nContent-Length: %d\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n'
got=$(raw send "${head/\%d/5}" await '100 Continue' send hello drain)
like "the client gets 100 and then 200" "$(grep -a '^HTTP/1.1' <<<"$got" | tr -d '\r' | tr '\n' ' ')" \
	'^HTTP/1.1 100 Continue HTTP/1.1 200'
like "the body arrived" "$got" "$(printf hello | sha256sum | cut -d' ' -f1)"
got=$(raw_tls send "${head/\%d/5}" await '100 Continue' send hello drain)
like "the same over tls" "$got" "$(printf hello | sha256sum | cut -d' ' -f1)"
eicar >"$OUT/eicar"
got=$(raw send "${head/\%d/68}" await '100 Continue' file "$OUT/eicar" drain)
like "an infected body after 100 is blocked" "$got" 'HTTP/1.1 403'
got=$(raw send "${head/\%d/5}" send hello drain)
like "a client that does not wait is served, too" "$got" 'HTTP/1.1 200'
