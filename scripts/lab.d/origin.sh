# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The origin: a real nginx with its own prefix, and a small backend that digests uploads.

# One server for a name: origin_server NAME CERTIFICATE [default]. LAB_HTTP2=yes: it offers h2, too.
origin_server() {
	local name=$1 cert=$2 default=${3:+ default_server}
	cat <<-END
		server {
			listen $LAB_ORIGIN4:443 ssl${LAB_HTTP2:+ http2}$default;
			listen [$LAB_ORIGIN6]:443 ssl${LAB_HTTP2:+ http2}$default;
			server_name $name;
			ssl_certificate $LAB_MATERIAL/$cert.chain;
			ssl_certificate_key $LAB_MATERIAL/$cert.key;
			include $LAB_DIR/origin/places.conf;
		}
	END
}

origin_places() {
	cat <<-END
		root $LAB_MATERIAL/www;
		location / { }
		location = /whoami { default_type text/plain; return 200 "\$remote_addr\n"; }
		location = /204 { return 204; }
		location = /eicar-gz { alias $LAB_MATERIAL/www/eicar.gz; add_header Content-Encoding gzip; types { } default_type text/plain; }
		location = /clean-gz { alias $LAB_MATERIAL/www/clean.gz; add_header Content-Encoding gzip; types { } default_type text/plain; }
		location = /slow.bin { alias $LAB_MATERIAL/www/2m.bin; limit_rate 400k; }
		location = /1m.bin { alias $LAB_DIR/origin/1m.bin; }
		location /own/ { alias $LAB_DIR/origin/; }
		location = /100m.bin { alias $LAB_DIR/origin/100m.bin; }
		location ~ ^/(upload|chunked|echo) {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header X-Real-IP \$remote_addr;
			proxy_buffering off;
		}
	END
}

origin_config() {
	local name
	cat <<-END
		daemon off;
		worker_processes 1;
		pid $LAB_DIR/origin/nginx.pid;
		error_log $LAB_DIR/origin/error.log warn;
		events { worker_connections 8192; }
		http {
			types { text/html html; text/plain txt; application/zip zip; application/octet-stream bin com; }
			log_format lab '\$remote_addr \$scheme \$host "\$request" \$status \$body_bytes_sent \$request_length \$request_completion';
			access_log $LAB_DIR/origin/access.log lab;
			client_max_body_size 300m;
			client_body_temp_path $LAB_DIR/origin/body;
			proxy_temp_path $LAB_DIR/origin/proxy;
			fastcgi_temp_path $LAB_DIR/origin/fastcgi;
			uwsgi_temp_path $LAB_DIR/origin/uwsgi;
			scgi_temp_path $LAB_DIR/origin/scgi;
			keepalive_requests 1000000;
			keepalive_timeout 300;
			ssl_protocols TLSv1.2 TLSv1.3;
			server {
				listen $LAB_ORIGIN4:80 default_server;
				listen [$LAB_ORIGIN6]:80 default_server;
				include $LAB_DIR/origin/places.conf;
			}
	END
	origin_server by-address by-address default
	origin_server "www.origin.test v4.origin.test v6.origin.test" www.origin.test
	for name in bank expired wrong selfsigned untrusted; do
		origin_server "$name.origin.test" "$name.origin.test"
	done
	echo "}"
}

origin_up() {
	mkdir -p "$LAB_DIR/origin/body" && chmod 755 "$LAB_DIR" "$LAB_DIR/origin"
	origin_places >"$LAB_DIR/origin/places.conf"
	origin_config >"$LAB_DIR/origin/nginx.conf"
	lab_spawn backend "$LAB_ORIGIN" python3 "$LAB_TOP/scripts/lab.d/backend.py" "$LAB_DIR/origin/uploads.log"
	lab_spawn nginx "$LAB_ORIGIN" nginx -p "$LAB_DIR/origin" -c "$LAB_DIR/origin/nginx.conf" \
		-e "$LAB_DIR/origin/error.log"
	lab_wait 10 lab_listens "$LAB_ORIGIN" 443 && lab_wait 10 lab_listens "$LAB_ORIGIN" 9000
}
