#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# New signatures take force by themselves, without a failed request; what is broken does not, and is said loudly.
. "$(dirname "$0")/lib.sh"
topology <<'END'
scanner: { signatures: @LAB@/signatures, own_signatures: @LAB@/own, jobs: 2 }
limits: { signatures_quiet: 300ms, signatures_poll: 2s }
END
sigs=$LAB_DIR/signatures
words() { python3 -c 'import json, sys
v = json.load(sys.stdin)["signatures"]
print(" ".join(str(v.get(k, "-")) for k in sys.argv[1:]))' "$@" 2>/dev/null < <(in_gw "$SALLYPORT" status --json --config "$LAB_DIR/sallyport.yaml" 2>/dev/null); }
state_is() { [ "$(words state)" = "$1" ]; }
got_is() { [ "$(get "$1")" = "$2" ]; }
scanners() { roles '^[^ ]*sallyport-scanner' | wc -l; }
one_scanner() { [ "$(scanners)" = 1 ]; }
# Written aside and renamed, as freshclam does; the pattern's name and text.
pattern() { printf '%s:0:*:%s\n' "$2" "$(printf '%s' "$3" | od -An -tx1 -v | tr -d ' \n')" >"$sigs/.new" && mv "$sigs/.new" "$sigs/$1"; }
page=https://www.origin.test/clean.txt

holds "without signatures the state says so" lab_wait 10 state_is test-only
is "a clean file passes" "$(get $page)" 200
# A steady client from here to the end: nothing of it may fail.
steady() { while [ ! -e "$OUT/enough" ]; do in_client curl -sS --max-time 20 --cacert "$CA" -o /dev/null -w '%{http_code}\n' https://www.origin.test/ 2>>"$OUT/steady.err"; done >"$OUT/steady"; }
steady & steady=$!

pattern own.ndb Made.First "$(head -c 40 "$LAB_MATERIAL/www/clean.txt")"
holds "new signatures are taken by themselves" lab_wait 10 got_is $page 403
audit "the audit has it" event=signatures outcome=loaded state=good signatures=2
first=$(words signature_generation)
holds "the old scanner ends" lab_wait 10 one_scanner

echo 'this is no signature' >"$sigs/broken.ndb"
holds "a broken file is told by the state" lab_wait 10 state_is broken
is "the old ones stay in force" "$(get $page) $(words in_force signature_generation)" "403 True $first"
like "status says which file" "$(in_gw "$SALLYPORT" status --config "$LAB_DIR/sallyport.yaml")" 'warning: signatures are broken, the old ones are in force: .*broken.ndb'
audit "so does the audit" event=signatures outcome=failed state=broken reason='.*broken.ndb.*'
tries=$(audit_n event=signatures outcome=failed)
sleep 2.5 # longer than the poll
is "it is not tried again and again" "$(audit_n event=signatures outcome=failed)" "$tries"
in_gw "$SALLYPORT" reload --signatures --config "$LAB_DIR/sallyport.yaml" >"$OUT/said" 2>&1
is "reload --signatures refuses it" $? 3
like "and says which file" "$(cat "$OUT/said")" 'broken.ndb'
rm "$sigs/broken.ndb"
holds "when it is gone all is well" lab_wait 10 state_is good

head -c 700 /dev/urandom >"$sigs/daily.cvd" # as a copy that was cut off
holds "a truncated .cvd is broken" lab_wait 10 state_is broken
pattern own.ndb Made.Second 'nothing that is served'
rm "$sigs/daily.cvd"
holds "a good set after a broken one is taken" lab_wait 10 got_is $page 200
is "and it is another generation" "$([ "$(words signature_generation)" != "$first" ] && echo yes)" yes

mv "$sigs/own.ndb" "$OUT/kept"
holds "a folder that was emptied is a mistake" lab_wait 10 state_is broken
like "which is said" "$(words trouble)" 'no signatures any more'
mv "$OUT/kept" "$sigs/own.ndb"
holds "and mended" lab_wait 10 state_is good

holds "there is one scanner" lab_wait 10 one_scanner
kill -9 "$(roles '^[^ ]*sallyport-scanner')"
holds "a killed scanner is replaced" lab_wait 10 got_is $page 200
for n in 1 2 3 4 5 6; do # several changes in a row, faster than the quiet time
	pattern own.ndb "Made.Row$n" "row $n $(head -c 40 "$LAB_MATERIAL/www/clean.txt")"
	sleep 0.1
done
before=$(audit_n event=signatures outcome=loaded)
pattern own.ndb Made.Last "$(head -c 40 "$LAB_MATERIAL/www/clean.txt")"
holds "the last of several changes counts" lab_wait 10 got_is $page 403
at_most "and they do not make a switch each" $(($(audit_n event=signatures outcome=loaded) - before)) 2
touch "$sigs/own.ndb"
in_gw "$SALLYPORT" reload --signatures --config "$LAB_DIR/sallyport.yaml" >"$OUT/said" 2>&1
is "reload --signatures takes what is there at once" $? 0
like "and says what is in force" "$(cat "$OUT/said")" '2 signatures are in force, generation [0-9a-f]{16}'
touch "$OUT/enough"
wait $steady
kills=$(grep -cv '^200$' "$OUT/steady")
at_most "no request failed but those of the killed scanner" "$kills" 2
unlike "and there were some" "$(wc -l <"$OUT/steady")" '^[0-9]$'
