#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What was searched and what not is counted by direction, verdict and reason: in the status, its JSON and metrics.
. "$(dirname "$0")/lib.sh"
topology <<-'END'
	rules:
	  - { name: bank, when: { host: bank.origin.test }, action: passthrough }
END
status() { in_gw "$SALLYPORT" status --config "$LAB_DIR/sallyport.yaml" "$@"; }
metrics() { status --metrics | python3 "$E2E/openmetrics.py" 2>&1; }
value() { sed -n "s/^sallyport_$1 //p" "$OUT/metrics"; }
size() { wc -c <"$1"; }

read_metrics() { metrics >"$OUT/metrics"; }
holds "before any traffic they can be read" lab_wait 5 read_metrics 2>/dev/null
is "and begin at 0" "$(value 'bodies_total{direction=down,reason=none,verdict=infected}')" 0
get https://www.origin.test/clean.txt >/dev/null
get https://www.origin.test/eicar.com >/dev/null
get http://www.origin.test/eicar.zip >/dev/null
get https://www.origin.test/upload/u -T "$LAB_MATERIAL/www/1k.bin" >/dev/null
get https://bank.origin.test/1k.bin -k >/dev/null
counted() { metrics >"$OUT/metrics" && [ "$(value 'bodies_total{direction=down,reason=policy,verdict=bypassed}')" = 1 ]; }
holds "a tunnel is counted when it has ended" lab_wait 5 counted
infected=$(($(size "$LAB_MATERIAL/www/eicar.com") + $(size "$LAB_MATERIAL/www/eicar.zip")))
is "infected bodies" "$(value 'bodies_total{direction=down,reason=none,verdict=infected}')" 2
is "and their bytes" "$(value 'body_bytes_total{direction=down,reason=none,verdict=infected}')" "$infected"
is "a clean upload" "$(value 'body_bytes_total{direction=up,reason=none,verdict=clean}')" 1024
holds "a clean download" [ "$(value 'body_bytes_total{direction=down,reason=none,verdict=clean}')" -ge "$(size "$LAB_MATERIAL/www/clean.txt")" ]
holds "bytes of the tunnel" [ "$(value 'body_bytes_total{direction=down,reason=policy,verdict=bypassed}')" -gt 1024 ]
is "every counter is there" "$(value 'blocked_total{}')" 2
is "and gauges" "$(value 'ready{}')" 1
is "the signatures' state" "$(value 'signature_state{state=test-only}')" 1
is "processes" "$(value 'role_ready{role=scanner}')" 1

status >"$OUT/status"
like "the status has the coverage" "$(cat "$OUT/status")" 'coverage     down: [0-9]+\.[0-9]{2} % of [0-9]+ bytes searched'
like "and the verdicts" "$(cat "$OUT/status")" "down infected +$infected bytes in 2 bodies"
share() { status --json | python3 -c 'import json, sys
c = json.load(sys.stdin)["coverage"]
print(c["down"]["bytes"] - c["down"]["bytes_searched"] == c["down"]["verdicts"]["bypassed.policy"]["bytes"], c["up"]["verdicts"]["clean"])'; }
is "and JSON" "$(share)" "True {'objects': 1, 'bytes': 1024}"
