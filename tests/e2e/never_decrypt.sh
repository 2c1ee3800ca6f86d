#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A host that is listed as never-decrypt keeps the origin's own certificate; others do not.
. "$(dirname "$0")/lib.sh"
banks() { printf '# names, one a line\nbank.origin.test\n' >"$LAB_DIR/banks.txt"; }
LAB_BEFORE=banks topology <<END
rules:
  - name: never decrypt banks
    when: { host_list: ["@LAB@/banks.txt"] }
    action: passthrough
END

like "the bank's issuer is the origin's" "$(issuer bank.origin.test)" 'Lab Public Intermediate'
is "a client without the gateway's CA reaches the bank" \
	"$(get https://bank.origin.test/ --cacert "$LAB_MATERIAL/root.crt")" 200
is "the same over ipv6" "$(get https://bank.origin.test/ -6 --cacert "$LAB_MATERIAL/root.crt")" 200
get https://bank.origin.test/whoami -4 --cacert "$LAB_MATERIAL/root.crt" >/dev/null
is "the bank sees the client's address" "$(body)" $LAB_CLIENT4
is "a large file passes the tunnel" "$(get https://bank.origin.test/50m.bin --cacert "$LAB_MATERIAL/root.crt")" 200
is "and is intact" "$(digest "$OUT/body")" "$(file_digest 50m.bin)"
is "even EICAR passes it, unread" "$(get https://bank.origin.test/eicar.com --cacert "$LAB_MATERIAL/root.crt")" 200
like "others are decrypted" "$(issuer www.origin.test)" 'Lab Gateway CA'
audit "the audit names the rule" event=flow sni=bank.origin.test action=passthrough rule='never decrypt banks'
