#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Known smuggling tricks and their mutations through the gateway: only what we read as whole messages arrives, as such.
. "$(dirname "$0")/lib.sh"
topology </dev/null
lanes=()
for i in $(seq 16); do
	ip -n "$LAB_ORIGIN" addr add "10.77.2.$((100 + i))/24" dev eth0
	lanes+=("10.77.2.$((100 + i))")
done
seed=1 cases=500
[ -z "${E2E_LONG:-}" ] || { cases=6000 seed=$(date +%j); }
said=$(timeout 300 python3 "$E2E/../differential/wire.py" --seed "$seed" --cases $cases --client "$LAB_CLIENT" --origin "$LAB_ORIGIN" \
	"$SALLYPORT_BUILD/tests/differential/h1_canonical" "${lanes[@]}" 2>&1)
status=$?
is "nothing else arrives" "$status $(grep -v '^cases' <<<"$said")" '0 '
read -r _ tried _ expected _ arrived _ <<<"$(tail -n 1 <<<"$said")"
holds "hundreds of streams were tried ($tried)" [ "${tried:-0}" -ge 450 ]
holds "of $expected whole messages most arrive ($arrived)" [ $((10 * ${arrived:-0})) -ge $((7 * ${expected:-1})) ]
is "the gateway is well" "$(get http://www.origin.test/)" 200
