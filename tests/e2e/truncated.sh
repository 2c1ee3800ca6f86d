#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What was cut on its way never looks whole at the other end: held or streaming, HTTP/1.1 and HTTP/2, both directions.
. "$(dirname "$0")/lib.sh"
ok200='HTTP/1.1 200 OK\r\n'
replies() {
	reply short "${ok200}Content-Length: 100\r\n\r\nshort"
	reply chunk "${ok200}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"
	reply inchunk "${ok200}Transfer-Encoding: chunked\r\n\r\n64\r\nshort"
	reply trailer "${ok200}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n0\r\nX-Sum: 1\r\n"
	reply close "${ok200}\r\nshort"
	reply length "${ok200}Content-Length: 5\r\n\r\nshort"
	for name in short chunk inchunk trailer close length; do
		cp "$OUT/replies/$name" "$OUT/replies/$name.reset"
		cp "$OUT/replies/$name" "$OUT/replies/$name.notify"
	done
	reply up.body ''
}

# fetched URL [CURL-OPTION...]: whole, or what else became of it.
fetched() {
	local status code
	status=$(get "$@" --max-time 8)
	code=$?
	[ "$code" = 0 ] && [ "$status" = 200 ] && echo whole || echo "$status/$code"
}
broken() { # FACT URL [CURL-OPTION...]: a page instead where nothing went out yet, else an end that curl takes for broken
	like "$mode: $1 is not whole" "$(fetched "${@:2}")" "$ends"
}
intact() { is "$mode: $1 is whole" "$(fetched "${@:2}")" whole; }

# shellcheck disable=SC2086 # $v is a list of options
responses() {
	local v
	for v in --http1.1 "-0 --no-alpn"; do # HTTP/1.0 knows no chunks: only a reset says that something is missing
		broken "$v: less than the length" http://raw.origin.test/short $v
		broken "$v: less than the length, reset" http://raw.origin.test/short.reset $v
		broken "$v: no last chunk" http://raw.origin.test/chunk $v
		broken "$v: no last chunk, reset" http://raw.origin.test/chunk.reset $v
		broken "$v: half a chunk" http://raw.origin.test/inchunk $v
		broken "$v: half the trailers" http://raw.origin.test/trailer $v
		broken "$v: until close, by reset" http://raw.origin.test/close.reset $v
		broken "$v: until close, TLS without close_notify" https://raw.origin.test/close $v
		intact "$v: until close" http://raw.origin.test/close $v
		intact "$v: until close, TLS with close_notify" https://raw.origin.test/close.notify $v
	done
	broken "tls: less than the length" https://raw.origin.test/short.notify
	broken "tls: no last chunk" https://raw.origin.test/chunk.notify
	intact "tls: the length, without close_notify" https://raw.origin.test/length
	is "$mode: python sees it, too" "$(in_client python3 -c '
import http.client
c = http.client.HTTPConnection("raw.origin.test", timeout=8)
try:
    c.request("GET", "/chunk")
    r = c.getresponse()
    body = r.read()
    print(r.status if body != b"short" else "whole")
except (http.client.IncompleteRead, ConnectionResetError) as e:
    print("broken")')" "$python"
}

h2() { # FACT SCRIPT-LINE...
	printf '%s\n' "${@:2}" >"$OUT/script"
	like "$mode: h2: $1 is not whole" "$(fetched https://raw.origin.test/)" '^([02]00/(18|56|92)|502/0)$' # resets are passed on
}
h2_responses() {
	local head='head :status=200|' announced='head :status=200|content-length=100|'
	h2 "a reset" "$head" 'data short' 'sleep 0.2' 'rst 8'
	h2 "a reset without error" "$head" 'data short' 'sleep 0.2' 'rst 0'
	h2 "less than the length" "$announced" 'data short' 'sleep 0.2' 'last more'
	h2 "the end of the connection" "$head" 'data short' 'sleep 0.2' notify
	h2 "the end without close_notify" "$head" 'data short' 'sleep 0.2' fin
	h2 "the connection reset" "$head" 'data short' 'sleep 0.3' reset
	printf '%s\n' "$head" 'data sho' 'last rt' >"$OUT/script"
	is "$mode: h2: an end is whole" "$(fetched https://raw.origin.test/)" whole
}

h=' /up.body HTTP/1.1\r\nHost: raw.origin.test\r\n'
uploads() {
	: >"$OUT/origin-saw"
	raw_to --wait 2 raw.origin.test 80 send "POST${h}Content-Length: 100\r\n\r\nshort" sleep 0.3 shut drain >/dev/null
	like "$mode: an upload that is cut does not end well" "$(ended)" '^(reset|fin)$'
	raw_to --wait 2 raw.origin.test 80 send "PUT${h}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n" sleep 0.3 shut drain >/dev/null
	sleep 0.5
	if [ "$mode" = held ]; then
		is "held: nothing of them reached the origin" "$(wc -c <"$OUT/origin-saw")" 0
	else
		is "streaming: both reached the origin" "$(grep -c '^up.body: ' "$OUT/origin-saw")" 2
		unlike "streaming: neither is whole there" "$(cat "$OUT/origin-saw")" '0\\r\\n\\r\\n'
		reply early.keep 'HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nearly'
		got=$(raw_to --wait 3 raw.origin.test 80 send \
			'POST /early.keep HTTP/1.1\r\nHost: raw.origin.test\r\nContent-Length: 500\r\n\r\nsome' await early \
			send 'GET /length HTTP/1.1\r\nHost: raw.origin.test\r\n\r\n' drain)
		like "an early answer arrives" "$(tr '\n' ' ' <<<"$got")" '^HTTP/1.1 413 .*early ?$'
		like "and ends the connection" "$(ended)" '^(fin|reset)$'
	fi
}

for mode in held streaming; do
	[ $mode = held ] && scanner=yes ends='^502/0$' python=502 || { scanner=no ends='^(200/(18|56|92)|502/0)$' python=broken; }
	LAB_SCANNER=$scanner topology </dev/null
	raw_origin 80
	raw_origin 443 --tls "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
	replies
	responses
	uploads
	lab_stop raw-origin-443 5
	lab_spawn h2-origin "$LAB_ORIGIN" python3 "$E2E/h2raw.py" origin "$LAB_MATERIAL/raw.origin.test.chain" \
		"$LAB_MATERIAL/raw.origin.test.key" $LAB_RAW4 443 "$OUT/script"
	lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
	h2_responses
	audit "$mode: the audit says that a body was short" event=transaction reason='.*(body_short|truncated).*'
	[ $mode = streaming ] || { lab_stop gateway 20; lab_down; }
done
