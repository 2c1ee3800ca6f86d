#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# testssl.sh against the client's side: no finding. What it says is in $OUT/testssl.json.
. "$(dirname "$0")/lib.sh"
topology </dev/null

# What it calls a finding and is none here, with the reason.
excused() {
	case $1 in
	# Leaves live for a week at most: shorter than any CRL or OCSP answer would be worth, and renewed by themselves.
	cert_revocation*|cert_expirationStatus*|cert_notAfter*) return 0 ;;
	# What the origin sends in HTTP is the origin's.
	HTTP_*|HSTS*|HPKP*|security_headers*|banner_*|cookie_*|*Banner*) return 0 ;;
	# Its own tools' shortcomings: a client that leaves before a TLS 1.3 ticket can have come.
	engine_problem*|sessionresumption_ticket*) return 0 ;;
	# The gateway resolves nothing and issues for itself: no CAA, no public log.
	DNS_CAArecord*|certificate_transparency*) return 0 ;;
	esac
	return 1
}

in_client env TESTSSL_INSTALL_DIR=/etc/testssl timeout 300 testssl --quiet --color 0 --warnings off \
	--openssl /usr/bin/openssl --add-ca "$CA" --jsonfile "$OUT/testssl.json" --ip $LAB_ORIGIN4 \
	-p -s -f -S -P -U https://www.origin.test/ >"$OUT/testssl.txt" 2>&1
cp "$OUT/testssl.json" "${E2E_RECORD:-$OUT}/testssl.json" 2>/dev/null
findings() {
	python3 - "$OUT/testssl.json" <<-'END'
		import json, sys
		for row in json.load(open(sys.argv[1])):
		    if row["severity"] not in ("OK", "INFO", "DEBUG"):
		        print(row["id"].split()[0], row["severity"], row["finding"])
	END
}
n=$(grep -c '"id"' "$OUT/testssl.json")
holds "C1: testssl.sh ran its tests ($n results)" test "$n" -gt 80
while read -r id severity finding; do
	[ -n "$id" ] || continue
	excused "$id" || not_ok "C1: testssl.sh finds nothing" "$id $severity: $finding"
done <<<"$(findings)"
[ "${failures:-0}" = 0 ] && ok "C1: testssl.sh finds nothing"
value() { python3 -c 'import json,sys
for r in json.load(open(sys.argv[1])):
    if r["id"].split()[0] == sys.argv[2]: print(r["finding"])' "$OUT/testssl.json" "$1"; }
for old in SSLv2 SSLv3 TLS1 TLS1_1; do like "C1: $old is not offered" "$(value $old)" '^not offered'; done
like "U6: no heartbeat" "$(value heartbleed)" 'not vulnerable'
like "U6: no ChangeCipherSpec injection" "$(value CCS)" 'not vulnerable'
like "U6: no RSA key transport for ROBOT" "$(value ROBOT)" 'not vulnerable|does not support'
like "U6: no compression" "$(value CRIME_TLS)" 'not vulnerable'
like "U6: no CBC for Lucky13" "$(value LUCKY13)" 'not vulnerable'
like "C8: testssl.sh cannot renegotiate" "$(value secure_client_renego)" 'not vulnerable'
