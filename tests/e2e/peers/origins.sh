# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Origins of other makes, each on an address of its own below the name raw.origin.test, and the same
# questions to each. Behind /upload and /chunked stands the lab's backend where a server can pass on.

PEERS=$E2E/peers
NAME=raw.origin.test

# origins_open: the files that all serve.
origins_open() {
	W=$OUT/www
	mkdir -p "$W"
	cp "$LAB_MATERIAL"/www/{index.html,eicar.com,eicar.zip,clean.txt} "$W"
	head -c 20000000 /dev/urandom >"$W/20m.bin"
	chmod -R a+rX "$LAB_DIR" "$W"
	CHAIN=$LAB_MATERIAL/$NAME.chain KEY=$LAB_MATERIAL/$NAME.key
}

# origin ADDRESS NAME COMMAND...: starts it in the origin's namespace.
origin() {
	local address=$1 name=$2
	shift 2
	[ "$address" = "$LAB_RAW4" ] || ip -n "$LAB_ORIGIN" addr add "$address/24" dev eth0
	lab_spawn "$name" "$LAB_ORIGIN" "$@"
}
origin_stands() { lab_wait 10 lab_listens "$LAB_ORIGIN" 443 "$1" || not_ok "$2 stands" "$(tail -n 3 "$LAB_DIR/$2.log")"; }

start_apache() { # ADDRESS
	local m modules=/usr/lib/apache2/modules
	mkdir -p "$OUT/apache"
	{
		for m in mpm_event authz_core authz_host dir mime headers deflate brotli filter setenvif proxy proxy_http socache_shmcb ssl http2; do
			echo "LoadModule ${m}_module $modules/mod_$m.so"
		done
		cat <<-CONF
			ServerRoot $OUT/apache
			PidFile $OUT/apache/pid
			DefaultRuntimeDir $OUT/apache
			ErrorLog $OUT/apache/error.log
			User www-data
			Group www-data
			ServerName $NAME
			Listen $1:443
			Protocols h2 http/1.1
			H2EarlyHints on
			H2Push off
			SSLEngine on
			SSLCertificateFile $CHAIN
			SSLCertificateKeyFile $KEY
			TypesConfig /etc/mime.types
			DocumentRoot $W
			<Directory $W>
				Require all granted
			</Directory>
			AddOutputFilterByType BROTLI_COMPRESS;DEFLATE text/plain
			ProxyPass /upload http://127.0.0.1:9000/upload
			ProxyPass /chunked http://127.0.0.1:9000/chunked
		CONF
		echo "${APACHE_MORE:-}"
	} >"$OUT/apache/conf"
	origin "$1" apache apache2 -DFOREGROUND -f "$OUT/apache/conf"
	origin_stands "$1" apache
}

start_caddy() { # ADDRESS
	mkdir -p "$OUT/caddy"
	cat >"$OUT/caddy/Caddyfile" <<-CONF
		{
			admin off
			auto_https off
			storage file_system $OUT/caddy
		}
		https://$NAME:443 {
			bind $1
			tls $CHAIN $KEY
			root * $W
			encode gzip
			reverse_proxy /upload 127.0.0.1:9000
			reverse_proxy /chunked/* 127.0.0.1:9000
			file_server
		}
	CONF
	origin "$1" caddy env HOME="$OUT/caddy" caddy run --adapter caddyfile --config "$OUT/caddy/Caddyfile"
	origin_stands "$1" caddy
}

start_nghttpd() { # ADDRESS
	origin "$1" nghttpd nghttpd -a "$1" -d "$W" --trailer 'x-sum: 7' --echo-upload 443 "$KEY" "$CHAIN"
	origin_stands "$1" nghttpd
}

# A proxy in front of the lab's own server, on its address.
start_nghttpx() { # ADDRESS
	origin "$1" nghttpx nghttpx -f "$1,443" -b "127.0.0.1,9000;/upload:/chunked/" -b "$LAB_ORIGIN4,80;/" \
		--conf=/dev/null --no-ocsp --workers=1 "$KEY" "$CHAIN"
	origin_stands "$1" nghttpx
}

start_node() { # ADDRESS
	origin "$1" node node "$PEERS/origin.mjs" "$1" "$CHAIN" "$KEY" "$W"
	origin_stands "$1" node
}

# from ADDRESS VERSION PATH [CURL-OPTION...]: "STATUS VERSION"; body and head as with get.
from() {
	local address=$1 version=$2 path=$3
	shift 3
	get "https://$NAME$path" --resolve "$NAME:443:$address" "--http$version" -w '%{http_code} %{http_version}' "$@"
}
field() { tr -d '\r' <"$OUT/head" | sed -n "s/^$1: *//Ip" | tail -n 1; }

# plain_questions WHO ADDRESS VERSION: what every server of files answers.
plain_questions() {
	local who="$1 by $3" a=$2 v=$3 tag since
	is "$who: GET" "$(from "$a" "$v" /index.html) $(body)" "200 $v $(cat "$W/index.html")"
	tag=$(field etag) since=$(field last-modified)
	is "$who: HEAD" "$(from "$a" "$v" /clean.txt -I)" "200 $v"
	is "$who: not modified" "$(from "$a" "$v" /index.html ${tag:+-H "If-None-Match: $tag"} -H "If-Modified-Since: $since") $(body)" "304 $v "
	is "$who: EICAR is blocked" "$(from "$a" "$v" /eicar.com)" "403 $v"
	unlike "$who: nothing of it arrives" "$(body)" 'X5O!'
	is "$who: two requests, one connection" "$(get "https://$NAME/index.html" --resolve "$NAME:443:$a" "--http$v" -w '%{http_code} %{num_connects} ' \
		-o /dev/null "https://$NAME/clean.txt")" '200 1 200 0 '
}

large_question() {
	is "$1 by $3: 20 MB" "$(from "$2" "$3" /20m.bin)" "200 $3"
	is "$1 by $3: are intact" "$(digest "$OUT/body")" "$(digest "$W/20m.bin")"
}

# Of those that pass on to the backend.
backend_questions() {
	local who="$1 by $3" a=$2 v=$3
	is "$who: POST" "$(from "$a" "$v" /upload --data-binary @"$W/clean.txt") $(body)" "200 $v $(digest "$W/clean.txt")"
	is "$who: POST without a length" "$(from "$a" "$v" /upload -T - -X POST <"$W/clean.txt") $(body)" "200 $v $(digest "$W/clean.txt")"
	is "$who: EICAR is not uploaded" "$(from "$a" "$v" /upload --data-binary @"$LAB_MATERIAL/www/eicar.com")" "403 $v"
	is "$who: a response without a length" "$(from "$a" "$v" /chunked/1000) $(wc -c <"$OUT/body")" "200 $v 21000"
}

# coding_question WHO ADDRESS VERSION CODING
coding_question() {
	is "$1 by $3: $4" "$(from "$2" "$3" /clean.txt -H "Accept-Encoding: $4" --compressed) $(field content-encoding)" "200 $3 $4"
	is "$1 by $3: $4 is what it was" "$(digest "$OUT/body")" "$(digest "$W/clean.txt")"
}
