#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Who received or sent an object is found in the audit, in rotated and compressed files as well.
. "$(dirname "$0")/lib.sh"
topology <<'END'
scanner: { signatures: @LAB@/signatures, own_signatures: @LAB@/own }
limits: { signatures_quiet: 300ms, signatures_poll: 2s, drain: 1s }
END
conf=$LAB_DIR/sallyport.yaml
OTHER4=10.77.1.3
ip -n "$LAB_CLIENT" addr add $OTHER4/24 dev eth0
hunt() { in_gw "$SALLYPORT" hunt --config "$conf" "$@" 2>&1; }
field() { python3 -c 'import json, sys; print(json.loads(sys.stdin.readline()).get(sys.argv[1], ""))' "$1"; }

clean=$(digest "$LAB_MATERIAL/www/clean.txt")
eicar=$(digest "$LAB_MATERIAL/www/eicar.com")
is "a client takes a clean file" "$(get https://www.origin.test/clean.txt -4)" 200
is "another one takes it in a coding" "$(get https://www.origin.test/clean-gz -4 --compressed --interface $OTHER4)" 200
audit "its digest is in the audit" event=transaction path=/clean.txt client=$LAB_CLIENT4 sha256_down="$clean" \
	passed_down=whole length_down="$(wc -c <"$LAB_MATERIAL/www/clean.txt")"
audit "what counts is what it decodes to" event=transaction path=/clean-gz client=$OTHER4 sha256_down="$clean" passed_down=whole
is "a part of it" "$(get https://www.origin.test/clean.txt -4 -r 0-9)" 206
audit "is told as a part of the whole" event=transaction path=/clean.txt sha256_down="$clean" passed_down=part
is "it is sent, too" "$(get https://www.origin.test/upload/up -6 --interface $LAB_CLIENT6 -T "$LAB_MATERIAL/www/clean.txt")" 200
audit "an upload has its digest" event=transaction path=/upload/up sha256_up="$clean" passed_up=whole
is "an infected file is blocked" "$(get https://www.origin.test/eicar.com -4)" 403
audit "of which nothing passed" event=transaction path=/eicar.com sha256_down="$eicar" passed_down=none

hunt --json "$clean" >"$OUT/found"
is "a hunt finds both downloads" "$(field downloads <"$OUT/found")" 2
is "the part" "$(field downloads_part <"$OUT/found")" 1
is "the upload" "$(field uploads <"$OUT/found")" 1
is "all three clients" "$(field clients_count <"$OUT/found")" 3
like "by their addresses" "$(field clients <"$OUT/found")" "^$LAB_CLIENT4 $OTHER4 $LAB_CLIENT6$"
is "and what they asked for" "$(field paths <"$OUT/found")" "/clean.txt /clean-gz /upload/up"
like "as text" "$(hunt "$clean")" "clients +$LAB_CLIENT4 $OTHER4"
like "a blocked one has its incident" "$(hunt "$eicar")" 'incidents +[0-9a-f-]+'
like "a local file is asked for by its content" "$(hunt --object "$LAB_MATERIAL/www/clean.txt")" "received +2 whole, 1 in part"
(cd "$LAB_MATERIAL/www" && sha256sum 1k.bin clean.txt) >"$OUT/list"
like "a list is read" "$(hunt --list "$OUT/list" | tr '\n' ' ')" "(nobody, as far as the audit goes.*$clean: .*|$clean: .*nobody, as far.*) searched: 1 files"
hunt xyz >"$OUT/said"
is "nonsense is refused" $? 2

mv "$LAB_DIR/audit/audit.jsonl" "$LAB_DIR/audit/audit.jsonl.1"
kill -HUP "$(lab_pid gateway)"
again() { get https://www.origin.test/clean.txt -4 >/dev/null && [ -e "$LAB_DIR/audit/audit.jsonl" ]; }
holds "the audit goes on in a new file" lab_wait 5 again
has() { [ "$(hunt --json "$clean" | field "$1")" -ge "$2" ]; }
holds "what is in the rotated file is found with it" lab_wait 5 has downloads 3
gzip "$LAB_DIR/audit/audit.jsonl.1"
holds "also where that is compressed" has uploads 1
echo nothing >"$LAB_DIR/audit/audit.jsonl.3.xz"
like "a file that cannot be searched is named" "$(hunt "$clean")" 'NOT searched: 1 files: audit.jsonl.3.xz\(compressed\)'
rm "$LAB_DIR/audit/audit.jsonl.3.xz" "$LAB_DIR/audit/audit.jsonl.1.gz"

# ---- what was clean turns bad ----
own=$LAB_DIR/own
reload() { in_gw "$SALLYPORT" reload --signatures --config "$conf" 2>&1; }
counter() { in_gw "$SALLYPORT" status --json --config "$conf" | python3 -c 'import json, sys; print(json.load(sys.stdin)["counters"][sys.argv[1]])' "$1"; }
for f in listed scanned blessed quiet; do
	printf 'an object of this scenario: %s, and this is all that is in it\n' "$f" >"$LAB_DIR/origin/$f.txt"
	is "a client takes $f" "$(get "https://www.origin.test/own/$f.txt" -4)" 200
	audit "$f is told as clean" event=transaction path="/own/$f.txt" response_verdict=clean passed_down=whole
done
is "and sends one" "$(get https://www.origin.test/upload/listed -6 --interface "$LAB_CLIENT6" -T "$LAB_DIR/origin/listed.txt")" 200
alerts=$(counter retro_alerts)
mkdir -p "$own"
{
	echo "$(digest "$LAB_DIR/origin/listed.txt"):$(stat -c %s "$LAB_DIR/origin/listed.txt"):Late.Listed:73"
	echo "$(digest "$LAB_DIR/origin/blessed.txt"):*:Late.Blessed:73"
} >"$own/late.hsb"
echo "$(digest "$LAB_DIR/origin/blessed.txt"):$(stat -c %s "$LAB_DIR/origin/blessed.txt"):Known.Good:73" >"$own/good.sfp"
printf 'Late.Scanned:0:*:%s\n' "$(printf 'scenario: scanned' | od -An -tx1 -v | tr -d ' \n')" >"$own/late.ndb"
like "signatures of another day come into force" "$(reload)" 'signatures are in force'
audit "who received what a hash list names now is told, without a scan" event=retro_alert sha256="$(digest "$LAB_DIR/origin/listed.txt")" \
	signature='Late\.Listed\.UNOFFICIAL' clients=".*$LAB_CLIENT4.*"
audit "who sent it is told with them" event=retro_alert signature='Late\.Listed\.UNOFFICIAL' clients=".*$LAB_CLIENT6.*"
like "the log is loud" "$(grep -i retro "$LAB_DIR/gateway.log")" 'Late\.Listed'
is "nothing is said of what no list can name" "$(audit_n event=retro_alert signature='Late\.Scanned.*')" 0
is "it is found when it comes again" "$(get https://www.origin.test/own/scanned.txt -4)" 403
audit "and those who had it before are told" event=retro_alert sha256="$(digest "$LAB_DIR/origin/scanned.txt")" signature='Late\.Scanned\.UNOFFICIAL' \
	clients=".*$LAB_CLIENT4.*"
is "a list of what is good is heard" "$(audit_n event=retro_alert signature='Late\.Blessed.*')" 0
is "what is not bad is not told" "$(audit_n event=retro_alert sha256="$(digest "$LAB_DIR/origin/quiet.txt")")" 0
is "each once" "$(($(counter retro_alerts) - alerts))" 2
echo "# another comment" >>"$own/late.hsb"
echo "Nothing:0:*:00112233445566778899" >"$own/more.ndb"
like "and not again with the next ones" "$(reload)" 'signatures are in force'
is "it was not" "$(audit_n event=retro_alert)" 2
# What is remembered is kept over a stop, and so are signatures that came meanwhile noticed.
lab_stop gateway 20
echo "$(digest "$LAB_DIR/origin/quiet.txt"):*:Late.Quiet:73" >"$own/later.hsb"
holds "the gateway starts again" gateway_start
audit "what was remembered over a stop is compared at the start" event=retro_alert signature='Late\.Quiet\.UNOFFICIAL' clients=".*$LAB_CLIENT4.*"
is "and is refused now" "$(get https://www.origin.test/own/quiet.txt -4)" 403

# What a stop comes before is told after it.
printf 'one more object of this scenario: hurried\n' >"$LAB_DIR/origin/hurried.txt"
is "a client takes one more" "$(get https://www.origin.test/own/hurried.txt -4)" 200
audit "which is told as clean" event=transaction path=/own/hurried.txt response_verdict=clean passed_down=whole
recorder=$(roles 'sallyport: recorder')
kill -STOP "$recorder"
echo "$(digest "$LAB_DIR/origin/hurried.txt"):*:Late.Hurried:73" >"$own/hurried.hsb"
like "signatures by which it is bad come into force" "$(reload)" 'signatures are in force'
lab_stop gateway 20
like "it is said that nobody was told" "$(cat "$LAB_DIR/gateway.log")" '1 objects that turned bad are looked for after the next start'
is "and kept for root alone" "$(stat -c '%a %u' "$LAB_DIR/state/retro-waiting")" "600 0"
holds "the gateway starts once more" gateway_start
audit "and tells who received it" event=retro_alert signature='Late\.Hurried\.UNOFFICIAL' clients=".*$LAB_CLIENT4.*"
is "which is not told again" "$(ls "$LAB_DIR/state/retro-waiting" 2>/dev/null)" ""
