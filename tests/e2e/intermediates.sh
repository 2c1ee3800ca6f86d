#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Origins that do not send their intermediate: completed from a preloaded file, or fetched once from where the
# certificate says, by a process of its own; never where it must not ask.
. "$(dirname "$0")/lib.sh"
topology <<'END'
tls: { ca_cert: @MATERIAL@/gateway-ca.crt, ca_key: @MATERIAL@/gateway-ca.key, trust: @MATERIAL@/root.crt, fetch_private: yes }
limits: { fetch_failed: 1s }
END
conf=$LAB_DIR/sallyport.yaml
mkdir -p "$OUT/aia"
openssl x509 -in "$LAB_MATERIAL/intermediate.crt" -outform DER -out "$OUT/aia/inter.der"
openssl crl2pkcs7 -nocrl -certfile "$LAB_MATERIAL/intermediate.crt" -outform DER -out "$OUT/aia/inter.p7c"
head -c 200000 /dev/zero >"$OUT/aia/big.der"
echo 'no certificate at all' >"$OUT/aia/rubbish.der"

# leaf NAME URL: a certificate of the intermediate that says where that is; served alone.
leaf() {
	(cd "$OUT" && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj /CN=raw.origin.test -out "$1.csr" 2>/dev/null &&
		printf 'subjectAltName=DNS:raw.origin.test\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\nauthorityKeyIdentifier=keyid\n%s\n' \
			"${2:+authorityInfoAccess=caIssuers;URI:$2}" >"$1.ext" &&
		openssl x509 -req -in "$1.csr" -CA "$LAB_MATERIAL/intermediate.crt" -CAkey "$LAB_MATERIAL/intermediate.key" \
			-days 2 -extfile "$1.ext" -out "$1.crt" 2>/dev/null)
}
serve() {
	[ ! -e "$LAB_DIR/serve.pid" ] || lab_stop serve 5
	lab_spawn serve "$LAB_ORIGIN" openssl s_server -accept $LAB_RAW4:443 -cert "$OUT/$1.crt" -key "$OUT/$1.key" -www -quiet
	lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
}
page() { get https://raw.origin.test/; }
asked() { grep -c "GET $1 " "$LAB_DIR/aia.log"; }
lab_spawn aia "$LAB_ORIGIN" python3 -u -m http.server --bind $LAB_RAW4 --directory "$OUT/aia" 80
lab_wait 5 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4
reload() { in_gw "$SALLYPORT" reload --config "$conf" >/dev/null; }

leaf der "http://$LAB_RAW4/inter.der"
serve der
is "V13: a missing intermediate is fetched" "$(page)" 200
audit "V13: the audit says so" event=flow sni=raw.origin.test intermediates=fetched
for _ in 1 2 3 4; do page >/dev/null; done
is "V13: it was fetched once" "$(asked /inter.der)" 1
reload
leaf p7c "http://$LAB_RAW4/inter.p7c"
serve p7c
is "V13: also from PKCS#7" "$(page)" 200

# What does not help, or must not be asked: refused, in bounded time, and others are not held up.
bad() {
	local fact=$1 start=$SECONDS
	reload # forgets what was fetched
	leaf bad "$2"
	serve bad
	unlike "V13: $fact: refused" "$(page)" '^200$'
	at_most "V13: $fact: in time" $((SECONDS - start)) 8
	is "V13: $fact: others pass" "$(get https://www.origin.test/)" 200
}
bad "no address at all" ""
audit "V13: the audit says what is missing" event=flow sni=raw.origin.test faults='.*incomplete_chain.*'
bad "nothing is there" "http://$LAB_RAW4/absent.der"
bad "rubbish is there" "http://$LAB_RAW4/rubbish.der"
bad "too much is there" "http://$LAB_RAW4/big.der"
bad "not plain http" "https://$LAB_RAW4/inter.der"
bad "loopback" "http://127.0.0.1/inter.der"
bad "an address of the link" "http://169.254.1.1/inter.der"
bad "nobody listens" "http://$LAB_RAW4:81/inter.der"
lab_spawn mute "$LAB_ORIGIN" python3 -c "import socket,time
s=socket.create_server(('$LAB_RAW4',8000)); time.sleep(60)"
lab_wait 5 lab_listens "$LAB_ORIGIN" 8000 $LAB_RAW4
bad "somebody who never answers" "http://$LAB_RAW4:8000/inter.der"

# Private addresses are not asked without permission; with a preloaded file nobody is.
sed -i 's/fetch_private: yes/fetch_private: no/' "$conf"
reload
cp "$OUT/aia/inter.der" "$OUT/aia/private.der" # what was fetched before may still be known
leaf private "http://$LAB_RAW4/private.der"
serve private
unlike "V13: a private address is not asked by default" "$(page)" '^200$'
is "V13: not even once" "$(asked /private.der)" 0
sed -i "s|fetch_private: no|fetch_intermediates: no, intermediates: $LAB_MATERIAL/intermediate.crt|" "$conf"
reload
is "V13: a preloaded intermediate completes the chain" "$(page)" 200
audit "V13: the audit says that, too" event=flow sni=raw.origin.test intermediates=preloaded
is "V13: and nobody was asked" "$(asked /private.der)" 0

sed -i "s|fetch_intermediates: no, intermediates: $LAB_MATERIAL/intermediate.crt|fetch_private: yes|" "$conf"
reload
one_fetcher() { [ "$(roles fetcher | wc -l)" = 1 ]; }
holds "the fetcher is back" lab_wait 5 one_fetcher
kill -KILL "$(roles fetcher)"
sleep 0.3
holds "a killed fetcher comes again" lab_wait 5 one_fetcher
again() { [ "$(page)" = 200 ]; }
holds "V13: and fetches" lab_wait 10 again
