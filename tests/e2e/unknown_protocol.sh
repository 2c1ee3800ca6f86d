#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What is neither TLS nor HTTP is refused in bounded time, or passed where a rule says so.
. "$(dirname "$0")/lib.sh"
export LAB_ANY_PORT=8081
topology <<END
listen: { http: 8080, tls: 8443, any: 8081 }
limits: { sniff: 500ms }
rules:
  - name: our own protocol
    when: { protocol: [unknown], port: [2222] }
    action: passthrough
END
raw_origin 2222 --echo
raw_origin 2223 --echo
raw_origin 8000
reply page 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage'

got=$(raw_to raw.origin.test 2222 send 'hello \x01\x02 echo' await echo)
like "a rule lets our own protocol pass" "$(tr -d '\001\002' <<<"$got")" 'hello  echo'
got=$(raw_to raw.origin.test 2222 sleep 1.5 send late await late)
is "also when the client is silent at first" "$got" late
for port in 2223 443 80; do
	start=$SECONDS
	raw_to --wait 15 raw.origin.test $port send '\x01\x02\x03garbage\r\n\r\n' drain >/dev/null
	like "garbage to port $port is refused" "$(ended)" '^(fin|reset)'
	raw_to --wait 15 raw.origin.test $port drain >/dev/null
	like "silence to port $port is refused" "$(ended)" '^(fin|reset)'
	at_most "in bounded time" $((SECONDS - start)) 12
done
is "http on another port is found" "$(get http://raw.origin.test:8000/page)" 200
audit "the audit says that the protocol is unknown" event=flow protocol=unknown
audit "and which rule let it pass" event=flow action='(passthrough|relay)' rule='our own protocol'
