#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Decompression bombs as codings of bodies, as files in either direction and inside others: each is refused, within a second
# of processor time and 64 MB beyond what the gateway had before.
. "$(dirname "$0")/lib.sh"
topology <<'END'
scanner: { signatures: @LAB@/signatures, jobs: 2 }
END
mkdir "$LAB_DIR/origin/bombs"
node "$E2E/bombs.mjs" "$LAB_DIR/origin/bombs" || not_ok "bombs are made" "see above"
chmod -R a+rX "$LAB_DIR/origin"
bombs=$LAB_DIR/origin/bombs
# A sanitizer's build spends several times as much.
[ -z "$(nm -D "$SALLYPORT" 2>/dev/null | grep -m 1 asan)" ] && slower=1 || slower=5
meter() { python3 "$E2E/bombs.py" "$(lab_pid gateway)" "$@"; }
metered() { # metered NAME CURL-OPTION...
	local name=$1
	shift
	meter ip netns exec "$LAB_CLIENT" curl -sS --max-time 30 --cacert "$CA" -o "$OUT/body" -w '%{http_code}' "$@" >"$OUT/meter" 2>"$OUT/error"
	read -r status cpu mb <"$OUT/meter"
	printf '# %-34s %s %5s ms %4s MB\n' "$name" "$status" "$cpu" "$mb"
	like "$name is refused" "$status" '^(403|413|502)$'
	at_most "$name costs little time" "$cpu" $((1000 * slower))
	at_most "$name costs little memory" "$mb" $((64 * slower))
}
serve() { # serve NAME CODING: what nginx says of it
	printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: %s\r\nContent-Length: %s\r\n\r\n' "$2" "$(stat -c %s "$bombs/$1")" >"$OUT/replies/$1"
	cat "$bombs/$1" >>"$OUT/replies/$1"
}
raw_origin 80
for x in "zeros.gz gzip" "zeros.gz.gz gzip,%20gzip" "zeros.br br" "zeros.zst zstd" "members.gz gzip"; do
	file=${x% *} coding=${x#* }
	coding=${coding//%20/ }
	serve "$file" "$coding"
	metered "$file as $coding, down" "http://raw.origin.test/$file"
	metered "$file as $coding, up" -T "$bombs/$file" -H "Content-Encoding: $coding" https://www.origin.test/upload/x
done
for file in zeros.gz zeros.gz.gz zeros.zst members.gz nested.zip deep.zip many.zip overlap.zip; do
	metered "$file as a file, down" "https://www.origin.test/own/bombs/$file"
	metered "$file as a file, up" -T "$bombs/$file" https://www.origin.test/upload/x
done
base64 -w 0 "$bombs/nested.zip" >"$OUT/letters"
printf '{"file":"%s"}' "$(cat "$OUT/letters")" >"$OUT/json"
metered "nested.zip in JSON, up" -H 'Content-Type: application/json' --data-binary "@$OUT/json" https://www.origin.test/upload/x
metered "deep.zip in a form, up" -F "file=@$bombs/deep.zip" https://www.origin.test/upload/x
is "others are served" "$(get https://www.origin.test/clean.txt) $(get https://www.origin.test/eicar.com)" "200 403"
