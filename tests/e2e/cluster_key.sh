#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Keys of forged certificates: own ones of a worker, renewed in time, or with a cluster secret one
# for each host that every gateway finds by itself.
# shellcheck disable=SC2034 # CA is what lib.sh trusts
. "$(dirname "$0")/lib.sh"
LAB_BEFORE=secret
secret() {
	(umask 077 && head -c 32 /dev/urandom >"$LAB_DIR/cluster.secret")
	head -c 31 /dev/urandom >"$LAB_DIR/short.secret" && chmod 600 "$LAB_DIR/short.secret"
}
topology <<-'END'
	tls:
	  ca_cert: @MATERIAL@/gateway-ca.crt
	  ca_key: @MATERIAL@/gateway-ca.key
	  trust: @MATERIAL@/root.crt
	limits: { leaf_key: 3s }
END
conf=$LAB_DIR/sallyport.yaml
# leaf HOST [OPTION...]: the certificate that a client is shown; key: its public key's digest.
leaf() {
	local host=$1
	shift
	in_client timeout 20 openssl s_client -connect $LAB_ORIGIN4:443 -servername "$host" "$@" </dev/null 2>/dev/null | openssl x509
}
key() { leaf "$@" | openssl x509 -noout -pubkey | sha256sum | cut -d' ' -f1; }
OLD="-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 -sigalgs RSA+SHA256"

holds "it gets ready" lab_wait 20 grep -q "ready after" "$LAB_DIR/gateway.log"
first=$(key www.origin.test)
is "K3: a worker has one key for a time" "$(key wrong.origin.test)" "$first"
ca_key=$(openssl x509 -in "$CA" -noout -pubkey | sha256sum | cut -d' ' -f1)
holds "K3: which is not the CA's" test "$first" != "$ca_key"
sleep 4
second=$(key www.origin.test)
holds "K3: and another one later, though the certificate was cached" test "$first" != "$second"
is "a connection works with it" "$(get https://www.origin.test/)" 200
# shellcheck disable=SC2086
holds "a client without ECDSA gets an RSA key" grep -q 'rsaEncryption' <<<"$(leaf www.origin.test $OLD | openssl x509 -noout -text)"
rsa=$(key www.origin.test $OLD)
renewed() { [ "$(key www.origin.test $OLD)" != "$rsa" ]; }
holds "K3: which is renewed, too" lab_wait 15 renewed

# While RSA keys are made in the background, no connection waits for the worker.
worst=0
for _ in $(seq 40); do
	t=$(in_client curl -sS -o /dev/null --cacert "$CA" -w '%{time_total}' https://www.origin.test/204)
	t=$(awk -v t="$t" 'BEGIN { printf "%d", t * 1000 }')
	[ "$t" -le "$worst" ] || worst=$t
done
at_most "no connection stalls for a key, in ms" "$worst" 300

# A second gateway: the same secret, everything else its own.
reload() { in_gw "$SALLYPORT" reload --config "$conf" >"$OUT/reload" 2>&1; }
sed -i "s|^tls:|tls:\n  cluster_secret: $LAB_DIR/short.secret|; s|leaf_key: 3s|leaf_key: 24h|" "$conf"
reload
is "a short secret is refused" $? 3
like "with the reason" "$(cat "$OUT/reload")" 'less than 32 bytes'
sed -i "s|short.secret|cluster.secret|" "$conf"
chmod 640 "$LAB_DIR/cluster.secret"
reload
like "and one that others may read" "$(cat "$OUT/reload")" 'cluster secret .*others than its owner'
chmod 600 "$LAB_DIR/cluster.secret"
holds "a good one is taken" reload
LAB_PREFIX2=$LAB_PREFIX-2
cat >"$OUT/second.yaml" <<-END
	tls:
	  ca_cert: @MATERIAL@/gateway-ca.crt
	  ca_key: @MATERIAL@/gateway-ca.key
	  trust: @MATERIAL@/root.crt
	  cluster_secret: $LAB_DIR/cluster.secret
END
second() { LAB_SOURCED='' LAB_PREFIX=$LAB_PREFIX2 "$LAB_TOP/scripts/lab" "$@"; }
second up --config "$OUT/second.yaml" >"$OUT/second.log" 2>&1 || not_ok "a second gateway stands" "$(cat "$OUT/second.log")"
node2() { # key of HOST at the second gateway
	ip netns exec "$LAB_PREFIX2-client" timeout 20 openssl s_client -connect $LAB_ORIGIN4:443 -servername "$1" \
		</dev/null 2>/dev/null | openssl x509 -noout -pubkey | sha256sum | cut -d' ' -f1
}
one=$(key www.origin.test)
like "there is a key" "$one" '^[0-9a-f]{64}$'
unlike "of a certificate" "$one" "$(openssl x509 -noout -pubkey </dev/null 2>/dev/null | sha256sum | cut -d' ' -f1)"
is "both gateways show the same key for a host" "$(node2 www.origin.test)" "$one"
two=$(key v4.origin.test)
is "and for another host" "$(node2 v4.origin.test)" "$two"
holds "which has another key" test "$one" != "$two"
is "it is the same again from the cache" "$(key www.origin.test)" "$one"
is "and a connection works with it" "$(get https://www.origin.test/)" 200
second down
