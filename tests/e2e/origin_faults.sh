#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Each fault of an origin, live: refused, shown under a certificate that nobody trusts, accepted by a
# named exception; exceptions by key, that end, that do not forgive enough; what is counted.
. "$(dirname "$0")/lib.sh"
export LAB_ANY_PORT=8081

# fault word : port; every origin has names below refuse.test, warn.test and accept.test.
FAULTS=(expired:4501 not_yet_valid:4502 self_signed:4503 untrusted:4504 wrong_name:4505
	weak:4506 incomplete_chain:4507 old_protocol:4508 revoked:4509 revocation_unknown:4510)
host_of() { echo "${1//_/-}"; }
names_of() { local h; h=$(host_of "$1"); echo "DNS:$h.refuse.test,DNS:$h.warn.test,DNS:$h.accept.test"; }

certificates() {
	local from to name
	mkdir -p "$LAB_DIR/pki/issued" && cd "$LAB_DIR/pki" || return
	cp "$LAB_MATERIAL"/{ca.cnf,root.crt,intermediate.crt,intermediate.key,untrusted-root.crt,untrusted-root.key} .
	: >index.txt
	from=$(date -u -d '2 days ago' +%Y%m%d%H%M%SZ) to=$(date -u -d '300 days' +%Y%m%d%H%M%SZ)
	export ISSUER=intermediate SAN=DNS:none.invalid
	pki_leaf expired 20200101000000Z 20200301000000Z "$(names_of expired)"
	pki_leaf not_yet_valid "$to" "$(date -u -d '400 days' +%Y%m%d%H%M%SZ)" "$(names_of not_yet_valid)"
	pki_leaf untrusted "$from" "$to" "$(names_of untrusted)" untrusted-root
	pki_leaf wrong_name "$from" "$to" DNS:another.example.test
	pki_leaf incomplete_chain "$from" "$to" "$(names_of incomplete_chain)"
	cp incomplete_chain.crt incomplete_chain.chain
	pki_leaf old_protocol "$from" "$to" "$(names_of old_protocol)"
	pki_leaf weak "$from" "$to" "$(names_of weak)"
	openssl genrsa -out weak.key 1024 2>/dev/null
	openssl req -new -key weak.key -subj /CN=weak -config ca.cnf -out weak.csr
	SAN=$(names_of weak) ISSUER=intermediate openssl ca -batch -notext -config ca.cnf -extensions v3_leaf \
		-startdate "$from" -enddate "$to" -in weak.csr -out weak.crt 2>/dev/null
	cat weak.crt intermediate.crt >weak.chain
	pki_leaf revoked "$from" "$to" "$(names_of revoked)"
	ISSUER=intermediate openssl ca -config ca.cnf -revoke revoked.crt 2>/dev/null
	ISSUER=intermediate openssl ca -config ca.cnf -gencrl -crldays 30 -out intermediate.crl 2>/dev/null
	cp "$LAB_MATERIAL/root.key" . # no list of its own: about its leaves nothing is known
	pki_leaf revocation_unknown "$from" "$to" "$(names_of revocation_unknown)" root
	pki_leaf swap_good "$from" "$to" DNS:swap.warn.test
	pki_key self_signed
	openssl req -x509 -new -key self_signed.key -days 30 -subj /CN=self -config ca.cnf \
		-addext "subjectAltName=$(names_of self_signed)" -out self_signed.chain
	for name in *.chain; do [ -s "$name" ] || return 1; done
	cd - >/dev/null || return
}

conf() {
	local pair fault
	cat <<-'END'
		listen: { http: 8080, tls: 8443, any: 8081 }
		limits: { sniff: 1s }
		tls:
		  ca_cert: @MATERIAL@/gateway-ca.crt
		  ca_key: @MATERIAL@/gateway-ca.key
		  trust: @MATERIAL@/root.crt
		  crl: @LAB@/pki/intermediate.crl
		origins:
		  - name: must be known
		    when: { host: [revocation-unknown.refuse.test, revocation-unknown.accept.test] }
		    faults: { revocation_unknown: refuse }
		  - name: should be known
		    when: { host: [revocation-unknown.warn.test] }
		    faults: { revocation_unknown: warn }
		  - name: let the person decide
		    when: { host: [.warn.test] }
		    faults: { expired: warn, not_yet_valid: warn, self_signed: warn, untrusted: warn, wrong_name: warn,
		              weak: warn, incomplete_chain: warn, old_protocol: warn, revoked: warn }
		  - name: a page for all
		    when: { host: [expired.page.test] }
		    refuse: page
		  - name: an alert for all
		    when: { host: [expired.alert.test] }
		    refuse: alert
		exceptions:
		  - { name: ended, host: expired.ended.test, errors: [expired, wrong_name], until: 2020-01-01 }
		  - { name: too little, host: expired.little.test, errors: [weak], until: 2099-01-01 }
		  - { name: no name, destination: 10.77.2.9, port: 4505, errors: [wrong_name], until: 2099-01-01 }
	END
	for pair in "${FAULTS[@]}"; do
		fault=${pair%:*}
		echo "  - { name: accept $fault, host: $(host_of "$fault").accept.test, errors: [$fault$([ $fault != incomplete_chain ] || echo ', untrusted')], until: 2099-01-01 }"
	done
}
conf >"/tmp/$LAB_PREFIX.conf"
LAB_BEFORE=certificates topology <"/tmp/$LAB_PREFIX.conf"
rm -f "/tmp/$LAB_PREFIX.conf"

for pair in "${FAULTS[@]}"; do
	fault=${pair%:*} port=${pair#*:}
	more=()
	[ "$fault" != old_protocol ] || more=(--old)
	[ "$fault" != weak ] || more=(--weak)
	raw_origin "$port" --tls "$LAB_DIR/pki/$fault.chain" "$LAB_DIR/pki/$fault.key" "${more[@]}"
done
for name in refuse warn accept; do reply $name 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'; done
cp "$LAB_MATERIAL/www/eicar.com" "$OUT/eicar"
{ printf 'HTTP/1.1 200 OK\r\nContent-Length: 68\r\n\r\n'; cat "$OUT/eicar"; } >"$OUT/replies/eicar.com"
: >"$OUT/origin-saw"

# at HOST PORT PATH: the URL and how curl finds it.
at() { echo "https://$1:$2/$3 --resolve $1:$2:$LAB_RAW4"; }
word_of() { case $1 in incomplete_chain) echo '.*(incomplete_chain|untrusted).*' ;; *) echo ".*$1.*" ;; esac; }

# rule_of FAULT RULE OTHERWISE: whose choice it is where it is about unknown revocation.
rule_of() { if [ "$1" = revocation_unknown ]; then echo "$2"; else echo "$3"; fi; }

for pair in "${FAULTS[@]}"; do
	fault=${pair%:*} port=${pair#*:} h=$(host_of "${pair%:*}")
	# shellcheck disable=SC2046
	{
		is "X1: $fault: refused, a page for a browser" "$(get $(at "$h.refuse.test" "$port" refuse))" 502
		is "X3: $fault: refused, nothing for a program" "$(ask $(at "$h.refuse.test" "$port" refuse))" 000
		like "X3: $fault: but an alert" "$(cat "$OUT/error")" 'alert access denied'
		is "X2: $fault: warn: who verifies does not get it" "$(get $(at "$h.warn.test" "$port" warn))" 000
		like "X2: $fault: warn: because of the issuer" "$(cat "$OUT/error")" 'unable to get local issuer certificate'
		is "X2: $fault: warn: who goes on does" "$(ask $(at "$h.warn.test" "$port" warn) -k)" 200
		is "$fault: accepted by name" "$(ask $(at "$h.accept.test" "$port" accept))" 200
	}
	audit "$fault: the audit has the refusal" event=flow sni="$h.refuse.test" action=refuse faults="$(word_of "$fault")" fault_choice=refuse fault_rule="$(rule_of "$fault" 'must be known' tls.faults)"
	audit "$fault: and the warning" event=flow sni="$h.warn.test" faults="$(word_of "$fault")" fault_choice=warn fault_rule="$(rule_of "$fault" 'should be known' 'let the person decide')"
	audit "$fault: and the exception" event=flow sni="$h.accept.test" faults="$(word_of "$fault")" fault_choice=accept exception="accept $fault"
done
is "refused origins saw no byte of a request" "$(grep -c refuse "$OUT/origin-saw")" 0
is "others saw theirs" "$(grep -c 'GET /\(warn\|accept\) ' "$OUT/origin-saw")" $((2 * ${#FAULTS[@]}))
audit "U1: the old protocol stands in the audit" event=flow sni=old-protocol.accept.test tls_origin='TLSv1\.[01] .*' tls_grade='[CF]'
audit "U9: the client's leg is at the least that we speak" event=flow sni=old-protocol.accept.test tls_client='TLSv1\.2 .*'
tries() { grep -c 'handshake failed' "$OUT/origin-saw"; }
tried=$(tries)
# shellcheck disable=SC2046
is "U1: an old protocol is refused without a word about it" "$(get $(at old-protocol.refuse.test 4508 refuse))" 502
is "U1: and not tried again with less" "$(($(tries) - tried))" 1

# The certificate of a warning.
see() { in_client timeout 20 openssl s_client -connect "$LAB_RAW4:$2" -servername "$1" </dev/null 2>/dev/null | openssl x509 -noout "${@:3}" 2>&1; }
is "X2: its issuer is the untrusted CA" "$(see self-signed.warn.test 4503 -issuer)" 'issuer=CN = Untrusted by sallyport'
like "X2: it has the origin's names" "$(see self-signed.warn.test 4503 -ext subjectAltName)" 'self-signed.refuse.test'
like "X2: and the requested one" "$(see wrong-name.warn.test 4505 -ext subjectAltName)" 'DNS:wrong-name.warn.test.*another.example.test'
unlike "X2: that CA is not exported" "$(in_gw "$SALLYPORT" ca export --config "$LAB_DIR/sallyport.yaml" --format text)" 'Untrusted'
is "the certificate of an exception has the requested name alone" \
	"$(see wrong-name.accept.test 4505 -ext subjectAltName | tr -d ' \n')" 'X509v3SubjectAlternativeName:DNS:wrong-name.accept.test'
like "and the gateway's own issuer" "$(see wrong-name.accept.test 4505 -issuer)" 'Lab Gateway CA'
# shellcheck disable=SC2046
is "what comes after a warning is searched" "$(ask $(at self-signed.warn.test 4503 eicar.com) -k)" 403
audit "the signer notes what it signed to warn" event=certificate names='self-signed.warn.test.*' untrusted=true

# A ticket from better days does not lead past the warning.
swap() {
	printf 'GET /warn HTTP/1.1\r\nHost: swap.warn.test\r\nConnection: close\r\n\r\n' |
		in_client timeout 10 openssl s_client -ign_eof -connect $LAB_RAW4:4511 -servername swap.warn.test -CAfile "$CA" "$@" 2>&1 |
		sed -nE 's/^(New|Reused), .*/\1/p; s/^issuer=.*(CN = .*)/\1/p; s/^(HTTP\/1.1 [0-9]+).*/\1/p' | tr '\n' ' '
}
raw_origin 4511 --tls "$LAB_DIR/pki/swap_good.chain" "$LAB_DIR/pki/swap_good.key"
is "a good origin is visited" "$(swap -sess_out "$OUT/session")" 'CN = Lab Gateway CA New HTTP/1.1 200 '
is "and again by its ticket" "$(swap -sess_in "$OUT/session" -sess_out "$OUT/session2")" 'CN = Lab Gateway CA Reused HTTP/1.1 200 '
lab_stop raw-origin-4511 5
raw_origin 4511 --tls "$LAB_DIR/pki/untrusted.chain" "$LAB_DIR/pki/untrusted.key"
is "X2: when it turns bad the ticket does not hide the warning" "$(swap -sess_in "$OUT/session2")" 'CN = Untrusted by sallyport New HTTP/1.1 200 '

# How a refusal is told.
# shellcheck disable=SC2046
{
	is "page: for programs, too" "$(ask $(at expired.page.test 4501 refuse))" 502
	is "alert: for browsers, too" "$(get $(at expired.alert.test 4501 refuse))" 000
	like "alert: in answer to the hello" "$(cat "$OUT/error")" 'alert access denied'
	is "auto: who speaks TLS 1.2 at most is no browser" "$(get $(at expired.twelve.test 4501 refuse) --tls-max 1.2)" 000
	like "auto: and is told at once" "$(cat "$OUT/error")" 'alert access denied'
}
is "no certificate was made for these" "$(audit_n event=certificate names='expired.(alert|twelve).test.*')" 0
audit "the audit says how it was told" event=flow sni=expired.alert.test told=alert
like "who says nothing gets the alert, too" \
	"$(sleep 4 | in_client timeout 10 openssl s_client -connect $LAB_RAW4:4501 -servername expired.silent.test 2>&1)" 'alert access denied'

# Exceptions that do not help.
# shellcheck disable=SC2046
{
	is "one that is over does nothing" "$(get $(at expired.ended.test 4501 refuse))" 502
	is "one for other faults neither" "$(get $(at expired.little.test 4501 refuse))" 502
	is "nor one for another port" "$(get "https://$LAB_RAW4:4504/refuse")" 502
	is "by address it helps" "$(ask "https://$LAB_RAW4:4505/accept")" 200
}
audit "the audit says why: over" event=flow sni=expired.ended.test reason=".*exception 'ended': it is over"
audit "the audit says why: faults" event=flow sni=expired.little.test reason=".*exception 'too little': it does not forgive all of it"

# By key, as docs/origins.md has it: from the audit line into the configuration.
spki=$(sed -n 's/.*"sni":"self-signed.refuse.test".*"origin_spki":"\([0-9a-f]*\)".*/\1/p' "$LAB_DIR"/audit/* | head -n 1)
is "the audit gives the key" "$spki" "$(openssl pkey -in "$LAB_DIR/pki/self_signed.key" -pubout -outform der | sha256sum | cut -d' ' -f1)"
listed() { in_gw "$SALLYPORT" exceptions --config "$LAB_DIR/sallyport.yaml" "$@"; }
before=$(listed | grep -A4 '^accept expired$' | sed -n 's/.*uses *\([0-9]*\) .*/\1/p')
is "uses are counted" "$before" 1
sed -i "s|^exceptions:|exceptions:\n  - { name: right key, host: one.key.test, spki: $spki, errors: [self_signed, wrong_name], until: 2099-01-01 }\n  - { name: wrong key, host: two.key.test, spki: ${spki//[0-9]/a}, errors: [self_signed, wrong_name], until: 2099-01-01 }|" "$LAB_DIR/sallyport.yaml"
holds "a reload takes new exceptions" in_gw "$SALLYPORT" reload --config "$LAB_DIR/sallyport.yaml"
# shellcheck disable=SC2046
{
	is "the right key is accepted" "$(ask $(at one.key.test 4503 accept))" 200
	is "another key is not" "$(get $(at two.key.test 4503 refuse))" 502
	is "one more use" "$(ask $(at expired.accept.test 4501 accept))" 200
}
audit "the audit says why: key" event=flow sni=two.key.test reason=".*exception 'wrong key': it is for another key"
like "the count goes on over a reload" "$(listed | grep -A4 '^accept expired$')" "uses +$((before + 1)) "
like "the list says what is over" "$(listed)" 'until +2020-01-02T00:00:00Z, over: it does nothing'
like "and in JSON" "$(listed --json)" '"right key":\{.*"uses":1'
in_gw "$SALLYPORT" check --config "$LAB_DIR/sallyport.yaml" >"$OUT/check" 2>&1
is "an exception that is over is no mistake" $? 0
like "but check says that it does nothing" "$(cat "$OUT/check")" "warning: exception 'ended' is over since 2020-01-02"
like "check warns of a missing key" "$(cat "$OUT/check")" "warning: exception 'accept weak' has no spki"
explained() { in_gw "$SALLYPORT" explain --config "$LAB_DIR/sallyport.yaml" --client 10.77.1.2 "$@"; }
like "explain says what would be" "$(explained --url https://one.key.test/ --fault self_signed)" "exception 'right key' .*: it is for another key \(none is given"
like "explain takes the key" "$(explained --url https://one.key.test/ --fault self_signed --spki "$spki")" "=> accept by 'right key'"
like "explain says who refuses" "$(explained --url https://x.warn.test/ --fault expired --fault invalid)" "=> refuse by 'tls.faults', told by a page for navigations"
status=$(in_gw "$SALLYPORT" status --config "$LAB_DIR/sallyport.yaml")
like "status says what is over" "$status" "warning: exception 'ended' is over"
like "status counts refusals" "$status" 'origins_refused +[1-9]'
like "and warnings" "$status" 'origins_warned +[1-9]'
like "and uses of exceptions" "$status" 'exceptions_used +[1-9]'
# A browser: a page where it is refused, its own warning where the person is to decide.
export HOME=$OUT/home
mkdir -p "$HOME/.pki/nssdb"
certutil -d "sql:$HOME/.pki/nssdb" -N --empty-password
certutil -d "sql:$HOME/.pki/nssdb" -A -t C,, -n gateway -i "$CA"
browse() {
	in_client timeout -k 5 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
		--user-data-dir="$OUT/chromium" --disable-background-networking --virtual-time-budget=10000 \
		--host-resolver-rules="MAP *.test $LAB_RAW4" --dump-dom "$1" 2>"$OUT/chromium.err" | tr '\n' ' '
}
like "X1: a browser shows the page" "$(browse https://expired.refuse.test:4501/refuse)" 'The origin was refused: the certificate has expired'
is "X2: a browser does not load what it is warned of" "$(browse https://self-signed.warn.test:4503/warn)" ''
like "X2: because of the issuer, not of the name" "$(cat "$OUT/chromium.err")" 'Page load failed: net::ERR_CERT_AUTHORITY_INVALID'
like "a browser shows what an exception accepts" "$(browse https://expired.accept.test:4501/accept)" '>ok<'

# Without the exception it is as before.
sed -i '/name: accept expired,/d' "$LAB_DIR/sallyport.yaml"
holds "a reload takes one away" in_gw "$SALLYPORT" reload --config "$LAB_DIR/sallyport.yaml"
# shellcheck disable=SC2046
is "then it is refused again" "$(get $(at expired.accept.test 4501 refuse))" 502
is "in the end refused origins saw nothing" "$(grep -c refuse "$OUT/origin-saw")" 0
