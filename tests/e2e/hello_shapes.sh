#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# ClientHellos of every shape are read or refused in bounded time and memory; none is passed unread.
. "$(dirname "$0")/lib.sh"
export ASAN_OPTIONS="quarantine_size_mb=16${ASAN_OPTIONS:+:$ASAN_OPTIONS}" # memory is measured
topology </dev/null

memory() { awk '/^VmRSS/ { print $2 }' "/proc/$(roles 'worker' | head -n 1)/status"; }
shapes() { in_client timeout 300 python3 "$E2E/hellos.py" v4.origin.test 443 "$LAB_ORIGIN4" >"$OUT/shapes"; }
answered() { sed -n "s/^$1\t//p" "$OUT/shapes" | tail -n 1; }

get https://www.origin.test/ >/dev/null # what a first connection costs is not what is measured
before=$(memory)
start=$SECONDS
shapes
at_most "C2: all are answered in bounded time" $((SECONDS - start)) 60

served() { for shape in "$@"; do like "C2: $shape: intercepted" "$(answered "$shape")" '^server_hello'; done; }
refused() { for shape in "$@"; do like "C2: $shape: refused" "$(answered "$shape")" '^(alert [0-9]+|fin|reset)$'; done; }
served "of 300 bytes" "of 511 bytes" "of 512 bytes" "of 517 bytes" "of 1500 bytes" "of 4096 bytes" "of 9000 bytes" "of 16380 bytes" \
	"of 40000 bytes" "cut at each byte" "of 16 KiB, cut at every 97th byte" "in records of 1399 bytes" "in records of 400 bytes" \
	"in records of 32 bytes" "in records of 4 bytes" "in records of 1 bytes" "in records of 1 byte, each in a segment" \
	"of 16 KiB in 1-byte pieces" "of 18 KB in records of 2 bytes" "of 330 bytes, one each 10 ms" "name first" "name last" "name absent" "name with a trailing dot" \
	"name in capitals" "name is the address called" "GREASE everywhere" "GREASE everywhere, in records of 7 bytes" "X25519 alone" \
	"P-256 alone" "post-quantum" "post-quantum in two segments" "post-quantum in 1-byte pieces"
refused "name is another address" "name is half an address" "two names" "the name twice" "name of 255 bytes" "empty name" "name with NUL" \
	"no group in common" "no extension" "TLS 1.1 alone" "old suites alone" "SSLv2" "another message" "two messages in a record" \
	"an empty record" "a record between" "16 MB announced" "over the limit" "half, then nothing" \
	"one byte, then nothing" "too slow"
is "C4: a share that we lack: asked again" "$(answered 'a share we lack')" retry
is "C4: no share: asked again" "$(answered 'no share')" retry
like "C4: post-quantum alone: asked again, or spoken" "$(answered 'post-quantum alone')" '^(retry|server_hello)$'
at_most "C2: memory (KiB more) is bounded" $(($(memory) - before)) 60000
audit "C2: the audit says why an address as a name was refused" event=flow action=refuse reason='.*address other than.*'
audit "C2: and an unreadable hello" event=flow action=refuse reason=hello
is "C2: nothing of it was a tunnel" "$(audit_n event=flow action=passthrough)" 0
is "C2: and the origin had no request but ours" "$(grep -c . "$LAB_DIR/origin/access.log")" 1

# Whole connections, not only the first answer.
ask='GET /index.html HTTP/1.1\r\nHost: www.origin.test\r\nConnection: close\r\n\r\n'
tls_raw() { raw_to --wait 10 --tls www.origin.test --ca "$CA" "$@"; }
for each in 400 32 1; do
	got=$(tls_raw --record $each www.origin.test 443 send "$ask" drain)
	like "C2: a connection whose hello comes in records of $each bytes works" "$got" 'A clean page'
done
for size in 3000 15000; do
	got=$(tls_raw --pad $size www.origin.test 443 send "$ask" drain)
	like "C2: a connection whose hello has $size bytes more works" "$got" 'A clean page'
	got=$(tls_raw --pad $size --record 500 --segment 100 --gap 0 www.origin.test 443 send "$ask" drain)
	like "C2: and in records of 500 and segments of 100 bytes" "$got" 'A clean page'
done

# s_client NAME OPTION...: what OpenSSL's client says; the request is in $OUT/request.
printf 'GET /index.html HTTP/1.1\r\nHost: www.origin.test\r\nConnection: close\r\n\r\n' >"$OUT/request"
s_client() {
	local name=$1
	shift
	in_client timeout 20 openssl s_client -connect "$LAB_ORIGIN4:443" -servername "$name" -CAfile "$CA" \
		-verify_return_error -ign_eof "$@" <"$OUT/request" 2>&1
}
like "C2: a name with a trailing dot: whole" "$(s_client www.origin.test. -verify_hostname www.origin.test)" 'A clean page'
like "C2: the address as a name: whole" "$(s_client "$LAB_ORIGIN4" -verify_ip "$LAB_ORIGIN4")" 'A clean page'
like "C2: X25519 alone: whole" "$(s_client www.origin.test -groups X25519)" 'A clean page'
said=$(s_client www.origin.test -groups P-521:X25519 -msg)
like "C4: after a HelloRetryRequest: whole" "$said" 'A clean page'
is "C4: the client said hello twice" "$(grep -c '>>>.*ClientHello' <<<"$said")" 2
audit "C4: the group is the one asked for" event=flow tls_client_group=x25519 tls_grade=A

# Early data: a session that allows it, from the origin itself, is shown to the gateway.
lab_spawn early "$LAB_ORIGIN" openssl s_server -accept $LAB_RAW4:443 -www -max_early_data 16384 -quiet -num_tickets 1 \
	-cert "$LAB_MATERIAL/www.origin.test.crt" -key "$LAB_MATERIAL/www.origin.test.key"
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
in_origin timeout 10 openssl s_client -connect $LAB_RAW4:443 -servername www.origin.test -ign_eof -sess_out "$OUT/session" \
	<"$OUT/request" >/dev/null 2>&1
like "C3: there is a session that allows early data" "$(openssl sess_id -in "$OUT/session" -noout -text 2>&1)" 'Max Early Data: [1-9]'
printf 'GET /early-data HTTP/1.1\r\nHost: www.origin.test\r\n\r\n' >"$OUT/early"
said=$(s_client www.origin.test -sess_in "$OUT/session" -early_data "$OUT/early")
like "C3: early data is rejected" "$said" 'Early data was rejected'
like "C3: and the connection goes on" "$said" 'A clean page'
is "C3: what came early was never carried out" "$(origin_saw early-data)" 0

# A client that renegotiates: s_client does at a line that begins with R.
said=$( (sleep 1; echo R; sleep 2) | in_client timeout 20 openssl s_client -connect "$LAB_ORIGIN4:443" \
	-servername www.origin.test -CAfile "$CA" -tls1_2 -msg 2>&1)
like "C8: a client asks to renegotiate" "$said" 'RENEGOTIATING'
like "C8: it is refused" "$said" 'no_renegotiation|no renegotiation'
is "C8: there is one ServerHello" "$(grep -c '<<<.*ServerHello,*$\|<<<.*ServerHello$' <<<"$said")" 1
is "others are served as before" "$(get https://www.origin.test/)" 200
