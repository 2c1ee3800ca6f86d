#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# With network.source: gateway origins see the gateway's address instead of the client's.
. "$(dirname "$0")/lib.sh"
topology <<END
network: { source: gateway }
END

for at in https://www.origin.test http://www.origin.test; do
	get $at/whoami -4 >/dev/null
	is "the origin of ${at%%:*} sees the gateway" "$(body)" $LAB_GWOUT4
	get "${at/www/v6}/whoami" -6 >/dev/null
	is "also over ipv6" "$(body)" $LAB_GWOUT6
done
get https://bank.origin.test/whoami --cacert "$LAB_MATERIAL/root.crt" -4 >/dev/null
is "so does the origin behind a tunnel" "$(body)" $LAB_GWOUT4
