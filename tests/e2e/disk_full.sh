#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# With no room for the audit, `block` takes nothing more and loses nothing; `continue` passes and counts.
. "$(dirname "$0")/lib.sh"
small_disk() {
	mkdir -p "$LAB_DIR/audit"
	mount -t tmpfs -o size=1m sp-lab-audit "$LAB_DIR/audit"
}
LAB_BEFORE=small_disk topology <<END
audit: { folder: "@LAB@/audit", when_full: block }
limits: { audit_pending: 32, flows: 8 }
END

status_is() { [ "$(get "https://www.origin.test/clean.txt?${2:-}" --max-time 5)" = "$1" ]; }
status_is_not() { ! status_is "$@"; }
is "with room, requests pass" "$(get https://www.origin.test/)" 200
head -c 2000000 /dev/zero >"$LAB_DIR/audit/filler" 2>/dev/null
passed=0
for i in $(seq 200); do
	status_is 200 "$i" || break
	passed=$i
done
at_most "block: soon nothing passes" "$passed" 150
rm "$LAB_DIR/audit/filler"
holds "with room again, service returns" lab_wait 15 status_is 200 again
all_there() { [ "$(audit_n event=transaction 'path=/clean\.txt\?[0-9]+' status=200)" -ge "$passed" ]; }
holds "and each request that passed has its line" lab_wait 5 all_there

sed -i 's/when_full: block/when_full: continue/' "$LAB_DIR/sallyport.yaml"
lab_stop gateway 10 >/dev/null
gateway_start
head -c 2000000 /dev/zero >"$LAB_DIR/audit/filler" 2>/dev/null
failed=0
for i in $(seq 200); do
	status_is 200 "c$i" || failed=$((failed + 1))
done
is "continue: all requests pass" "$failed" 0
like "and the log says that lines are lost" "$(cat "$LAB_DIR/gateway.log")" '[Aa]udit'
rm "$LAB_DIR/audit/filler"
mount -o remount,size=2m "$LAB_DIR/audit" # what was kept needs room, too
told() { status_is 200 after && audit_some event=audit_lost; }
holds "then the audit says so, too" lab_wait 15 told
kept=$(audit_n event=transaction 'path=/clean\.txt\?c[0-9]+')
lost=$(python3 "$E2E/audit.py" "$LAB_DIR/audit" show event=audit_lost | sed -E 's/.*"count":([0-9]+).*/\1/' | paste -sd+ | sed 's/^$/0/')
holds "and what had no room is counted ($kept of 200 kept, $lost lines lost)" [ $((kept + lost)) -ge 200 ]
