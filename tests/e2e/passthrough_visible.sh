#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Undecrypted connections are verified as far as they show themselves: TLS 1.2 certificates are in
# clear; what is found is logged, or refused, or the origin is asked first by a handshake of ours.
. "$(dirname "$0")/lib.sh"
topology <<'END'
tls:
  ca_cert: @MATERIAL@/gateway-ca.crt
  ca_key: @MATERIAL@/gateway-ca.key
  trust: @MATERIAL@/root.crt
  passthrough_check: log
rules:
  - name: pass
    when: { client: [10.77.1.2] }
    action: passthrough
END
blind() { get "$1" -4 -k "${@:2}"; } # a client that would take any certificate
flow() { audit "$1" event=flow action=passthrough "${@:2}"; }
now_with() { # WORD: another passthrough_check, in force
	sed -i "s/passthrough_check: .*/passthrough_check: $1/" "$LAB_DIR/sallyport.yaml"
	in_gw "$SALLYPORT" reload --config "$LAB_DIR/sallyport.yaml" >/dev/null 2>&1 || not_ok "reload" "$1"
}

is "a good origin passes" "$(blind https://bank.origin.test/ --tls-max 1.2)" 200
flow "X5: in TLS 1.2 its chain was verified" sni=bank.origin.test visible_chain=good
is "in TLS 1.3, too" "$(blind https://www.origin.test/)" 200
flow "X5: where nothing is visible the audit says so" sni=www.origin.test visible_chain=hidden verdict=bypassed verdict_reason=policy
for row in expired:expired wrong:wrong_name selfsigned:self_signed untrusted:'(untrusted|incomplete_chain|self_signed).*'; do
	host=${row%%:*}
	is "X5: $host: by default it passes" "$(blind "https://$host.origin.test/" --tls-max 1.2)" 200
	flow "X5: $host: and the audit has its fault" sni="$host.origin.test" visible_chain="${row#*:}"
done
is "a large file passes" "$(blind https://bank.origin.test/50m.bin --tls-max 1.2)" 200
is "and is intact" "$(digest "$OUT/body")" "$(file_digest 50m.bin)"
in_client python3 - <<-'END' >"$OUT/resumed" 2>&1
	import socket, ssl
	c = ssl.create_default_context()
	c.check_hostname, c.verify_mode, c.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
	session = None
	for _ in range(2):
	    s = c.wrap_socket(socket.create_connection(("10.77.2.2", 443), 10), server_hostname="v4.origin.test", session=session)
	    s.sendall(b"GET / HTTP/1.1\r\nHost: v4.origin.test\r\nConnection: close\r\n\r\n")
	    while s.recv(65536):
	        pass
	    session = s.session
	    print(s.session_reused)
	    s.close()
END
is "a session is resumed through the tunnel" "$(tail -n 1 "$OUT/resumed")" True
flow "X5: then no chain is visible" sni=v4.origin.test visible_chain=resumed

# ---- a name that the address does not answer for ----
raw_origin 443 --tls "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
reply page 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
lie() { blind https://bank.origin.test/page --connect-to ::$LAB_RAW4: "$@"; }
is "a lie about the name passes by default" "$(lie --tls-max 1.2)" 200
flow "X5: the audit has it" sni=bank.origin.test destination=$LAB_RAW4 visible_chain=wrong_name

now_with refuse
is "X5: refuse: a good origin passes" "$(blind https://bank.origin.test/ --tls-max 1.2)" 200
for host in expired wrong selfsigned untrusted; do
	is "X5: refuse: $host does not pass" "$(blind "https://$host.origin.test/" --tls-max 1.2)" 000
	audit "the audit says why" event=flow sni="$host.origin.test" action=refuse reason='origin: cert_.*' bytes_down=0
done
is "X5: refuse: nor does a lie about the name" "$(lie --tls-max 1.2)" 000
is "refuse: TLS 1.3 hides it all" "$(lie)" 200

now_with probe
is "X5: probe: a good origin passes" "$(blind https://bank.origin.test/)$(blind https://bank.origin.test/)" 200200
for host in expired wrong selfsigned untrusted; do
	is "X5: probe: $host does not pass, in TLS 1.3 either" "$(blind "https://$host.origin.test/")" 000
done
is "X5: probe: nor does a lie about the name" "$(lie)" 000
audit "the audit says why" event=flow sni=bank.origin.test destination=$LAB_RAW4 action=refuse reason='origin: cert_name.*'
is "probe: the true name passes" "$(blind https://raw.origin.test/page)" 200
is "what is decrypted is as ever" "$(get https://www.origin.test/ -6)" 200
