#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Clients that refuse our certificates: each refusal is in the audit; who does it twice for a name
# that never worked is a candidate; only where policy lists the name does it pass, for a while.
. "$(dirname "$0")/lib.sh"
conf='
workers: 2
pinning:
  bypass: listed
  when: { host: [bank.origin.test, raw.origin.test, v4.origin.test, v6.origin.test, expired.origin.test] }
rules:
  - name: always look
    when: { host: [v6.origin.test] }
    action: intercept
'
topology <<<"$conf"
sp() { in_gw "$SALLYPORT" "$@" --config "$LAB_DIR/sallyport.yaml" 2>&1; }
# An application that knows the public root alone, as if pinned: it sends alert 48 to ours.
app() { get "$1" -4 "${@:2}" --cacert "$LAB_MATERIAL/root.crt"; }
# One that takes our certificate, looks at its key afterwards, and hangs up.
late() { get "$1" -4 "${@:2}" --pinnedpubkey 'sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='; }
learned() { sp learned | grep -c -- "$1"; }

# ---- a name that is not listed: told, not passed ----
is "C9: a client that does not trust our certificate gets nothing" "$(app https://www.origin.test/)" 000
audit "C9: the audit has its alert, address and name" event=flow client=$LAB_CLIENT4 sni=www.origin.test \
	action=client_refused client_alert=48 reason='tls_alert: alert 48 unknown CA'
sleep 0.5
is "X4: one refusal is no candidate" "$(learned www.origin.test)" 0
app https://www.origin.test/ --tls-max 1.2 >/dev/null
is "C9: in TLS 1.2 the same" "$(lab_wait 3 audit_some event=bypass_candidate; audit_n event=flow client=$LAB_CLIENT4 sni=www.origin.test action=client_refused client_alert=48)" 2
audit "X4: two of one client and name are" event=bypass_candidate kind=pinned client=$LAB_CLIENT4 sni=www.origin.test count=2 alert=48
like "X4: and are listed" "$(sp learned)" 'candidate +pinned +www.origin.test +client 10.77.1.2'
is "X4: but nothing passes without policy" "$(app https://www.origin.test/)" 000
is "X4: nor did the origin see a request" "$(origin_saw 'https www')" 0
is "X4: who trusts us is served" "$(get https://www.origin.test/ -4)" 200
sleep 0.5
is "X4: and is no candidate any more" "$(learned www.origin.test)" 0

# ---- a name that worked before ----
is "it works over IPv6" "$(get https://www.origin.test/ -6)" 200
for _ in 1 2 3; do app https://www.origin.test/ -6 >/dev/null; done
sleep 0.5
is "X4: a name that worked for this client is no candidate" "$(learned fd77:0:0:1::2)" 0

# ---- a listed name ----
for _ in 1 2; do app https://bank.origin.test/ >/dev/null; done
audit "X4: a listed name gets a bypass" event=bypass_learned kind=pinned client=$LAB_CLIENT4 sni=bank.origin.test
is "X4: the application works" "$(app https://bank.origin.test/)" 200
is "with every worker" "$(for _ in 1 2 3 4 5 6 7 8; do app https://bank.origin.test/; done)" 200200200200200200200200
audit "X4: it counts as bypassed" event=flow sni=bank.origin.test action=passthrough rule=pinning verdict=bypassed verdict_reason=pinned
like "X4: the list says how long" "$(sp learned)" 'bypass +pinned +bank.origin.test .* ends in 4[0-9]{4} s'
is "X4: another client's connection does not pass" "$(app https://bank.origin.test/ -6)" 000
for _ in 1 2; do late https://v4.origin.test/ >/dev/null; done
audit "X4: a close right after our certificate counts, too" event=bypass_learned sni=v4.origin.test alert=0
for _ in 1 2 3; do app https://v6.origin.test/ -6 >/dev/null; done
audit "a name under a rule with intercept is learned" event=bypass_candidate sni=v6.origin.test
is "X4: but the rule decides" "$(app https://v6.origin.test/ -6)" 000
for _ in 1 2 3; do app https://expired.origin.test/ >/dev/null; done
sleep 0.5
is "X4: nothing is learned of an origin that is refused" "$(learned expired)" 0

# ---- the origin is verified before a learned bypass ----
raw_origin 443 --tls "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
reply page 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
for _ in 1 2; do app https://raw.origin.test/page >/dev/null; done
audit "raw gets a bypass" event=bypass_learned sni=raw.origin.test
is "and passes" "$(app https://raw.origin.test/page)" 200
lab_stop raw-origin-443 5
raw_origin 443 --tls "$LAB_MATERIAL/untrusted.origin.test.chain" "$LAB_MATERIAL/untrusted.origin.test.key"
is "X4: a forged origin does not pass" "$(get https://raw.origin.test/page -k)" 502
audit "the audit says why" event=flow sni=raw.origin.test action=refuse reason='origin: cert_.*'

# ---- life ----
for pid in $(roles worker); do kill -9 "$pid"; done
two_workers() { [ "$(sp status | grep -c '^ *worker .* ready ')" = 2 ]; }
sleep 0.5
lab_wait 10 two_workers
is "X4: new workers know of the bypass" "$(app https://bank.origin.test/)$(app https://bank.origin.test/)$(app https://bank.origin.test/)" 200200200
sed -i -e 's/bypass: listed/bypass: never/' -e '/^  when: { host: \[bank/d' "$LAB_DIR/sallyport.yaml"
sp reload >/dev/null
is "X4: policy ends it" "$(app https://bank.origin.test/)" 000
like "it is a candidate again" "$(sp learned)" 'candidate +pinned +bank.origin.test'
sed -i -e 's/bypass: never/bypass: any/' "$LAB_DIR/sallyport.yaml"
sp reload >/dev/null
is "X4: and permits it" "$(app https://bank.origin.test/)" 200
sed -i -e 's/bypass: any/learn: no/' "$LAB_DIR/sallyport.yaml"
sp reload >/dev/null
is "X4: without learning nothing passes" "$(app https://bank.origin.test/)" 000
