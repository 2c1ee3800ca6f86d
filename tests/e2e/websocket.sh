#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# WebSocket by upgrade: messages are searched in both directions, what may not pass ends both sides by 1008.
. "$(dirname "$0")/lib.sh"
topology <<END
limits: { message: 2M, drain: 1s }
rules:
  - { name: no sockets here, when: { protocol: [websocket], path: /closed }, action: block }
  - { name: large messages, when: { protocol: [websocket], path: /large, verdict: [unscannable.limit] }, action: allow }
  - { name: unsearched sockets, when: { protocol: [websocket], path: /passed }, action: passthrough }
END
EICAR=$LAB_MATERIAL/www/eicar.com
lab_spawn ws-origin "$LAB_ORIGIN" /usr/bin/python3 "$E2E/ws_origin.py" "$OUT/saw" "$EICAR" $LAB_RAW4 80
lab_spawn wss-origin "$LAB_ORIGIN" /usr/bin/python3 "$E2E/ws_origin.py" "$OUT/saw" "$EICAR" $LAB_RAW4 443 "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
lab_wait 5 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4 && lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4

# ws URL STEP...: what the client saw, in one line.
ws() { in_client timeout 30 /usr/bin/python3 "$E2E/ws_client.py" --ca "$CA" "$@" 2>&1 | tr '\n' ';'; }
plain() { in_client timeout 30 /usr/bin/python3 "$E2E/ws_client.py" "$@" 2>&1 | tr '\n' ';'; }
saw() { lab_wait 3 grep -qsE -- "$1" "$OUT/saw"; }

wss=wss://raw.origin.test ws=ws://raw.origin.test
is "text and binary there and back, compressed" \
	"$(ws --chat $wss/echo text hello get ping binary 1000000 get zeros 1000000 get many 200)" \
	"open chat permessage-deflate;text 5 same;pong;binary 1000000 same;binary 1000000 same;200 messages;closed 1000 ;"
is "the same without compression" "$(ws --plain $wss/echo text hello get binary 1000000 get ping many 200)" \
	"open ;text 5 same;binary 1000000 same;pong;200 messages;closed 1000 ;"
is "the same in clear" "$(plain $ws/echo text hello get binary 1000000 get ping many 200)" \
	"open  permessage-deflate;text 5 same;binary 1000000 same;pong;200 messages;closed 1000 ;"
is "fragments both ways" "$(ws $wss/fragments pieces "$LAB_MATERIAL/www/clean.txt" get)" "open  permessage-deflate;text 14000 same;closed 1000 ;"

eicar_up() {
	local fact=$1 got
	shift
	got=$("$@")
	like "EICAR up, $fact: closed by 1008 with words" "$got" 'text 5 same;closed 1008 blocked: the message is infected; incident [0-9a-f]+-[0-9]+-[0-9]+;$'
}
eicar_up "compressed" ws $wss/echo text first get file "$EICAR" text later get
eicar_up "not compressed" ws --plain $wss/echo text first get file "$EICAR" get
eicar_up "in fragments" ws --plain $wss/echo text first get pieces "$EICAR" get
eicar_up "in compressed fragments" ws $wss/echo text first get pieces "$EICAR" get
eicar_up "in clear" plain $ws/echo text first get file "$EICAR" get
holds "the origin is told as well" saw 'closed /echo 1008 blocked: the message is infected'
unlike "it never saw the file, nor what came behind it" "$(cat "$OUT/saw")" "text (68|5) ($(digest "$EICAR")|$(printf later | sha256sum | cut -d' ' -f1))"
audit "the audit says which way, what, and how many were good" event=transaction protocol=websocket path=/echo tls=true action=block \
	status=101 request_verdict=infected request_signature='.*[Ee]icar.*' request_messages=2 response_messages=1 response_verdict=clean \
	reason='a message of the client is infected' incident='.+'

is "EICAR down: what was before it arrives, nothing of it or behind it" "$(ws $wss/eicar text go end | sed 's/incident.*/incident/')" \
	"open  permessage-deflate;text 6 'before';closed 1008 blocked: the message is infected; incident"
like "the same in clear, not compressed" "$(plain --plain $ws/eicar text go end)" "^open ;text 6 'before';closed 1008 "
like "in fragments with a ping between" "$(ws $wss/eicar-fragments text go end)" "^open  permessage-deflate;closed 1008 "
audit "the audit says that it came from the origin" event=transaction protocol=websocket path=/eicar action=block \
	request_verdict=clean response_verdict=infected response_signature='.*[Ee]icar.*' reason='a message of the origin is infected'
like "a message over the limit ends by 1009" "$(ws --plain $wss/echo text a get binary 2200000 get)" 'text 1 same;closed 1009 blocked: the message could not be searched: limit'
like "also where it is small on the wire" "$(ws $wss/echo zeros 3000000 get)" ';closed 1009 '
audit "the audit names the limit" event=transaction path=/echo action=block request_verdict=unscannable request_reason=limit

is "a rule forbids WebSockets" "$(ws $wss/closed text a get)" "refused 403;"
audit "and is named" event=transaction path=/closed protocol=websocket action=block rule='no sockets here'
is "a rule lets them pass unsearched" "$(ws $wss/passed file "$EICAR" get)" "open  permessage-deflate;text 68 same;closed 1000 ;"
audit "as the audit says" event=transaction path=/passed protocol=websocket action=relay rule='unsearched sockets' response_verdict=bypassed
audit "clean ones are allowed" event=transaction path=/echo protocol=websocket action=allow request_verdict=clean response_verdict=clean request_messages=203
holds "what cannot be undone is not offered" saw '^open /echo offered permessage-deflate; client_max_window_bits$'
is "a rule lets messages over the limit pass, and those behind them" "$(ws $wss/large binary 3000000 get text small get zeros 4000000 get)" \
	"open  permessage-deflate;binary 3000000 same;text 5 same;binary 4000000 same;closed 1000 ;"
like "which are searched" "$(ws --plain $wss/large binary 3000000 get file "$EICAR" get)" 'binary 3000000 same;closed 1008 '
audit "and audited" event=transaction path=/large action=allow rule='large messages' request_verdict=unscannable response_verdict=unscannable request_messages=3

# The gateway stops: who is still connected hears it.
ws $wss/echo text hello get end >"$OUT/left" &
left=$!
sleep 1
lab_stop gateway 20
wait "$left"
is "at the end both sides are told by 1001" "$(cat "$OUT/left")" "open  permessage-deflate;text 5 same;closed 1001 the gateway stops;"
holds "the origin, too" saw 'closed /echo 1001 the gateway stops'
