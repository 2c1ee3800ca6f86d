#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Whichever process dies under load, service returns within seconds, and nothing infected arrives.
. "$(dirname "$0")/lib.sh"
topology <<END
workers: 2
END

(while [ ! -e "$OUT/stop" ]; do
	in_client curl -sk --max-time 8 -o /dev/null -w '%{http_code}\n' https://www.origin.test/1k.bin
	in_client curl -sk --max-time 8 -o "$OUT/e" -w '%{http_code}\n' https://www.origin.test/eicar.com >>"$OUT/infected"
	grep -qs X5O "$OUT/e" && echo leaked >>"$OUT/leaked"
done) >"$OUT/codes" 2>/dev/null & load=$!

serves() { [ "$(get "https://www.origin.test/clean.txt?$1" --max-time 6)" = 200 ]; }
ends() { [ ! -e "/proc/$1" ]; }
fresh() { [ "$(roles "$1" | wc -l)" -ge "$2" ] && ! roles "$1" | grep -qx "$3"; }
for role in 'sallyport: worker 0' 'sallyport: signer' 'sallyport-scanner' 'sallyport: recorder'; do
	count=$(roles "$role" | wc -l)
	pid=$(roles "$role" | head -n 1)
	if [ -z "$pid" ]; then
		not_ok "$role runs" "no such process"
		continue
	fi
	kill -KILL "$pid"
	holds "after the death of '$role' service returns" lab_wait 10 serves "${role##* }"
	holds "and there is a new one" lab_wait 10 fresh "$role" "$count" "$pid"
	holds "the dead one is reaped" lab_wait 5 ends "$pid"
	is "what is infected stays blocked" "$(get https://www.origin.test/eicar.com)" 403
done
touch "$OUT/stop"
wait $load
is "nothing infected arrived meanwhile" "$(cat "$OUT/leaked" 2>/dev/null)" ""
unlike "and no infected answer was called good" "$(tr '\n' ' ' <"$OUT/infected")" '200'
at_most "few clean requests failed" "$(grep -vc 200 "$OUT/codes")" 8
is "the parent still runs" "$(lab_alive gateway && echo yes)" yes
