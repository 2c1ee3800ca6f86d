#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Origins that do not send their intermediate: completed from a preloaded file, or fetched once from where the
# certificate says, by a process of its own; never where it must not ask.
. "$(dirname "$0")/lib.sh"
name_server() { # the gateway's host: a name in its hosts file, the others by the scripted server
	echo "nameserver $LAB_RAW4" >"/etc/netns/$LAB_GW/resolv.conf"
	echo "$LAB_RAW4 pki.hosts.test" >>"/etc/netns/$LAB_GW/hosts"
}
LAB_BEFORE=name_server topology <<'END'
tls: { ca_cert: @MATERIAL@/gateway-ca.crt, ca_key: @MATERIAL@/gateway-ca.key, trust: @MATERIAL@/root.crt, fetch_private: yes }
END
conf=$LAB_DIR/sallyport.yaml
mkdir -p "$OUT/aia"
openssl x509 -in "$LAB_MATERIAL/intermediate.crt" -outform DER -out "$OUT/aia/inter.der"
openssl crl2pkcs7 -nocrl -certfile "$LAB_MATERIAL/intermediate.crt" -outform DER -out "$OUT/aia/inter.p7c"
head -c 65537 /dev/zero >"$OUT/aia/big.der"
echo 'no certificate at all' >"$OUT/aia/rubbish.der"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$OUT/rsa.key" -subj '/CN=Lab Public Intermediate' -days 9 \
	-addext keyUsage=keyCertSign -outform DER -out "$OUT/aia/wrong.der" 2>/dev/null

# leaf NAME URL: a certificate of the intermediate that says where that is; served alone.
leaf() {
	(cd "$OUT" && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj /CN=raw.origin.test -out "$1.csr" 2>/dev/null &&
		printf 'subjectAltName=DNS:raw.origin.test\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\nauthorityKeyIdentifier=keyid\n%s\n' \
			"${2:+authorityInfoAccess=caIssuers;URI:$2}" >"$1.ext" &&
		openssl x509 -req -in "$1.csr" -CA "$LAB_MATERIAL/intermediate.crt" -CAkey "$LAB_MATERIAL/intermediate.key" \
			-days 2 -extfile "$1.ext" -out "$1.crt" 2>/dev/null)
}
# No session is ever resumed: each connection is verified anew.
serve() {
	[ ! -e "$LAB_DIR/serve.pid" ] || lab_stop serve 5
	lab_spawn serve "$LAB_ORIGIN" openssl s_server -accept $LAB_RAW4:443 -cert "$OUT/$1.crt" -key "$OUT/$1.key" \
		-www -quiet -num_tickets 0 -no_ticket -no_cache ${2:-}
	lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
}
page() { get https://raw.origin.test/; }
asked() { grep -c "^GET $1 " "$OUT/asked"; }
connections() { grep -c '^connection$' "$OUT/asked"; }
counter() { in_gw "$SALLYPORT" status --json --config "$conf" | python3 -c "import json,sys; print(json.load(sys.stdin)['counters']['$1'])"; }
: >"$OUT/asked"
lab_spawn aia "$LAB_ORIGIN" python3 "$E2E/aia.py" $LAB_RAW4 "$OUT/aia" "$OUT/asked"
lab_wait 5 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4
reload() { in_gw "$SALLYPORT" reload --config "$conf" >"$OUT/said" 2>&1; }
set_tls() { # KEYS: besides those that are always there
	sed -i "s|root.crt.* }$|root.crt$1 }|" "$conf"
	reload
}

confined() { in_gw "$SALLYPORT" status --config "$conf" | grep -q 'fetcher *ready.*seccomp,caps,uid'; }
holds "the fetcher has no capabilities and few calls" lab_wait 5 confined
leaf der "http://$LAB_RAW4/inter.der"
serve der
is "V13: a missing intermediate is fetched" "$(page)" 200
audit "V13: the audit says so" event=flow sni=raw.origin.test intermediates=fetched
for _ in 1 2 3 4; do page >/dev/null; done
is "V13: for five connections it was fetched once" "$(asked /inter.der)" 1
audit "none of them resumed a session with the origin" event=flow sni=raw.origin.test intermediates=fetched
is "and each is counted" "$(counter chains_fetched)" 5
serve der -tls1_2
is "V13: also with TLS 1.2" "$(page)" 200
is "an origin that sends its chain needs none" "$(get https://www.origin.test/)" 200
audit "the audit says that" event=flow sni=www.origin.test intermediates=sent

# Eight at once, after all was forgotten: one fetch, for which all wait.
leaf p7c "http://$LAB_RAW4/inter.p7c"
serve p7c
for i in 1 2 3 4 5 6 7 8; do
	in_client curl -sS --max-time 20 --cacert "$CA" -o /dev/null -w '%{http_code}\n' https://raw.origin.test/ >"$OUT/at-once.$i" 2>/dev/null &
	waiting="${waiting:-} $!"
done
# shellcheck disable=SC2086 # a list
wait $waiting
is "V13: also from PKCS #7, by eight at once" "$(cat "$OUT"/at-once.* | sort | uniq -c | tr -s ' ')" ' 8 200'
is "V13: who wait for one fetch" "$(asked /inter.p7c)" 1

leaf hosts "http://pki.hosts.test/inter.der"
serve hosts
is "V13: by a name of the hosts file" "$(page)" 200
leaf dns "http://pki.dns.test/inter.der?x"
serve dns
is "V13: by a name of the name server" "$(page)" 200
leaf two "http://two.test/inter.der?y"
serve two
is "V13: of two addresses, one of which is never asked" "$(page)" 200

# What does not help, or must not be asked: refused, in bounded time, and others are not held up.
bad() {
	local fact=$1 start=$SECONDS
	leaf bad "$2"
	serve bad
	page >"$OUT/code" &
	is "V13: $fact: others pass meanwhile" "$(OUT=$OUT/other; mkdir -p "$OUT"; get https://www.origin.test/)" 200
	wait $!
	unlike "V13: $fact: refused" "$(cat "$OUT/code")" '^200$'
	at_most "V13: $fact: in time" $((SECONDS - start)) 8
}
bad "no URL" ""
audit "V13: the audit says what is missing" event=flow sni=raw.origin.test faults='.*incomplete_chain.*'
bad "nothing is there" "http://$LAB_RAW4/absent.der"
bad "rubbish is there" "http://$LAB_RAW4/rubbish.der"
bad "too much is there" "http://$LAB_RAW4/big.der"
bad "another CA of that name is there" "http://$LAB_RAW4/wrong.der"
bad "a redirection is there" "http://$LAB_RAW4/redirect"
bad "not plain http" "https://$LAB_RAW4/inter.der"
bad "nobody listens" "http://$LAB_RAW4:81/inter.der"
before=$EPOCHSECONDS
bad "somebody who never answers" "http://$LAB_RAW4/slow"
like "V13: that takes the three seconds" $((EPOCHSECONDS - before)) '^[34]$'
bad "and again" "http://$LAB_RAW4/slow"
is "V13: who does not answer is not asked again at once" "$(asked /slow)" 1
lab_spawn loopback "$LAB_GW" python3 -m http.server --bind 127.0.0.1 --directory "$OUT/aia" 80
lab_wait 5 lab_listens "$LAB_GW" 80 127.0.0.1
lab_spawn own "$LAB_GW" python3 -m http.server --bind $LAB_GWOUT4 --directory "$OUT/aia" 80
lab_wait 5 lab_listens "$LAB_GW" 80 $LAB_GWOUT4
bad "an address of the gateway itself" "http://$LAB_GWOUT4/inter.der"
bad "loopback" "http://127.0.0.1/inter.der"
bad "loopback in another form" "http://[::ffff:127.0.0.1]/inter.der"
bad "a name for loopback" "http://a.loopback.test/inter.der"
bad "an address of the link" "http://169.254.1.1/inter.der"
is "V13: nothing on this host was asked" "$(cat "$LAB_DIR"/{loopback,own}.log | grep -c GET)" 0

# Private addresses are not asked without permission; with a preloaded file nobody is.
set_tls ''
leaf private "http://$LAB_RAW4/inter.der?private"
serve private
before=$(connections)
unlike "V13: a private address is not asked by default" "$(page)" '^200$'
leaf named "http://pki.dns.test/inter.der?named"
serve named
unlike "V13: nor by name" "$(page)" '^200$'
is "V13: there was no connection" "$(connections)" "$before"
like "the name was asked for, though" "$(tail -n 2 "$OUT/asked")" '^name pki.dns.test'
set_tls ', fetch_private: yes, fetch_intermediates: no'
unlike "V13: nothing is fetched where that is off" "$(page)" '^200$'
is "V13: there was no connection then either" "$(connections)" "$before"
is "there is no fetcher" "$(roles fetcher)" ""
set_tls ", fetch_intermediates: no, intermediates: $LAB_MATERIAL/intermediate.crt"
is "V13: a preloaded intermediate completes the chain" "$(page)" 200
audit "V13: the audit says that, too" event=flow sni=raw.origin.test intermediates=preloaded
is "V13: and nobody was asked" "$(connections)" "$before"
is "the preloaded one is no anchor: a self-signed origin is refused" "$(get https://selfsigned.origin.test/)" 502
echo nothing >"$OUT/empty.pem"
set_tls ", fetch_intermediates: no, intermediates: $OUT/empty.pem"
like "a file without certificates is refused" "$(cat "$OUT/said")" 'empty.pem: holds no certificate'
is "the old one stays in force" "$(page)" 200

set_tls ', fetch_private: yes'
one_fetcher() { [ "$(roles fetcher | wc -l)" = 1 ]; }
holds "the fetcher is back" lab_wait 5 one_fetcher
leaf killed "http://$LAB_RAW4/inter.der?killed"
serve killed
kill -KILL "$(roles fetcher)"
again() { [ "$(page)" = 200 ]; }
holds "V13: after its death a new one fetches" lab_wait 10 again
holds "of which there is one" one_fetcher
audit "the audit says that it died" event=role_died role=fetcher
restarts() { in_gw "$SALLYPORT" status --json --config "$conf" | python3 -c "import json,sys; print(json.load(sys.stdin)['roles']['fetcher']['restarts'])"; }
is "it died by our hand alone" "$(restarts)" 1
