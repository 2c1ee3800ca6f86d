#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Ways past a TLS gateway: QUIC is refused by the network rules, alternative services are not
# announced, and DNS over HTTPS is a matter of rules.
. "$(dirname "$0")/lib.sh"
doh='
rules:
  - name: no DNS over HTTPS
    when: { content_type: [application/dns-message] }
    action: block
    reason: Names are asked of the resolver of this network.
  - name: no questions for it
    when: { accept: [application/dns-message] }
    action: block
'
topology --no-gateway </dev/null
reconfigure() { # EXTRA: a configuration of its own, in force by `up`
	printf '%s\n' "$1" >"$OUT/extra"
	in_gw "$SALLYPORT" down --config "$LAB_DIR/sallyport.yaml" >/dev/null 2>&1
	gateway_config "$OUT/extra" >"$LAB_DIR/sallyport.yaml"
	in_gw "$SALLYPORT" up --inside in0 --config "$LAB_DIR/sallyport.yaml" >"$OUT/up" 2>&1 ||
		not_ok "up" "$(cat "$OUT/up")"
}
mkdir -p "$LAB_DIR/signatures" "$LAB_DIR/audit" "$LAB_DIR/state"
end() { in_gw "$SALLYPORT" down --config "$LAB_DIR/sallyport.yaml" >/dev/null 2>&1; finish; }
trap end EXIT

# udp ADDRESS PORT: what a UDP client is told: "prohibited", "silence", or the answer.
udp() {
	in_client python3 - "$@" <<-'END'
		import errno, socket, sys
		host, port = sys.argv[1], int(sys.argv[2])
		s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
		s.settimeout(1)
		s.connect((host, port))
		try:
		    s.send(b"\xc0\0\0\0\1" + bytes(1195))
		    print(s.recv(2000).decode())
		except TimeoutError:
		    print("silence")
		except OSError as e:
		    # Linux: ICMP 3/13 and ICMPv6 1/1 (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1)
		    print("prohibited" if e.errno in (errno.EHOSTUNREACH, errno.EACCES) else errno.errorcode[e.errno])
	END
}
cat >"$OUT/echo.py" <<-'END'
	import socket, threading
	def serve(family, host, port):
	    s = socket.socket(family, socket.SOCK_DGRAM)
	    s.bind((host, port))
	    while True:
	        s.sendto(b"answer", s.recvfrom(2000)[1])
	for host in "10.77.2.2", "fd77:0:0:2::2":
	    for port in 443, 8443, 5353:
	        threading.Thread(target=serve, args=(socket.AF_INET6 if ":" in host else socket.AF_INET, host, port)).start()
END
lab_spawn udp-echo "$LAB_ORIGIN" python3 "$OUT/echo.py"
sleep 0.5

# ---- QUIC ----
reconfigure "network: { tls_ports: [443, 8443] }$doh"
is "Q1: UDP to 443 is administratively prohibited" "$(udp $LAB_ORIGIN4 443)" prohibited
is "Q1: the same over IPv6" "$(udp $LAB_ORIGIN6 443)" prohibited
is "Q1: and to another TLS port" "$(udp $LAB_ORIGIN4 8443)" prohibited
is "Q1: other UDP passes" "$(udp $LAB_ORIGIN4 5353)" answer
is "TCP to the same port is searched" "$(get https://www.origin.test/eicar.com)" 403

# ---- alternative services ----
raw_origin 443 --tls "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
reply h3 'HTTP/1.1 200 OK\r\nAlt-Svc: h3=":443"; ma=86400\r\nalt-svc: h2="other.test:8443"\r\nContent-Length: 2\r\n\r\nok'
reply clear 'HTTP/1.1 200 OK\r\nAlt-Svc: clear\r\nContent-Length: 2\r\n\r\nok'
reply both 'HTTP/1.1 200 OK\r\nAlt-Svc: clear\r\nAlt-Svc: h3=":443"\r\nContent-Length: 2\r\n\r\nok'
reply early 'HTTP/1.1 103 Early Hints\r\nAlt-Svc: h3=":443"\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
for name in h3 both early; do
	is "Q1: /$name arrives" "$(get https://raw.origin.test/$name)" 200
	unlike "Q1: /$name names no alternative service" "$(cat "$OUT/head")" '[Aa]lt-[Ss]vc'
done
is "/clear arrives" "$(get https://raw.origin.test/clear)" 200
like "Q1: forgetting alternatives is let through" "$(cat "$OUT/head")" '^Alt-Svc: clear'

# ---- DNS over HTTPS ----
reply dns-query 'HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\nContent-Length: 4\r\n\r\n\0\0\0\0'
reply 'q?dns=AAABAAABAAAAAAAAA3d3dw' 'HTTP/1.1 200 OK\r\nContent-Type: Application/DNS-Message; x=y\r\nContent-Length: 4\r\n\r\n\0\0\0\0'
doh_cases() { # TITLE
	: >"$OUT/origin-saw"
	is "Q2: $1: a posted question is refused" "$(get https://raw.origin.test/dns-query \
		-H 'Content-Type: application/dns-message' --data-binary xxxx)" 403
	is "Q2: $1: an asked one is refused by its Accept" "$(get 'https://raw.origin.test/q?dns=AAABAAABAAAAAAAAA3d3dw' \
		-H 'Accept: text/html, application/dns-message;q=0.9')" 403
	is "Q2: $1: the origin saw none of them" "$(wc -l <"$OUT/origin-saw")" 0
	is "Q2: $1: without Accept the answer is refused" "$(get 'https://raw.origin.test/q?dns=AAABAAABAAAAAAAAA3d3dw' -H 'Accept:')" 403
	unlike "Q2: $1: and does not arrive" "$(tr '\0' 'Z' <"$OUT/body")" ZZZZ
	is "Q2: $1: other questions pass" "$(get https://raw.origin.test/clear -H 'Accept: */*')" 200
}
doh_cases "searching"
audit "Q2: the audit names the rule for the question" event=transaction rule='no DNS over HTTPS' method=POST
audit "Q2: and for the answer" event=transaction rule='no DNS over HTTPS' method=GET
audit "Q2: and for the wish" event=transaction rule='no questions for it'

reconfigure "network: { quic: drop }
scanner: { enabled: no }$doh"
is "Q1: dropped in silence, if so configured" "$(udp $LAB_ORIGIN4 443)" silence
doh_cases "not searching"

reconfigure "network: { quic: allow }"
is "Q1: let through, if so configured" "$(udp $LAB_ORIGIN4 443)" answer
is "Q1: over IPv6, too" "$(udp $LAB_ORIGIN6 443)" answer
like "Q1: then the rules count it" "$(in_gw iptables -nvxL SALLYPORT_FWD)" '^ +1 +1228 .*dpt:443'
