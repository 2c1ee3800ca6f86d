#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Time to the first byte and longest stall of each way of release, of objects that take their origin two seconds
# (docs/release.md).
. "$(dirname "$0")/lib.sh"
topology <<END
limits: { tail: 64K, stream_tail: 16K, comfort_after: 1s, comfort_every: 100ms, comfort_after_bytes: 16K, rate_grace: 60s, scan_known: 0 }
rules:
  - { name: a trickle, when: { path: [/comfort/] }, action: comfort }
  - { name: all but the tail, when: { path: [/tail/] }, action: tail }
END
W=$OUT/objects
python3 "$E2E/release.py" objects "$W" "$LAB_MATERIAL/www/eicar.com"
lab_spawn objects "$LAB_ORIGIN" node "$E2E/release_origin.mjs" "$W" "$OUT/asked" $LAB_RAW4 \
	"$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
lab_wait 10 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4
paced() { echo "$1=/$1/$2.$2?rate=$(($(stat -c %s "$W/$2.$2") / 2))"; }
in_client python3 "$E2E/release_latency.py" raw.origin.test "$(paced hold zip)" "$(paced comfort png)" "$(paced tail iso)" "$(paced stream mp4)" >"$OUT/times" 2>"$OUT/said"
is "each way was measured" "$(wc -l <"$OUT/times")" 4
cat "$OUT/said"
echo "# way, ms to the first byte, longest stall, ms to the end: $(tr "\n" " " <"$OUT/times")"
of() { awk -v way="$1" -v n="$2" '$1 == way { print $n }' "$OUT/times"; }
at_most "hold: the first byte comes with the verdict" "$(of hold 2)" 3000
at_most "and all of it then" "$(of hold 3)" 300
at_most "comfort: the trickle begins when it should" "$(of comfort 2)" 2000
at_most "tail: the first byte comes when the content is known" "$(of tail 2)" 1500
at_most "stream: the first byte comes at once" "$(of stream 2)" 700
at_most "and there is no stall but before the end" "$(of stream 3)" 1000
for way in hold comfort tail stream; do
	at_most "$way: the search adds little to the whole" "$(of $way 4)" 3000
done
