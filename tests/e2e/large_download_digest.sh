#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Large downloads arrive intact; one that is too large to search is not called clean.
. "$(dirname "$0")/lib.sh"
topology <<END
limits: { body_held: 60M }
rules:
  - name: large media may pass unsearched
    when: { path: [/100m.bin], verdict: [unscannable.limit] }
    action: allow
END

for url in https://www.origin.test/50m.bin http://www.origin.test/50m.bin https://v6.origin.test/50m.bin; do
	is "$url passes" "$(get $url)" 200
	is "$url arrives intact" "$(digest "$OUT/body")" "$(file_digest 50m.bin)"
done
head -c 100000000 /dev/urandom >"$LAB_DIR/origin/100m.bin"
is "a body over the limit passes where a rule lets it" "$(get https://www.origin.test/100m.bin)" 200
is "and arrives intact" "$(digest "$OUT/body")" "$(digest "$LAB_DIR/origin/100m.bin")"
audit "its verdict is unscannable" event=transaction path=/100m.bin response_verdict=unscannable response_reason=limit
mv "$LAB_DIR/origin/100m.bin" "$LAB_DIR/origin/1m.bin"
like "without a rule it is blocked" "$(get https://www.origin.test/1m.bin)" "^(403|502)$"
