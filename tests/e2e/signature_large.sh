#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A switch between two databases of 555,000 signatures: what it costs others in time and the machine in memory; and
# scanners that are killed meanwhile.
. "$(dirname "$0")/lib.sh"
topology <<'END'
scanner: { signatures: @LAB@/signatures, own_signatures: @LAB@/own, jobs: 2 }
limits: { signatures_quiet: 100ms, signatures_poll: 1h }
END
sigs=$LAB_DIR/signatures
"$E2E/../../scripts/make-signatures" --size medium "$sigs"
# Another set of the same size, for another one.
change() { printf 'Made.Extra-%s:0:*:ff00ff%s\n' "$1" "$(printf '%s' "$1$1$1$1$1$1" | od -An -tx1 -v | tr -d ' \n')" >"$sigs/.new" && mv "$sigs/.new" "$sigs/extra.ndb"; }
control() { in_gw "$SALLYPORT" "$@" --config "$LAB_DIR/sallyport.yaml"; }
scanners() { roles '^[^ ]*sallyport-scanner'; }
n_scanners() { scanners | wc -l; }
one_scanner() { [ "$(n_scanners)" = 1 ]; }
two_scanners() { [ "$(n_scanners)" = 2 ]; }
up() { control status >/dev/null 2>&1; }
# Proportional memory of all scanners with their jobs, in MB.
pss() {
	local p
	for p in $(scanners); do
		cat "/proc/$p/smaps_rollup"
		tr ' ' '\n' <"/proc/$p/task/$p/children" | sed 's|.*|/proc/&/smaps_rollup|' | xargs -r cat
	done 2>/dev/null | awk '/^Pss:/ { n += $2 } END { print int(n / 1024) }'
}
# The most of it until the file is there.
watch_pss() {
	local most=0 now most_n=0 n
	while [ ! -e "$1" ]; do
		now=$(pss) n=$(n_scanners)
		[ "$now" -le "$most" ] || most=$now
		[ "$n" -le "$most_n" ] || most_n=$n
		sleep 0.5
	done
	echo "$most $most_n" >"$1"
}
lab_wait 20 up
change first
like "a large database is loaded" "$(control reload --signatures 2>&1)" '^555002 signatures are in force'
holds "and the old scanner ends" lab_wait 15 one_scanner
idle=$(pss)
zygote=$(awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$(scanners)/status")
at_most "three jobs share its signatures: all together take little more" "$idle" $((zygote + 3 * 64))

# It waits until the workers have changed over.
printf '%s\nsigs=%q\nchange "round$1"\nexec ip netns exec %q %q reload --signatures --config %q\n' "$(declare -f change)" \
	"$sigs" "$LAB_GW" "$SALLYPORT" "$LAB_DIR/sallyport.yaml" >"$OUT/switch"
watch_pss "$OUT/pss" & watcher=$!
read -r peace beside median n failed took <<<"$(in_client python3 "$E2E/gaps.py" www.origin.test /upload/x 3 50 bash "$OUT/switch" 2>"$OUT/said")"
: >"$OUT/pss" && wait $watcher
read -r most most_n <"$OUT/pss"
holds "the old scanner ends once more" lab_wait 15 one_scanner
after=$(pss)
echo "# longest request in peace $peace ms, beside a switch $beside ms (median $median ms, $n requests; switches took $took s)"
echo "# memory of scanner and jobs: $idle MB (the scanner alone: $zygote MB), at most $most MB in a switch, $after MB afterwards"
is "no request failed" "$failed" 0
[ "$peace" -gt 50 ] && allowed=$((2 * peace)) || allowed=$((50 + peace))
at_most "a switch stalls no request" "$beside" "$allowed"
at_most "there are never more than two scanners" "$most_n" 2
at_most "memory in a switch is bounded" "$most" $((idle * 5 / 2 + 50))
at_most "and given back afterwards" "$after" $((idle * 3 / 2 + 50))

# Killed while it loads: tried again by itself; the one in force is not touched.
serving=$(scanners)
change second
holds "a second scanner loads" lab_wait 10 two_scanners
kill -9 "$(scanners | grep -vx "$serving")"
is "when it is killed, the old one serves" "$(get https://www.origin.test/eicar.com) $(get https://www.origin.test/clean.txt)" "403 200"
new_serves() { [ -n "$(scanners)" ] && [ "$(scanners)" != "$serving" ] && one_scanner; }
holds "and loading is tried again" lab_wait 20 new_serves
serving=$(scanners)
change third
holds "a third one loads" lab_wait 10 two_scanners
kill -9 "$serving"
is "when the one in force is killed meanwhile, its successor answers" "$(get https://www.origin.test/clean.txt)" 200
