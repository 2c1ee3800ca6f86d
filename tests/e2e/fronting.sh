#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A request for another host than its TLS connection: 421, unless the certificate is for both; then rules about either hold.
. "$(dirname "$0")/lib.sh"
for h2 in '' yes; do
	LAB_HTTP2=$h2 topology <<-'END'
		rules:
		  - { name: not here, when: { host: [www.origin.test], path: [/clean.txt] }, action: block }
		  - { name: lab may, when: { host: [lab.example, www6.origin.test], verdict: [infected] }, action: allow }
	END
	v=${h2:+h2 }
	is "${v}its own name passes" "$(get https://www.origin.test/)" 200
	is "${v}a stranger's name is misdirected" "$(get https://www.origin.test/ -H 'Host: lab.example')" 421
	is "${v}a name of the same certificate passes" "$(get https://www.origin.test/ -H 'Host: v4.origin.test')" 200
	is "${v}a rule for the connection's name holds all the same" "$(get https://www.origin.test/clean.txt -H 'Host: v4.origin.test')" 403
	is "${v}and one for the request's" "$(get https://v4.origin.test/clean.txt -H 'Host: www.origin.test')" 403
	is "${v}what one name alone is permitted, is not" "$(get https://v4.origin.test/eicar.com -H 'Host: www6.origin.test')" 403
	unlike "${v}nothing of it arrives" "$(body)" 'X5O!'
	is "${v}a port and a dot do not matter" "$(get https://www.origin.test/ -H 'Host: www.origin.test.:443')" 200
	audit "${v}the audit says it" event=transaction status=421
	[ "$h2" ] || lab_stop gateway 20
	[ "$h2" ] || lab_down
done
