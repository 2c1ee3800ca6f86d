#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The CA's key in a PKCS#11 token (softhsm2): no file of it is anywhere, and the signer signs under its
# sandbox; mistakes are told.
# shellcheck disable=SC2034 # CA is what lib.sh trusts
. "$(dirname "$0")/lib.sh"
module=/usr/lib/softhsm/libsofthsm2.so
if ! command -v softhsm2-util >/dev/null || [ ! -e $module ]; then
	echo "skip ca_pkcs11: softhsm2 and libengine-pkcs11-openssl are not installed"
	exit 0
fi
topology --no-gateway </dev/null
conf=$LAB_DIR/sallyport.yaml tokens=$LAB_DIR/tokens
mkdir -p "$LAB_DIR/signatures" "$LAB_DIR/state" "$tokens"
export SOFTHSM2_CONF=$LAB_DIR/softhsm2.conf
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$tokens" >"$SOFTHSM2_CONF"
softhsm2-util --init-token --free --label sallyport --pin 1234 --so-pin 5678 >"$OUT/token" 2>&1
openssl pkcs8 -topk8 -nocrypt -in "$LAB_MATERIAL/gateway-ca.key" -out "$OUT/key"
softhsm2-util --import "$OUT/key" --token sallyport --label ca --id 01 --pin 1234 >>"$OUT/token" 2>&1
rm "$OUT/key"
(umask 077; echo 1234 >"$LAB_DIR/pin"; echo 4321 >"$LAB_DIR/wrong")

config() { # config URI PIN-FILE [TOKEN-DIR]
	printf 'tls:\n  ca_cert: %s/gateway-ca.crt\n  ca_key: "%s"\n  ca_pin_file: %s\n  ca_module: %s\n  ca_token_dir: %s\n  trust: %s/root.crt\nscanner: { enabled: no }\naudit: { folder: %s/audit }\nstate_dir: %s/state\nworkers: 1\nlimits: { leaf_cache: 16 }\n' \
		"$LAB_MATERIAL" "$1" "$2" "$module" "${3:-$tokens}" "$LAB_MATERIAL" "$LAB_DIR" "$LAB_DIR" >"$conf"
}
uri='pkcs11:token=sallyport;object=ca;type=private'
refused() {
	in_gw timeout 20 "$SALLYPORT" check --config "$conf" >"$OUT/check" 2>&1
	is "check refuses $1" $? 3
	like "and says why" "$(cat "$OUT/check")" "$2"
}
config 'pkcs11:token=sallyport;object=other;type=private' "$LAB_DIR/pin"; refused "a key that is not there" 'no such private key'
config "$uri" "$LAB_DIR/wrong"; refused "a wrong PIN" 'PIN is wrong'
chmod 644 "$LAB_DIR/wrong"; refused "a PIN that others may read" 'PIN of the token .*others than its owner'
config "$uri" "$LAB_DIR/pin"
in_gw "$SALLYPORT" check --config "$conf" >"$OUT/check" 2>&1
is "check takes the token" $? 0
tproxy_up 8080 8443
holds "the gateway starts" gateway_start
holds "and gets ready" lab_wait 20 grep -q "ready after" "$LAB_DIR/gateway.log"
is "it signs with the token's key" "$(get https://www.origin.test/)" 200
like "under the sandbox" "$(in_gw "$SALLYPORT" status --config "$conf")" 'signer .*sandbox seccomp,caps,landlock'
pid=$(roles signer)
holds "a reload works" in_gw "$SALLYPORT" reload --config "$conf"
is "and signs anew" "$(get https://www.origin.test/)" 200
sleep 1
is "by the same process" "$(roles signer)" "$pid"
is "no file has the key" "$(grep -rl "$(sed -n 2p "$LAB_MATERIAL/gateway-ca.key")" "$LAB_DIR/state" "$tokens" "$LAB_DIR/audit" 2>/dev/null)" ""
config "$uri" "$LAB_DIR/wrong"; chmod 600 "$LAB_DIR/wrong"
in_gw "$SALLYPORT" ca create --force --config "$conf" >"$OUT/create" 2>&1
like "ca create does not reach into a token" "$(cat "$OUT/create")" 'in a token'
kill -KILL "$pid"
config "$uri" "$LAB_DIR/pin"
is "a new signer finds the token again" "$(get https://v4.origin.test/ --retry 5 --retry-delay 1 --retry-all-errors)" 200
