#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# One client's heavy downloads do not hold up another's pages, and a full queue costs who filled it.
. "$(dirname "$0")/lib.sh"
topology <<-'END'
	scanner: { jobs: 3 }
	limits: { scan_queue_length: 2 }
	rules:
	  - name: taken as it is
	    when: { path: ["/own/pass*"], verdict: [unscannable.limit] }
	    action: allow
END
HEAVY=10.77.1.3
ip -n "$LAB_CLIENT" address add $HEAVY/24 dev eth0
many=$LAB_DIR/origin
# Dear to search, cheap to carry; each its own, since what was searched before is not searched again.
python3 -c 'import random; random.seed(7); print(" ".join(random.choices("what the gateway carries and searches for its clients".split(), k=2500000)))' | gzip -1 >"$OUT/text.gz"
for i in $(seq 30); do
	{ cat "$OUT/text.gz" && gzip <<<"$i"; } >"$many/$i.bin"
	{ cat "$OUT/text.gz" && gzip <<<"pass $i"; } >"$many/pass$i.bin"
done
for i in $(seq 800); do printf 'page %s' "$i" >"$many/page$i.txt"; done

# pages FROM TO: one after the other on one connection, "status milliseconds" each.
pages() {
	in_client curl -sS --max-time 25 --cacert "$CA" --interface "$LAB_CLIENT4" -o /dev/null \
		-w '%{http_code} %{time_total}\n' "https://v4.origin.test/own/page[$1-$2].txt" | awk '{ printf "%s %d\n", $1, $2 * 1000 }'
}
nth() { sort -n -k2 "$1" | awk -v p="$2" '{ v[NR] = $2 } END { print v[int(NR * p / 100 + 0.5)] + 0 }'; }
heavy() { # NAME-PREFIX: 30 at once, the status of each
	in_client curl -sS -Z --parallel-max 30 --parallel-immediate --max-time 25 --cacert "$CA" --interface "$HEAVY" -o /dev/null \
		-w '%{http_code}\n' "https://v4.origin.test/own/$1[1-30].bin" 2>/dev/null
}

pages 1 150 >"$OUT/alone"
heavy '' >"$OUT/heavy" &
pid=$!
: >"$OUT/beside"
from=151
while kill -0 $pid 2>/dev/null && [ $from -lt 750 ]; do
	pages $from $((from + 9)) >>"$OUT/beside"
	from=$((from + 10))
done
wait $pid
# Its 99th percentile is printed alone: on a busy machine it says more of that than of the queue.
alone=$(nth "$OUT/alone" 50) beside=$(nth "$OUT/beside" 50) slowest=$(nth "$OUT/beside" 99)
echo "pages: median alone $alone ms, beside heavy downloads $beside ms, p99 $slowest ms, $(wc -l <"$OUT/beside") of them"
is "every page came" "$(cut -d' ' -f1 "$OUT/alone" "$OUT/beside" | sort -u)" 200
holds "pages were asked for meanwhile" [ "$(wc -l <"$OUT/beside")" -ge 10 ]
at_most "a page beside heavy downloads takes no scan of theirs: median" "$beside" $((alone * 4 + 60))
is "each of the heavy ones has an answer" "$(wc -l <"$OUT/heavy")" 30
holds "those beyond the queue are refused" grep -q 502 "$OUT/heavy"
holds "the others pass" grep -q 200 "$OUT/heavy"
audit "the audit says why" event=transaction client=$HEAVY response_verdict=unscannable response_reason=limit status=502
is "of the pages' client nothing was refused" "$(audit_n event=transaction client="$LAB_CLIENT4" response_verdict=unscannable)" 0
is "where a rule lets them pass all come" "$(heavy pass | sort | uniq -c | tr -s ' ')" ' 30 200'
