#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What was searched once and found clean is not searched again, until the signatures change; what was
# not found clean is never believed to be.
. "$(dirname "$0")/lib.sh"
topology </dev/null
conf=$LAB_DIR/sallyport.yaml
answers() { in_gw "$SALLYPORT" status --config "$conf" >/dev/null 2>&1; } # once the scanner serves
status() { in_gw "$SALLYPORT" status --json --config "$conf" | python3 -c "import json,sys; print(json.load(sys.stdin)$1)"; }
# Scans asked for, those that were joined, known hits.
counters() { in_gw "$SALLYPORT" status --json --config "$conf" | python3 -c "import json,sys; c=json.load(sys.stdin)['counters']; print(c['scans'], c['scans_joined'], c['known_hits'])"; }
# during SCANS HITS STATUS URL [OPTION...]: what one request costs.
during() {
	local fact=$1 scans=$2 hits=$3 want=$4 s h s2 h2
	shift 4
	read -r s _ h < <(counters)
	is "$fact: the answer" "$(get "$@")" "$want"
	read -r s2 _ h2 < <(counters)
	is "$fact: scans and hits" "$((s2 - s)) $((h2 - h))" "$scans $hits"
}
at=https://www.origin.test
lab_wait 20 answers

during "the first time it is searched" 1 0 200 $at/clean.txt
during "the second time it is known" 0 1 200 $at/clean.txt
is "and arrives whole" "$(digest "$OUT/body")" "$(digest "$LAB_MATERIAL/www/clean.txt")"
during "by plain HTTP over IPv6, too" 0 1 200 http://v6.origin.test/clean.txt
during "and inside of a coding" 0 1 200 $at/clean-gz --compressed
during "a large one the first time" 1 0 200 $at/2m.bin
during "a large one the second time" 0 1 200 $at/2m.bin
is "and it arrives whole" "$(digest "$OUT/body")" "$(file_digest 2m.bin)"
during "the test file is found" 1 0 403 $at/eicar.com
during "and searched again" 1 0 403 $at/eicar.com
like "two contents are remembered" "$(status "['known_contents']")" '^2$'

head -c 3000000 /dev/urandom >"$LAB_DIR/origin/fresh.bin"
read -r s j h < <(counters)
in_client curl -sS --http1.1 --parallel --parallel-max 50 --cacert "$CA" --max-time 60 -o /dev/null -w '%{http_code}\n' \
	"https://v4.origin.test/own/fresh.bin?[1-50]" >"$OUT/codes" 2>/dev/null
is "fifty requests for new content are answered" "$(sort "$OUT/codes" | uniq -c | tr -s ' ')" " 50 200"
read -r s2 j2 h2 < <(counters)
is "by one scan" $((s2 - s - j2 + j)) 1
is "of which each has the result" $((s2 - s + h2 - h)) 50

file=$LAB_DIR/state/known-content
lab_stop gateway 20
is "they are kept over a stop, for root alone" "$(stat -c '%a %u' "$file")" "600 0"
gateway_start
lab_wait 20 answers
during "and known after the start" 0 1 200 $at/clean.txt
lab_stop gateway 20
printf '\377' | dd of="$file" bs=1 seek=100 conv=notrunc 2>/dev/null
: >"$LAB_DIR/gateway.log"
gateway_start
lab_wait 20 answers
like "a damaged file is told of" "$(cat "$LAB_DIR/gateway.log")" 'known-content is not used: damaged'
during "and not used" 1 0 200 $at/clean.txt
during "all is learned anew" 0 1 200 $at/clean.txt

lab_stop gateway 20
chmod 622 "$file"
: >"$LAB_DIR/gateway.log"
gateway_start
lab_wait 20 answers
like "a file that others may write is told of" "$(cat "$LAB_DIR/gateway.log")" 'known-content is not used: cannot be read, or others may write it'
during "and not used, either" 1 0 200 $at/clean.txt

# signature FILE NAME: one by the hash of a file takes force.
generation() { status "['roles']['scanner']['note']" | grep -o 'generation [0-9a-f]*'; }
renewed() { [ "$(generation)" != "$was" ] && [ -n "$(generation)" ]; }
signature() {
	was=$(generation)
	echo "$(digest "$1"):$(stat -c %s "$1"):$2" >>"$LAB_DIR/signatures/own.hsb"
	in_gw "$SALLYPORT" reload --config "$conf" >/dev/null
	holds "signature $2 takes force" lab_wait 20 renewed
}
echo other >"$OUT/other"
signature "$OUT/other" Other-1
during "after new signatures it is searched again" 1 0 200 $at/clean.txt
during "and known to be clean by them" 0 1 200 $at/clean.txt
signature "$LAB_MATERIAL/www/clean.txt" Turned-1
during "what turned bad is found" 1 0 403 $at/clean.txt
during "and stays so" 1 0 403 $at/clean.txt
audit "by its name" event=transaction path=/clean.txt response_verdict=infected response_signature='.*Turned-1.*'
