# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# How each contender is started in the gateway's namespace, with the configuration that its
# documentation recommends for the same job: terminate TLS, verify the origin, encrypt again.

CONTENDERS="none haproxy sslsplit squid sallyport sallyport-scan"

have_none() { true; }
have_haproxy() { command -v haproxy >/dev/null; }
have_sslsplit() { command -v sslsplit >/dev/null; }
have_squid() { squid -v 2>/dev/null | grep -q -- --with-openssl; }
have_sallyport() { [ -x "$SALLYPORT" ]; }
have_sallyport-scan() { have_sallyport; }

# trust_NAME: whose certificates the client expects to see.
trust_of() {
	case $1 in
	none) echo "$LAB_MATERIAL/root.crt" ;;
	haproxy) echo "$PEER/haproxy.ca" ;;
	*) echo "$LAB_MATERIAL/gateway-ca.crt" ;;
	esac
}

start_none() { :; }

# haproxy signs nothing: it gets one fixed P-256 leaf for the lab's names.
start_haproxy() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=www.origin.test \
		-addext subjectAltName=DNS:v4.origin.test,DNS:www.origin.test,DNS:raw.origin.test \
		-keyout "$PEER/haproxy.key" -out "$PEER/haproxy.ca" 2>/dev/null
	cat "$PEER/haproxy.ca" "$PEER/haproxy.key" >"$PEER/haproxy.pem"
	cat >"$PEER/haproxy.cfg" <<-END
		global
		    maxconn 4000
		defaults
		    mode http
		    timeout connect 5s
		    timeout client 300s
		    timeout server 300s
		    timeout http-keep-alive 300s
		    http-reuse never
		frontend tls
		    bind 0.0.0.0:8443 transparent ssl crt $PEER/haproxy.pem alpn h2,http/1.1
		    bind :::8443 v6only transparent ssl crt $PEER/haproxy.pem alpn h2,http/1.1
		    use_backend origin2 if { ssl_fc_alpn h2 }
		    default_backend origin
		backend origin2
		    http-reuse never
		    source 0.0.0.0 usesrc clientip
		    server origin 0.0.0.0 ssl verify required ca-file $LAB_MATERIAL/root.crt sni ssl_fc_sni alpn h2
		backend origin
		    source 0.0.0.0 usesrc clientip
		    server origin 0.0.0.0 ssl verify required ca-file $LAB_MATERIAL/root.crt sni ssl_fc_sni alpn http/1.1
	END
	lab_spawn peer "$LAB_GW" haproxy -db -f "$PEER/haproxy.cfg"
}

start_sslsplit() {
	lab_spawn peer "$LAB_GW" sslsplit -u root -k "$LAB_MATERIAL/gateway-ca.key" -c "$LAB_MATERIAL/gateway-ca.crt" \
		ssl 0.0.0.0 8443 tproxy # "https" would close after each answer
}

start_squid() {
	cat "$LAB_MATERIAL/gateway-ca.crt" "$LAB_MATERIAL/gateway-ca.key" >"$PEER/squid.pem"
	/usr/lib/squid/security_file_certgen -c -s "$PEER/squid-certs" -M 4MB >/dev/null
	chown -R proxy "$PEER" && chmod 755 "$PEER"
	cat >"$PEER/squid.conf" <<-END
		http_port 3128
		https_port 8443 tproxy ssl-bump cert=$PEER/squid.pem generate-host-certificates=on dynamic_cert_mem_cache_size=4MB
		sslcrtd_program /usr/lib/squid/security_file_certgen -s $PEER/squid-certs -M 4MB
		acl hello at_step SslBump1
		ssl_bump peek hello
		ssl_bump bump all
		tls_outgoing_options cafile=$LAB_MATERIAL/root.crt
		http_access allow all
		cache deny all
		access_log none
		cache_log $PEER/squid.log
		pid_filename $PEER/squid.pid
		coredump_dir $PEER
		visible_hostname gateway.test
		shutdown_lifetime 1 second
		client_persistent_connections on
		max_filedescriptors 8192
	END
	lab_spawn peer "$LAB_GW" squid -N -f "$PEER/squid.conf"
}

start_sallyport() {
	cat >"$PEER/extra.yaml" <<-END
		workers: 0
		scanner: { enabled: ${1:-no}, signatures: "$LAB_DIR/signatures" }
		rules: []
		limits: { client_flows: 1000000, client_rate: 100000, client_streams: 1000000 } # one client plays all
	END
	mkdir -p "$LAB_DIR/signatures" "$LAB_DIR/audit" "$LAB_DIR/state"
	gateway_config "$PEER/extra.yaml" >"$LAB_DIR/sallyport.yaml"
	lab_spawn peer "$LAB_GW" "$SALLYPORT" run --config "$LAB_DIR/sallyport.yaml"
}
start_sallyport-scan() { start_sallyport yes; }
