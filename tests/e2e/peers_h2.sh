#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# nghttpd, nghttpx and Node as origins: the same questions to each, and trailers and early hints.
. "$(dirname "$0")/lib.sh"
. "$E2E/peers/origins.sh"
topology </dev/null
origins_open
D=$LAB_RAW4 X=10.77.2.24 N=10.77.2.25
start_nghttpd $D
start_nghttpx $X
start_node $N

plain_questions nghttpd $D 2
large_question nghttpd $D 2
like "nghttpd: trailers behind a body with a length" \
	"$(in_client timeout 10 nghttp -nv "https://$NAME/clean.txt" 2>&1)" 'x-sum: 7'
is "nghttpd: an upload comes back" "$(from $D 2 /echo --data-binary @"$W/clean.txt") $(digest "$OUT/body")" "200 2 $(digest "$W/clean.txt")"
for v in 2 1.1; do
	is "nghttpx by $v: 2 MB" "$(from $X $v /2m.bin) $(digest "$OUT/body")" "200 $v $(file_digest 2m.bin)"
	is "nghttpx by $v: EICAR is blocked" "$(from $X $v /eicar.com)" "403 $v"
	backend_questions nghttpx $X $v
	plain_questions Node $N $v
	large_question Node $N $v
	is "Node by $v: POST" "$(from $N $v /upload --data-binary @"$W/20m.bin") $(body)" "200 $v $(digest "$W/20m.bin")"
	is "Node by $v: trailers" "$(from $N $v /trailers -H 'TE: trailers') $(body) $(field x-sum)" "200 $v a body 7"
	is "Node by $v: early hints, then the answer" "$(from $N $v /hints) $(body)" "200 $v after the hints"
	like "Node by $v: the hints arrive" "$(cat "$OUT/head")" '^HTTP/[12.]* 103'
	is "Node by $v: a response without a length" "$(from $N $v /stream) $(wc -c <"$OUT/body")" "200 $v 21000"
	for c in gzip br deflate; do
		is "Node by $v: $c" "$(from $N $v /coded/$c --compressed) $(digest "$OUT/body")" "200 $v $(digest "$W/clean.txt")"
	done
done
