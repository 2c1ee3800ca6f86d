#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# One client's bodies crash, hang, spin, eat memory and fill scratch space; another's small downloads,
# each searched, hardly notice: their p99 stays within twice of what it is without, or within four ticks of
# the scheduler (16 ms): the jobs use every core for a quarter of a second each. The better of two.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-hostile.sh"
topology <<'END'
scanner: { enabled: yes, signatures: @LAB@/signatures, jobs: 3 }
limits: { scan: 2s, scan_small: 1s }
END
ATTACKER=10.77.1.3
ip -n "$LAB_CLIENT" address add $ATTACKER/24 dev eth0
mkdir "$LAB_DIR/origin/small"
python3 - "$LAB_DIR/origin/small" <<'END'
import sys
for i in range(1, 6000):
    with open(f"{sys.argv[1]}/{i}.txt", "w") as f:
        f.write(f"page {i} " + "of small things " * 60)
END
chmod -R a+rX "$LAB_DIR/origin"

# Clients and origins are other machines as a rule: they do not wait for our cores.
for p in $(lab_pid nginx) $(pgrep -P "$(lab_pid nginx)"); do chrt -a -r -p 1 "$p"; done
# The best round's p99 beside, in microseconds beyond what it may be; 0: within.
excess() { awk '{ most = $2 * 2 > $2 + 16000 ? $2 * 2 : $2 + 16000; e = $4 > most ? $4 - most : 0; if (NR == 1 || e < best) best = e } END { print int(best) }' "$1"; }
# measure NAME ACT...: prints the rounds.
measure() {
	local name=$1
	shift
	in_client chrt -r 1 timeout 40 python3 "$E2E/hostile_load.py" v4.origin.test "$LAB_CLIENT4" "$ATTACKER" 2 1.2 "$@" >"$OUT/rounds"
	echo "$name: p50, p99 alone; p50, p99 beside; requests; attacks; wrong answers"
	cat "$OUT/rounds"
	is "there were two rounds ($name)" "$(wc -l <"$OUT/rounds")" 2
	is "p99 beside bodies that $name" "$(excess "$OUT/rounds")" 0
	is "each is answered as it should be ($name)" "$(awk 'END { print $7 }' "$OUT/rounds")" 0
	holds "there were attacks ($name)" [ "$(awk '{ n += $6 } END { print n }' "$OUT/rounds")" -gt 4 ]
}
measure "crash and leave" socket exit nest-and-die
measure "spin" spin
# Whoever has filled his scratch space and gives up has harmed nobody: these end clean, or at the deadline.
measure "eat memory, wait, fill scratch space" memory fill-bytes sleep fill-inodes
is "the scanner is the one that it was" "$(grep -c 'scanner is ready' "$LAB_DIR/gateway.log")" 1
is "of the other client nothing was refused" "$(audit_n event=transaction client="$LAB_CLIENT4" status='[45]..')" 0
