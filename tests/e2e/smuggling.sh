#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A request that two parsers could read differently gets 400, and nothing of it reaches the origin.
. "$(dirname "$0")/lib.sh"
topology </dev/null

h='Host: www.origin.test\r\n'
n=0
refuse() {
	n=$((n + 1))
	local got
	got=$(RAW_WAIT=3 raw send "$2" drain | tr -d '\0' | head -n 1 | tr -d '\r')
	like "$1 gets 400" "$got" '^HTTP/1\.1 4(00|13|14|31) '
}
refuse "length and chunked" "POST /s HTTP/1.1\r\n${h}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /s HTTP/1.1\r\n$h\r\n"
refuse "two different lengths" "POST /s HTTP/1.1\r\n${h}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"
refuse "a list of lengths" "POST /s HTTP/1.1\r\n${h}Content-Length: 5, 6\r\n\r\nhello!"
refuse "a signed length" "POST /s HTTP/1.1\r\n${h}Content-Length: +5\r\n\r\nhello"
refuse "a negative length" "POST /s HTTP/1.1\r\n${h}Content-Length: -5\r\n\r\nhello"
refuse "a hexadecimal length" "POST /s HTTP/1.1\r\n${h}Content-Length: 0x5\r\n\r\nhello"
refuse "a length beyond 64 bits" "POST /s HTTP/1.1\r\n${h}Content-Length: 99999999999999999999\r\n\r\n"
refuse "a coding that is not chunked" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"
refuse "identity as a coding" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"
refuse "chunked twice" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"
refuse "chunked not last" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"
refuse "chunked in http/1.0" "POST /s HTTP/1.0\r\n${h}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
refuse "a blank before the colon" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"
refuse "a tab before the colon" "POST /s HTTP/1.1\r\n${h}Content-Length\t: 5\r\n\r\nhello"
refuse "folded lines" "GET /s HTTP/1.1\r\n${h}X-A: b\r\n c\r\n\r\n"
refuse "a bare line feed" "GET /s HTTP/1.1\n${h}\r\n"
refuse "a bare line feed between fields" "GET /s HTTP/1.1\r\n${h}X: y\nTransfer-Encoding: chunked\r\n\r\n"
refuse "a bare carriage return" "GET /s HTTP/1.1\r\n${h}X: y\rz\r\n\r\n"
refuse "a NUL in a value" "GET /s HTTP/1.1\r\n${h}X: a\0b\r\n\r\n"
refuse "an escape byte in a value" "GET /s HTTP/1.1\r\n${h}X: a\x1bb\r\n\r\n"
refuse "no field name" "GET /s HTTP/1.1\r\n${h}: x\r\n\r\n"
refuse "a line without a colon" "GET /s HTTP/1.1\r\n${h}nonsense\r\n\r\n"
refuse "no host" "GET /s HTTP/1.1\r\nX: y\r\n\r\n"
refuse "two hosts" "GET /s HTTP/1.1\r\n${h}Host: bank.origin.test\r\n\r\n"
refuse "a host with a user" "GET /s HTTP/1.1\r\nHost: a@www.origin.test\r\n\r\n"
refuse "a host with a path" "GET /s HTTP/1.1\r\nHost: www.origin.test/x\r\n\r\n"
refuse "a blank in the target" "GET /s /t HTTP/1.1\r\n$h\r\n"
refuse "a control byte in the target" "GET /s\x01 HTTP/1.1\r\n$h\r\n"
refuse "http/2.0 as version" "GET /s HTTP/2.0\r\n$h\r\n"
refuse "http/1.10 as version" "GET /s HTTP/1.10\r\n$h\r\n"
refuse "a bad method" "GE(T /s HTTP/1.1\r\n$h\r\n"
refuse "a chunk size that is no number" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n"
refuse "a chunk size with 0x" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n"
refuse "a chunk size that overflows" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nab\r\n0\r\n\r\n"
refuse "a chunk longer than it says" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n"
refuse "a chunk line with a bare line feed" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n"
refuse "a length in the trailers" "POST /s HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nContent-Length: 5\r\n\r\n"
long=$(printf 'x%.0s' $(seq 70000))
refuse "a field of 70,000 bytes" "GET /s HTTP/1.1\r\n${h}X: $long\r\n\r\n"
many=$(printf 'X-%d: y\\r\\n' $(seq 300))
refuse "300 fields" "GET /s HTTP/1.1\r\n${h}$many\r\n"

is "nothing of all that reached the origin" "$(origin_saw '/s')" 0
audit "the audit gives the reason for the lengths" event=transaction status=400 reason='.*body_length.*'
audit "the audit gives the reason for the host" event=transaction status=400 reason='.*http_host.*'
audit "the audit gives the reason for the chunk" event=transaction reason='.*body_chunk.*'
is "a good request still passes" "$(get http://www.origin.test/)" 200
