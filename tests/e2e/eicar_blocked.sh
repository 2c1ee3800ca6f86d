#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The EICAR test file never arrives, however it is wrapped, by whichever way it comes.
. "$(dirname "$0")/lib.sh"
topology </dev/null

blocked() {
	local fact=$1 url=$2
	shift 2
	is "$fact is blocked" "$(get "$url" "$@")" 403
	unlike "$fact does not arrive" "$(tr -d '\0' <"$OUT/body")" 'X5O|EICAR-STANDARD|^PK'
}
for at in https://www.origin.test http://www.origin.test https://v6.origin.test http://v6.origin.test; do
	way=${at%%:*} && [[ $at == *v6* ]] && way="$way over ipv6"
	for file in eicar.com eicar.zip eicar-deep.zip eicar.gz; do
		blocked "$file by $way" $at/$file
	done
	blocked "gzip coding by $way" $at/eicar-gz --compressed
done
is "a clean zip passes" "$(get https://www.origin.test/clean.zip)" 200
is "clean gzip coding passes" "$(get https://www.origin.test/clean-gz --compressed)" 200
is "and decodes to what it was" "$(digest "$OUT/body")" "$(digest "$LAB_MATERIAL/www/clean.txt")"

get https://www.origin.test/eicar.com -H 'Accept: text/html,*/*' >/dev/null
like "a browser gets a page" "$(cat "$OUT/head")" '[Cc]ontent-[Tt]ype: text/html'
like "the page says what was found" "$(body)" '[Ee]icar'
ask https://www.origin.test/eicar.com >/dev/null
like "a tool gets plain text" "$(cat "$OUT/head")" '[Cc]ontent-[Tt]ype: text/plain'
audit "the audit names the signature" event=transaction path=/eicar.com response_verdict=infected response_signature='.*[Ee]icar.*' action=block incident='.+'
