#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's freshclam brings a database from a mirror of the lab's; the gateway takes it, told by freshclam or by itself.
. "$(dirname "$0")/lib.sh"
command -v freshclam >/dev/null || { echo "skip freshclam: no clamav-freshclam here"; exit 0; }
topology <<'END'
scanner: { signatures: @LAB@/signatures, own_signatures: @LAB@/own, notify: @LAB@/state/clamd.sock, jobs: 1 }
# The watch alone would wait longer than this test does: what is seen is freshclam's word.
limits: { signatures_quiet: 1s, signatures_poll: 1h }
END
sigs=$LAB_DIR/signatures mirror=$LAB_DIR/mirror
mkdir -p "$mirror"
lab_spawn mirror "$LAB_ORIGIN" python3 -m http.server --directory "$mirror" --bind "$LAB_RAW4" 8099
lab_wait 5 lab_listens "$LAB_ORIGIN" 8099 "$LAB_RAW4"
printf 'LocalSocket %s\n' "$LAB_DIR/state/clamd.sock" >"$LAB_DIR/clamd.conf"
cat >"$LAB_DIR/freshclam.conf" <<END
DatabaseOwner root
DatabaseDirectory $sigs
UpdateLogFile $LAB_DIR/freshclam.log
DatabaseMirror $LAB_RAW4
DatabaseCustomURL http://$LAB_RAW4:8099/own.ndb
NotifyClamd $LAB_DIR/clamd.conf
MaxAttempts 1
ConnectTimeout 5
END
bring() { in_gw timeout 30 freshclam --config-file="$LAB_DIR/freshclam.conf" --update-db=custom >"$OUT/freshclam" 2>&1; }
offer() { # offer NAME TEXT TIME: what the mirror has from now on
	printf '%s:0:*:%s\n' "$1" "$(printf '%s' "$2" | od -An -tx1 -v | tr -d ' \n')" >"$mirror/own.ndb"
	touch -d "$3" "$mirror/own.ndb"
}
got_is() { [ "$(get "$1")" = "$2" ]; }
page=https://www.origin.test/clean.txt

is "before, the page passes" "$(get $page)" 200
offer Made.First "$(head -c 40 "$LAB_MATERIAL/www/clean.txt")" '2 hours ago'
bring
is "freshclam brings the database" "$?" 0
like "and has told the gateway" "$(cat "$OUT/freshclam")" 'successfully notified'
holds "which finds with it" lab_wait 10 got_is $page 403
audit "and says so" event=signatures outcome=loaded signatures=2
like "freshclam's own files are no signatures" "$(ls "$sigs")" 'freshclam.dat'

offer Made.Second 'nothing that is served' '1 hour' # later than the copy here was written
sed -i '/^NotifyClamd/d' "$LAB_DIR/freshclam.conf"
bring
is "freshclam brings the next one, and tells nobody" "$? $(grep -c notified "$OUT/freshclam")" "0 0"
holds "the gateway sees it all the same" lab_wait 10 got_is $page 200

say() { printf '%s' "$1" | in_gw timeout 5 python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read())
print(s.recv(100).decode().strip())' "$LAB_DIR/state/clamd.sock"; }
is "the socket knows clamd's marks" "$(say zRELOAD)" RELOADING
is "and nothing else" "$(say SHUTDOWN)" 'UNKNOWN COMMAND'
is "the gateway is still there" "$(get $page)" 200
