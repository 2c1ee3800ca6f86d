# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What scenarios with attackers share. Sourced after the topology stands.

ATTACKERS=10.77.3 # addresses of the client's side that only attackers have
ip -n "$LAB_GW" route add "$ATTACKERS.0/24" via "$LAB_CLIENT4"

ip -n "$LAB_CLIENT" route add local "$ATTACKERS.0/24" dev lo

# attackers [N]: the first of N fresh addresses; what one has done is not the next one's fault.
attackers() {
	local n
	n=$(cat "$OUT/attackers" 2>/dev/null || echo 1)
	echo $((n + ${1:-1})) >"$OUT/attackers"
	echo "$ATTACKERS.$n"
}

floods() { in_client timeout 60 python3 "$E2E/floods.py" "$@" --ca "$CA" 2>&1; }
# attack KIND...: lines "ADDRESS KIND how-it-ended bytes".
attack() { floods attack "$@" --source "$(attackers $#)" --seconds 5; }

# beside WHAT KIND...: a bystander's p99 stays within twice its own. On a busy machine one measurement
# says little: three in a row that say the same count.
beside() {
	local what=$1 text worker
	shift
	for _ in 1 2 3; do
		worker=$(roles worker | head -n 1)
		text=$(floods measure "$@" --worker "$worker" --source "$(attackers)" --block 0.3 --blocks 3 --seconds 1)
		if awk -v r="${text##* }" 'BEGIN { exit !(r > 0 && r <= 2) }'; then
			ok "$what: a bystander's p99 stays within twice its own ($text)"
			return
		fi
	done
	not_ok "$what: a bystander's p99 stays within twice its own" "$text"
}
