#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# HTTP/2: what one leg says of the other. Settings, reset codes, priorities, GOAWAY.
. "$(dirname "$0")/lib.sh"
topology </dev/null
lab_spawn h2-origin "$LAB_ORIGIN" node "$E2E/h2_peers.mjs" serve "$OUT/saw" /dev/null $LAB_RAW4 443 "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key" 5
lab_wait 10 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
peer() { in_client env NODE_EXTRA_CA_CERTS="$CA" timeout 25 node "$E2E/h2_peers.mjs" "$@" 2>&1 | tr '\n' ';'; }

like "the client is told our numbers, and that the origin takes extended CONNECT" "$(peer settings raw.origin.test)" 'streams 128 list 65536 connect true;$'
is "60 requests at once are all answered, though the origin takes five" "$(peer many raw.origin.test 60 /slow)" "60 of 60;"
is "never more than five at a time" "$(grep ^most "$OUT/saw" | sort -V | tail -n 1)" "most 5"
for code in 2 8 11 13; do
	is "the origin's reset with code $code passes" "$(peer get raw.origin.test /reset/$code)" "0 $code;"
done
is "a reset without a reason is none that ends an answer" "$(peer get raw.origin.test /reset/0)" "0 8;"
in_client curl -sS --http2 --cacert "$CA" --max-time 1 -o /dev/null https://raw.origin.test/stall 2>/dev/null
holds "the client's reset passes" lab_wait 3 grep -qE '^/stall rst [1-9]' "$OUT/saw"
is "a priority field passes" "$(get https://raw.origin.test/ -H 'Priority: u=1, i')" 200
like "as it was" "$(body)" '^priority: u=1, i$'
like "GOAWAY passes, the answer is still given" "$(peer get raw.origin.test /goaway)" '^(goaway 0 [0-9]+;)?200 0;(goaway 0 [0-9]+;)?$'
like "what the origin did not process may be asked again" "$(peer get raw.origin.test / /gone/0)" '0 7;'
like "a code of GOAWAY passes" "$(peer get raw.origin.test / /gone/11)" 'goaway 11 '
