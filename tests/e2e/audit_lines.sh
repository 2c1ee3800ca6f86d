#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every flow and every transaction leaves exactly one whole JSON line, whatever clients put in.
. "$(dirname "$0")/lib.sh"
topology </dev/null

for i in 1 2 3 4 5; do
	get "https://www.origin.test/1k.bin?n=$i" >/dev/null
done
in_client curl -sS --cacert "$CA" -o /dev/null -o /dev/null https://www.origin.test/a https://www.origin.test/b
get https://bank.origin.test/ --cacert "$LAB_MATERIAL/root.crt" >/dev/null
raw send 'GET /\xff\xfe"\\{}%00%0a HTTP/1.1\r\nHost: www.origin.test\r\nUser-Agent: "},{\x80\r\n\r\n' sleep 0.5 >/dev/null
settled() { [ "$(audit_n event=flow)" -ge 8 ]; }
lab_wait 5 settled
is "five requests, five transactions" "$(audit_n event=transaction 'path=/1k\.bin\?n=.')" 5
is "two requests on a connection, two transactions" "$(audit_n event=transaction 'path=/[ab]')" 2
is "eight connections, eight flows" "$(audit_n event=flow)" 8
is "the tunnel is one of them" "$(audit_n event=flow action=passthrough)" 1
is "each line is one JSON object" "$(python3 "$E2E/audit.py" "$LAB_DIR/audit" bad)" ""
audit "flows name both ends" event=flow client="($LAB_CLIENT4|$LAB_CLIENT6)" destination="($LAB_ORIGIN4|$LAB_ORIGIN6)"
is "lines do not hold cookies or authorization" "$(cat "$LAB_DIR"/audit/* | grep -ciE 'cookie|authorization')" 0
