#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Bodies of any size and pace pass by rule in bounded memory: 512 MB, with --long 10 GB.
. "$(dirname "$0")/lib.sh"
LAB_HTTP2=yes topology <<END
limits: { body_held: 4M, idle: 3s }
rules:
  - name: large ones pass
    when: { verdict: [unscannable.limit] }
    action: allow
END

mb=512 h2=128
[ -z "${E2E_LONG:-}" ] || mb=10240 h2=10240
truncate -s "${h2}M" "$LAB_DIR/origin/100m.bin" # sparse
truncate -s "${mb}M" "$OUT/zeros"
lab_spawn sink "$LAB_ORIGIN" python3 "$E2E/sink.py" $LAB_RAW4 80
lab_wait 10 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4

resident() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$1/status"; }
held() { in_gw "$SALLYPORT" status --config "$LAB_DIR/sallyport.yaml" 2>/dev/null | awk '/held_bytes/ { print int($2 / 1048576) }'; }
# bounded FACT COMMAND...: the worker's memory and what it keeps, in MiB, while that runs.
bounded() {
	local fact=$1 worker before most=0 kept=0 now pid
	shift
	worker=$(roles worker | head -n 1)
	before=$(resident "$worker")
	"$@" >"$OUT/said" 2>"$OUT/error" &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		now=$(resident "$worker") && [ "$now" -gt "$most" ] && most=$now
		now=$(held) && [ "${now:-0}" -gt "$kept" ] && kept=$now
		sleep 0.1
	done
	wait $pid
	at_most "$fact: the worker grows by little" $((most - before)) "$grows"
	at_most "$fact: it keeps little back" "$kept" 6
}
# A sanitizer keeps what is freed for a while.
grows=64
nm -D "$SALLYPORT" 2>/dev/null | grep -q __asan && grows=400

fetch() { in_client curl -sS --max-time 300 --cacert "$CA" -o /dev/null -w '%{http_code} %{http_version} %{size_download}' "$@"; }
give() { in_client curl -sS --max-time 300 --cacert "$CA" -w ' %{http_code}' -H 'Expect:' -T "$OUT/zeros" "$@"; }

all_of_it() {
	bounded "$mb MB down ($1)" fetch http://raw.origin.test/zeros/$((mb << 20))
	is "they arrive ($1)" "$(cat "$OUT/said")" "200 1.1 $((mb << 20))"
	bounded "$h2 MB down by HTTP/2 ($1)" fetch https://www.origin.test/100m.bin
	is "they arrive ($1)" "$(cat "$OUT/said")" "200 2 $((h2 << 20))"
	bounded "$mb MB up ($1)" give http://raw.origin.test/up
	is "they arrive ($1)" "$(cat "$OUT/said")" "$((mb << 20)) 200"
}
all_of_it "released at a limit"
head -c 60000000 /dev/zero >"$OUT/60m"
bounded "60 MB up by HTTP/2" in_client curl -sS --max-time 100 --cacert "$CA" -w ' %{http_version}' --data-binary @"$OUT/60m" https://www.origin.test/upload
is "they arrive" "$(tr -d '\n' <"$OUT/said")" "$(digest "$OUT/60m") 2"

is "a byte each second passes" "$(fetch http://raw.origin.test/drops/4/1)" "200 1.1 4"
is "silence does not" "$(fetch http://raw.origin.test/silent | cut -c1-3)" 504

# Without a search nothing is held at all.
lab_stop gateway 20
sed -i 's/enabled: yes/enabled: no/' "$LAB_DIR/sallyport.yaml"
gateway_start
all_of_it "unsearched"
is "an answer before the upload has ended arrives" "$(in_client curl -sS --max-time 20 -H 'Expect:' --data-binary @"$OUT/60m" -w ' %{http_code}' http://raw.origin.test/early 2>"$OUT/error")" 'early 413'
is "205 has no body" "$(fetch http://raw.origin.test/205)" "205 1.1 0"
