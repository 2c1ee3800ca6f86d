#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# gRPC by @grpc/grpc-js: calls of all four kinds are searched message by message, nothing is held
# whole; what may not pass gets status 7, and its neighbours on the connection do not notice.
. "$(dirname "$0")/lib.sh"
GRPC_JS=$(ls -d "${SALLYPORT_TEST_CACHE:-/var/cache/sallyport-test}"/grpc-js-* 2>/dev/null | tail -n 1)
if [ -z "$GRPC_JS" ]; then
	echo "skip grpc: no @grpc/grpc-js (scripts/install-deps test)"
	exit 0
fi
topology </dev/null
export GRPC_JS
EICAR=$LAB_MATERIAL/www/eicar.com
log=$OUT/saw
touch "$log"
lab_spawn grpc-origin "$LAB_ORIGIN" node "$E2E/grpc_peer.cjs" serve "$log" "$EICAR" $LAB_RAW4 443,8443 \
	"$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
lab_wait 10 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
call() { in_client timeout 60 node "$E2E/grpc_peer.cjs" call raw.origin.test:443 raw.origin.test "$CA" "$EICAR" "$@" 2>&1; }
# Port 8443 is not intercepted: routed, and nothing more.
routed() { in_client timeout 60 node "$E2E/grpc_peer.cjs" call raw.origin.test:8443 raw.origin.test "$LAB_MATERIAL/root.crt" "$EICAR" "$@" 2>&1; }
saw() { lab_wait 3 grep -qsE -- "$1" "$log"; }

got=$(call unary compressed large fail deadline count gather early cancel eicar-up compressed-eicar eicar-down eicar-split beside)
step() { sed -n "s/^$1: //p" <<<"$got"; }
blocked='7 security gateway: the message of the client is infected (incident'
is "a unary call, with metadata before and behind" "$(step unary)" 'hello [metadata] [trailer]'
is "compressed messages" "$(step compressed)" '5000 [metadata] [trailer]'
is "a large message" "$(step large)" '3145728 [metadata] [trailer]'
is "a status of the origin's" "$(step fail)" '5 not here, ä [] [trailer]'
like "a deadline" "$(step deadline)" '^4 Deadline exceeded'
holds "which the origin hears of" saw '^sleep cancelled'
is "server streaming" "$(step count)" 'message 0,message 1,message 2,message 3,message 4 0 OK'
is "client streaming" "$(step gather)" 'abc'
is "the origin ends before the client" "$(step early)" ' 10 enough'
like "a cancelled call" "$(step cancel)" '^x 1 Cancelled'
holds "which the origin hears of, too" saw '^echo cancelled'
is "EICAR up: status 7" "$(step eicar-up)" "$blocked [] []"
is "also compressed" "$(step compressed-eicar)" "$blocked [] []"
is "EICAR down: status 7, what was before it arrives" "$(step eicar-down)" "before 7 security gateway: the message of the origin is infected (incident"
is "EICAR split over two messages" "$(step eicar-split)" "$blocked"
holds "the origin had the first part" saw '^gather got 30$'
holds "and hears that nothing follows" saw '^gather cancelled'
is "a stream beside it goes on" "$(step beside)" "fine $blocked; one,two 0 OK"
unlike "the origin never saw the file" "$(cat "$log")" ' 68( |$)'
audit "the audit says which way and what" event=transaction path=/t/Unary action=block request_verdict=infected \
	request_signature='.*[Ee]icar.*' reason='the message of the client is infected' request_messages=1 incident='.+'
audit "also of the other way" event=transaction path=/t/Eicar action=block response_verdict=infected response_messages=[123] \
	reason='the message of the origin is infected'
audit "clean calls are allowed" event=transaction path=/t/Count action=allow status=200 response_messages=5 response_verdict=clean

# Ping-pong: what the search adds, in one run; the best of three, as the machine may be busy. A sanitized build is slower.
median() { "$@" pings | sed -n 's/^pings: 1000 0 OK median //p'; }
most=2000
grep -q __asan_init "$SALLYPORT" && most=10000
for _ in 1 2 3; do
	plain=$(median routed) searched=$(median call)
	added=$(python3 -c "print(int(1000 * (float('${searched:-99}') - float('${plain:-0}'))))")
	[ "$added" -gt $most ] || break
done
like "1,000 messages there and back" "$searched" '^[0-9.]+$'
echo "# median of a ping-pong, ms: routed $plain, searched $searched"
at_most "microseconds that the search adds to a ping-pong, median" "$added" $most
