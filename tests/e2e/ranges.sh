#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A part of an object is served out of the whole, which was searched; by rule the origin is asked for it.
. "$(dirname "$0")/lib.sh"
LAB_HTTP2=yes topology <<END
limits: { body_held: 4M, comfort_after: 1s, comfort_every: 100ms, comfort_after_bytes: 0 }
rules:
  - name: packages resume
    when: { path: [/1k.bin, /eicar.com, /slow.bin, "/by-rule*"] }
    action: ranges
  - name: large ones pass
    when: { path: [/50m.bin, /1m.bin], verdict: [unscannable.limit] }
    action: allow
END

www=$LAB_MATERIAL/www
field() { tr -d '\r' <"$OUT/head" | sed -n "s/^$1: //Ip" | tail -n 1; }
part() { tail -c +$(($2 + 1)) "$1" | head -c $(($3 - $2 + 1)) | sha256sum | cut -d' ' -f1; }
size=$(stat -c %s "$www/2m.bin")
for way in "https --http2" "https --http1.1" "http --http1.1"; do
	url=${way% *}://www.origin.test/2m.bin
	how=${way#* }
	is "a range is answered by 206 ($way)" "$(get $url $how -r 1000-200999)" 206
	is "it says which ($way)" "$(field content-range) $(field content-length)" "bytes 1000-200999/$size 200000"
	is "and is that ($way)" "$(digest "$OUT/body")" "$(part "$www/2m.bin" 1000 200999)"
	is "without an end ($way)" "$(get $url $how -r 2000000- -o "$OUT/body") $(digest "$OUT/body")" "206 $(part "$www/2m.bin" 2000000 $((size - 1)))"
	is "the last bytes ($way)" "$(get $url $how -r -500) $(digest "$OUT/body")" "206 $(part "$www/2m.bin" $((size - 500)) $((size - 1)))"
	is "beyond the end ($way)" "$(get $url $how -r 9000000-) $(field content-range) $(field content-length)" "416 bytes */$size 0"
	is "several ($way)" "$(get $url $how -r 0-9,500000-500099,-10)" 206
	like "are parts ($way)" "$(field content-type)" '^multipart/byteranges; boundary='
	is "and are these ($way)" "$(python3 - "$OUT/body" "$(field content-type)" "$www/2m.bin" <<-'END'
		import email.parser, email.policy, sys
		body, kind, file = open(sys.argv[1], "rb").read(), sys.argv[2], open(sys.argv[3], "rb").read()
		m = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
		for p in m.iter_parts():
		    a, b = p["content-range"].split()[1].split("/")[0].split("-")
		    print(p["content-range"], p.get_content_type(), body.count(b"\r\n\r\n" + file[int(a):int(b) + 1] + b"\r\n--"))
	END
	)" "bytes 0-9/$size application/octet-stream 1
bytes 500000-500099/$size application/octet-stream 1
bytes $((size - 10))-$((size - 1))/$size application/octet-stream 1"
	is "the parts are as long as announced ($way)" "$(field content-length)" "$(wc -c <"$OUT/body")"
	is "what overlaps is one ($way)" "$(get $url $how -r 0-99,50-149) $(field content-range)" "206 bytes 0-149/$size"
	is "malformed: the whole ($way)" "$(get $url $how -H 'Range: bytes=5-2') $(digest "$OUT/body")" "200 $(file_digest 2m.bin)"
	is "other units: the whole ($way)" "$(get $url $how -H 'Range: lines=0-2')" 200
	is "HEAD knows no range ($way)" "$(get $url $how -I -r 0-9) $(field content-length)" "200 $size"
	tag=$(field etag) date=$(field last-modified)
	is "If-Range with the tag ($way)" "$(get $url $how -r 0-9 -H "If-Range: $tag")" 206
	is "with another ($way)" "$(get $url $how -r 0-9 -H 'If-Range: "other"')" 200
	is "with the date ($way)" "$(get $url $how -r 0-9 -H "If-Range: $date")" 206
	is "with another date ($way)" "$(get $url $how -r 0-9 -H 'If-Range: Sun, 06 Nov 1994 08:49:37 GMT')" 200
	is "If-None-Match comes first ($way)" "$(get $url $how -r 0-9 -H "If-None-Match: $tag")" 304
	is "of a coded body: of the coded bytes ($way)" "$(get ${way% *}://www.origin.test/clean-gz $how -r 5-19 -H 'Accept-Encoding: gzip') $(digest "$OUT/body")" "206 $(part "$www/clean.gz" 5 19)"
	is "of unknown length ($way)" "$(get ${way% *}://www.origin.test/chunked/1000 $how -r 100-119) $(field content-range) $(wc -c <"$OUT/body")" "206 bytes 100-119/21000 20"
	is "a part of EICAR is refused ($way)" "$(get ${way% *}://www.origin.test/eicar.zip $how -r 0-20)" 403
	head -c 1000000 "$www/2m.bin" >"$OUT/resumed"
	in_client curl -sS --cacert "$CA" $how -C - -o "$OUT/resumed" $url
	is "a download is resumed ($way)" "$(digest "$OUT/resumed")" "$(file_digest 2m.bin)"
	# By rule.
	# By rule.
	is "by rule the origin is asked ($way)" "$(get ${way% *}://www.origin.test/1k.bin $how -r 10-19) $(field content-range) $(digest "$OUT/body")" "206 bytes 10-19/1024 $(part "$www/1k.bin" 10 19)"
	is "a piece that is all of EICAR is refused ($way)" "$(get ${way% *}://www.origin.test/eicar.com $how -r 0-67)" 403
	[ "$how" = --http2 ] || [ "${way% *}" = http ] || continue
	# Too large to be held: what passes by rule is cut as it passes, and the rest is not waited for.
	is "of what is too large ($way)" "$(get ${way% *}://www.origin.test/50m.bin $how -r 10000000-19999999) $(field content-range) $(digest "$OUT/body")" \
		"206 bytes 10000000-19999999/50000000 $(part "$www/50m.bin" 10000000 19999999)"
	in_client curl -sS --cacert "$CA" $how -r 0-99 -o "$OUT/body" -w '%{http_code} ' ${way% *}://www.origin.test/50m.bin \
		--next -sS --cacert "$CA" $how -o "$OUT/next" -w '%{http_code}' ${way% *}://www.origin.test/index.html >"$OUT/codes"
	is "from its beginning, and the next request ($way)" "$(cat "$OUT/codes") $(digest "$OUT/body")" "206 200 $(part "$www/50m.bin" 0 99)"
	is "several of it that are near are one ($way)" "$(get ${way% *}://www.origin.test/50m.bin $how -r 0-9,50-109000) $(digest "$OUT/body")" "206 $(part "$www/50m.bin" 0 109000)"
	is "far apart: the whole ($way)" "$(get ${way% *}://www.origin.test/50m.bin $how -r 0-9,5000000-) $(digest "$OUT/body")" "200 $(file_digest 50m.bin)"
done
is "the origin was asked for the whole" "$(grep -c '/2m.bin HTTP.*" 206' "$LAB_DIR/origin/access.log")" 0
is "except by rule" "$(grep -c '/1k.bin HTTP.*" 206' "$LAB_DIR/origin/access.log")" 3
audit "a piece is audited as one" event=transaction path=/1k.bin status=206 response_verdict=bypassed response_reason=partial
audit "a part of a searched object is clean" event=transaction path=/2m.bin status=206 response_verdict=clean
is "trickled, a range is what it is" "$(get https://www.origin.test/slow.bin -r 100-1500000,0-50) $(digest "$OUT/body")" "206 $(part "$www/2m.bin" 0 1500000)"

raw_origin 80
reply unasked 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-3/8\r\nContent-Length: 4\r\n\r\nbody'
reply whole 'HTTP/1.1 200 OK\r\nContent-Range: bytes 0-3/8\r\nContent-Length: 4\r\n\r\nbody'
reply by-rule-none 'HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\nbody'
reply by-rule-other 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-7/8\r\nContent-Length: 4\r\n\r\nbody'
reply by-rule-short 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-3/8\r\nContent-Length: 3\r\n\r\nbod'
reply by-rule-chunked 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-3/8\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbod\r\n0\r\n\r\n'
reply by-rule-many 'HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=x\r\nContent-Range: bytes 0-3/8\r\nContent-Length: 4\r\n\r\nbody'
reply by-rule-good 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-3/8\r\nContent-Length: 4\r\n\r\nbody'
is "206 that nobody asked for is refused" "$(get http://raw.origin.test/unasked)" 502
is "and where a range was asked for that did not go out" "$(get http://raw.origin.test/unasked -r 0-3)" 502
is "a whole does not call itself a piece" "$(get http://raw.origin.test/whole) $(field content-range)" "200 "
for name in none other short chunked many; do
	is "a piece that is not what was asked is refused ($name)" "$(get http://raw.origin.test/by-rule-$name -r 0-3)" 502
done
is "one that is passes" "$(get http://raw.origin.test/by-rule-good -r 0-3) $(body)" "206 body"
is "by rule several are asked of the whole" "$(get http://raw.origin.test/by-rule-good -r 0-0,3-3)" 502
