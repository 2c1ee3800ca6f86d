#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# When the gateway stops: HTTP/2 is told which streams are still served, and streams without an end
# get one when the time is over; what is cut is never taken for whole.
. "$(dirname "$0")/lib.sh"
topology <<END
limits: { drain: 4s }
END
log=$OUT/life.log
touch "$log"
lab_spawn life80 "$LAB_ORIGIN" python3 "$E2E/life_origin.py" --log "$log" $LAB_RAW4 80
lab_spawn life6 "$LAB_ORIGIN" node "$E2E/life_h2.mjs" serve $LAB_RAW6 443 \
	"$LAB_MATERIAL/www.origin.test.chain" "$LAB_MATERIAL/www.origin.test.key" "$log"
lab_wait 5 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 "[$LAB_RAW6]"
ask() { # NAME STEP...: over HTTP/2
	in_client env NODE_EXTRA_CA_CERTS="$CA" timeout 20 node "$E2E/life_h2.mjs" ask raw6.origin.test www.origin.test "${@:2}" >"$OUT/$1" 2>&1 &
}
plain() { # NAME PATH: over HTTP/1.1
	(OUT=$OUT/$1.d; mkdir "$OUT"; raw_to --wait 15 raw.origin.test 80 send "GET $2 HTTP/1.1\r\nHost: www.origin.test\r\nAccept: text/event-stream\r\n\r\n" drain | tr -d '\r' >"$OUT/got") &
}
ask idle get /here wait closed sleep 200 & one=$!
ask late get /here wait get /late wait closed sleep 200 & two=$!
ask events get /events wait closed & three=$!
ask stall get /stall wait closed & four=$!
plain h1-events /events
plain h1-stall /stall
begun() { [ "$(grep -c began "$log")" -ge 7 ]; }
lab_wait 10 begun
sleep 0.3
kill -TERM "$(lab_pid gateway)"
wait $one $two $three $four
holds "the gateway ends in its time" lab_wait 10 lab_gone gateway
wait
like "h2: an idle connection gets a notice first" "$(grep -m1 goaway "$OUT/idle")" '^goaway 0 notice$'
like "and is closed" "$(tail -n 1 "$OUT/idle")" '^closed'
like "h2: a stream under way is told, too" "$(grep -m1 goaway "$OUT/late")" '^goaway 0 notice$'
like "then that it is the last" "$(grep goaway "$OUT/late" | tail -n 1)" '^goaway 0 3$'
like "and is served" "$(cat "$OUT/late")" '^/late end some'
like "h2: an event stream ends in order" "$(cat "$OUT/events")" '^/events end some'
like "h2: what was cut ends by a reset" "$(cat "$OUT/stall")" '^/stall rst [1-9]'
like "h1: an event stream has events" "$(cat "$OUT/h1-events.d/got")" '^data: tick'
is "and its last chunk" "$(tail -n 2 "$OUT/h1-events.d/got" | head -n 1)" 0
is "and a clean end" "$(cat "$OUT/h1-events.d/end")" 'end: fin'
is "h1: what was cut ends by a reset" "$(cat "$OUT/h1-stall.d/end")" 'end: reset'
audit "the audit says why" event=transaction path=/stall action=abort reason='the gateway stops'
is "every line of the audit is whole" "$(python3 "$E2E/audit.py" "$LAB_DIR/audit" bad)" ""
