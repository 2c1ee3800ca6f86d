#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A sample of x509-limbo and BetterTLS, live: good origins pass, bad ones get no byte of a request. The cases
# are not in this tree: SALLYPORT_LIMBO names their folder, or it lies beside the tree as shared/x509limbo.
. "$(dirname "$0")/lib.sh"
LIMBO=${SALLYPORT_LIMBO:-$E2E/../../../shared/x509limbo}
if [ ! -e "$LIMBO/limbo-core.json.gz" ]; then
	ok "the certificate cases are not here: nothing was tried live"
	exit 0
fi
prepare() {
	mkdir -p "$LAB_DIR/limbo"
	python3 "$E2E/limbo.py" pick "$LIMBO" "$LAB_DIR/limbo" "${LIMBO_CASES:-66}" >"$LAB_DIR/limbo/list"
}
LAB_BEFORE=prepare topology <<'END'
tls: { ca_cert: @MATERIAL@/gateway-ca.crt, ca_key: @MATERIAL@/gateway-ca.key, trust: @LAB@/limbo/trust.pem }
END
D=$LAB_DIR/limbo
echo 0 >"$D/current"
: >"$D/served"
lab_spawn limbo "$LAB_ORIGIN" python3 "$E2E/limbo.py" serve "$D" $LAB_RAW4
lab_wait 5 lab_listens "$LAB_ORIGIN" 443 $LAB_RAW4
good=0 bad=0 accepts=() rejects=() leaks=()
while read -r i want name id; do
	echo "$i" >"$D/current"
	status=$(get "https://$name/" --resolve "$name:443:$LAB_RAW4" --max-time 10)
	[ "$(body)" = limbo ] && [ "$status" = 200 ] && status=passed
	if [ "$want" = SUCCESS ]; then
		good=$((good + 1))
		[ "$status" = passed ] || rejects+=("$id")
	else
		bad=$((bad + 1))
		[ "$status" != passed ] || accepts+=("$id")
		lab_wait 2 grep -q "^$i " "$D/served"
		awk -v i="$i" '$1 == i && $3 > 0 { found = 1 } END { exit !found }' "$D/served" && leaks+=("$id")
	fi
done <"$D/list"
holds "the sample has good and bad cases ($good, $bad)" test "$good" -gt 15 -a "$bad" -gt 15
is "V8: 0 false accepts" "${accepts[*]:-}" ''
is "V11: 0 false rejects" "${rejects[*]:-}" ''
is "V1: no byte of a request reached a refused origin" "${leaks[*]:-}" ''
