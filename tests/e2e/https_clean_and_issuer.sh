#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A clean page passes, decrypted: the client sees a certificate of the gateway's CA that names the host.
. "$(dirname "$0")/lib.sh"
topology </dev/null

is "a clean https page passes" "$(get https://www.origin.test/)" 200
like "its body is the origin's" "$(body)" 'A clean page'
like "its issuer is the gateway's CA" "$(issuer www.origin.test)" 'Lab Gateway CA'
is "plain http passes" "$(get http://www.origin.test/)" 200
is "ipv6 passes" "$(get https://v6.origin.test/ -6)" 200
is "ipv6 plain passes" "$(get http://v6.origin.test/ -6)" 200
is "tls 1.2 passes" "$(get https://www.origin.test/ --tls-max 1.2)" 200
is "a client that wants rsa passes" "$(get https://www.origin.test/ --tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256)" 200
is "an address instead of a name passes" "$(get https://10.77.2.2/)" 200
is "an ipv6 address instead of a name passes" "$(get 'https://[fd77:0:0:2::2]/')" 200

leaf=$(in_client openssl s_client -connect www.origin.test:443 -servername www.origin.test </dev/null 2>/dev/null |
	openssl x509 -noout -ext subjectAltName,basicConstraints,extendedKeyUsage)
# What strict verifiers and browsers ask of a leaf (RFC 5280, CA/Browser Forum 7.1.2.7; ours lives a week at most).
in_client openssl s_client -connect www.origin.test:443 -servername www.origin.test </dev/null 2>/dev/null |
	openssl x509 >"$OUT/leaf.pem"
like "C10: OpenSSL verifies it strictly" "$(openssl verify -x509_strict -purpose sslserver -verify_hostname www.origin.test \
	-auth_level 2 -CAfile "$CA" "$OUT/leaf.pem" 2>&1)" ': OK$'
like "C10: GnuTLS verifies it" "$(certtool --verify --verify-profile high --verify-hostname www.origin.test \
	--load-ca-certificate "$CA" --infile "$OUT/leaf.pem" 2>&1)" 'The certificate is trusted'
field_of() { openssl x509 -noout -in "$1" -ext "$2" 2>/dev/null | tail -n 1 | tr -d ' ' | sed 's/^keyid://'; }
is "C10: its authority key identifier is the CA's" "$(field_of "$OUT/leaf.pem" authorityKeyIdentifier)" "$(field_of "$CA" subjectKeyIdentifier)"
holds "C10: its serial has 64 bits and more" test "$(openssl x509 -noout -serial -in "$OUT/leaf.pem" | wc -c)" -gt 24
is "C10: it is over within eight days" "$(openssl x509 -noout -checkend 691200 -in "$OUT/leaf.pem" | grep -c 'will expire')" 1
like "C10: key usage is digital signature, critical" "$(openssl x509 -noout -in "$OUT/leaf.pem" -ext keyUsage)" 'critical'
like "the leaf names the host" "$leaf" 'DNS:www.origin.test'
like "the leaf is a server's" "$leaf" 'TLS Web Server Authentication'
like "the leaf is no CA" "$leaf" 'CA:FALSE'
get https://v4.origin.test/whoami >/dev/null
is "the origin sees the client's address" "$(body)" $LAB_CLIENT4
get https://v6.origin.test/whoami -6 >/dev/null
is "the origin sees the client's ipv6 address" "$(body)" $LAB_CLIENT6
audit "the transaction is audited" event=transaction host=www.origin.test path=/ status=200 response_verdict=clean
audit "the flow is audited" event=flow sni=www.origin.test action=intercept
