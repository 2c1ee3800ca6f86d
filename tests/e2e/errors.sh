#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every wrong start ends with one clear line and an exit code of its own.
. "$(dirname "$0")/lib.sh"
topology --no-gateway </dev/null
mkdir -p "$LAB_DIR/audit" "$LAB_DIR/state" "$LAB_DIR/signatures"
conf=$LAB_DIR/x.yaml

# fails FACT CODE REGEX COMMAND...
fails() {
	local fact=$1 code=$2 regex=$3 said
	shift 3
	said=$(in_gw timeout 20 "$@" 2>&1 </dev/null)
	like "$fact ends with $code" $? "^$code$"
	like "$fact says so" "$said" "$regex"
	at_most "$fact takes few lines" "$(wc -l <<<"$said")" 6
}
good() { gateway_config "" >"$conf"; }
good
fails "an unknown option" 2 'bogus' "$SALLYPORT" run --bogus
fails "an unknown command" 2 'frobnicate' "$SALLYPORT" frobnicate
fails "no command" 2 'usage|help' "$SALLYPORT"
fails "a missing configuration" 7 'nosuch' "$SALLYPORT" run --config "$LAB_DIR/nosuch.yaml"
holds "check accepts a good file" in_gw "$SALLYPORT" check --config "$conf"
printf 'rules:\n  - name: x\n    acton: block\n' >"$conf"
fails "a misspelt key" 3 'line 3.*acton|acton.*line 3|:3:' "$SALLYPORT" check --config "$conf"
printf 'listen: { http: 99999 }\n' >"$conf"
fails "a port out of range" 3 'line 1|:1:' "$SALLYPORT" check --config "$conf"
printf 'a: [\n' >"$conf"
fails "a file that is no yaml" 3 'line|:[0-9]:' "$SALLYPORT" check --config "$conf"
good && sed -i "s|gateway-ca.crt|nosuch.crt|" "$conf"
fails "a missing CA" 7 'nosuch.crt' "$SALLYPORT" run --config "$conf"
good && sed -i "s|gateway-ca.crt|root.crt|" "$conf"
fails "a CA key that does not fit" '[37]' 'key|match' "$SALLYPORT" run --config "$conf"
good
fails "an unprivileged user" 4 'root|capabilit' setpriv --reuid=65534 --regid=65534 --clear-groups "$SALLYPORT" run --config "$conf"
fails "status without a daemon" 9 'not running|no .*running' "$SALLYPORT" status --config "$conf"
fails "reload without a daemon" 9 'not running|no .*running' "$SALLYPORT" reload --config "$conf"
lab_spawn holder "$LAB_GW" python3 -c 'import socket, time
s = socket.socket(); s.bind(("0.0.0.0", 8443)); s.listen(); time.sleep(60)'
lab_wait 5 lab_listens "$LAB_GW" 8443
fails "a port in use" 5 '8443' "$SALLYPORT" run --config "$conf"
lab_stop holder
is "no process is left" "$(sleep 0.3; ip netns pids "$LAB_GW" | wc -l)" 0
