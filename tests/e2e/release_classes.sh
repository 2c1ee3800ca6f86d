#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Nobody gets the whole of an infected object, of whatever class, framing and way of release: what is on the client's
# disk is compared with the object byte by byte. Clean twins arrive whole.
. "$(dirname "$0")/lib.sh"
topology <<END
limits: { tail: 64K, stream_tail: 16K, comfort_after: 1s, comfort_every: 100ms, comfort_after_bytes: 64K, rate_grace: 60s }
rules:
  - { name: a trickle, when: { path: [/comfort/] }, action: comfort }
  - { name: all but the tail, when: { path: [/tail/] }, action: tail }
  - { name: as it comes, when: { path: [/stream/] }, action: stream }
  - { name: nothing, when: { path: [/hold/] }, action: hold }
END
W=$OUT/objects
python3 "$E2E/release.py" objects "$W" "$LAB_MATERIAL/www/eicar.com"
lab_spawn objects "$LAB_ORIGIN" node "$E2E/release_origin.mjs" "$W" "$OUT/asked" $LAB_RAW4 \
	"$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key"
lab_wait 10 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4 && lab_wait 10 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4

KINDS="exe zip pdf docx html js svg png mp4 mp3 woff2 iso bin txt"
# framings: NAME SCHEME CURL-OPTION QUERY
framings() { printf '%s\n' "h1len https http1.1 " "h1chunked http http1.1 len=no" "h2len https http2 " "h2none https http2 len=no"; }
# cases WAY PLACES QUERY [FRAMINGS]: a line for each kind, place and framing.
cases() {
	local kind place name scheme how query
	for kind in $KINDS; do
		for place in $2; do
			place=${place#clean}
			framings | grep -E "^(${4:-.*}) " | while read -r name scheme how query; do
				echo "$1+$kind+$place+$name $kind$place.$kind $scheme://raw.origin.test/$1/$kind$place.$kind?x=$name&$query&$3 --$how"
			done
		done
	done
}
{ cases default -middle "" && cases default "-begin -end" "" "h1chunked|h2len" && cases hold -middle "" h2len && cases tail -end "" "h1len|h2none" &&
	cases tail -begin pause=300 "h1chunked|h2len" && cases stream -middle pause=300 "h1len|h2none" && cases comfort -begin pause=1500 "h1len|h2none"; } >"$OUT/cases"
in_client python3 "$E2E/release.py" fetch "$W" "$OUT/got" "$CA" "$OUT/cases" >"$OUT/results"
is "each was asked for" "$(wc -l <"$OUT/results")" "$(wc -l <"$OUT/cases")"
is "none is whole on the client's disk" "$(awk '$6 == "same"' "$OUT/results")" ""
is "nor is anything else than a block page or a first part" "$(awk '$6 != "page" && $6 != "prefix" && $6 != "nothing"' "$OUT/results")" ""
is "a first part never has a clean end" "$(awk '($6 == "prefix" || $6 == "nothing") && $3 == 0' "$OUT/results")" ""
is "a block page does, and its status" "$(awk '$6 == "page" && ($3 != 0 || $2 != 403)' "$OUT/results")" ""
# Which classes give something away, where: the way, kinds of it, all but how many bytes at least.
early() { awk -v way="^($1)\\\\+" '$1 ~ way && $6 != "page" { split($1, a, "+"); print a[2] }' "$OUT/results" | sort -u | tr '\n' ' '; }
is "without a rule: streamed media alone" "$(early default)" "mp3 mp4 "
is "hold: nothing" "$(early hold)" ""
is "tail: media and disk images" "$(early tail)" "iso mp3 mp4 "
is "stream: media" "$(early stream)" "mp3 mp4 "
is "comfort: what cannot act" "$(early comfort)" "iso mp3 mp4 png "
is "the tail stays here" "$(awk '$1 ~ /^tail/ && $6 == "prefix" && $4 > $5 - 65536' "$OUT/results")" ""
is "also of a stream" "$(awk '($1 ~ /^stream/ || $1 ~ /^default/) && $6 == "prefix" && $4 > $5 - 16384' "$OUT/results")" ""
is "of a trickle 99 parts of a hundred" "$(awk '$1 ~ /^comfort/ && $6 == "prefix" && $4 > $5 / 100' "$OUT/results")" ""
holds "a tail does let the rest go" [ "$(awk '$1 ~ /^tail.iso/ && $4 > 60000' "$OUT/results" | wc -l)" -ge 2 ]
holds "a trickle does give something" [ "$(awk '$1 ~ /^comfort/ && $6 == "prefix"' "$OUT/results" | wc -l)" -ge 6 ]

{ cases default clean "" "h1chunked|h2len" && cases tail clean "" "h1len|h2none" && cases comfort clean pause=1200 "h1chunked|h2len"; } >"$OUT/cases"
in_client python3 "$E2E/release.py" fetch "$W" "$OUT/clean" "$CA" "$OUT/cases" >"$OUT/results"
is "clean ones: each was asked for" "$(wc -l <"$OUT/results")" "$(wc -l <"$OUT/cases")"
is "and arrives whole" "$(awk '$6 != "same" || $3 != 0 || $2 != 200' "$OUT/results")" ""
audit "the audit says how: hold" event=transaction path='/hold/.*' release=hold action=block
audit "comfort" event=transaction path='/comfort/png-begin.*' release=comfort action=block early_bytes='.+'
audit "tail" event=transaction path='/tail/iso-end.*' release=tail action=block early_bytes='.+' held_ms='.+'
audit "stream" event=transaction path='/default/mp4-end.*' release=stream action=block response_verdict=infected
audit "a clean stream was searched" event=transaction path='/default/mp4.mp4.*' release=stream response_verdict=clean
is "a block page: nothing of it" "$(audit_n event=transaction release=hold early_bytes='.+')" 0
