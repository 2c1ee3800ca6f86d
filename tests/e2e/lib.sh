# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What scenarios are written in. A scenario sources this, calls `topology`, acts, and says what it
# expects; every expectation prints "ok NAME" or "not ok NAME: why". At the end the gateway is
# asked to stop, a sanitizer's findings count as failures, and the lab goes away.

set -u
scenario=$(basename "$0" .sh)
E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_PREFIX=${LAB_PREFIX:-sp-e2e-$scenario}
# shellcheck source=../../scripts/lab
LAB_SOURCED=1 . "$E2E/../../scripts/lab"
failures=0

ok() { echo "ok $scenario: $1"; }
not_ok() {
	failures=$((failures + 1))
	echo "not ok $scenario: $1: $(printf '%s' "$2" | tr '\n\r' '; ' | cut -c1-300)"
}

# is FACT GOT WANT; like FACT GOT REGEX; unlike; holds FACT COMMAND...
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', expected '$3'"; fi; }
like() { if grep -qE -- "$3" <<<"$2"; then ok "$1"; else not_ok "$1" "got '$2', expected /$3/"; fi; }
unlike() { if grep -qE -- "$3" <<<"$2"; then not_ok "$1" "got '$2', expected no /$3/"; else ok "$1"; fi; }
holds() {
	local fact=$1
	shift
	if "$@"; then ok "$fact"; else not_ok "$fact" "does not hold: $*"; fi
}
# at_most FACT GOT MOST, in whole numbers.
at_most() { if [ "$2" -le "$3" ]; then ok "$1"; else not_ok "$1" "got $2, expected at most $3"; fi; }

# topology [--no-gateway]: a lab of our own; more configuration comes on standard input.
topology() {
	local extra
	extra=$(mktemp)
	[ -t 0 ] || cat >"$extra"
	[ -e "$LAB_LINK" ] && lab_down # left by an interrupted run of this very scenario
	trap finish EXIT
	if ! lab_up "$@" --config "$extra" 2>"$extra.err"; then
		not_ok "the lab stands" "$(cat "$extra.err")"
		rm -f "$extra" "$extra.err"
		exit 1
	fi
	rm -f "$extra" "$extra.err"
	OUT=$LAB_DIR/out
	CA=$LAB_MATERIAL/gateway-ca.crt
	mkdir -p "$OUT"
}

finish() {
	local words
	trap - EXIT
	if [ -n "${LAB_DIR:-}" ] && [ -e "$LAB_DIR/gateway.pid" ]; then
		lab_stop gateway 20 && ok "the gateway stops when asked" ||
			not_ok "the gateway stops when asked" "$(tail -n 3 "$LAB_DIR/gateway.log")"
	fi
	words=$(grep -hE 'Sanitizer|runtime error:|assert(ion)? |signal (6|11)|bad system call|SIGSYS' \
		"$LAB_DIR"/*.log 2>/dev/null)
	[ -z "$words" ] || not_ok "no sanitizer, assertion or sandbox report" "$words"
	[ "$failures" = 0 ] || [ -z "${E2E_KEEP_LOG:-}" ] || [ ! -e "$LAB_DIR/gateway.log" ] || cp "$LAB_DIR/gateway.log" "$E2E_KEEP_LOG/$scenario.log"
	lab_down
	exit $((failures > 0))
}

# get URL [CURL-OPTION...]: prints the status ("000" when there was none, with what curl said in
# $OUT/error); head and body are in $OUT/head and $OUT/body. Trusts the gateway's CA alone. Asks as a
# browser does for a page; ask: as a program does.
get() {
	ask "$@" -H 'Sec-Fetch-Dest: document'
}
ask() {
	local url=$1
	shift
	: >"$OUT/body"
	in_client curl -sS --max-time 30 --cacert "$CA" -D "$OUT/head" -o "$OUT/body" -w '%{http_code}' \
		"$@" "$url" 2>"$OUT/error"
}
body() { cat "$OUT/body"; }
digest() { sha256sum <"$1" | cut -d' ' -f1; }
file_digest() { awk -v f="./$1" '$2 == f { print $1 }' "$LAB_MATERIAL/www.sha256"; }

# The bytes of the EICAR test file, put together at run time.
eicar() { cat "$LAB_MATERIAL/www/eicar.com"; }

# issuer HOST [CURL-OPTION...]: who signed the certificate that the client sees.
issuer() {
	local host=$1
	shift
	in_client curl -sSkv --max-time 20 -o /dev/null "$@" "https://$host/" 2>&1 | sed -n 's/^\* *issuer: //p'
}

# raw STEP...: plain; raw_tls NAME STEP...: the scripted client; the end is in $OUT/end.
raw_to() { in_client timeout 60 python3 "$E2E/raw.py" "$@" 2>"$OUT/end"; }
raw() { raw_to --wait "${RAW_WAIT:-5}" v4.origin.test 80 "$@"; }
raw_tls() { raw_to --wait "${RAW_WAIT:-5}" --tls www.origin.test --ca "$CA" v4.origin.test 443 "$@"; }
ended() { sed -n 's/^end: //p' "$OUT/end"; }

# raw_origin PORT [OPTION...]: a scripted origin at raw.origin.test that serves $OUT/replies.
raw_origin() {
	local port=$1
	shift
	mkdir -p "$OUT/replies"
	lab_spawn "raw-origin-$port" "$LAB_ORIGIN" python3 "$E2E/origin.py" --log "$OUT/origin-saw" "$@" \
		$LAB_RAW4 "$port" "$OUT/replies"
	lab_wait 5 lab_listens "$LAB_ORIGIN" "$port" $LAB_RAW4
}
# reply NAME TEXT-WITH-ESCAPES: what the scripted origin answers to /NAME.
reply() { printf '%b' "$2" >"$OUT/replies/$1"; }

origin_saw() { grep -c -- "$1" "$LAB_DIR/origin/access.log"; }

# audit KEY=REGEX...: number of audit lines of which these fields match; waits a moment for one.
audit_n() { python3 "$E2E/audit.py" "$LAB_DIR/audit" count "$@"; }
audit_some() { [ "$(audit_n "$@")" -gt 0 ]; }
audit() {
	local fact=$1
	shift
	if lab_wait 3 audit_some "$@"; then
		ok "$fact"
	else
		not_ok "$fact" "no audit line has $*; last: $(tail -qn 1 "$LAB_DIR"/audit/*)"
	fi
}

# roles PATTERN: pids of the gateway's processes, parent's children, whose name matches.
roles() {
	local parent p
	parent=$(lab_pid gateway)
	for p in $(cat /proc/"$parent"/task/*/children 2>/dev/null); do
		tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -qE -- "$1" && echo "$p"
	done
	return 0
}
