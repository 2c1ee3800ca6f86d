#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# External engines (docs/icap.md): Debian's c-icap with virus_scan searches beside the scanner, both ways; what is
# found names its engine; a service that is down, slow or lies never makes anything clean.
. "$(dirname "$0")/lib.sh"
topology <<'END'
scanner:
  signatures: @LAB@/signatures
  engines:
    - { name: av2, url: "icap://127.0.0.1:1344/avscan" }
limits: { scan: 4s }
END
mkdir -p "$LAB_DIR/icap-db" "$LAB_DIR/icap"
hex() { printf '%s' "$1" | od -An -tx1 -v | tr -d ' \n'; }
printf 'Only.Theirs:0:*:%s\n' "$(hex 'known to the second engine alone')" >"$LAB_DIR/icap-db/theirs.ndb"
cat >"$LAB_DIR/icap/c-icap.conf" <<END
PidFile $LAB_DIR/icap/pid
CommandsSocket $LAB_DIR/icap/ctl
Port 127.0.0.1:1344
StartServers 1
MaxServers 1
ThreadsPerChild 8
Timeout 30
KeepAliveTimeout 30
MaxKeepAliveRequests 1000
TmpDir $LAB_DIR/icap
ModulesDir /usr/lib/x86_64-linux-gnu/c_icap
ServicesDir /usr/lib/x86_64-linux-gnu/c_icap
TemplateDir /usr/share/c_icap/templates/
LoadMagicFile /etc/c-icap/c-icap.magic
ServerLog $LAB_DIR/icap/server
AccessLog $LAB_DIR/icap/access
Module common clamav_mod.so
Service antivirus_module virus_scan.so
ServiceAlias avscan virus_scan?allow204=on&sizelimit=off&mode=simple
virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG MSOFFICE
virus_scan.MaxObjectSize 50M
virus_scan.DefaultEngine clamav
END
mkdir -p /var/lib/clamav
lab_spawn c-icap "$LAB_GW" unshare -m sh -c "mount --bind '$LAB_DIR/icap-db' /var/lib/clamav && exec c-icap -N -D -f '$LAB_DIR/icap/c-icap.conf'"
lab_wait 10 lab_listens "$LAB_GW" 1344 || not_ok "c-icap listens" "$(cat "$LAB_DIR/c-icap.log" "$LAB_DIR/icap/server")"

printf 'this is known to the second engine alone, and to nobody else\n' >"$OUT/theirs"
printf 'nothing wrong with this one\n' >"$OUT/clean"
head -c 300000 /dev/urandom >"$OUT/large"
cp "$OUT/theirs" "$LAB_DIR/origin/theirs.txt"
cp "$OUT/large" "$LAB_DIR/origin/large.bin"
conf=$LAB_DIR/sallyport.yaml
post() { get https://www.origin.test/upload/x -T "$OUT/$1"; }

# ---- c-icap ----
is "an upload that is clean to both goes out" "$(post clean)" 200
is "what the second engine finds does not" "$(post theirs)" 403
audit "and it is named" event=transaction request_verdict=infected request_signature='av2:Only\.Theirs.*'
is "a download that it finds is refused" "$(get https://www.origin.test/own/theirs.txt)" 403
like "and the page says by whom" "$(body)" 'av2:Only\.Theirs'
unlike "without the object" "$(body)" 'nobody else'
is "over HTTP/2, too" "$(get https://www.origin.test/own/theirs.txt --http2)" 403
gzip -c "$OUT/theirs" >"$OUT/theirs.gz"
is "decoded before it is asked" "$(post theirs.gz) $(get https://www.origin.test/upload/x -T "$OUT/theirs.gz" -H 'Content-Encoding: gzip')" "403 403"
is "what the scanner finds is refused as before" "$(get https://www.origin.test/eicar.com)" 403
audit "under its own name" event=transaction response_verdict=infected response_signature='.*[Ee][Ii][Cc][Aa][Rr].*'
is "a larger object comes as it is" "$(get https://www.origin.test/own/large.bin) $(digest "$OUT/body")" "200 $(digest "$OUT/large")"
is "what is known to the scanner is asked of the second engine again" "$(post theirs) $(post clean)" "403 200"
at_most "connections are used again" "$(in_gw ss -Htn state established dport = :1344 | wc -l)" 8
like "status names the engine" "$(in_gw "$SALLYPORT" status --config "$conf")" 'icap +ready .*av2, icap://127.0.0.1:1344/avscan'

# ---- it goes away ----
lab_stop c-icap 5 KILL
is "without its engine nothing passes unseen" "$(post clean)" 403
audit "and it is said why" event=transaction request_verdict=unscannable request_reason=error request_signature='av2:.*'
lab_spawn c-icap "$LAB_GW" unshare -m sh -c "mount --bind '$LAB_DIR/icap-db' /var/lib/clamav && exec c-icap -N -D -f '$LAB_DIR/icap/c-icap.conf'"
passes() { [ "$(post clean)" = 200 ]; }
holds "when it is back, objects pass" lab_wait 15 passes

# ---- a scripted service: each kind of answer ----
log=$OUT/icap-saw
lab_spawn icap-server "$LAB_GW" python3 "$E2E/icap_server.py" --log "$log" 127.0.0.1 1345
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=engines' CA" -addext basicConstraints=critical,CA:TRUE \
	-addext keyUsage=critical,keyCertSign -keyout "$LAB_DIR/icap-ca.key" -out "$LAB_DIR/icap-ca.pem" 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=icap -addext subjectAltName=IP:127.0.0.1 \
	-addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth -CA "$LAB_DIR/icap-ca.pem" -CAkey "$LAB_DIR/icap-ca.key" \
	-keyout "$LAB_DIR/icap.key" -out "$LAB_DIR/icap.pem" 2>/dev/null
lab_spawn icap-tls "$LAB_GW" python3 "$E2E/icap_server.py" --tls "$LAB_DIR/icap.pem" "$LAB_DIR/icap.key" --log "$log" 127.0.0.1 1346
lab_wait 5 lab_listens "$LAB_GW" 1345 && lab_wait 5 lab_listens "$LAB_GW" 1346
# engine URL [KEY...]: the second engine is that one from now on.
engine() {
	local url=$1
	shift
	sed -i "s|^    - { name: .*|    - { name: av2, url: \"$url\"${*:+, $*} }|" "$conf"
	in_gw "$SALLYPORT" reload --config "$conf" >"$OUT/said" 2>&1 || not_ok "reload: $url" "$(cat "$OUT/said")"
	lab_wait 10 serving "$url" || not_ok "$url serves" "$(in_gw "$SALLYPORT" status --config "$conf" | grep icap)"
}
serving() { [ "$(in_gw "$SALLYPORT" status --config "$conf" | grep -c "^  icap")" = 1 ] && in_gw "$SALLYPORT" status --config "$conf" | grep -qF "ready     pid" && in_gw "$SALLYPORT" status --config "$conf" | grep "^  icap" | grep -qF "$1;"; }
service() { engine "icap://127.0.0.1:1345/$1"; }
# verdict SERVICE FILE STATUS [AUDIT...]: what an upload gets there.
verdict() {
	local service=$1 file=$2 want=$3
	shift 3
	service "$service"
	is "$service: $want" "$(post "$file")" "$want"
	[ $# = 0 ] || audit "$service: in the audit" event=transaction "$@"
}
verdict clean clean 200
is "a large object behind a preview goes out whole" "$(post large)" 200
like "the service got all of it" "$(cat "$log")" '^[0-9]+ REQMOD clean 1024 300000 PUT https://www.origin.test/upload/x$'
is "and down" "$(get https://www.origin.test/own/large.bin) $(digest "$OUT/body")" "200 $(digest "$OUT/large")"
like "by RESPMOD" "$(cat "$log")" '^[0-9]+ RESPMOD clean 1024 300000 GET https://www.origin.test/own/large.bin$'
verdict rest large 200
like "a preview of no bytes is spoken" "$(cat "$log")" 'REQMOD rest 0 300000'
verdict nopreview large 200
like "without Preview and 204 the same body comes back" "$(cat "$log")" 'REQMOD nopreview - 300000'
is "and a download so" "$(get https://www.origin.test/own/large.bin) $(digest "$OUT/body")" "200 $(digest "$OUT/large")"
printf 'a threat to a scripted service, and what else it says\n' >"$OUT/threat"
verdict found threat 403 request_verdict=infected request_signature=av2:Scripted.Threat
is "found: the clean one passes" "$(post clean)" 200
verdict page clean 403 request_verdict=suspect request_signature=av2:modified
verdict modify clean 403 request_verdict=suspect request_signature=av2:modified
verdict lie large 403 request_verdict=suspect request_signature=av2:modified
verdict close clean 403 request_verdict=unscannable request_signature=av2:lost
verdict garbage clean 403 request_verdict=unscannable request_signature=av2:protocol
verdict status clean 403 request_verdict=unscannable request_signature=av2:status-500
verdict options-no clean 403 request_verdict=unscannable request_signature=av2:direction
verdict hang clean 403 request_verdict=unscannable request_reason=timeout request_signature=av2:timeout
verdict early large 200
engine icap://127.0.0.1:1345/status 'on_error: ignore'
is "with on_error: ignore the scanner alone decides" "$(post clean) $(get https://www.origin.test/eicar.com)" "200 403"
engine icap://127.0.0.1:1345/found 'direction: download'
is "an engine for downloads is not asked of uploads" "$(post threat)" 200
engine icaps://127.0.0.1:1346/found "ca: $LAB_DIR/icap-ca.pem"
is "over TLS it is asked as well" "$(post threat) $(post clean)" "403 200"
engine icaps://127.0.0.1:1346/found
is "a certificate that nobody vouches for is none" "$(post clean)" 403
audit "and it is said" event=transaction request_verdict=unscannable request_signature=av2:tls

# ---- a change while objects are there ----
service slow
post clean >"$OUT/first" &
first=$!
lab_wait 5 grep -q 'REQMOD slow' "$log"
service clean
wait "$first"
is "an object that is being searched when the engine changes gets its answer" "$(cat "$OUT/first")" 200

# ---- configuration ----
sed -i "s|^    - { name: .*|    - { name: av2, url: \"http://127.0.0.1/x\" }|" "$conf"
in_gw "$SALLYPORT" check --config "$conf" >"$OUT/said" 2>&1
like "another URL is refused, with its line" "$(cat "$OUT/said")" 'http://127.0.0.1/x: expected the URL of an ICAP service; fix: such as icap://'
