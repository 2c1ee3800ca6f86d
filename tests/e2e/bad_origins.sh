#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# An origin whose certificate a browser would refuse is refused by the gateway, with a reason.
. "$(dirname "$0")/lib.sh"
topology </dev/null

refused() {
	local host=$1 reason=$2
	is "$host is refused" "$(get "https://$host.origin.test/")" 502
	unlike "nothing of $host arrives" "$(body)" 'A clean page'
	like "the page of $host says why" "$(body)" "$3"
	audit "the audit says why for $host" event=flow sni="$host.origin.test" reason="$reason"
}
refused expired '.*cert_expired.*' 'expired'
refused wrong '.*cert_name.*' 'name'
refused selfsigned '.*cert_self_signed.*' 'self-signed'
refused untrusted '.*cert_untrusted.*' 'trusted'
refused expired '.*cert_expired.*' 'expired'
# A program has no use for a page: it gets what the origin's own bad certificate would have given it.
for host in expired wrong selfsigned untrusted; do
	is "X3: a program gets no answer from $host" "$(ask "https://$host.origin.test/")" 000
	like "X3: but an alert for $host" "$(cat "$OUT/error")" 'alert access denied'
done
audit "the audit says how it was told" event=flow sni=expired.origin.test told=alert faults=.*expired.*
audit "and how browsers were" event=flow sni=expired.origin.test told=page
is "the origin saw no request" "$(origin_saw 'https \(expired\|wrong\|selfsigned\|untrusted\)')" 0
# There is no certificate to mirror then: a reset, as the client would have had without a gateway.
like "nobody listens there: refused in time" "$(get https://raw.origin.test/ --max-time 15)" '^(000|502)$'
unlike "and not by waiting" "$(cat "$OUT/error")" 'timed out'
is "nor there by plain http" "$(get http://raw.origin.test/ --max-time 15)" 502
is "a good origin still passes" "$(get https://www.origin.test/)" 200
