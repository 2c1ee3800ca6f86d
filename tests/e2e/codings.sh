#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Content codings: what a client makes of the bytes is what was searched, in whichever way it reads
# them (docs/http.md has the table). A dense body does not keep others waiting.
. "$(dirname "$0")/lib.sh"
topology <<END
workers: 1
END

eicar >"$OUT/eicar"
lab_spawn codings "$LAB_ORIGIN" python3 "$E2E/codings.py" --first "$OUT/eicar" $LAB_RAW4 80
lab_wait 10 lab_listens "$LAB_ORIGIN" 80 $LAB_RAW4

# passed WHERE [CURL-OPTION...]: which rows got 200, in one process.
passed() {
	local where=$1 name
	shift
	python3 "$E2E/codings.py" --list | while read -r name; do
		printf 'url = "http://raw.origin.test%s/%s"\noutput = "%s"\n' "$where" "$name" "$OUT/got-$name"
	done >"$OUT/urls"
	rm -f "$OUT"/got-*
	in_client curl -s --max-time 60 -K "$OUT/urls" -w '%{url_effective} %{http_code}\n' "$@" |
		sed -n 's/.*\/\(.*\) 200$/\1/p' | sort | tr '\n' ' '
}

# What is read in one way passes; what is cut, wrongly named or followed by something does not.
want=$(printf '%s\n' plain gzip x-gzip gzip-capitals gzip-members gzip-empty deflate deflate-raw br zstd zstd-frames zstd-skip \
	stacked stacked-fields identity-gzip gzip-identity-list empty-word | sort | tr '\n' ' ')
is "what is whole passes" "$(passed "" --compressed)" "$want"
like "and is what it was" "$(cat "$OUT/got-zstd-frames")" '^first text;?$'
# A receiver that did not ask may take the coded bytes as they are: they are searched, too. The engine cannot open zstd.
is "also where the client asked for no coding, except zstd" "$(passed "")" "$(sed 's/zstd zstd-frames //' <<<"$want")"
audit "what is malformed is audited" event=transaction path=/gzip-trailing response_verdict=unscannable response_reason=malformed
audit "and what is unknown" event=transaction path=/unknown response_verdict=unscannable response_signature=.*unknown.*

# EICAR stands before what hides it from a search of the whole.
for options in --compressed --raw; do
	is "nothing infected passes ($options)" "$(passed /first $options)" 'gzip-empty '
	is "and none of it arrives ($options)" "$(cat "$OUT"/got-* | tr -d '\0' | grep -c 'X5O!')" 0
done

# Beside dense bodies on the same worker, small requests wait much less than one takes to decode.
read -r status worst decode < <(in_client timeout 60 python3 "$E2E/latency.py" raw.origin.test /gzip-empty /bomb 6)
is "the dense body passes" "$status" 200
at_most "others wait at most half the time of its decoding ($worst ms of $decode)" "$worst" $((decode / 2))
