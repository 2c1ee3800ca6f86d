#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A browser that navigates to a download which is held for long gets a page that leads to it; programs
# and parts of pages get what they asked for, late. HTTP/1.1 and HTTP/2, also from worker to worker.
. "$(dirname "$0")/lib.sh"
LAB_HTTP2=yes topology <<END
patience: { browsers: page }
workers: 2
limits: { comfort_after: 1s, wait_refresh: 1s, wait_keep: 5s }
END
log=$OUT/life.log
lab_spawn life443 "$LAB_ORIGIN" python3 "$E2E/life_origin.py" --log "$log" --folder "$LAB_MATERIAL/www" \
	--tls "$LAB_MATERIAL/www.origin.test.chain" "$LAB_MATERIAL/www.origin.test.key" $LAB_RAW4 443
lab_spawn life80 "$LAB_ORIGIN" python3 "$E2E/life_origin.py" --log "$log" --folder "$LAB_MATERIAL/www" $LAB_RAW4 80
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
in_client ip addr add 10.77.1.3/24 dev "$(in_client ip -o -4 addr show | awk '/10.77.1.2/ { print $2 }')"

h2=https://www.origin.test h1=https://v4.origin.test plain=http://raw.origin.test
to_raw=(--connect-to "v4.origin.test:443:$LAB_RAW4:443")
next() { sed -n 's/.*http-equiv="refresh" content="[0-9]*;url=\([^"]*\)".*/\1/p' "$OUT/body"; }
title() { sed -n 's:.*<title>\(.*\)</title>.*:\1:p' "$OUT/body"; }
# follow SITE PATH [CURL-OPTION...]: as a browser does, page by page; the titles and the last status.
follow() {
	local site=$1 at=$2 status titles=
	shift 2
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		status=$(get "$site$at" "$@")
		echo "$at" >>"$OUT/paths"
		[ "$(next)" ] || break
		titles="$titles$(title);"
		grep -q 'content="0;' "$OUT/body" || sleep 1
		at=$(next)
	done
	tr ';' '\n' <<<"$titles" | grep . | uniq | tr '\n' ';' >"$OUT/titles"
	echo "$status" >"$OUT/status"
}
at_once() { # NAME COMMAND...
	(OUT=$OUT/$1; mkdir -p "$OUT"; "${@:2}" >"$OUT/printed") &
	jobs+=($!)
}
of() { cat "$OUT/$1/$2"; }
jobs=()
at_once browser-h2 follow $h2 '/slow.bin?a=1'
at_once browser-h1 follow $h1 /slowly/50m.bin --http1.1 "${to_raw[@]}"
at_once browser-plain follow $plain /slowly/2m.bin -H 'Accept: text/html,*/*;q=0.8' -A 'Mozilla/5.0 (Lab)' -H 'Sec-Fetch-Dest:'
at_once infected-h1 follow $h1 /slowly/eicar.com --http1.1 "${to_raw[@]}"
at_once tab1 follow $h1 /slowly/clean.zip --http1.1 "${to_raw[@]}"
at_once tab2 follow $h1 /slowly/clean.zip --http1.1 "${to_raw[@]}"
at_once cut follow $h1 "/slowly/2m.bin?cut" --http1.1 "${to_raw[@]}"
at_once left get $h1/stall --http1.1 "${to_raw[@]}"
at_once program ask $h2/slow.bin
at_once part ask $h2/slow.bin -H 'Sec-Fetch-Dest: image' -H 'Sec-Fetch-Mode: no-cors'
at_once resumed get $h2/slow.bin -H 'Range: bytes=1000-'
wait "${jobs[@]}"

way='^Your download is being checked;Your download is ready;$'
for name in "browser-h2 2m.bin" "browser-h1 50m.bin" "browser-plain 2m.bin" "tab1 clean.zip" "tab2 clean.zip"; do
	set -- $name
	like "$1: a page, then another one" "$(of "$1" titles)" "$way"
	is "$1: then the object" "$(of "$1" status)" 200
	is "$1: as it was" "$(digest "$OUT/$1/body")" "$(digest "$LAB_MATERIAL/www/$2")"
done
like "the object has its origin's name" "$(of tab1 head)" 'filename="saved.bin"'
like "and its path ends as that of the download" "$(tail -n 1 "$OUT/browser-h2/paths")" '^/\.well-known/sallyport/wait/[01]-[0-9a-f]{32}/slow.bin$'
is "each tab has a token of its own" "$(cat "$OUT"/tab[12]/paths | grep -c 'clean.zip$')$(sort -u "$OUT"/tab[12]/paths | grep -c 'wait.*clean.zip$')" 42
is "infected: the block page" "$(of infected-h1 status)" 403
like "says what was found" "$(of infected-h1 body)" '[Ee]icar'
unlike "and nothing arrives" "$(of infected-h1 body)" 'X5O!'
is "a download that fails says so" "$(of cut status)" 502
for name in program part; do
	is "$name: gets no page" "$(of $name printed)" 200
	is "$name: but what it asked for" "$(digest "$OUT/$name/body")" "$(file_digest 2m.bin)"
done
like "its head is the origin's" "$(tr -d '\r' <"$OUT/tab1/head")" '^X-Lab: kept$'
unlike "a part of an object has no page" "$(head -c 300 "$OUT/resumed/body" | tr -d '\0')" '<html'
audit "the audit has the object with its verdict, and the page" event=transaction path='/slow.bin.a=1' response_verdict=clean wait_page=true action=allow
is "once" "$(audit_n event=transaction path='/slow.bin.a=1')" 1
audit "and that it was fetched" event=wait_page path='/slow.bin.a=1' outcome=given bytes=2097152
audit "the infected one, too" event=transaction path=/slowly/eicar.com action=block response_verdict=infected wait_page=true
is "no origin saw the gateway's own paths" "$(cat "$log" "$LAB_DIR/origin/access.log" | grep -c well-known)" 0

# Whose it is, and for how long.
object=$h2$(tail -n 1 "$OUT/browser-h2/paths")
page=${object%/*}
for _ in 1 2 3 4 5 6; do statuses="${statuses:-}$(get "$object" -o /dev/null) "; done
is "it is there for a while, by whichever worker" "$statuses" "200 200 200 200 200 200 "
is "another client does not get it" "$(get "$object" --interface 10.77.1.3)" 404
is "nor its page" "$(get "$page" --interface 10.77.1.3)" 404
is "nor another host" "$(get "https://v4.origin.test${object#"$h2"}" --connect-to "v4.origin.test:443:$LAB_ORIGIN4:443")" 404
is "nor without TLS" "$(get "http://www.origin.test${object#"$h2"}")" 404
is "nor by another token" "$(get "$(sed 's/-[0-9a-f]\{4\}/-0000/' <<<"$object")")" 404
is "nor from a worker that is not there" "$(get "$(sed 's|wait/[01]-|wait/77-|' <<<"$object")")" 404
is "a path that is none" "$(get "$h2/.well-known/sallyport/")" 404
is "nor by another method" "$(get "$object" -X POST -d x)" 404
given_up() { grep -q '^/stall client' "$log"; }
holds "a download that nobody asks for is given up at the origin" lab_wait 8 given_up
audit "and the audit says so" event=transaction path=/stall action=abort wait_page=true reason='nobody.*'

# A slow search: of an object that is not known yet.
python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w").writestr("unseen.txt", "seen by nobody so far")' "$LAB_DIR/origin/unseen.zip"
chmod a+r "$LAB_DIR/origin/unseen.zip"
scanner=$(roles scanner | head -n 1)
kill -STOP "$scanner"
like "a search that takes long has a page, too" "$(get $h2/own/unseen.zip)" 200
like "that says so" "$(body)" 'is being searched'
kill -CONT "$scanner"
follow $h2 "$(next)"
is "and leads to the object" "$(cat "$OUT/status") $(digest "$OUT/body")" "200 $(digest "$LAB_DIR/origin/unseen.zip")"
sleep 5.5
is "then it is forgotten" "$(get "$object")" 404
like "and no bytes of bodies are kept" "$(in_gw "$SALLYPORT" status --config "$LAB_DIR/sallyport.yaml" | grep held_bytes)" ' 0 '

