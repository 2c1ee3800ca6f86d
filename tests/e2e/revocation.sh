#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Origins whose certificates are revoked, by staple, list, set or known key: refused before any
# byte of a request. Staples that prove nothing count for nothing; must-staple holds.
. "$(dirname "$0")/lib.sh"

# leaf NAME [EXTENSIONS]: a certificate of the lab's intermediate, for NAME.rev.test.
leaf() {
	pki_key "$1"
	openssl req -new -key "$1.key" -subj "/CN=$1" -config ca.cnf -out "$1.csr"
	SAN=DNS:$1.rev.test openssl ca -batch -notext -config ca.cnf \
		-extensions "${2:-v3_leaf}" -days 30 -in "$1.csr" -out "$1.crt" 2>/dev/null
	cat "$1.crt" intermediate.crt >"$1.chain"
}
revoke() { openssl ca -config ca.cnf -revoke "$1.crt" 2>/dev/null; }
# staple NAME [COMMAND...]: what the issuer's responder says; its signature is the last bytes.
staple() {
	local name=$1
	shift
	"$@" openssl ocsp -index index.txt -rsigner intermediate.crt -rkey intermediate.key \
		-CA intermediate.crt -issuer intermediate.crt -cert "$name.crt" -respout "$name.ocsp" \
		-noverify -resp_no_certs -ndays 1 >/dev/null 2>&1
}
forge() { # the last bit of the signature turned
	python3 - "$1" <<-'END'
		import sys
		b = bytearray(open(sys.argv[1], "rb").read())
		b[-1] ^= 1
		open(sys.argv[1], "wb").write(b)
	END
}
spki() { openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1; }
serial() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }

export ISSUER=intermediate SAN=DNS:none.invalid # the configuration reads them, also where unused
names="good bare gone goneforged late forged muststaple mustbare mustforged listed keyed numbered"
prepare() {
	local n
	mkdir -p "$LAB_DIR/rev" && chmod 755 "$LAB_DIR/rev"
	cd "$LAB_DIR/rev" || return 1
	cp "$LAB_MATERIAL"/{root,intermediate}.{crt,key} "$LAB_MATERIAL/ca.cnf" .
	sed -n '/^\[v3_leaf\]/,$p' ca.cnf | sed 's/v3_leaf/v3_must/; $a tlsfeature = status_request' >must.cnf
	cat must.cnf >>ca.cnf
	: >index.txt
	mkdir issued
	for n in $names; do
		case $n in must*) leaf "$n" v3_must ;; *) leaf "$n" ;; esac
	done
	for n in gone goneforged; do revoke $n; done
	for n in good gone goneforged forged muststaple mustforged listed keyed numbered; do staple $n; done
	staple late faketime '2 days ago' || return 1
	for n in goneforged forged mustforged; do forge $n.ocsp; done
	revoke listed
	openssl ca -config ca.cnf -gencrl -crldays 1 -out all.crl 2>/dev/null
	# Only what the list alone tells: the responder's own index has the others, too.
	openssl crl -in all.crl -outform DER -out all.der
	{
		echo "# keys, then serial numbers by issuer"
		echo "spki $(spki keyed.crt)"
		echo
		echo "issuer $(spki intermediate.crt)"
		echo "serial $(serial numbered.crt)"
	} >revoked.set
	: >empty.set
	chmod 644 ./*
	cd - >/dev/null || return 1
	origin
}
# One nginx: TLS 1.3 at the IPv4 address, TLS 1.2 at the other (it has one version per socket).
origin() {
	local n version at
	mkdir -p "$LAB_DIR/rev/nginx/body"
	{
		cat <<-END
			daemon off; worker_processes 1; pid $LAB_DIR/rev/nginx/pid;
			error_log $LAB_DIR/rev/error.log info;
			events { }
			http {
			log_format lab '\$server_name \$ssl_protocol \$request';
			access_log $LAB_DIR/rev/access.log lab;
			client_body_temp_path $LAB_DIR/rev/nginx/body;
			proxy_temp_path $LAB_DIR/rev/nginx/proxy; fastcgi_temp_path $LAB_DIR/rev/nginx/fastcgi;
			uwsgi_temp_path $LAB_DIR/rev/nginx/uwsgi; scgi_temp_path $LAB_DIR/rev/nginx/scgi;
		END
		for version in 1.3 1.2; do
			at=$LAB_RAW4
			[ $version = 1.2 ] && at="[$LAB_RAW6]"
			for n in $names; do
				echo "server { listen $at:443 ssl; server_name $n.rev.test; ssl_protocols TLSv$version;"
				echo "ssl_certificate $LAB_DIR/rev/$n.chain; ssl_certificate_key $LAB_DIR/rev/$n.key;"
				[ -e "$LAB_DIR/rev/$n.ocsp" ] &&
					echo "ssl_stapling on; ssl_stapling_file $LAB_DIR/rev/$n.ocsp;"
				echo "location / { return 200 'from $n'; } }"
			done
		done
		echo "}"
	} >"$LAB_DIR/rev/nginx.conf"
	lab_spawn rev-origin "$LAB_ORIGIN" nginx -p "$LAB_DIR/rev/nginx" -c "$LAB_DIR/rev/nginx.conf" \
		-e "$LAB_DIR/rev/error.log"
	lab_wait 10 lab_listens "$LAB_ORIGIN" 443 "$LAB_RAW4"
}

conf() { # accept|refuse (what is unknown) SET CRL: the tls section
	cat <<-END
		tls:
		  ca_cert: @MATERIAL@/gateway-ca.crt
		  ca_key: @MATERIAL@/gateway-ca.key
		  trust: @MATERIAL@/root.crt
		  faults: { revocation_unknown: $1 }
		  refuse: page
		  revocation_set: @LAB@/rev/$2
		  crl: [$3]
	END
}
apply() { # accept|refuse SET CRL: rewrite and reload
	conf "$@" >"$OUT/extra"
	gateway_config "$OUT/extra" >"$LAB_DIR/sallyport.yaml"
	in_gw "$SALLYPORT" reload --config "$LAB_DIR/sallyport.yaml" >"$OUT/said" 2>&1
}
visit() { # NAME VERSION
	local at=$LAB_RAW4
	[ "$2" = 1.2 ] && at=$LAB_RAW6
	get "https://$1.rev.test/" --resolve "$1.rev.test:443:$at"
}
passes() { # ID NAME STATE SOURCE: in both versions
	local v
	for v in 1.3 1.2; do
		is "$1: $2 passes, TLS $v" "$(visit "$2" $v)" 200
		is "$1: with its page, TLS $v" "$(body)" "from $2"
		audit "$1: the audit has $3 for $2, TLS $v" event=flow sni="$2.rev.test" revocation="$3" \
			revocation_source="$4" action=intercept tls_origin="TLSv$v.*"
	done
}
refused() { # ID NAME REASON STATE [SOURCE]
	local v before
	for v in 1.3 1.2; do
		before=$(grep -c "^$2.rev.test" "$LAB_DIR/rev/access.log")
		is "$1: $2 is refused, TLS $v" "$(visit "$2" $v)" 502
		unlike "$1: nothing of $2 arrives, TLS $v" "$(body)" "from $2"
		audit "$1: the audit says why for $2, TLS $v" event=flow sni="$2.rev.test" reason="$3" revocation="$4" \
			revocation_source="${5:-}"
		is "$1: no request reached $2, TLS $v" "$(grep -c "^$2.rev.test" "$LAB_DIR/rev/access.log")" "$before"
	done
}

export LAB_BEFORE=prepare
topology < <(conf accept empty.set "")

# ---- softly: what proves nothing is told, and passes ----
passes V14 good good staple
passes V14 bare unknown ''
passes V14 forged unknown ''
audit "V14: a forged staple is named" event=flow sni=forged.rev.test revocation_note='.*not signed.*'
passes V14 late unknown ''
audit "V14: an old staple is named" event=flow sni=late.rev.test revocation_note='.*not in force.*'
passes V14 goneforged unknown ''
passes V14 listed good staple
passes V16 keyed good staple
refused V14 gone '.*cert_revoked.*' revoked staple
like "V14: the page says it" "$(body)" 'revoked'
refused V14 mustbare '.*cert_staple.*' unknown
refused V14 mustforged '.*cert_staple.*' unknown
passes V14 muststaple good staple
like "V14: a revoked origin is told by alert" "$(cat "$LAB_DIR/rev/error.log")" 'alert number 44|alert certificate revoked'
like "V14: RFC 6066's alert for staples" "$(cat "$LAB_DIR/rev/error.log")" 'alert number 113|alert bad certificate status response'

# ---- lists and sets, put in force by reload ----
apply accept revoked.set @LAB@/rev/all.der
is "V14: reload takes a list and a set" $? 0
refused V14 listed '.*cert_revoked.*' revoked crl
refused V16 keyed '.*cert_revoked.*' revoked set
refused V14 numbered '.*cert_revoked.*' revoked set
refused V14 goneforged '.*cert_revoked.*' revoked crl
passes V14 good good crl
passes V14 bare good crl

# ---- hard ----
apply refuse empty.set ""
is "V14: reload to hard" $? 0
refused V14 bare '.*cert_revocation_unknown.*' unknown
refused V14 forged '.*cert_revocation_unknown.*' unknown
refused V14 late '.*cert_revocation_unknown.*' unknown
passes V14 good good staple
apply refuse empty.set @LAB@/rev/all.crl
is "V14: reload to hard with a list" $? 0
passes V14 bare good crl
is "V14: a host without any proof" "$(get https://www.origin.test/)" 200

# ---- mistakes leave the old in force ----
bad() { # NAME REGEX SET CRL
	apply refuse "$3" "$4"
	holds "V14: $1: reload says no" [ $? != 0 ]
	like "V14: $1: and why" "$(cat "$OUT/said")" "$2"
	is "V14: $1: the old list holds" "$(visit listed 1.3)" 502
	is "V14: $1: and lets pass" "$(visit good 1.3)" 200
}
printf '# one\nspki 12\n' >"$LAB_DIR/rev/bad.set"
bad "a mistake in the set" 'rev/bad.set:2: .12.: expected' bad.set @LAB@/rev/all.crl
head -c 200 "$LAB_DIR/rev/all.der" >"$LAB_DIR/rev/cut.der"
bad "a cut list" 'rev/cut.der: not a certificate revocation list' empty.set @LAB@/rev/cut.der
bad "a file that is not there" 'rev/none.crl: No such file' empty.set @LAB@/rev/none.crl
apply accept revoked.set "@LAB@/rev/all.crl, @LAB@/rev/all.der"
in_gw "$SALLYPORT" check --config "$LAB_DIR/sallyport.yaml" >"$OUT/check" 2>&1
like "V14: check counts what is in the files" "$(cat "$OUT/check")" '1 keys and 1 serial numbers in the set, 2 lists'
apply accept bad.set ""
in_gw "$SALLYPORT" check --config "$LAB_DIR/sallyport.yaml" >"$OUT/check" 2>&1
like "V14: check names the line" "$(cat "$OUT/check")" 'rev/bad.set:2:'
