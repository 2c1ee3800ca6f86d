#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A CA from its making to its end: create, export, rotate with overlap, revoke; an intermediate under
# a root that is kept offline; names that are never signed.
# shellcheck disable=SC2034 # CA is what lib.sh trusts
. "$(dirname "$0")/lib.sh"
topology --no-gateway </dev/null
conf=$LAB_DIR/sallyport.yaml
mkdir -p "$LAB_DIR/signatures"
config() { # config [LINE-OF-TLS...]
	{
		printf 'tls:\n  trust: %s/root.crt\n' "$LAB_MATERIAL"
		[ $# = 0 ] || printf '  %s\n' "$@"
		printf 'scanner: { enabled: no }\naudit: { folder: %s/audit }\nstate_dir: %s/state\nworkers: 1\n' "$LAB_DIR" "$LAB_DIR"
	} >"$conf"
}
config
ca() { in_gw "$SALLYPORT" ca "$@" --config "$conf" >"$OUT/said" 2>&1; }
said() { cat "$OUT/said"; }
reload() { in_gw "$SALLYPORT" reload --config "$conf" >"$OUT/reload" 2>&1; }
key=$LAB_DIR/state/ca/ca.key crt=$LAB_DIR/state/ca/ca.pem

# ---- create
is "K1: no CA is there by itself" "$(ls "$LAB_DIR/state/ca" 2>/dev/null)" ""
holds "create" ca create
is "K2: its key is its owner's alone" "$(stat -c %a "$key")" 600
text=$(openssl x509 -in "$crt" -noout -text)
like "K1: P-256" "$text" 'ASN1 OID: prime256v1'
like "K1: path length 0" "$text" 'CA:TRUE, pathlen:0'
like "K1: at most five years" "$(in_gw "$SALLYPORT" ca list --config "$conf")" 'current  [0-9a-f]{64}  182[45] days left'
ca create
is "it is not replaced by accident" $? 1
first=$(openssl x509 -in "$crt" -noout -fingerprint -sha256)
holds "but with --force" ca create --force
holds "K1: every CA has a key of its own" test "$first" != "$(openssl x509 -in "$crt" -noout -fingerprint -sha256)"
echo 'correct horse' | ca create --force --encrypt
is "an encrypted key is made" $? 0
like "and is encrypted" "$(head -n 1 "$key")" 'ENCRYPTED PRIVATE KEY'
in_gw "$SALLYPORT" check --config "$conf" >"$OUT/check" 2>&1
is "then check wants its passphrase" $? 3
holds "create again, without" ca create --force

# ---- export
export_to() { ca export --format "$1" --out "$OUT/ca.$1"; }
for form in pem der cer p7b p12 mobileconfig android firefox nss spki fingerprint text; do
	holds "export as $form" export_to $form
done
want=$(openssl x509 -in "$crt" -noout -fingerprint -sha256)
is "DER is the certificate" "$(openssl x509 -inform DER -in "$OUT/ca.cer" -noout -fingerprint -sha256)" "$want"
is "PKCS#7 holds it" "$(openssl pkcs7 -in "$OUT/ca.p7b" -print_certs | openssl x509 -noout -fingerprint -sha256)" "$want"
is "PKCS#12 holds it" "$(openssl pkcs12 -in "$OUT/ca.p12" -passin pass:changeit -nokeys 2>/dev/null | openssl x509 -noout -fingerprint -sha256)" "$want"
is "the profile for Apple's systems holds it" "$(python3 -c '
import plistlib, sys, hashlib
p = plistlib.load(open(sys.argv[1], "rb"))
print(hashlib.sha256(p["PayloadContent"][0]["PayloadContent"]).hexdigest())' "$OUT/ca.mobileconfig")" \
	"$(openssl x509 -in "$crt" -outform DER | sha256sum | cut -d' ' -f1)"
like "Android's file name is right" "$(head -n 1 "$OUT/ca.android")" "/$(openssl x509 -in "$crt" -noout -subject_hash_old)\.0"
like "the policy for Firefox is JSON" "$(python3 -m json.tool "$OUT/ca.firefox")" 'Certificates'
is "the pin is the key's" "$(cat "$OUT/ca.spki")" "sha256/$(openssl x509 -in "$crt" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)"
if command -v keytool >/dev/null; then
	like "Java takes it for an anchor" "$(keytool -list -keystore "$OUT/ca.p12" -storepass changeit 2>&1)" 'trustedCertEntry'
fi
if command -v certutil >/dev/null; then
	mkdir -p "$OUT/nss" && certutil -N -d "sql:$OUT/nss" --empty-password
	NSSDB=$OUT/nss sh "$OUT/ca.nss"
	like "the commands for NSS work" "$(certutil -L -d "sql:$OUT/nss")" 'Sallyport CA 1 +C,,'
fi
like "unknown forms are told" "$(ca export --format bmp; said)" 'known:'

# ---- rotate with overlap
tproxy_up 8080 8443
holds "the gateway starts" gateway_start
holds "and gets ready" lab_wait 20 grep -q "ready after" "$LAB_DIR/gateway.log"
CA=$OUT/old.pem
cp "$crt" "$CA"
is "clients trust the CA" "$(get https://www.origin.test/)" 200
holds "the next CA is prepared" ca rotate
holds "export has both" ca export --out "$OUT/both.pem"
is "two certificates" "$(grep -c BEGIN "$OUT/both.pem")" 2
like "list shows them" "$(ca list; said)" 'next  '
holds "a reload changes nothing" reload
is "the old one still signs" "$(get https://www.origin.test/)" 200
cp "$key" "$OUT/old.key"
holds "the next takes over" ca rotate --activate
holds "by reload" reload
is "now clients need the new one" "$(get https://www.origin.test/)" 000
CA=$OUT/both.pem
is "those who have both see no difference" "$(get https://www.origin.test/)" 200
is "the old key is gone" "$(grep -l "$(sed -n 2p "$OUT/old.key")" -r "$LAB_DIR/state" 2>/dev/null)" ""
like "the old certificate is kept for the record" "$(ca list; said)" 'retired  [0-9a-f]{64}'
ca rotate --activate
is "there is no further one" $? 1

# ---- revoke
now=$(openssl x509 -in "$crt" -outform DER | sha256sum | cut -c1-16)
ca revoke --fingerprint "$now"
is "the CA in force is not revoked by accident" $? 1
cp "$key" "$OUT/stolen.key" && cp "$crt" "$OUT/stolen.pem"
holds "but with --force" ca revoke --fingerprint "$now" --force
holds "its key is gone" test ! -e "$key"
is "a reload without it is refused" "$(reload; echo $?)" 3
chmod 600 "$OUT/stolen.key"
ca import --cert "$OUT/stolen.pem" --key "$OUT/stolen.key" --force
is "it does not come back" $? 3
like "for it was revoked" "$(said)" 'was revoked'
cp "$OUT/stolen.key" "$key" && chmod 600 "$key"
in_gw "$SALLYPORT" check --config "$conf" >"$OUT/check" 2>&1
like "nor by copying its files" "$(cat "$OUT/check")" 'was revoked'
reload
like "nor to the signer" "$(cat "$OUT/reload")" 'was revoked'

# ---- an intermediate under a root that is kept offline
(
	cd "$LAB_MATERIAL" || exit 1
	export ISSUER=offline SAN=DNS:none.invalid
	pki_root offline "/O=Organisation/CN=Offline Root"
	pki_key online
	openssl req -new -key online.key -subj "/CN=Gateway Intermediate" -config ca.cnf -out online.csr
	openssl ca -batch -notext -config ca.cnf -extensions v3_intermediate -days 300 -in online.csr -out online.crt
	cat online.crt offline.crt >"$OUT/online.chain"
	chmod 600 online.key
) >/dev/null 2>&1
openssl pkcs8 -topk8 -v2 aes-256-cbc -passout "pass:correct horse" -in "$LAB_MATERIAL/online.key" -out "$OUT/online.key"
(umask 077; echo 'correct horse' >"$OUT/pass")
chmod 600 "$OUT/online.key"
config "ca_passphrase_file: $OUT/pass"
holds "import: chain and encrypted key" ca import --cert "$OUT/online.chain" --key "$OUT/online.key" --passphrase-file "$OUT/pass" --force
holds "it takes force" reload
CA=$LAB_MATERIAL/offline.crt
is "a client that knows the root alone is content" "$(get https://www.origin.test/)" 200
shown=$(in_client openssl s_client -showcerts -connect $LAB_ORIGIN4:443 -servername www.origin.test </dev/null 2>/dev/null)
is "it is sent leaf and intermediate, not the root" "$(grep -c 'BEGIN CERT' <<<"$shown")" 2
holds "export gives the root" ca export --out "$OUT/anchor.pem"
is "which is the offline one" "$(openssl x509 -in "$OUT/anchor.pem" -noout -subject)" "$(openssl x509 -in "$LAB_MATERIAL/offline.crt" -noout -subject)"

# ---- names
config "management_names: [www.origin.test]"
holds "K5: a CA with constraints" ca create --force --permit origin.test --exclude bank.origin.test
ca create --force --permit '*.origin.test'
is "K5: a wildcard is no constraint" $? 2
holds "K5: a CA with constraints" ca create --force --permit origin.test --exclude bank.origin.test
holds "takes force" reload
CA=$crt
is "K4: a name of the management is refused" "$(get https://www.origin.test/)" 000
audit "K4: the audit says why" event=flow sni=www.origin.test reason='.*management.*'
config
holds "otherwise" reload
is "K5: a permitted name passes, the forbidden one beside it is left out" "$(get https://www.origin.test/)" 200
is "K5: an excluded name is refused" "$(get https://bank.origin.test/)" 000
audit "K5: the audit says why" event=flow sni=bank.origin.test reason='.*name constraints.*'

# ---- the process of the signer
pid=$(roles signer)
status=$(cat "/proc/$pid/status" 2>/dev/null)
like "K2: no core files" "$(grep 'Max core file size' "/proc/$pid/limits")" 'size +0 +0 '
unlike "K2: locked memory" "$status" 'VmLck:\s+0 kB'
like "K2: the keys' memory is locked and in no dump" "$(grep VmFlags "/proc/$pid/smaps")" ' lo .*dd|dd .* lo '
if ! grep -q libasan "/proc/$pid/maps"; then
	at_most "K2: nearly all of its memory is locked, in kB not locked" \
		"$(awk '/^VmSize/ { s = $2 } /^VmLck/ { l = $2 } END { print s - l }' "/proc/$pid/status")" 2048
	is "K2: it cannot be dumped or traced" "$(stat -c %U "/proc/$pid/mem")" root
fi
