#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Clean uploads reach the origin intact, infected ones do not reach it at all.
. "$(dirname "$0")/lib.sh"
topology </dev/null

head -c 20000000 /dev/urandom >"$OUT/clean"
eicar >"$OUT/eicar"
gzip -c "$OUT/eicar" >"$OUT/eicar.gz"
uploads() { wc -l <"$LAB_DIR/origin/uploads.log"; }

for at in https://www.origin.test http://www.origin.test https://v6.origin.test; do
	is "a clean upload to $at passes" "$(get $at/upload/clean -T "$OUT/clean")" 200
	is "and is intact at the origin" "$(body)" "$(digest "$OUT/clean")"
done
is "a chunked upload passes" "$(get https://www.origin.test/upload/c -T "$OUT/clean" -H 'Transfer-Encoding: chunked')" 200
is "and is intact, too" "$(body)" "$(digest "$OUT/clean")"
is "an empty post passes" "$(get https://www.origin.test/upload/empty -d '')" 200

before=$(uploads)
for at in https://www.origin.test http://www.origin.test https://v6.origin.test; do
	is "an infected upload to $at is blocked" "$(get $at/upload/e -T "$OUT/eicar")" 403
done
is "an infected zip is blocked" "$(get https://www.origin.test/upload/z -T "$LAB_MATERIAL/www/eicar.zip")" 403
is "an infected chunked upload is blocked" \
	"$(get https://www.origin.test/upload/c -T "$OUT/eicar" -H 'Transfer-Encoding: chunked')" 403
is "an infected gzip-coded upload is blocked" \
	"$(get https://www.origin.test/upload/g -T "$OUT/eicar.gz" -H 'Content-Encoding: gzip')" 403
is "an infected form is blocked" "$(get https://www.origin.test/upload/f -F "file=@$OUT/eicar")" 403
is "none of these reached the origin" "$(uploads)" "$before"
audit "the audit says upload and signature" event=transaction method=PUT request_verdict=infected action=block
