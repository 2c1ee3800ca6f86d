#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What receivers of a held download get by configuration: nothing before the verdict, or a trickle.
. "$(dirname "$0")/lib.sh"
topology <<END
patience: { browsers: page, programs: none }
limits: { comfort_after: 1s, comfort_every: 100ms }
END
mkdir -p "$OUT/www"
cp "$LAB_MATERIAL/www/50m.bin" "$LAB_MATERIAL/www/eicar.com" "$OUT/www"
tar -C "$OUT/www" -cf "$OUT/www/late.tar" 50m.bin eicar.com
{ printf 'QFI\373\0\0\0\3'; cat "$OUT/www/late.tar"; } >"$OUT/www/late.qcow2"
lab_spawn life80 "$LAB_ORIGIN" python3 "$E2E/life_origin.py" --log "$OUT/life.log" --folder "$OUT/www" $LAB_RAW4 80
lab_wait 5 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4
url=http://raw.origin.test/slowly/50m.bin # the second half comes after two seconds
# first_byte COMMAND...: before or after the origin's last byte.
first_byte() { "$@" -w '%{http_code} %{time_starttransfer}' | awk '{ print $1, ($2 < 1.9 ? "before" : "after") }'; }

is "programs: nothing before the verdict" "$(first_byte ask $url)" "200 after"
is "parts of pages: nothing" "$(first_byte ask $url -H 'Sec-Fetch-Dest: image')" "200 after"
like "browsers: a page" "$(first_byte get $url)$(head -c 15 "$OUT/body")" '^200 before<!doctype html>'
patience() {
	sed -i '/^patience:/d' "$LAB_DIR/sallyport.yaml" && echo "patience: $1" >>"$LAB_DIR/sallyport.yaml"
	in_gw "$SALLYPORT" reload --config "$LAB_DIR/sallyport.yaml" >/dev/null
}
patience '{ browsers: none, programs: trickle }'
is "as configured, browsers: nothing" "$(first_byte get $url)" "200 after"
is "as configured, programs: a sign of life" "$(first_byte ask $url)" "200 before"
like "which is no part of it" "$(tr -d '\r' <"$OUT/head" | head -n 1)" '100 Continue'
is "and then the whole" "$(digest "$OUT/body")" "$(file_digest 50m.bin)"
# Nothing of what may act is trickled.
is "an infected archive: signs of life, then the block page" "$(ask http://raw.origin.test/slowly/late.tar)" 403
unlike "and nothing of it" "$(tr -d '\0' <"$OUT/body" | head -c 300)" '50m.bin'
audit "the audit says how" event=transaction path=/slowly/late.tar action=block release=hold
# An infected object of which a trickle went out ends by a reset, and most of it never arrives.
ask http://raw.origin.test/slowly/late.qcow2 >/dev/null
like "an infected one ends by a reset" "$(cat "$OUT/error")" '[Rr]eset|[Rr]ecv failure'
got=$(wc -c <"$OUT/body")
holds "of which a trickle went out" [ "$got" -gt 0 ]
at_most "a hundredth at most" "$got" $((50 * 1048576 / 100))
audit "the audit says why" event=transaction path=/slowly/late.qcow2 action=block response_verdict=infected release=comfort
