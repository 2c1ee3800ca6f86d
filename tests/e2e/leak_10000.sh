#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# 10,000 transactions leave no memory and no descriptor behind; a sanitizer build says so at the end.
. "$(dirname "$0")/lib.sh"
# A sanitizer keeps freed memory back for a while (256 MB by default): that is not the gateway's.
export ASAN_OPTIONS="quarantine_size_mb=16${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
topology </dev/null

# Processes of the gateway: the parent and all below it.
family() {
	local p=$1 c
	echo "$p"
	for c in $(cat /proc/"$p"/task/*/children 2>/dev/null); do family "$c"; done
}
fds() { for p in $(family "$(lab_pid gateway)"); do ls "/proc/$p/fd" 2>/dev/null; done | wc -l; }
rss() { for p in $(roles 'sallyport: (worker|signer|recorder)'); do cat "/proc/$p/status"; done | awk '/^VmRSS/ { n += $2 } END { print n + 0 }'; }

# load TRANSACTIONS: kept connections, new ones, tls and plain, blocked, refused and broken ones.
load() {
	in_client python3 "$E2E/load.py" --ca "$CA" --count "$1" --jobs 8
}
like "a warm-up is served" "$(load 1500)" '^done 1500 bad 0'
sleep 1
fds_before=$(fds) rss_before=$(rss)
count=10000
[ -z "${E2E_LONG:-}" ] || count=50000 # scripts/test --long: the soak
like "$count transactions are served" "$(load "$count")" "^done $count bad 0"
# A worker keeps 64 to 128 prepared outbound sockets for each family.
quiet() { [ "$(fds)" -le "$((fds_before + 2 + 2 * 64))" ]; }
holds "descriptors return to their base line ($fds_before)" lab_wait 10 quiet
at_most "memory stays near its base line of $rss_before KiB" "$(rss)" $((rss_before * 13 / 10 + 20000))
is "the audit has a line for each" "$(($(audit_n event=transaction) >= 11000))" 1
