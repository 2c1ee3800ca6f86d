# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# The measures. Each prints nothing and notes "contender measure value" lines with `note`.

note() { printf '%s\t%s\t%s\n' "$contender" "$1" "$2" >>"$RESULTS"; }

# All processes of the contender: what was started and everything below it.
tree() {
	local c
	echo "$1"
	for c in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree "$c"; done
}
peer_tree() { lab_pid peer >/dev/null && tree "$(lab_pid peer)"; }

# CPU milliseconds used so far, with those of children that ended.
cpu() {
	local p
	for p in $(peer_tree); do cat "/proc/$p/stat" 2>/dev/null; done |
		sed 's/^.*) //' | awk -v hz="$(getconf CLK_TCK)" '{ n += $12 + $13 + $14 + $15 } END { printf "%.0f\n", n * 1000 / hz }'
}
# Proportional memory in KiB over all processes.
memory() {
	local p
	for p in $(peer_tree); do cat "/proc/$p/smaps_rollup" 2>/dev/null; done |
		awk '/^Pss:/ { n += $2 } END { print n + 0 }'
}

# By a name that has an IPv4 address alone: not every peer listens on both families.
load() { in_client timeout 90 "$LOAD" "$TRUST" "${LOAD_HOST:-v4.origin.test}" 443 "$@"; }
calc() { awk "BEGIN { printf \"%.${2:-1}f\", $1 }"; }

# bulk CONNECTIONS COUNT: MB/s and CPU seconds per GB of 100 MB objects.
measure_bulk() {
	local conns=$1 count=$2 before bytes seconds
	before=$(cpu)
	read -r bytes seconds < <(load bulk /100m.bin "$conns" "$count") || return 1
	note "bulk, $conns conn, MB/s" "$(calc "$bytes / 1e6 / $seconds")"
	[ "$contender" = none ] || note "bulk, $conns conn, CPU s/GB" "$(calc "($(cpu) - $before) / 1e3 / ($bytes / 1e9)" 2)"
}

# Full handshakes, each for one request of 1 KB.
measure_new() {
	local before count seconds
	before=$(cpu)
	read -r count seconds < <(load new /1k.bin 8 "$TIME") || return 1
	note "new TLS connections/s" "$(calc "$count / $seconds" 0)"
	[ "$contender" = none ] || note "CPU ms/connection" "$(calc "($(cpu) - $before) / $count" 2)"
}

# The kinds of handshakes apart, each connection for one request of 1 KB. In "new" (above) the
# client's is full, the origin's is resumed by those who can, the leaf is cached.
handshakes() { # MODE MEASURE
	local before count seconds
	load "$1" /1k.bin 4 0.5 >/dev/null || return 1 # first of all keys, caches, workers
	before=$(cpu)
	read -r count seconds < <(load "$1" /1k.bin 8 "$TIME") || return 1
	[ "${count:-0}" -gt 0 ] || return 1
	note "$2" "$(calc "($(cpu) - $before) / $count" 3)"
}
measure_handshakes() {
	[ "$contender" != none ] || return 0
	handshakes resumed "CPU ms, client resumed" 2>/dev/null || echo "bench: $contender gives no session to clients" >&2
	LOAD_HOST=raw.origin.test
	handshakes new "CPU ms, both full"
	[ "$contender" = haproxy ] || handshakes fresh "CPU ms, both full, new name"
	LOAD_HOST=
}

wrk_run() { # CONNECTIONS SECONDS: "requests/s p50 p99" in microseconds, and errors
	in_client timeout 90 wrk -t1 -c"$1" -d"$2" --timeout 10 --latency https://v4.origin.test/1k.bin |
		awk 'function us(v) { if (v ~ /us$/) return v + 0; if (v ~ /ms$/) return v * 1000; return v * 1e6 }
			/ 50%/ { a = us($2) } / 99%/ { b = us($2) } /^Requests\/sec/ { r = $2 }
			/requests in/ { n = $1 } /Non-2xx/ { e = $NF } END { print r, a, b, n, e + 0 }'
}

measure_requests() {
	local before r p50 p99 n errors
	before=$(cpu)
	read -r r p50 p99 n errors < <(wrk_run 16 "$TIME")
	[ "${errors:-1}" = 0 ] || return 1
	note "1 KB requests/s, 16 conns" "$(calc "$r" 0)"
	note "p99 us at 16 conns" "$(calc "$p99" 0)"
	[ "$contender" = none ] || note "CPU us/request" "$(calc "($(cpu) - $before) * 1000 / $n" 0)"
}

# h2_run CONNECTIONS STREAMS COUNT PATH: "seconds bytes" of requests that all succeeded.
h2_run() {
	in_client timeout 90 h2load -t1 -c"$1" -m"$2" -n"$3" "https://v4.origin.test$4" |
		awk -v want="$3" '/^requests:/ { ok = $8 } /^status codes:/ { good = $3 }
			/^finished in/ { s = $3; if (s ~ /ms,$/) s = s / 1000; s += 0 }
			/^traffic:/ { gsub(/[()]/, ""); bytes = $(NF - 1) }
			END { if (ok == want && good == want) print s, bytes }'
}

# Over HTTP/2 on both sides: small requests, and 100 objects of 1 MB at once on one connection.
measure_h2() {
	local before seconds bytes
	h2_run 8 32 2000 /1k.bin >/dev/null # workers, caches, connections of the origin
	before=$(cpu)
	read -r seconds bytes < <(h2_run 8 32 "$H2_REQUESTS" /1k.bin)
	[ -n "${bytes:-}" ] || return 1
	note "h2: 1 KB requests/s, 8 conns x 32" "$(calc "$H2_REQUESTS / $seconds" 0)"
	[ "$contender" = none ] || note "h2: CPU us/request" "$(calc "($(cpu) - $before) * 1000 / $H2_REQUESTS" 1)"
	before=$(cpu)
	read -r seconds bytes < <(h2_run 1 100 "$H2_OBJECTS" /1m.bin)
	[ -n "${bytes:-}" ] || return 1
	note "h2: 100 streams x 1 MB, MB/s" "$(calc "$bytes / 1e6 / $seconds")"
	[ "$contender" = none ] || note "h2: 100 streams x 1 MB, CPU s/GB" "$(calc "($(cpu) - $before) / 1e3 / ($bytes / 1e9)" 2)"
}

measure_latency() {
	local r p50 p99 n errors
	read -r r p50 p99 n errors < <(wrk_run 1 "$TIME")
	[ "${errors:-1}" = 0 ] || return 1
	note "latency p50, us" "$(calc "$p50" 0)"
	note "latency p99, us" "$(calc "$p99" 0)"
}

# Memory per connection that did one request and now does nothing. A first batch warms up the
# allocator and the caches, so that only what a connection needs itself is counted.
measure_idle() {
	local before after pid fifo=$LAB_DIR/idle.in
	[ "$contender" != none ] || return 0
	load new /1k.bin 4 1 >/dev/null
	sleep 1
	before=$(memory)
	note "memory at rest, MiB" "$(calc "$before / 1024")"
	rm -f "$fifo" && mkfifo "$fifo"
	load idle /1k.bin "$IDLE" 0 <"$fifo" >"$LAB_DIR/idle.out" &
	pid=$!
	exec 9>"$fifo"
	idle_ready() { grep -q ready "$LAB_DIR/idle.out"; }
	lab_wait 60 idle_ready && sleep 2 && after=$(memory)
	exec 9>&-
	wait $pid
	[ -n "${after:-}" ] || return 1
	note "KiB/idle connection" "$(calc "($after - $before) / $IDLE")"
}
