#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A ClientHello is read in whatever pieces it comes.
. "$(dirname "$0")/lib.sh"
topology </dev/null

ask='GET /index.html HTTP/1.1\r\nHost: www.origin.test\r\nConnection: close\r\n\r\n'
for step in 1 2 7 100 517; do
	got=$(raw_to --segment $step --gap 0.0005 --tls www.origin.test --ca "$CA" www.origin.test 443 send "$ask" drain)
	like "in segments of $step the page arrives" "$got" 'A clean page'
done
got=$(raw_to --segment 1 --gap 0 --tls bank.origin.test --ca "$LAB_MATERIAL/root.crt" www.origin.test 443 \
	send "${ask/www/bank}" drain)
like "a tunnel starts from a segmented hello, too" "$got" 'A clean page'
got=$(raw_to --segment 1 --gap 0.0005 www.origin.test 80 send "$ask" drain)
like "a plain request byte by byte arrives" "$got" 'A clean page'
# A hello that says it is longer than the limit is refused at once, one that stops is refused in time.
got=$(raw_to --wait 15 www.origin.test 443 send '\x16\x03\x01\x40\x00\x01\xff\xff\xff' drain)
like "a hello of 16 MB is refused" "$(ended)" '^(fin|reset)$'
start=$SECONDS
got=$(raw_to --wait 20 www.origin.test 443 send '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' drain)
like "half a hello is refused" "$(ended)" '^(fin|reset)$'
at_most "in bounded time" $((SECONDS - start)) 15
is "others are served meanwhile" "$(get https://www.origin.test/)" 200
