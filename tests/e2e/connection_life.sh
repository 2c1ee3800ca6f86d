#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# How the two connections of a flow live and end together: whoever leaves is missed by the other side.
. "$(dirname "$0")/lib.sh"
topology <<END
limits: { half_closed: 500ms, idle: 6s }
rules:
  - name: not decrypted
    when: { host: [v6.origin.test] }
    action: passthrough
END
log=$OUT/life.log
lab_spawn life80 "$LAB_ORIGIN" python3 "$E2E/life_origin.py" --log "$log" $LAB_RAW4 80
lab_spawn life443 "$LAB_ORIGIN" python3 "$E2E/life_origin.py" --log "$log" \
	--tls "$LAB_MATERIAL/www.origin.test.chain" "$LAB_MATERIAL/www.origin.test.key" $LAB_RAW4 443
lab_spawn life6 "$LAB_ORIGIN" node "$E2E/life_h2.mjs" serve $LAB_RAW6 443 \
	"$LAB_MATERIAL/www.origin.test.chain" "$LAB_MATERIAL/www.origin.test.key" "$OUT/life6.log"
lab_wait 5 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 "[$LAB_RAW6]"
touch "$log" "$OUT/life6.log"
plain() { raw_to --wait 10 raw.origin.test 80 "$@"; }
secret() { raw_to --wait 10 --tls www.origin.test --ca "$CA" raw.origin.test 443 "$@"; }
tunnel() { raw_to --wait 10 --tls v6.origin.test --ca "$LAB_MATERIAL/root.crt" raw.origin.test 443 "$@"; }
line() { printf 'GET /%s HTTP/1.1\\r\\nHost: %s\\r\\nAccept: text/event-stream\\r\\n\\r\\n' "$1" "${2:-www.origin.test}"; }
post() { printf 'POST /%s HTTP/1.1\\r\\nHost: www.origin.test\\r\\nContent-Length: %s\\r\\n\\r\\nbody' "$1" "$2"; }
# missed PATH: how the origin saw the client leave ("reset 1234": ms after the answer was due).
sees() { grep -qF "$1 client" "$log"; }
missed() { lab_wait 8 sees "$1"; grep -F "$1 client" "$log" | cut -d' ' -f3-; }
# Each at a time of its own, all at once: name, then what is run; its output and end are looked at later.
at_once() {
	local name=$1 way=$2
	shift 2
	( OUT=$OUT/$name; mkdir -p "$OUT"; "$way" "$@" | tr -d '\r' >"$OUT/got" ) &
	jobs+=($!)
}
got() { cat "$OUT/$1/got"; }
end_of() { sed -n 's/^end: //p' "$OUT/$1/end"; }
jobs=()

# The client leaves while it waits: for the head, in a held body; by RST, by closing; behind its upload,
# or in the middle of that. After a half-close it has not left. The origin ends in the middle.
for way in plain secret; do
	for how in reset close; do
		for path in silent stall; do
			at_once $way-$how-$path $way send "$(line "$path?$way-$how")" sleep 0.3 $how
		done
	done
	at_once $way-upload $way send "$(post "silent?$way-upload" 4)" sleep 0.3 close
	at_once $way-half $way send "$(post "take?$way-half" 40)" sleep 0.3 reset
	at_once $way-late $way send "$(line "late?$way")" shut drain
	for path in cut short chunks events-cut; do at_once $way-$path $way send "$(line "$path?$way")" drain; done
done
at_once tunnel-cut tunnel send "$(line cut?tunnel v6.origin.test)" drain
at_once tunnel-reset tunnel send "$(line mute?tunnel-reset v6.origin.test)" sleep 0.3 reset
at_once tunnel-half tunnel send "$(line mute?tunnel-half v6.origin.test)" shut sleep 0.5 reset
at_once tunnel-late tunnel send "$(line late?tunnel v6.origin.test)" drain
at_once timeout plain send "$(line silent?timeout)" drain
h2() { in_client env NODE_EXTRA_CA_CERTS="$CA" timeout 20 node "$E2E/life_h2.mjs" ask raw6.origin.test www.origin.test "$@" 2>&1; }
at_once h2 h2 get /late get /silent sleep 300 cancel wait
at_once h2-stall h2 get /stall sleep 500 destroy
at_once h2-refuse h2 get /refuse wait
at_once h2-cut h2 get /cut wait

# Meanwhile: a connection that is authenticated stays its client's own.
for way in "raw.origin.test 80" "raw.origin.test 443 www.origin.test $CA"; do
	# shellcheck disable=SC2086
	is "a login belongs to its connection (port ${way:16:3})" "$(in_client python3 "$E2E/ntlm_client.py" $way 2>&1 | sort | uniq -c | sed 's/^ *//' | tr '\n' ';')" \
		"4 alice is alice;4 bob is bob;1 stranger is nobody;1 stranger with alice's challenge is nobody;"
done
wait "${jobs[@]}"

soon='^(reset|fin) [0-4]?[0-9]{1,3}$'
for way in plain secret; do
	for how in reset close; do
		for path in silent stall; do
			like "$way: after $how the origin's /$path is ended soon" "$(missed "/$path?$way-$how")" "$soon"
		done
	done
	like "$way: the answer to an upload is awaited by nobody" "$(missed "/silent?$way-upload")" "$soon"
	is "$way: half an upload is not begun at the origin" "$(grep -cF "take?$way-half" "$log")" 0
	like "$way: after a half-close the answer comes" "$(got $way-late)" '^late but here$'
	like "$way: it was asked meanwhile whether it still waits" "$(got $way-late)" '^HTTP/1.1 100 Continue$'
	is "$way: the origin was asked once" "$(grep -cF "late?$way began" "$log")" 1
	for path in cut short chunks; do
		like "$way: a held body that ends too soon (/$path) is not delivered" "$(head -n 1 "$OUT/$way-$path/got")" '502'
	done
	like "$way: what streams is passed" "$(got $way-events-cut)" '^data: tick'
	is "$way: and a reset is a reset" "$(end_of $way-events-cut)" reset
done
like "tunnel: what came is passed" "$(got tunnel-cut)" xxx
is "tunnel: the origin's reset is a reset" "$(end_of tunnel-cut)" reset
like "tunnel: the client's, too" "$(missed '/mute?tunnel-reset')" "${soon/|fin/}"
like "tunnel: also of one that had ended its side" "$(missed '/mute?tunnel-half')" "${soon/|fin/}"
like "tunnel: a late answer comes" "$(got tunnel-late)" '^late but here$'
audit "the audit says that the client left" event=transaction path='/silent.*' action=abort reason='the client.*'

# The same as streams: one stream's end is nobody else's, a connection's end is that of all its streams.
missed6() { sed -n "s|^$1 closed ||p" "$OUT/life6.log"; }
like "h2: another stream goes on" "$(got h2)" '/late end some'
like "h2: a stream that its client resets is reset at the origin" "$(missed6 /silent)" '^8 [0-9]{1,3}$'
like "h2: with the connection its streams end" "$(missed6 /stall)" '^[0-9]+ [0-9]{1,4}$'
like "h2: the origin's reason is passed through" "$(got h2-refuse)" '/refuse rst 13 '
like "h2: a connection cut at the origin ends its streams by a reset" "$(got h2-cut)" '/cut rst [1-9]'
unlike "h2: and never cleanly" "$(got h2-cut)" '/cut end'

# Time: neither leg waits for ever, and the other is told.
like "an origin that does not answer is given up with 504" "$(got timeout)" 'HTTP/1.1 504'
like "and its connection is closed" "$(missed '/silent?timeout')" '^(reset|fin) [5-9][0-9]{3}$'
