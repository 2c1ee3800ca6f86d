#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Decompression bombs as codings of bodies, as files in either direction and inside others: each is refused, within a second
# of processor time and 64 MB beyond what the gateway had before, for its size and not for an accident; small bodies of
# others go their way meanwhile.
. "$(dirname "$0")/lib.sh"
topology <<'END'
scanner: { signatures: @LAB@/signatures, jobs: 2 }
END
bombs=$LAB_DIR/origin/bombs
mkdir "$bombs"
node "$E2E/bombs.mjs" "$bombs" && python3 "$E2E/quine.py" "$bombs/quine.zip" || not_ok "bombs are made" "see above"
chmod -R a+rX "$LAB_DIR/origin"
# A sanitizer's build spends several times as much.
[ -z "$(nm -D "$SALLYPORT" 2>/dev/null | grep -m 1 asan)" ] && slower=1 || slower=5

# row WHY NAME CURL-OPTION...: WHY is the reason of its verdict; the row's number goes to the origin in a field.
why=()
row() {
	why+=("$1")
	printf '%s\t%s\n' "$2" "$(printf ' %q' -H "X-Row: ${#why[@]}" "${@:3}")" >>"$OUT/rows"
}
put() { row "$1" "$2" -T "$3" "${@:4}" "https://www.origin.test/upload/row-${#why[@]}"; }
raw_origin 80
# down FILE CODING: what an origin says of it.
serve() {
	printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: %s\r\nContent-Length: %s\r\n\r\n' "$2" "$(stat -c %s "$bombs/$1")" >"$OUT/replies/row-${#why[@]}"
	cat "$bombs/$1" >>"$OUT/replies/row-${#why[@]}"
}
coded() { # coded FILE CODING [WHY]
	serve "$@"
	row "${3:-limit}" "$1 as ${2:0:20}, down" "http://raw.origin.test/row-${#why[@]}"
	put "${3:-limit}" "$1 as ${2:0:20}, up" "$bombs/$1" -H "Content-Encoding: $2"
}
coded zeros.gz gzip
coded zeros.gz.gz 'gzip, gzip'
coded zeros.br br
coded zeros.zst zstd
coded members.gz gzip
coded six.gz "$(printf 'gzip, %.0s' {1..5})gzip"
# Nobody unpacks so many codings: refused unseen.
coded six.gz "$(printf 'gzip, %.0s' {1..200})gzip" malformed
for file in zeros.gz zeros.gz.gz six.gz zeros.bz2 members.gz late.gz nested.zip deep.zip many.zip overlap.zip quine.zip; do
	row limit "$file as a file, down" "https://www.origin.test/own/bombs/$file?row-${#why[@]}"
	put limit "$file as a file, up" "$bombs/$file"
done
# No unpacker of libclamav's knows it: refused unseen.
row error "zeros.zst as a file, down" "https://www.origin.test/own/bombs/zeros.zst?row-${#why[@]}"
put error "zeros.zst as a file, up" "$bombs/zeros.zst"
printf '{"file":"%s"}' "$(base64 -w 0 "$bombs/nested.zip")" >"$OUT/json"
put limit "nested.zip in JSON, up" "$OUT/json" -H 'Content-Type: application/json'
row limit "quine.zip in a form, up" -F "file=@$bombs/quine.zip" "https://www.origin.test/upload/row-${#why[@]}"

in_client python3 "$E2E/bombs.py" "$(lab_pid gateway)" -sS --max-time 30 --cacert "$CA" -o /dev/null -w '%{http_code}' <"$OUT/rows" >"$OUT/meter" 2>"$OUT/error"
is "all were sent" "$(wc -l <"$OUT/meter")" $((${#why[@]} + 1))
lab_wait 3 audit_some event=transaction path=".*row-$((${#why[@]} - 1))"
python3 "$E2E/audit.py" "$LAB_DIR/audit" show event=transaction path='.*row-.*' >"$OUT/audit"
n=0
while read -r status cpu mb name; do
	printf '# %-44s %s %5s ms %4s MB\n' "$name" "$status" "$cpu" "$mb"
	if [ "$status" = others ]; then
		is "others were served meanwhile" "$mb" 0
		at_most "and waited for nobody" "$name" 5000
		holds "again and again" [ "$cpu" -gt 20 ]
		continue
	fi
	like "$name is refused" "$status" '^(403|413|502)$'
	at_most "$name costs little time" "$cpu" $((1000 * slower))
	at_most "$name costs little memory" "$mb" $((64 * slower))
	like "$name is unscannable: ${why[n]}" "$(grep -E "row-$n\"" "$OUT/audit")" "\"(request|response)_verdict\":\"unscannable\",\"(request|response)_reason\":\"${why[n]}\""
	n=$((n + 1))
done <"$OUT/meter"
is "others are served afterwards" "$(get https://www.origin.test/clean.txt) $(get https://www.origin.test/eicar.com)" "200 403"
