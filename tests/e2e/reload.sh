#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A new configuration takes force without dropping a flow; a bad one leaves the old in force.
. "$(dirname "$0")/lib.sh"
topology </dev/null
conf=$LAB_DIR/sallyport.yaml

slow() { in_client curl -sS --max-time 60 --cacert "$3" "$1" 2>"$OUT/slow.$2.error" | sha256sum >"$OUT/slow.$2"; }
slow https://www.origin.test/slow.bin a "$CA" & one=$!
slow https://bank.origin.test/slow.bin b "$LAB_MATERIAL/root.crt" & two=$!
block() { # rewrite the rules so that one path is blocked
	sed -i '/^rules:/,$d' "$conf"
	printf 'rules:\n  - name: no %s\n    when: { path: [/%s] }\n    action: block\n    reason: not today\n' "$1" "$1" >>"$conf"
}
is "before, the page passes" "$(get https://www.origin.test/clean.txt)" 200
block clean.txt
holds "reload accepts a good file" in_gw "$SALLYPORT" reload --config "$conf"
reloaded() { [ "$(get "$1")" = "$2" ]; }
holds "then the new rule is in force" lab_wait 5 reloaded https://www.origin.test/clean.txt 403
like "the page gives the rule's reason" "$(body)" 'not today'

cp "$conf" "$OUT/good"
printf 'rules:\n  - nam: x\n' >"$conf"
in_gw "$SALLYPORT" reload --config "$conf" >"$OUT/said" 2>&1
is "reload refuses a bad file" $? 3
like "and names line and token" "$(cat "$OUT/said")" 'yaml:2: nam'
kill -HUP "$(lab_pid gateway)"
sleep 0.5
is "after SIGHUP with a bad file the old rules hold" "$(get https://www.origin.test/clean.txt)" 403
is "and others still pass" "$(get https://www.origin.test/)" 200
cp "$OUT/good" "$conf"
block whoami
kill -HUP "$(lab_pid gateway)"
holds "SIGHUP takes a good file" lab_wait 5 reloaded https://www.origin.test/clean.txt 200
is "and its rules hold" "$(get https://www.origin.test/whoami)" 403

wait $one $two
is "a download across all that is intact" "$(cut -d' ' -f1 "$OUT/slow.a")" "$(file_digest 2m.bin)"
is "and so is a tunnel" "$(cut -d' ' -f1 "$OUT/slow.b")" "$(file_digest 2m.bin)"
