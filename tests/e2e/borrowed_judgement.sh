#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What one client, or an older configuration, was permitted with an origin opens no way for another
# client, or under the next configuration: neither a session nor what was learned of a destination.
. "$(dirname "$0")/lib.sh"
export LAB_ANY_PORT=8081
identities() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=theirs" \
		-addext extendedKeyUsage=clientAuth -keyout "$LAB_DIR/theirs.key" -out "$LAB_DIR/theirs.pem" 2>/dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=raw.origin.test" \
		-addext subjectAltName=DNS:raw.origin.test -keyout "$LAB_DIR/self.key" -out "$LAB_DIR/self.pem" 2>/dev/null
}
LAB_BEFORE=identities topology <<'END'
listen: { http: 8080, tls: 8443, any: 8081 }
tls:
  ca_cert: @MATERIAL@/gateway-ca.crt
  ca_key: @MATERIAL@/gateway-ca.key
  trust: @MATERIAL@/root.crt
  passthrough_check: probe
origins:
  - name: one is warned
    when: { port: 4451, client: [10.77.1.2] }
    faults: { self_signed: warn, untrusted: warn }
  - name: the other is strict
    when: { port: 4461, client: [10.77.1.9] }
    faults: { revocation_unknown: refuse }
exceptions:
  - name: until the reload
    host: [raw.origin.test]
    port: 4471
    errors: [self_signed, untrusted]
    until: 2099-01-31
client_certificates:
  - name: passed
    when: { host: [raw.origin.test], port: [4451, 4471] }
    action: passthrough
  - name: not the other
    when: { port: [4452, 4454], client: [10.77.1.9] }
    action: refuse
rules:
  - name: pass
    when: { host: [raw.origin.test], port: 4461 }
    action: passthrough
END
in_client ip addr add 10.77.1.9/24 dev eth0
TRUE=(--tls "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key")
SELF=(--tls "$LAB_DIR/self.pem" "$LAB_DIR/self.key")
WANTS=(--client-ca "$LAB_DIR/theirs.pem" --optional)
raw_origin 4451 "${SELF[@]}" "${WANTS[@]}"
raw_origin 4452 "${TRUE[@]}" "${WANTS[@]}"
raw_origin 4454 "${TRUE[@]}" "${WANTS[@]}" --tls12
raw_origin 4461 "${TRUE[@]}"
reply page 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
one() { get "https://raw.origin.test:$1/page" -4 -k --interface 10.77.1.2; }
other() { get "https://raw.origin.test:$1/page" -4 -k --interface 10.77.1.9; }

for port in 4452 4454; do
	is "$port: a client that the entry is not for gets the page" "$(one $port)" 200
	is "$port: its session with the origin is not resumed where a wish for a certificate is refused" "$(other $port)" 403
done
is "a warned client is not passed undecrypted: nothing could warn" "$(one 4451)" 502
is "one that is to be refused is not, though that was learned" "$(other 4451)" 502
is "probe: where unknown revocation is accepted the origin passes" "$(one 4461)" 200
is "probe: that opens no way where it is refused" "$(other 4461)" 000
is "probe: and the first passes again" "$(one 4461)" 200

# ---- a handshake that began before a reload, and ends after it ----
cat >"$OUT/slow.py" <<'END'
import socket, ssl, sys, threading, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*sys.argv[2:4])
context.verify_mode = ssl.CERT_OPTIONAL
context.load_verify_locations(sys.argv[4])
def serve(s, wait):
    try:
        time.sleep(wait)
        s = context.wrap_socket(s, server_side=True)
        s.recv(65536)
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        s.close()
    except OSError:
        pass
listener, wait = socket.create_server((sys.argv[1], 4471)), 4
while True:
    threading.Thread(target=serve, args=(listener.accept()[0], wait), daemon=True).start()
    wait = 0
END
lab_spawn slow "$LAB_ORIGIN" python3 "$OUT/slow.py" $LAB_RAW4 "$LAB_DIR/self.pem" "$LAB_DIR/self.key" "$LAB_DIR/theirs.pem"
lab_wait 5 lab_listens "$LAB_ORIGIN" 4471 $LAB_RAW4
in_client curl -4 -sSk --max-time 20 -o "$OUT/first" -w '%{http_code}' https://raw.origin.test:4471/page >"$OUT/status" 2>&1 &
first=$!
sleep 1.5
sed -i 's/errors: .*/errors: [wrong_name]/' "$LAB_DIR/sallyport.yaml"
in_gw "$SALLYPORT" reload --config "$LAB_DIR/sallyport.yaml" >/dev/null
wait $first
is "what began before the reload goes on as it was permitted" "$(cat "$OUT/status")" 200
is "but opens no way after it" "$(one 4471)" 502
