#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Chromium downloads through the wait page: by a link, by a link that saves, and what is infected.
. "$(dirname "$0")/lib.sh"
LAB_HTTP2=yes topology <<END
patience: { browsers: page }
workers: 2
limits: { comfort_after: 1s, wait_refresh: 1s }
END
for way in "443 --tls $LAB_MATERIAL/www.origin.test.chain $LAB_MATERIAL/www.origin.test.key" 80; do
	set -- $way
	lab_spawn life$1 "$LAB_ORIGIN" python3 "$E2E/life_origin.py" --log "$OUT/life.log" --folder "$LAB_MATERIAL/www" "${@:2}" $LAB_RAW4 "$1"
	lab_wait 5 lab_listens "$LAB_ORIGIN" "$1" $LAB_RAW4
done
export HOME=$OUT/home
mkdir -p "$HOME/.pki/nssdb"
certutil -d "sql:$HOME/.pki/nssdb" -N --empty-password
certutil -d "sql:$HOME/.pki/nssdb" -A -t C,, -n gateway -i "$CA"
browse() { # NAME STEP...
	mkdir -p "$OUT/$1"
	in_client timeout -k 5 60 python3 "$E2E/browse.py" --chromium "--host-resolver-rules=MAP www.origin.test $LAB_RAW4" \
		"$OUT/$1" "${@:2}" >"$OUT/$1.said" 2>&1
}
site=https://www.origin.test
browse link go $site/links title Links click plain title checked title ready saved & link=$!
browse h2 go https://v4.origin.test/slow.bin title checked title ready saved & h2=$!
browse save go $site/links title Links click save saved & save=$!
wait $link $save $h2
browse bad go $site/links title Links click bad title checked title Blocked & bad=$!
browse plain go http://www.origin.test/links title Links click plain title checked saved & plain=$!
wait $bad $plain
want=$(file_digest 2m.bin)
is "a link: the page, then the page that it is ready" "$(grep title "$OUT/link.said" | tr '\n' ';')" \
	"title Links;title Your download is being checked;title Your download is ready;"
is "then the file, under its origin's name" "$(grep saved "$OUT/link.said")" "saved saved.bin $want 2097152"
is "HTTP/2, on one connection: the same" "$(tr '\n' ';' <"$OUT/h2.said")" \
	"title Your download is being checked;title Your download is ready;saved slow.bin $want 2097152;"
audit "which was HTTP/2" event=transaction path=/slow.bin wait_page=true response_verdict=clean
audit "and one flow" event=flow alpn=h2 sni=v4.origin.test transactions='[3-9]|[1-9][0-9]'
like "a link that saves: the file, never a page" "$(grep saved "$OUT/save.said")" "^saved (kept|saved).bin $want 2097152"
like "without TLS: the file" "$(grep saved "$OUT/plain.said")" "^saved saved.bin $want 2097152"
like "infected: the block page" "$(cat "$OUT/bad.said")" 'title Blocked by the security gateway'
is "and no file" "$(ls "$OUT/bad/saved")" ""
[ -z "${E2E_SHOTS:-}" ] || for name in link bad save; do
	for shot in "$OUT/$name"/shot-*.png; do cp "$shot" "$E2E_SHOTS/$name-$(basename "$shot")"; done
done
grep -h . "$OUT"/*.said | grep -vE '^(title|saved)' | head -n 5
