#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Splice-only mode: no CA, no signer; TLS is passed or refused by what is visible of it.
. "$(dirname "$0")/lib.sh"
topology <<'END'
tls: { intercept: no, trust: @MATERIAL@/root.crt }
rules:
  - name: no bank
    when: { host: [bank.origin.test] }
    action: block
    reason: Not from here.
  - name: cut
    when: { host: [wrong.origin.test] }
    action: reset
  - name: nobody there
    when: { destination: [10.77.2.9], protocol: tls }
    action: block
  - name: nothing posted
    when: { method: POST }
    action: block
END
public() { get "$@" --cacert "$LAB_MATERIAL/root.crt"; }

is "there is no signer" "$(roles signer | wc -l)" 0
is "and no CA" "$(ls "$LAB_DIR/state/ca" 2>/dev/null)" ""
is "a client that trusts the public root alone gets the page" "$(public https://www.origin.test/)" 200
is "over IPv6, too" "$(public https://www.origin.test/ -6)" 200
like "the certificate is the origin's own" "$(issuer www.origin.test)" 'Lab Public Intermediate'
is "a large file passes" "$(public https://www.origin.test/50m.bin)" 200
is "and is intact" "$(digest "$OUT/body")" "$(file_digest 50m.bin)"
audit "X5: it is audited as bypassed" event=flow sni=www.origin.test action=passthrough rule=default verdict=bypassed
is "a blocked name does not pass" "$(public https://bank.origin.test/)" 000
like "the client is told by an alert" "$(cat "$OUT/error")" 'access denied'
audit "the audit names the rule" event=flow sni=bank.origin.test action=block rule='no bank' reason='Not from here.'
is "nor where a rule resets" "$(public https://wrong.origin.test/)" 000
like "that is a reset" "$(cat "$OUT/error")" 'reset by peer|ECONNRESET|Connection reset'
audit "the audit says so" event=flow sni=wrong.origin.test action=reset rule=cut
is "nor to a blocked address under any name" "$(public https://www.origin.test/ --connect-to ::10.77.2.9:443)" 000
audit "by the rule about addresses" event=flow sni=www.origin.test destination=10.77.2.9 action=block rule='nobody there'
is "the origin saw nothing of these" "$(origin_saw 'https \(bank\|wrong\)')" 0
is "EICAR in plain HTTP is found as ever" "$(get http://www.origin.test/eicar.com)" 403
is "rules about requests hold there" "$(get http://www.origin.test/upload -d x)" 403
is "what is not TLS on its port is reset" "$(raw_to --wait 5 v4.origin.test 443 send 'SSH-2.0-x\r\nyyyyyyyyyyyyyyy\r\n' drain >/dev/null; ended)" reset

# ---- commands ----
sp() { in_gw "$SALLYPORT" "$@" --config "$LAB_DIR/sallyport.yaml"; }
unlike "status lists no signer" "$(sp status)" '^ *signer '
like "check asks for no CA" "$(sp check 2>&1)" 'no CA is needed'
cp "$LAB_DIR/sallyport.yaml" "$OUT/good.yaml"
sed -i 's/action: reset/action: intercept/' "$LAB_DIR/sallyport.yaml"
said=$(sp check 2>&1)
is "a rule that decrypts is an error" $? 3
like "and the error says why" "$said" 'tls.intercept is no'
sed -i -e 's/action: intercept/action: block/' -e 's/intercept: no/intercept: yes/' "$LAB_DIR/sallyport.yaml"
said=$(sp reload 2>&1)
is "decryption cannot be switched on by reload" $? 3
like "the error says what would help" "$said" 'next start'
is "and the old state stays in force" "$(public https://www.origin.test/)" 200
cp "$OUT/good.yaml" "$LAB_DIR/sallyport.yaml"
sp reload >/dev/null 2>&1
is "a reload without that works" $? 0
is "traffic still passes" "$(public https://www.origin.test/)" 200

holds "the gateway stops when asked" lab_stop gateway 20
tproxy_down
said=$(sp up --inside in0 2>&1)
is "up works without a CA" $? 0
like "and says that clients need none" "$said" 'clients need no CA'
is "and makes none" "$(ls "$LAB_DIR/state/ca" 2>/dev/null)" ""
is "traffic passes" "$(public https://www.origin.test/)" 200
sp down >/dev/null 2>&1
is "down works" $? 0
