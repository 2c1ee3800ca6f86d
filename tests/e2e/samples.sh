#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A body that kills its scan job is refused, kept for the operator byte by byte, not tried again by
# the next scanner either, and on disk only in the folder that is configured for it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-hostile.sh"
topology <<'END'
scanner: { enabled: yes, signatures: @LAB@/signatures, keep: @LAB@/kept }
limits: { samples: 4, samples_bytes: 1M }
END
has_sample() { samples | grep -q "$1"; }
disk_is() { [ "$(find "$LAB_DIR/kept" -type f -name '[0-9a-f]*' | wc -l)" = "$1" ]; }
scanner_again() { [ "$(grep -c 'scanner is ready' "$LAB_DIR/gateway.log")" -ge 2 ]; }
samples() { "$SALLYPORT" samples --config "$LAB_DIR/sallyport.yaml" "$@" 2>&1; }

lab_wait 10 test -S "$LAB_DIR/state/control.sock"
like "at first there is none" "$(samples)" 'no body has killed'
printf 'HOSTILE:socket and what else is in it' >"$OUT/killer"
is "an upload that kills its job is refused" "$(upload "$OUT/killer")" 403
sha=$(digest "$OUT/killer")
lab_wait 3 has_sample "$sha"
like "it is listed with its length and signal" "$(samples)" "$sha 37 bytes, upload: unscannable error, signal 31"
like "as JSON, too" "$(samples --json)" "\"sha256\":\"$sha\",\"bytes\":37,.*\"how\":\"signal 31\".*\"refused\":true"
audit "the audit has it" event=sample sha256="$sha" bytes=37 direction=up reason=error 'how=signal 31' refused=true kept=true
samples --save "${sha:0:8}" "$OUT/saved" >"$OUT/said"
is "what is saved is the body" "$(digest "$OUT/saved")" "$sha"
is "for its owner alone" "$(stat -c %a "$OUT/saved")" 600
like "no file is written over" "$(samples --save "$sha" "$OUT/saved")" 'exists'
like "a digest that is not there is said" "$(samples --save 0123456789 "$OUT/none")" 'no sample has this'
lab_wait 3 test -s "$LAB_DIR/kept/$sha"
is "the configured folder has it" "$(digest "$LAB_DIR/kept/$sha")" "$sha"
is "in a folder and a file of its owner" "$(stat -c %a "$LAB_DIR/kept" "$LAB_DIR/kept/$sha" | tr '\n' ' ')" '700 600 '

is "again it is refused" "$(upload "$OUT/killer")" 403
like "without another job" "$(grep -c 'died of signal 31' "$LAB_DIR/gateway.log")" '^1$'
kill -s KILL "$(roles sallyport-scanner)"
lab_wait 10 scanner_again
is "the next scanner knows it as well" "$(upload "$OUT/killer")" 403
like "and does not try" "$(grep -c 'died of signal 31' "$LAB_DIR/gateway.log")" '^1$'
is "what is harmless passes" "$(upload "$LAB_MATERIAL/www/clean.txt")" 200

for i in 1 2 3 4 5 6; do
	printf 'HOSTILE:socket %s' $i >"$OUT/more"
	upload "$OUT/more" >"$OUT/status"
done
lab_wait 3 has_sample "$(digest "$OUT/more")"
is "the list is bounded" "$(samples | wc -l)" 4
lab_wait 3 disk_is 4
is "so is the folder" "$(find "$LAB_DIR/kept" -type f | wc -l)" 4
unlike "the oldest is gone" "$(samples)" "$sha"
head -c 2000000 /dev/zero | { printf 'HOSTILE:socket '; cat; } >"$OUT/large"
is "one that is too large to keep is refused, too" "$(upload "$OUT/large")" 403
audit "and noted" event=sample sha256="$(digest "$OUT/large")" kept=false
like "all can be dropped" "$(samples --drop all; samples)" 'no body has killed'

# Nothing of a body reaches a disk by any other way: while a nested archive is searched and a body is
# held, no role but the recorder has a file open for writing, and the scanner sees no file system
# that could be written to but its own in memory.
on_disk() {
	local pid fd to
	for pid in $(roles 'worker|scanner'); do
		for fd in /proc/"$pid"/fd/* /proc/"$pid"/task/*/children; do
			case $fd in *children) continue ;; esac
			to=$(readlink "$fd") || continue
			case $to in /dev/null | /memfd:* | "$LAB_DIR/gateway.log" | [!/]*) continue ;; esac
			grep -q '^flags:.*[12]$' "/proc/$pid/fdinfo/${fd##*/}" 2>/dev/null && echo "$pid has $to"
		done
	done
}
scanner=$(roles sallyport-scanner)
is "the scanner's file systems are in memory, or read-only" \
	"$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) != "tmpfs" && $6 !~ /^ro/) print $5, $(i + 1) }' "/proc/$scanner/mountinfo")" ""
is "it sees its own, one for each job, and the signatures" \
	"$(awk '{ print $5 }' "/proc/$scanner/mountinfo" | sort | sed 's/job-.*/job/' | uniq | tr '\n' ' ')" '/ /job /signatures '
for i in 1 2 3 4 5 6; do upload "$LAB_MATERIAL/www/clean.zip" >>"$OUT/status"; done &
uploads=$!
found=
while kill -0 "$uploads" 2>/dev/null; do found=$found$(on_disk); done
is "no role holds a body in a file" "$found" ""
is "and jobs leave nothing in their scratch space" "$(find "/proc/$scanner/root/" -mindepth 2 -path '*/job-*' 2>/dev/null)" ""
