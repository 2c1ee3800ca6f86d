#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Clients resume their sessions: at every worker, for the same name, origin and configuration, and
# only where the origin passes anew at each visit.
. "$(dirname "$0")/lib.sh"
topology <<'E2'
workers: 2
E2
conf=$LAB_DIR/sallyport.yaml

# visit VERSION NAME SESSION [S_CLIENT-OPTION...]: one request; keeps the session, says New or
# Reused and the status line.
visit() {
	local version=$1 name=$2 session=$3 in=
	shift 3
	[ -e "$session" ] && in="-sess_in $session"
	# shellcheck disable=SC2086
	printf 'GET /whoami HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\nSec-Fetch-Dest: document\r\nConnection: close\r\n\r\n' "$name" |
		in_client timeout 10 openssl s_client -ign_eof "$version" -connect "$name:443" -servername "$name" \
			-CAfile "$CA" -verify_return_error $in -sess_out "$session.new" "$@" >"$OUT/said" 2>&1
	[ -s "$session.new" ] && mv "$session.new" "$session"
	sed -nE 's/^(New|Reused), .*/\1/p; s/^(HTTP\/1.1 [0-9]+).*/\1/p' "$OUT/said" | tr '\n' ' '
}
workers_seen() { grep -h '"event":"flow"' "$LAB_DIR"/audit/* | grep '"tls_client_resumed":true' | grep -o '"worker":[0-9]' | sort -u | wc -l; }
workers_both() { [ "$(workers_seen)" = 2 ]; }

for v in -tls1_3 -tls1_2; do
	s=$OUT/session$v
	is "C5: the first visit is new ($v)" "$(visit $v www.origin.test "$s")" "New HTTP/1.1 200 "
	like "C5: its ticket is good for hours, not days ($v)" "$(grep -h 'lifetime hint' "$OUT/said" | tail -n 1)" 'hint: (28[78]..) '
	is "C5: the second is resumed ($v)" "$(visit $v www.origin.test "$s")" "Reused HTTP/1.1 200 "
	cp "$s" "$s.keep"
	is "C5: not for another name ($v)" "$(visit $v v4.origin.test "$s")" "New HTTP/1.1 200 "
	cp "$s.keep" "$s"
	is "C5: by that of another name not either ($v)" "$(visit $v www.origin.test "$s")" "Reused HTTP/1.1 200 "
done
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	cp "$OUT/session-tls1_2.keep" "$s"
	[ "$(visit -tls1_2 www.origin.test "$s")" = "Reused HTTP/1.1 200 " ] || not_ok "C5: a ticket is good again and again" "$(cat "$OUT/said")"
	workers_both && break
done
holds "C5: at both workers" workers_both
is "C5: no session by id: none is given" "$(visit -tls1_2 www.origin.test "$OUT/by-id" -no_ticket)" "New HTTP/1.1 200 "
is "C5: nor taken" "$(visit -tls1_2 www.origin.test "$OUT/by-id" -no_ticket)" "New HTTP/1.1 200 "
audit "the audit says that a client resumed" event=flow sni=www.origin.test tls_client_resumed=true tls_origin_resumed=true

kill -9 "$(roles 'worker 0')" && lab_wait 5 gateway_ready && sleep 1
for _ in 1 2 3 4 5 6; do
	cp "$OUT/session-tls1_2.keep" "$s"
	visit -tls1_2 www.origin.test "$s" >>"$OUT/after"
done
is "C5: a worker that was started anew takes tickets, too" "$(grep -o New "$OUT/after" | wc -l)" 0

# The origin of these names changes its certificate.
cp -r "$LAB_MATERIAL" "$OUT/pki"
from=$(date -u -d '2 days ago' +%Y%m%d%H%M%SZ) to=$(date -u -d '200 days' +%Y%m%d%H%M%SZ)
(
	cd "$OUT/pki" || exit 1
	ISSUER=intermediate SAN=none
	export ISSUER SAN
	pki_leaf expired "$from" "$(date -u -d yesterday +%Y%m%d%H%M%SZ)" DNS:raw.origin.test
	pki_leaf renamed "$from" "$to" DNS:another.example.test
	pki_leaf elsewhere "$from" "$to" DNS:raw.origin.test untrusted-root
	pki_leaf again "$from" "$to" DNS:raw.origin.test
)
mkdir -p "$OUT/replies"
reply whoami 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
origin_has() {
	lab_stop raw-origin-443 >/dev/null
	raw_origin 443 --tls "$OUT/pki/$1.chain" "$OUT/pki/$1.key"
}
served() { cat "$OUT/origin-saw" 2>/dev/null | grep -c whoami; }

for v in -tls1_3 -tls1_2; do
	s=$OUT/raw$v
	origin_has raw.origin.test
	is "C6: a good origin is visited ($v)" "$(visit $v raw.origin.test "$s")" "New HTTP/1.1 200 "
	is "C6: and again ($v)" "$(visit $v raw.origin.test "$s")" "Reused HTTP/1.1 200 "
	cp "$s" "$s.keep"
	for bad in expired renamed elsewhere; do
		origin_has $bad
		cp "$s.keep" "$s"
		before=$(served)
		unlike "C6: then it is $bad: the client that resumes is refused ($v)" "$(visit $v raw.origin.test "$s")" 'Reused|200'
		[ $v = -tls1_2 ] || like "C6: by a page over a leaf of its own" "$(cat "$OUT/said")" 'HTTP/1.1 502'
		is "C6: no byte of a request goes to the $bad origin ($v)" "$(served)" "$before"
		origin_has raw.origin.test
		cp "$s.keep" "$s"
		is "V17: good again after $bad ($v)" "$(visit $v raw.origin.test "$s")" "Reused HTTP/1.1 200 "
	done
	origin_has again
	cp "$s.keep" "$s"
	is "V17: another certificate, as good: a full handshake ($v)" "$(visit $v raw.origin.test "$s")" "New HTTP/1.1 200 "
done
refused() { audit_some event=flow sni=raw.origin.test "reason=.*cert_expired.*"; }
holds "C6: the audit says why" lab_wait 3 refused

# Another configuration: nothing of the old is resumed, whatever changed in it.
origin_has raw.origin.test
for v in -tls1_3 -tls1_2; do
	is "C5: before the reload ($v)" "$(visit $v www.origin.test "$OUT/session$v.keep")" "Reused HTTP/1.1 200 "
done
echo "# another" >>"$conf"
holds "reload" in_gw "$SALLYPORT" reload --config "$conf"
for v in -tls1_3 -tls1_2; do
	is "C5: after a reload nothing older is resumed ($v)" "$(visit $v www.origin.test "$OUT/session$v.keep")" "New HTTP/1.1 200 "
done
sed -i "s|^  trust: .*|  trust: $OUT/pki/untrusted-root.crt|" "$conf"
chmod -R a+rX "$OUT/pki"
holds "reload with another anchor" in_gw "$SALLYPORT" reload --config "$conf"
unlike "V17: what the old anchor vouched for is refused" "$(visit -tls1_3 www.origin.test "$OUT/session-tls1_3.keep")" 'Reused|200'
origin_has elsewhere
is "V17: what the new one vouches for passes" "$(visit -tls1_3 raw.origin.test "$OUT/else")" "New HTTP/1.1 200 "
sed -i "s|^  trust: .*|  trust: $LAB_MATERIAL/root.crt\n  resumption: no|" "$conf"
holds "reload without resumption" in_gw "$SALLYPORT" reload --config "$conf"
is "V17: and back: refused again" "$(visit -tls1_3 raw.origin.test "$OUT/else" | grep -c 200)" 0
visit -tls1_3 www.origin.test "$OUT/none" >/dev/null
is "C5: without resumption there is none" "$(visit -tls1_3 www.origin.test "$OUT/none")" "New HTTP/1.1 200 "
unlike "no key and no ticket in the log" "$(cat "$LAB_DIR/gateway.log")" '[0-9a-f]{32}'
