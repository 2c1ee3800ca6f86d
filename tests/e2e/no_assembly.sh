#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# No client puts an infected object together from answers that were refused, cut or conditional: by ranges, by another
# try on another connection, another worker or in the other version of HTTP, or from two objects under one name.
. "$(dirname "$0")/lib.sh"
topology <<END
workers: 2
limits: { tail: 64K, stream_tail: 16K, comfort_after: 1s, comfort_every: 100ms, comfort_after_bytes: 0 }
rules:
  - { name: a trickle, when: { path: [/comfort/] }, action: comfort }
  - { name: all but the tail, when: { path: [/tail/] }, action: tail }
  - { name: resumed, when: { path: [/resumed/] }, action: ranges }
END
W=$OUT/objects
python3 "$E2E/release.py" objects "$W" "$LAB_MATERIAL/www/eicar.com"
python3 "$E2E/release.py" split "$W" "$LAB_MATERIAL/www/eicar.com"
lab_spawn objects "$LAB_ORIGIN" node "$E2E/release_origin.mjs" "$W" "$OUT/asked" $LAB_RAW4 \
	"$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
lab_wait 10 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4 && lab_wait 10 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
at=raw.origin.test
asked() { grep -c -F -- "$1 " "$OUT/asked"; }
code() { ask "$@" | tail -c 3; }
size=$(stat -c %s "$W/iso-end.iso")
assembled() { python3 "$E2E/release.py" assembled "$@"; }

for way in "--http1.1 http" "--http2 https"; do
	how=${way% *} url=${way#* }://$at
	# All but the tail went out: the next try is told at once.
	is "a download is cut before its tail ($way)" "$(code "$url/tail/iso-end.iso?$how" $how)" 200
	holds "a part of it is there ($way)" [ "$(assembled "$W/iso-end.iso" "$OUT/body@0")" -gt 60000 ]
	cp "$OUT/body" "$OUT/first"
	got=$(stat -c %s "$OUT/first")
	before=$(asked "/tail/iso-end.iso?$how")
	for k in 1 2 3; do # new connections, of both workers
		is "the next try gets the block page ($way, $k)" "$(code "$url/tail/iso-end.iso?$how" $how)" 403
		is "a range, too ($way, $k)" "$(code "$url/tail/iso-end.iso?$how" $how -r "$got-")" 403
	done
	is "a condition, too ($way)" "$(code "$url/tail/iso-end.iso?$how" $how -H 'If-None-Match: "one"')" 403
	is "the origin was not asked again ($way)" "$(asked "/tail/iso-end.iso?$how")" "$before"
	in_client curl -sS --cacert "$CA" $how --max-time 10 -f -C - -o "$OUT/first" "$url/tail/iso-end.iso?$how" 2>/dev/null
	is "curl cannot resume it ($way)" "$(stat -c %s "$OUT/first")" "$got"
	like "the page says so ($way)" "$(code "$url/tail/iso-end.iso?$how" $how; body)" 'refused a moment ago: Eicar'
	# Ranges of what would be released in part, each of a URL that nobody remembers.
	for kind in tail/iso-end.iso comfort/iso-end.iso hold/zip-end.zip; do
		pieces=()
		for k in 0 1 2 3; do
			code "$url/$kind?$how&$k&pause=$([[ $kind = comfort* ]] && echo 1300 || echo 1)" $how -r $((k * 40000))-$((k * 40000 + 39999)) >/dev/null
			cp "$OUT/body" "$OUT/piece$k" && pieces+=("$OUT/piece$k@$((k * 40000))")
			[[ $kind != comfort* ]] || [ $k -lt 1 ] || break
		done
		is "no range gives any of it away ($way, $kind)" "$(assembled "$W/${kind#*/}" "${pieces[@]}")" 0
	done
	is "nor the last bytes ($way)" "$(code "$url/tail/iso-end.iso?$how&last" $how -r -500)" 403
	is "nor several ($way)" "$(code "$url/tail/iso-end.iso?$how&many" $how -r 0-99,90000-90099)" 403
	is "nor with If-Range ($way)" "$(code "$url/tail/iso-end.iso?$how&if" $how -r 0-99 -H 'If-Range: "one"')" 403
	# Streamed media: each range up to the tail, the tail never.
	pieces=()
	for k in 0 1 2 3; do
		code "$url/stream/mp4-end.mp4?$how&$k" $how -r $((k * 40000))-$((k * 40000 + 39999)) >/dev/null
		cp "$OUT/body" "$OUT/piece$k" && pieces+=("$OUT/piece$k@$((k * 40000))")
	done
	film=$(stat -c %s "$W/mp4-end.mp4")
	holds "ranges of a film go out ($way)" [ "$(assembled "$W/mp4-end.mp4" "${pieces[@]}")" -ge 100000 ]
	at_most "but for its tail ($way)" "$(assembled "$W/mp4-end.mp4" "${pieces[@]}")" $((film - 16384))
	is "which alone is refused ($way)" "$(code "$url/stream/mp4-end.mp4?$how&end" $how -r -8000)" 403
	# It breaks off at the origin; from there on another object would be given.
	odd="$url/tail/first.iso?cut=60000&then=second.iso&$how"
	rm -f "$OUT/resume"
	in_client curl -sS --cacert "$CA" $how --max-time 10 -o "$OUT/resume" "$odd" 2>/dev/null
	n=$(stat -c %s "$OUT/resume")
	holds "a download breaks off ($way)" [ "$n" -gt 30000 ]
	in_client curl -sS --cacert "$CA" $how --max-time 10 -C - -o "$OUT/resume" "$odd" 2>/dev/null
	is "its rest is not put behind it ($way)" "$(stat -c %s "$OUT/resume")" "$n"
	is "who asks for it gets the whole, which was searched ($way)" "$(code "$odd" $how -r 60000-) $(digest "$OUT/body")" "200 $(digest "$W/second.iso")"
	# By rule ranges go to the origin: not of what was refused.
	is "refused as a whole ($way)" "$(code "$url/resumed/zip-end.zip?ranges=yes&$how" $how)" 403
	is "so are its pieces ($way)" "$(code "$url/resumed/zip-end.zip?ranges=yes&$how" $how -r 0-49999)$(code "$url/resumed/zip-end.zip?ranges=yes&$how" $how -r 50000-)" 403403
	# HEAD tells a length, no more.
	is "HEAD says how long it is ($way)" "$(code "$url/hold/zip-end.zip?$how&head" $how -I)" 200
	is "a range of that length is refused ($way)" "$(code "$url/hold/zip-end.zip?$how&head" $how -r 0-$((size - 1)))" 403
	is "304 of what was never here has no content ($way)" "$(code "$url/hold/zip-end.zip?$how&304" $how -H 'If-None-Match: "one"') $(wc -c <"$OUT/body")" "304 0"
	unlike "and calls nothing otherwise ($way)" "$(cat "$OUT/head")" '^[Cc]ontent-[Tt]ype'
	like "it is still the answer ($way)" "$(cat "$OUT/head")" '^[Ee][Tt]ag: "one"'
	is "a whole that calls itself several pieces is searched ($way)" "$(code "$url/hold/zip-end.zip?$how&type=multipart/byteranges" $how -r 0-9)" 403
	is "206 that nobody asked for ($way)" "$(code "$url/hold/zip.zip?$how&status=206&h-content-range=bytes%200-9/100" $how)" 502
done
audit "the audit says what was refused again" event=transaction path='/tail/iso-end.*' action=block status=403 response_verdict=infected response_signature='Eicar.*' reason='.*a moment ago.*'
