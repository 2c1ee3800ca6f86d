#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What a client offers by ALPN: it gets what the origin chose of what is spoken here, or the alert
# no_application_protocol, or by rule the origin itself.
. "$(dirname "$0")/lib.sh"
topology <<'E2'
rules:
  - name: odd protocols go by
    when: { host: [v4.origin.test] }
    action: passthrough
  - name: not this one
    when: { host: [bank.origin.test] }
    action: block
E2

# offered HOST [S_CLIENT-OPTION...]: the protocol chosen, or the alert.
offered() {
	local host=$1
	shift
	in_client timeout 10 openssl s_client -connect "$host:443" -servername "$host" -CAfile "$CA" "$@" </dev/null >"$OUT/said" 2>&1
	grep -aoE 'ALPN protocol: .*|No ALPN negotiated|SSL alert number [0-9]+' "$OUT/said" | head -n 1
}
for v in -tls1_3 -tls1_2; do
	is "C7: h2 and http/1.1 offered: what the origin chose of what is spoken here ($v)" "$(offered www.origin.test -alpn h2,http/1.1 $v)" "ALPN protocol: http/1.1"
	is "C7: h2 alone, which this origin does not speak ($v)" "$(offered www.origin.test -alpn h2 $v)" "SSL alert number 120"
	is "C7: http/1.1 offered ($v)" "$(offered www.origin.test -alpn http/1.1 $v)" "ALPN protocol: http/1.1"
	is "C7: none offered: none chosen ($v)" "$(offered www.origin.test $v)" "No ALPN negotiated"
	is "C7: an unknown one beside a known one ($v)" "$(offered www.origin.test -alpn imap,http/1.1 $v)" "ALPN protocol: http/1.1"
	is "C7: an unknown one alone: no_application_protocol ($v)" "$(offered www.origin.test -alpn imap $v)" "SSL alert number 120"
done
audit "C7: the audit says so" event=flow sni=www.origin.test action=refuse reason=tls_alpn
is "C7: an unknown one where a rule lets it by: the origin answers" "$(offered v4.origin.test -alpn imap)" "SSL alert number 120"
is "C7: a known one there" "$(offered v4.origin.test -alpn imap,http/1.1)" "ALPN protocol: http/1.1"
like "C7: it is the origin's own answer" "$(cat "$OUT/said")" 'Lab Public Intermediate'
is "C7: an unknown one for a blocked host: access_denied" "$(offered bank.origin.test -alpn imap)" "SSL alert number 49"

# An origin without ALPN: the client gets none, whatever it offers.
lab_spawn plain-origin "$LAB_ORIGIN" openssl s_server -accept $LAB_RAW4:443 -www -quiet \
	-cert "$LAB_MATERIAL/raw.origin.test.crt" -cert_chain "$LAB_MATERIAL/intermediate.crt" -key "$LAB_MATERIAL/raw.origin.test.key"
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
is "C7: an origin without ALPN: none" "$(offered raw.origin.test -alpn h2,http/1.1)" "No ALPN negotiated"
