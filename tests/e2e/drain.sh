#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# SIGTERM lets running transfers finish, takes nothing new, and ends with status 0.
. "$(dirname "$0")/lib.sh"
topology </dev/null

(in_client curl -sS --max-time 60 --cacert "$CA" https://www.origin.test/slow.bin | sha256sum >"$OUT/slow") & slow=$!
(RAW_WAIT=30 raw send 'GET /index.html HTTP/1.1\r\nHost: www.origin.test\r\n\r\n' drain >"$OUT/idle"; ended >"$OUT/idle.end") & idle=$!
sleep 1
pid=$(lab_pid gateway)
kill -TERM "$pid"
sleep 0.7
is "while it drains nothing new is taken" "$(get https://www.origin.test/ --max-time 5)" 000
wait $slow $idle
is "the running download is intact" "$(cut -d' ' -f1 "$OUT/slow")" "$(file_digest 2m.bin)"
like "an idle connection is closed" "$(cat "$OUT/idle.end")" '^(fin|reset)$'
holds "then the gateway is gone" lab_wait 10 lab_gone gateway
is "and has no process left" "$(ip netns pids "$LAB_GW" | wc -l)" 0
is "every line of the audit is whole" "$(python3 "$E2E/audit.py" "$LAB_DIR/audit" bad)" ""
audit "the last transaction is in it" event=transaction path=/slow.bin status=200
gateway_start
is "started again, it serves" "$(get https://www.origin.test/)" 200
