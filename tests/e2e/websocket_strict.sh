#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# WebSocket by the letter: handshakes of either side, malformed frames, streams that are cut.
. "$(dirname "$0")/lib.sh"
topology <<END
limits: { client_held: 1M }
END
raw_origin 80
yes='HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
accept='Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'
reply good.keep "$yes$accept\r\n"
reply good.echo "$yes$accept\r\n"
reply frame.keep "$yes$accept\r\n\201\5hello"
reply other "${yes}Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
reply none "$yes\r\n"
reply extension "$yes${accept}Sec-WebSocket-Extensions: x-mux\r\n\r\n"
reply unasked "$yes${accept}Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
reply lab 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: lab\r\nConnection: Upgrade\r\n\r\n'
reply masked.keep "$yes$accept\r\n\201\200\1\2\3\4"
reply reserved.keep "$yes$accept\r\n\221\0"
reply cut "$yes$accept\r\n\201\1a\201\12hel"
reply forbidden 'HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nnever'

key='Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
# shake NAME FIELDS STEP...: ask for /NAME with these fields.
shake() {
	local name=$1 fields=$2
	shift 2
	raw_to --wait 3 raw.origin.test 80 send "GET /$name HTTP/1.1\\r\\nHost: raw.origin.test\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n$fields\\r\\n" "$@" | tee "$OUT/got" | head -n 1 | tr -d '\r'
}
v13='Sec-WebSocket-Version: 13\r\n'
# What came behind the head, in hex.
frames() { python3 -c 'import sys; d = open(sys.argv[1], "rb").read(); print(d[d.index(b"\r\n\r\n") + 4:].hex())' "$OUT/got"; }
# The close code of the last frame toward the client.
closed() { frames | grep -oE '88..03[ef].' | tail -n 1 | cut -c5-8; }

like "a good handshake" "$(shake frame.keep "$key$v13" await hello)" ' 101 '
is "a frame that came along arrives as it was" "$(frames)" 810568656c6c6f
like "the field of the answer passes" "$(tr -d '\r' <"$OUT/got")" '^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$'
like "no key: 400" "$(shake good.keep "$v13" drain)" ' 400 '
like "a key that is none: 400" "$(shake good.keep "Sec-WebSocket-Key: eA==\\r\\n$v13" drain)" ' 400 '
like "an old version: 400" "$(shake good.keep "${key}Sec-WebSocket-Version: 8\\r\\n" drain)" ' 400 '
like "with a body it asks for no upgrade, which 101 does not answer: 502" "$(shake good.keep "$key${v13}Content-Length: 1\\r\\n" send x drain)" ' 502 '
like "an answer to another key: 502" "$(shake other "$key$v13" drain)" ' 502 '
like "an answer without the digest: 502" "$(shake none "$key$v13" drain)" ' 502 '
like "an extension that nobody can undo: 502" "$(shake extension "$key${v13}Sec-WebSocket-Extensions: x-mux\\r\\n" drain)" ' 502 '
like "an extension that nobody asked for: 502" "$(shake unasked "$key$v13" drain)" ' 502 '
like "another protocol than asked for: 502" "$(shake lab "$key$v13" drain)" ' 502 '
like "the origin may say no" "$(shake forbidden "$key$v13" await never)" ' 403 '

shake good.keep "$key$v13" await '\r\n\r\n' send '\x81\x01a' drain >/dev/null
is "a client that does not mask: 1002" "$(closed)" 03ea
shake good.keep "$key$v13" await '\r\n\r\n' send '\x89\xfe\x00\x7e\x01\x02\x03\x04' drain >/dev/null
is "a ping of 126 bytes: 1002" "$(closed)" 03ea
shake good.keep "$key$v13" await '\r\n\r\n' send '\x80\x81\x00\x00\x00\x00a' drain >/dev/null
is "a continuation of nothing: 1002" "$(closed)" 03ea
shake good.keep "$key$v13" await '\r\n\r\n' send '\x81\x82\x00\x00\x00\x00\xc3\x28' drain >/dev/null
is "text that is not UTF-8: 1002" "$(closed)" 03ea
shake masked.keep "$key$v13" drain >/dev/null
is "an origin that masks: 1002" "$(closed)" 03ea
shake reserved.keep "$key$v13" drain >/dev/null
is "reserved bits of the origin: 1002" "$(closed)" 03ea
shake cut "$key$v13" drain >/dev/null
like "what the origin cuts off is not delivered" "$(frames)" '^(810161)?$'
like "and the end is no close of WebSocket" "$(ended)" '^(reset|fin)'
shake good.echo "$key$v13" await '\r\n\r\n' send '\x81\x85\x00\x00\x00\x00hel' shut drain >/dev/null
is "what the client cuts off does not come back" "$(frames)" ''
shake good.keep "$key$v13" await '\r\n\r\n' send '\x82\xff\x00\x00\x00\x00\x00\x30\x00\x00\x00\x00\x00\x00' file "$LAB_MATERIAL/www/2m.bin" drain >/dev/null
is "more than may be kept back for one client: 1009" "$(closed)" 03f1
audit "which is audited" event=transaction protocol=websocket action=refuse request_verdict=unscannable request_reason=limit reason='WebSocket of the client: limit'
audit "malformed frames are audited" event=transaction protocol=websocket action=refuse request_verdict=unscannable request_reason=malformed reason='WebSocket of the client: ws'
audit "of the origin, too" event=transaction protocol=websocket action=refuse response_verdict=unscannable reason='WebSocket of the origin: ws'
audit "and what was cut" event=transaction path=/cut action=refuse reason='WebSocket of the origin: truncated'
audit "and malformed handshakes" event=transaction path=/other action=refuse status=502 reason='response: ws_handshake'
