#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Origins that want a client certificate: recognised, and then by rule a certificate of ours is
# shown, the connection is passed undecrypted, or refused; without a rule none is sent.
. "$(dirname "$0")/lib.sh"
export LAB_ANY_PORT=8081
identities() {
	local name
	for name in ours theirs; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$name" \
			-addext extendedKeyUsage=clientAuth -keyout "$LAB_DIR/$name.key" -out "$LAB_DIR/$name.pem" 2>/dev/null
		chmod 600 "$LAB_DIR/$name.key"
	done
	cat "$LAB_DIR/ours.pem" "$LAB_DIR/theirs.pem" >"$LAB_DIR/accepted.pem"
}
LAB_BEFORE=identities topology <<'END'
listen: { http: 8080, tls: 8443, any: 8081 }
client_certificates:
  - name: passed partner
    when: { host: [raw.origin.test], port: [4431, 4441] }
    action: passthrough
  - name: our partner
    when: { host: [raw.origin.test], port: [4432, 4442] }
    action: present
    cert: @LAB@/ours.pem
    key: @LAB@/ours.key
  - name: no partner
    when: { port: 4433 }
    action: refuse
END
TLS=(--tls "$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key")
for port in 4431 4432 4433 4434; do # TLS 1.3; 444x: the same in TLS 1.2
	raw_origin $port "${TLS[@]}" --client-ca "$LAB_DIR/accepted.pem"
	raw_origin $((port + 10)) "${TLS[@]}" --client-ca "$LAB_DIR/accepted.pem" --tls12
done
raw_origin 4435 "${TLS[@]}" --client-ca "$LAB_DIR/accepted.pem" --optional
reply page 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
saw() { grep -c -- "$1" "$OUT/origin-saw"; }
fresh() { : >"$OUT/origin-saw"; }
at() { echo "https://raw.origin.test:$1/page"; }
theirs=(--cert "$LAB_DIR/theirs.pem" --key "$LAB_DIR/theirs.key" --cacert "$LAB_MATERIAL/root.crt")

for port in 4432 4442; do
	fresh
	is "X4: present ($port): the page comes" "$(get "$(at $port)")" 200
	is "X4: present ($port): the origin saw our certificate" "$(saw 'GET /page .* ours$')" 1
	is "X4: present ($port): and sees it again when the session is resumed" "$(get "$(at $port)")" 200
	audit "the audit says that it was shown" event=flow destination_port=$port client_certificate=shown client_certificate_rule='our partner'
done
for port in 4431 4441; do
	fresh
	is "X4: passthrough ($port): the client's own certificate arrives" "$(get "$(at $port)" "${theirs[@]}")" 200
	is "X4: passthrough ($port): the origin saw it" "$(saw 'GET /page .* theirs$')" 1
	is "X4: passthrough ($port): after one handshake of ours that stopped" "$(saw 'handshake failed')" 1
	is "X4: passthrough ($port): again" "$(get "$(at $port)" "${theirs[@]}")" 200
	is "X4: passthrough ($port): this time at once" "$(saw 'handshake failed')" 1
	audit "it counts as bypassed, with the rule" event=flow destination_port=$port action=passthrough \
		rule='passed partner' verdict=bypassed verdict_reason=client_cert client_certificate=passthrough
	is "the same at another address" "$(get "$(at $port)" --cacert "$LAB_MATERIAL/root.crt")" 000
done
fresh
is "X4: refuse: a page says so" "$(get "$(at 4433)")" 403
like "with its reason" "$(body)" 'client certificate'
is "the origin saw no request" "$(saw GET)" 0
audit "the audit names the rule" event=flow destination_port=4433 action=block rule='no partner' client_certificate=refused

fresh
is "X4: no rule, TLS 1.2: none is sent, the origin refuses" "$(get "$(at 4444)")" 502
like "the page says why" "$(body)" 'client certificate'
audit "the audit has the alert" event=flow destination_port=4444 client_certificate=none origin_alert='(40|116)'
is "X4: no rule, TLS 1.3: the refusal comes after the handshake" "$(get "$(at 4434)")" 502
like "the page says why there, too" "$(body)" 'client certificate'
audit "the audit has that alert" event=flow destination_port=4434 client_certificate=none origin_alert=116
audit "X4: an entry is missing: the origin is told as a candidate" event=bypass_candidate kind=client_cert destination_port=4434 alert=116
is "X4: an origin that asks but does not insist works" "$(get "$(at 4435)")" 200
audit "the audit says that none was sent" event=flow destination_port=4435 client_certificate=none action=intercept
is "the origin saw one request" "$(saw GET)" 1

# ---- configuration ----
sp() { in_gw "$SALLYPORT" "$@" --config "$LAB_DIR/sallyport.yaml" 2>&1; }
cp "$LAB_DIR/ours.pem" "$OUT/ours.pem"
is "check is content" "$(sp check | grep -c 'good')" 1
cp "$LAB_DIR/theirs.pem" "$LAB_DIR/ours.pem"
said=$(sp check)
is "check finds a key of another certificate" $? 3
like "and says so" "$said" 'belongs to another certificate'
said=$(sp reload)
is "a reload with it fails" $? 3
is "and the old certificate stays in force" "$(get "$(at 4432)")" 200
rm "$LAB_DIR/ours.pem"
said=$(sp reload)
is "a reload without the file fails" $? 3
is "and all stays as it was" "$(get "$(at 4432)")" 200
cp "$OUT/ours.pem" "$LAB_DIR/ours.pem"
chmod 644 "$LAB_DIR/ours.key"
like "check wants the key for its owner alone" "$(sp check)" 'chmod 600'
chmod 600 "$LAB_DIR/ours.key"
sp reload >/dev/null
is "a reload in the sandbox reads certificate and key" $? 0
fresh
is "and they are shown" "$(get "$(at 4442)")" 200
is "to the origin" "$(saw ' ours$')" 1
