#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Peers that keep to every time limit by a byte now and then have a least rate; who trickles above it,
# or waits for the other side, goes on.
. "$(dirname "$0")/lib.sh"
LAB_HTTP2=yes topology <<-END
	limits: { rate_least: 500, rate_grace: 2s, head_time: 2s, idle: 4s, comfort_after_bytes: 10K, body_held: 60M }
END
slow() { in_client timeout 40 python3 "$E2E/slow.py" client "$@" --ca "$CA" 2>&1; }

# All at once, since each takes its time.
kinds="h1_head h1_body h1_chunk h1_take h2_head h2_body h2_window h2_socket"
for kind in $kinds; do
	slow "$kind" --seconds 30 >"$OUT/slow-$kind" &
done
for kind in h1_body h1_take h2_body h2_window h2_socket; do # above the least rate
	slow "$kind" --rate 16000 --seconds 8 >"$OUT/good-$kind" &
done
lab_spawn slow-origin "$LAB_ORIGIN" python3 "$E2E/slow.py" origin any "$LAB_RAW4" 80
lab_wait 5 lab_listens "$LAB_ORIGIN" 80 "$LAB_RAW4"
slow_origin() {
	in_client curl -sS --max-time 15 -o /dev/null -w '%{http_code}' "http://raw.origin.test/$1" "${@:2}" >"$OUT/origin-$1" 2>/dev/null
}
slow_origin head &
slow_origin body &
slow_origin take --data-binary @"$LAB_MATERIAL/www/50m.bin" &
wait
declare -A want=([h1_head]=408 [h1_body]=408 [h1_chunk]=408 [h1_take]='reset|fin' [h2_head]=goaway [h2_body]='answered|stream reset'
	[h2_window]='stream reset' [h2_socket]='reset|fin')
for kind in $kinds; do
	like "$kind: a few bytes a second are too slow" "$(cat "$OUT/slow-$kind")" "^$kind (${want[$kind]}) "
done
for kind in h1_body h1_take h2_body h2_window h2_socket; do
	like "$kind: 16 KB/s are fine" "$(cat "$OUT/good-$kind")" "^$kind alive "
done
audit "a slow request is audited" event=transaction status=408 reason='the request came too slowly'
audit "a slow receiver is audited" event=transaction reason='the client took the answer too slowly'
audit "a head that never ends is audited" event=flow reason='the client sent no whole frame for too long'
for kind in head body take; do
	like "an origin that is slow in its $kind is given up" "$(cat "$OUT/origin-$kind")" '^50[24]'
done
audit "a slow origin is audited" event=transaction reason='the origin took (too long|the request too slowly)'
