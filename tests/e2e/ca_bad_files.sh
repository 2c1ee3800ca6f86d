#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# CA files that must not be used are refused at start and by `check`, with the reason; a reload with
# one of them leaves the CA in force; a changed CA takes force by reload.
# shellcheck disable=SC2034 # CA is what lib.sh trusts
. "$(dirname "$0")/lib.sh"
topology --no-gateway </dev/null
ca=$LAB_DIR/ca
mkdir -p "$ca" "$LAB_DIR/state" "$LAB_DIR/audit" "$LAB_DIR/signatures"
conf=$LAB_DIR/sallyport.yaml

config() { # config [MORE-OF-TLS]: the lab's configuration with the CA below $ca
	{
		printf 'tls:\n  ca_cert: %s/ca.crt\n  ca_key: %s/ca.key\n  trust: %s/root.crt\n' "$ca" "$ca" "$LAB_MATERIAL"
		[ $# = 0 ] || printf '  %s\n' "$@"
		printf 'scanner: { enabled: no }\naudit: { folder: %s/audit }\nstate_dir: %s/state\nworkers: 1\n' "$LAB_DIR" "$LAB_DIR"
	} >"$conf"
}
issue() { # issue DAYS EXTENSION...: a self-signed certificate with a new P-256 key
	local days=$1 ext=() e
	shift
	for e in "$@"; do ext+=(-addext "$e"); done
	rm -f "$ca"/ca.*
	(umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$ca/ca.key")
	openssl req -x509 -new -key "$ca/ca.key" -days "$days" -subj "/CN=Some CA" -out "$ca/ca.crt" \
		-config <(printf '[req]\ndistinguished_name=d\n[d]\n') "${ext[@]}" 2>"$OUT/issue"
}
BASE=basicConstraints=critical,CA:TRUE,pathlen:0 USE=keyUsage=critical,keyCertSign,cRLSign SKI=subjectKeyIdentifier=hash
good() { issue "${1:-365}" $BASE $USE $SKI; }
refused() { # refused FACT REASON
	in_gw "$SALLYPORT" check --config "$conf" >"$OUT/check" 2>&1
	is "check refuses: $1" $? 3
	like "check says why: $1" "$(cat "$OUT/check")" "$2"
	in_gw timeout 20 "$SALLYPORT" run --config "$conf" >"$OUT/run" 2>&1
	is "run refuses: $1" $? 3
	like "run says why: $1" "$(cat "$OUT/run")" "$2"
}
config

good; chmod 644 "$ca/ca.key"; refused "a key that everybody may read" 'others than its owner .*mode 0644.*chmod'
good; chmod 640 "$ca/ca.key"; refused "a key that its group may read" 'mode 0640'
good; chown nobody "$ca/ca.key"; refused "a key of another user" 'another user'
good; cp "$LAB_MATERIAL/www.origin.test.key" "$ca/ca.key"; chmod 600 "$ca/ca.key"; refused "a key of another certificate" 'does not belong'
issue 365 basicConstraints=critical,CA:FALSE; refused "a certificate that is no CA's" 'not for a CA'
issue 365 $BASE keyUsage=critical,cRLSign; refused "a CA that may not sign" 'keyCertSign'
good; cp "$LAB_MATERIAL/expired.origin.test.crt" "$ca/ca.crt"; cp "$LAB_MATERIAL/expired.origin.test.key" "$ca/ca.key"; refused "a leaf in the CA's place" 'not for a CA'
rm -f "$ca"/ca.*
(umask 077; openssl genrsa -out "$ca/ca.key" 2048 2>/dev/null)
ISSUER=root SAN=DNS:none openssl req -x509 -new -key "$ca/ca.key" -days 30 -subj /CN=weak -out "$ca/ca.crt" -config "$LAB_MATERIAL/ca.cnf" -extensions v3_gateway
refused "an RSA key of 2048 bits" '3072'
good; : >"$ca/ca.key"; chmod 600 "$ca/ca.key"; refused "an empty key" 'empty'
(
	cd "$LAB_MATERIAL" || exit 1
	export ISSUER=root SAN=DNS:none.invalid
	openssl req -new -key gateway-ca.key -subj "/CN=Old" -config ca.cnf -out "$ca/old.csr"
	openssl ca -batch -notext -config ca.cnf -extensions v3_intermediate -startdate 20200101000000Z \
		-enddate 20210101000000Z -in "$ca/old.csr" -out "$ca/ca.crt"
	cp gateway-ca.key "$ca/ca.key"
) 2>/dev/null
refused "an expired CA" 'expired'

good
openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:sesame -in "$ca/ca.key" -out "$ca/sealed.key"
(umask 077; cat "$ca/sealed.key" >"$ca/ca.key"; echo barley >"$ca/pass")
refused "an encrypted key without a passphrase" 'no passphrase.*tls.ca_passphrase_file'
config "ca_passphrase_file: $ca/pass"
refused "a wrong passphrase" 'does not open'
echo sesame >"$ca/pass"
chmod 644 "$ca/pass"
refused "a passphrase that everybody may read" 'CA passphrase .*others than its owner'
chmod 600 "$ca/pass"

good 80
config
in_gw "$SALLYPORT" check --config "$conf" >"$OUT/check" 2>&1
is "a CA near its end is still good" $? 0
like "and check warns from 90 days on" "$(cat "$OUT/check")" 'the CA ends in (79|80) days'
sed -i '/ca_passphrase/d' "$conf"
tproxy_up 8080 8443
holds "the gateway starts with it" gateway_start
holds "and gets ready" lab_wait 20 grep -q "ready after" "$LAB_DIR/gateway.log"
like "its log warns" "$(cat "$LAB_DIR/gateway.log")" 'the CA ends in (79|80) days'
like "its status warns" "$(in_gw "$SALLYPORT" status --config "$conf")" 'the CA ends in (79|80) days'
cp "$ca/ca.crt" "$OUT/first.crt"
CA=$OUT/first.crt # what get trusts
is "it works" "$(get https://www.origin.test/)" 200

# Reloads: a bad CA changes nothing, a good one takes force without a restart.
reload() { in_gw "$SALLYPORT" reload --config "$conf" >"$OUT/reload" 2>&1; }
pid=$(roles signer)
good; chmod 644 "$ca/ca.key"
reload
is "a reload with a readable key is refused" $? 3
like "with the reason" "$(cat "$OUT/reload")" 'others than its owner'
issue 365 basicConstraints=critical,CA:FALSE
reload
is "a reload with a certificate that is no CA's is refused" $? 3
is "the old CA is still in force" "$(get https://www.origin.test/whoami)" 200
good
reload
is "a reload takes a good CA" $? 0
is "the old one is not used any more" "$(get https://www.origin.test/whoami)" 000
CA=$ca/ca.crt
is "the new one is, also where a leaf was cached" "$(get https://www.origin.test/whoami)" 200
openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:sesame -in "$ca/ca.key" -out "$ca/sealed.key"
cat "$ca/sealed.key" >"$ca/ca.key"
config "ca_passphrase_file: $ca/pass"
holds "the key may be encrypted, its passphrase in a file" reload
is "and signs" "$(get https://v4.origin.test/ --connect-to v4.origin.test:443:10.77.2.2:443)" 200
is "by the same process all the time" "$(roles signer)" "$pid"
kill -KILL "$pid"
sleep 1
is "a new signer opens it as well" "$(get https://www.origin.test/ --retry 3 --retry-all-errors)" 200
