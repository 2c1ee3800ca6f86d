#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# WebSocket over HTTP/2 (RFC 8441): the same search on one stream, the others do not notice; other protocols are refused.
. "$(dirname "$0")/lib.sh"
topology <<END
limits: { drain: 1s }
rules:
  - { name: the lab protocol, when: { protocol: [upgrade], path: /lab }, action: passthrough }
  - { name: unsearched sockets, when: { protocol: [websocket], host: [raw6.origin.test] }, action: passthrough }
END
EICAR=$LAB_MATERIAL/www/eicar.com
for at in $LAB_RAW4 $LAB_RAW6; do
	lab_spawn "h2-origin-$at" "$LAB_ORIGIN" node "$E2E/h2_peers.mjs" serve "$OUT/saw" "$EICAR" $at 443 "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
	lab_wait 10 lab_listens "$LAB_ORIGIN" 443 $at
done
peer() { in_client env NODE_EXTRA_CA_CERTS="$CA" timeout 25 node "$E2E/h2_peers.mjs" "$@" 2>&1 | tr '\n' ';'; }
ws() { peer connect raw.origin.test websocket /ws "$@"; }
saw() { lab_wait 3 grep -qsE -- "$1" "$OUT/saw"; }

like "the client is offered extended CONNECT, since the origin is" "$(peer settings raw.origin.test)" 'connect true;$'
unlike "where the origin has no HTTP/2, nobody is" "$(peer settings www.origin.test)" 'connect true'
is "messages there and back" "$(ws text hello get ping get big 1000000 get close end)" \
	"status 200 chat;text 5 same;pong;binary 1000000 same;close 1000 ;rst 0;"
is "the same compressed" "$(ws deflate text hello get big 300000 get close end)" \
	"status 200 chat;text 5 same deflated;binary 300000 same deflated;close 1000 ;rst 0;"
holds "the offer was cut down" saw '^ws offered permessage-deflate; client_max_window_bits$'
blocked='close 1008 blocked: the message is infected; incident [0-9a-f]+-[0-9]+-[0-9]+;rst 0;$'
like "EICAR up is blocked" "$(ws text first get file "$EICAR" end)" "status 200 chat;text 5 same;$blocked"
like "in a compressed message" "$(ws deflate text first get file "$EICAR" end)" "text 5 same deflated;$blocked"
like "in fragments" "$(ws pieces "$EICAR" end)" "status 200 chat;$blocked"
like "a request beside it does not notice" "$(ws beside /slow file "$EICAR" end)" "${blocked%\$}beside 200 0;"
like "EICAR down is blocked" "$(ws text eicar end)" "status 200 chat;$blocked"
like "in a compressed message" "$(ws deflate text eicar end)" "status 200 chat;$blocked"
holds "the origin is told as well" saw '^ws close 1008 blocked: the message is infected'
unlike "it never saw the file" "$(cat "$OUT/saw")" 'ws message 68'
audit "the audit says it of the stream" event=transaction protocol=websocket method=CONNECT path=/ws status=200 action=block \
	request_verdict=infected request_signature='.*[Ee]icar.*' request_messages=2 reason='a message of the client is infected'
audit "and of the origin's" event=transaction protocol=websocket action=block response_verdict=infected reason='a message of the origin is infected'
is "the origin may say no" "$(peer connect raw.origin.test websocket /no)" "status 404 ;rst 0;"
like "nothing may come before the answer" "$(peer connect raw.origin.test websocket /ws early)" '^status 400'

like "another protocol is refused" "$(peer connect raw.origin.test connect-ip /ip)" '^status 403 ;'
is "but for a rule" "$(peer connect raw.origin.test lab /lab raw hello get)" "status 200 ;bytes hello;rst 0;"
like "CONNECT is refused" "$(peer connect raw.origin.test plain -)" '^(status 403 |rst)'
is "a rule lets WebSockets pass unsearched" "$(peer connect raw6.origin.test websocket /ws file "$EICAR" get close end)" "status 200 chat;text 68 same;close 1000 ;rst 0;"
audit "as the audit says" event=transaction protocol=websocket rule='unsearched sockets' action=allow request_verdict=bypassed response_verdict=bypassed
audit "refused ones are named" event=transaction protocol=upgrade path=/ip action=block status=403

ws text hello get end >"$OUT/left" &
left=$!
sleep 1
lab_stop gateway 20
wait "$left"
like "at the end of the gateway's time a WebSocket is told by 1001" "$(cat "$OUT/left")" ';close 1001 the gateway stops;'
