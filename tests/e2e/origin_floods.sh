#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Origins that flood: the connection to them ends, its client is told, nobody else notices.
. "$(dirname "$0")/lib.sh"
LAB_HTTP2=yes topology </dev/null

lab_spawn origin-floods "$LAB_ORIGIN" python3 "$E2E/origin_floods.py" "$LAB_MATERIAL/raw.origin.test.chain" \
	"$LAB_MATERIAL/raw.origin.test.key" "$LAB_RAW4" 443 "$OUT/kind"
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 "$LAB_RAW4"
for kind in ping pong settings goaway window priority unknown empty_data padding reset push interim continuation bomb head; do
	echo "$kind" >"$OUT/kind"
	like "an origin's $kind: the client is told" "$(get "https://raw.origin.test/$kind" --max-time 5 -4)" '^(502|000)$'
	unlike "and did not have to wait" "$(cat "$OUT/error")" 'timed out'
done
for what in pings 'window updates' 'frames without use' 'empty DATA frames'; do
	audit "the audit says: $what" event=flow "reason=.*origin: h2_flood: flood: too many $what"
done
audit "pushes are refused" event=flow 'reason=.*origin: h2_protocol: .*'
audit "interim responses end" event=transaction path=/interim reason='too many interim responses'
is "others are served" "$(get https://www.origin.test/ -w '%{http_code} %{http_version}')" '200 2'
