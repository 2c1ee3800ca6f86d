#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Event streams and gRPC-web, in both versions of HTTP: each event and message goes on at once when
# it is found good; what may not pass never looks like the end.
. "$(dirname "$0")/lib.sh"
topology </dev/null
EICAR=$LAB_MATERIAL/www/eicar.com
lab_spawn streams "$LAB_ORIGIN" node "$E2E/stream_origin.mjs" "$EICAR" $LAB_RAW4 \
	"$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
lab_wait 10 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4 && lab_wait 10 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4

# read_on URL [CURL-OPTION...]: what arrived when the stream ended or after three seconds; then how curl ended.
read_on() { (in_client curl -sN --max-time 3 --cacert "$CA" "$@" 2>/dev/null; echo "[$?]") | tr -d '\r' | tr '\n' ';'; }

# As far as the third event; the stream has no end.
begins() { in_client curl -sN --max-time 5 --cacert "$CA" "$@" 2>/dev/null | sed '/tick 2/q' | tr '\n' ';'; }
ticks='id: 0;data: tick 0;;id: 1;data: tick 1;;id: 2;data: tick 2;'

for how in "--http1.1 http" "--http1.1 https" "--http2 https"; do
	http=${how% *} url=${how#* }://raw.origin.test
	is "$how: events arrive while the stream runs" "$(begins $url/ticks $http)" "$ticks"
	like "$how: without a word in Accept" "$(read_on $url/three $http -H 'Accept: application/json')" '^data: 1;;data: 2;;: comment;data: 3;;\[0\];$'
	like "$how: where a browser is led there" "$(read_on $url/three $http -H 'Accept: text/html')" '^data: 1;;data: 2;;: comment;data: 3;;\[0\];$'
	like "$how: EICAR in an event" "$(read_on $url/eicar $http)" '^data: before;;\[(18|56|92)\];$'
	like "$how: EICAR split over two events" "$(read_on $url/split $http)" '^data: before;;(data: X5O[^;]*;;)?\[(18|56|92)\];$'
	like "$how: EICAR in a comment" "$(read_on $url/comment $http)" '^data: before;;\[(18|56|92)\];$'
	unlike "$how: the file itself under that label" "$(read_on $url/file $http)" 'EICAR|\[0\]'
	is "$how: also in gzip" "$(begins $url/ticks-gzip $http --compressed)" "$ticks"
	like "$how: EICAR in gzip" "$(read_on $url/eicar-gzip $http --compressed)" '^data: before;;\[(18|56|92)\];$'
done
audit "the audit says what" event=transaction path=/eicar action=block response_type=text/event-stream response_verdict=infected \
	response_signature='.*[Ee]icar.*' response_messages='[123]' incident='.+'
audit "clean events are allowed" event=transaction path=/three action=allow response_verdict=clean response_messages=4
is "those that a browser would save are searched as a whole" \
	"$(cat "$LAB_DIR"/audit/* | grep '"path":"/three"' | grep -vc response_messages)" 3

# EventSource itself: how late events are.
node24=${SALLYPORT_TEST_CACHE:-/var/cache/sallyport-test}/node24/bin/node
if [ -x "$node24" ]; then
	is "EventSource reads five events" "$(in_client env NODE_EXTRA_CA_CERTS="$CA" timeout 15 "$node24" --no-warnings --experimental-eventsource -e '
		const got = [], s = new EventSource("https://raw.origin.test/ticks");
		s.onmessage = e => { got.push(e.lastEventId + e.data); if (got.length === 5) { console.log(got.join()); process.exit(0); } };' 2>&1)" \
		'0tick 0,1tick 1,2tick 2,3tick 3,4tick 4'
fi

# gRPC-web: frames in the body. frames FLAGS TEXT...
frames() { python3 -c 'import sys; a = sys.argv[1:]
for f, t in zip(a[::2], a[1::2]): sys.stdout.buffer.write(bytes([int(f)]) + len(t).to_bytes(4, "big") + t.encode())' "$@"; }
frames 0 hello 0 there >"$OUT/clean"
frames 0 hello 0 "$(cat "$EICAR")" >"$OUT/bad"
web() { in_client curl -s -D "$OUT/head" --max-time 5 --cacert "$CA" -H "Content-Type: application/grpc-$1" --data-binary "@$2" -o "$OUT/body" -w '%{http_code}' "${@:3}"; }
text() { python3 -c 'import base64, re, sys; d = open(sys.argv[1]).read()
sys.stdout.buffer.write(b"".join(base64.b64decode(p) for p in re.findall("[^=]+=*", d)))' "$OUT/body"; }
base64 -w0 "$OUT/clean" >"$OUT/clean.b64"
base64 -w0 "$OUT/bad" >"$OUT/bad.b64"
for how in "--http1.1 http" "--http1.1 https" "--http2 https"; do
	http=${how% *} url=${how#* }://raw.origin.test
	is "$how: gRPC-web passes" "$(web web+proto "$OUT/clean" $url/web $http) $(digest "$OUT/body")" "200 $(frames 0 hello 0 there 128 $'grpc-status: 0\r\n' | sha256sum | cut -d' ' -f1)"
	is "$how: as text, too" "$(web web-text "$OUT/clean.b64" $url/web $http) $(text | sha256sum | cut -d' ' -f1)" "200 $(frames 0 hello 0 there 128 $'grpc-status: 0\r\n' | sha256sum | cut -d' ' -f1)"
	is "$how: EICAR up" "$(web web+proto "$OUT/bad" $url/web $http)" 200
	like "$how: status 7 is all of the answer" "$(cat "$OUT/head")" '^grpc-status: 7'
	web web-text "$OUT/bad.b64" $url/web $http >"$OUT/code"
	like "$how: as text, too" "$(cat "$OUT/head")" '^grpc-status: 7'
	web web+proto "$OUT/clean" $url/web-eicar $http >"$OUT/code"
	like "$how: EICAR down: status 7 behind what was before" "$(tr -d '\0\200' <"$OUT/body" | tr '\r\n' ';;')" 'before.*grpc-status: 7'
	web web-text "$OUT/clean.b64" $url/web-eicar $http >"$OUT/code"
	like "$how: as text, too" "$(text | tr -d '\0\200' | tr '\r\n' ';;')" 'before.*grpc-status: 7'
	unlike "$how: and nothing of it" "$(tr -d '\0' <"$OUT/body")" 'X5O|grpc-status: 0'
done
audit "the audit says so" event=transaction path=/web-eicar action=block response_type='application/grpc-web.*' response_verdict=infected
