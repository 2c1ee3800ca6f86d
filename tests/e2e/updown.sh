#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# `sallyport up` and `sallyport down` leave the host as it was: rules, policy routing, routes and
# sysctls are compared before and after, also after kill -9 and after starts that fail.
. "$(dirname "$0")/lib.sh"

NS=${LAB_PREFIX:-sp-updown}-host
WORK=$(mktemp -d)
CONF=$WORK/sallyport.yaml
children=()
failures=0

on_host() { ip netns exec "$NS" "$@"; }

clean() {
	local p
	trap - EXIT
	on_host "$SALLYPORT" down --config "$CONF" >/dev/null 2>&1
	for p in "${children[@]}"; do kill "$p" 2>/dev/null; done
	ip netns del "$NS" 2>/dev/null
	rm -rf "$WORK"
	[ "$failures" = 0 ]
	exit
}
trap clean EXIT

# A host with two interfaces; one value differs from the kernel's defaults in each direction.
make_host() {
	ip netns add "$NS" || exit 1
	on_host sh -c 'cd /proc/sys/net/ipv6/conf && for d in all default; do echo 0 >$d/accept_dad; done'
	ip -n "$NS" link set lo up
	ip -n "$NS" link add inside type veth peer name client
	ip -n "$NS" link add outside type veth peer name world
	for i in inside client outside world; do ip -n "$NS" link set "$i" up; done
	ip -n "$NS" addr add 10.77.1.1/24 dev inside
	ip -n "$NS" addr add fd77:0:0:1::1/64 dev inside nodad
	ip -n "$NS" addr add 10.77.2.1/24 dev outside
	ip -n "$NS" route add default via 10.77.2.2
	on_host sysctl -qw net.ipv4.conf.outside.forwarding=1 net.ipv4.conf.all.accept_redirects=0 \
		net.ipv6.conf.outside.accept_ra=0
}

configure() {
	cat >"$CONF" <<-END
		state_dir: $WORK/state
		audit: { folder: $WORK/log }
		scanner: { enabled: no }
		workers: 1
		tls: { trust: $WORK/trust.pem }
		$1
	END
}

snapshot() {
	local f
	for f in iptables-save ip6tables-save; do
		on_host "$f" | sed -e '/^#/d' -e 's/ \[[0-9:]*\]$//'
	done
	for f in -4 -6; do
		ip -n "$NS" "$f" rule
		ip -n "$NS" "$f" route show table all | sort
	done
	on_host sysctl -a 2>/dev/null | grep -E '^net\.ipv[46]\.(conf\.|ip_forward |tcp_fwmark|fwmark)' | grep -v secret
}

same() { # FACT BEFORE AFTER
	local d
	d=$(diff "$WORK/$2" "$WORK/$3") && ok "$1" || not_ok "$1" "$(head -n 8 <<<"$d")"
}
nobody() { [ -z "$(ip netns pids "$NS")" ]; }
same_as_before() {
	snapshot >"$WORK/after"
	same "$1: the host is as before" before after
	holds "$1: no process is left" lab_wait 3 nobody
	is "$1: no journal, pid file or socket is left" \
		"$(cd "$WORK/state" 2>/dev/null && ls -d network.journal sallyport.pid control.sock 2>/dev/null)" ""
}

# does FACT STATUS COMMAND...: what it said is in $said.
does() {
	local fact=$1 want=$2 status
	shift 2
	said=$(on_host timeout 150 "$@" 2>&1 </dev/null)
	status=$?
	if [ "$status" = "$want" ]; then ok "$fact"; else not_ok "$fact" "status $status, not $want: $said"; fi
}
up() { does "$1" "$2" "$SALLYPORT" up --inside "${3:-inside}" --config "$CONF"; }
down() { does "$1" "${2:-0}" "$SALLYPORT" down --config "$CONF"; }

make_host
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=x -days 1 -out "$WORK/trust.pem" 2>/dev/null
configure ""
snapshot >"$WORK/before"

up "a first up works" 0
like "it says how to trust the CA" "$said" "ca export"
like "it says where the audit is" "$said" "$WORK/log"
snapshot >"$WORK/up"
like "the traffic is intercepted" "$(cat "$WORK/up")" "-i inside .*--dport 443 -j TPROXY"
is "the CA key is for its owner alone" "$(stat -c %a "$WORK/state/ca/ca.key")" 600
does "status answers" 0 "$SALLYPORT" status --config "$CONF"
up "a second up works" 0
snapshot >"$WORK/again"
same "a second up changes nothing" up again
down "down works"
same_as_before "down"
down "a second down works"
same_as_before "a second down"

up "up with the CA that is there" 0
kill -9 "$(cat "$WORK/state/sallyport.pid")"
sleep 1
does "status says so after kill -9" 9 "$SALLYPORT" status --config "$CONF"
snapshot >"$WORK/killed"
same "kill -9 does not open the way" up killed
down "down after kill -9"
same_as_before "down after kill -9"

up "up once more" 0
kill -9 "$(cat "$WORK/state/sallyport.pid")"
sleep 1
up "up after kill -9" 0
down "down after both"
same_as_before "down after both"

# In the foreground: the way of a service manager or a terminal.
ip netns exec "$NS" "$SALLYPORT" up --foreground --inside inside --config "$CONF" >"$WORK/foreground" 2>&1 &
children+=($!)
lab_wait 60 grep -q 'sallyport down' "$WORK/foreground"
kill -TERM "${children[0]}"
wait "${children[0]}"
is "up in the foreground ends well on SIGTERM" $? 0
same_as_before "up in the foreground"

on_host iptables -P FORWARD DROP
on_host iptables -A FORWARD -p udp --dport 9 -j ACCEPT
on_host ip6tables -t mangle -A PREROUTING -p tcp --dport 9 -j MARK --set-mark 7
on_host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
snapshot >"$WORK/before"
up "up beside others' rules" 0
down "down beside others' rules"
same_as_before "others' rules"

rm -rf "$WORK/state"
up "an interface that is not there is refused" 2 nosuch0
same_as_before "no such interface"
is "and no state is made" "$(ls "$WORK/state" 2>/dev/null)" ""

ip netns exec "$NS" python3 -c 'import socket,time
s=socket.socket(); s.bind(("", 8443)); s.listen(); print(flush=True); time.sleep(300)' >"$WORK/holder" &
children+=($!)
lab_wait 5 test -s "$WORK/holder"
up "a port in use is refused" 5
like "it names the port" "$said" "8443"
kill "${children[1]}"
wait "${children[1]}" 2>/dev/null
same_as_before "port in use"
is "and no CA is made" "$(ls "$WORK/state" 2>/dev/null)" ""

ip -n "$NS" route add 10.9.0.0/16 via 10.77.2.2 table 5377
snapshot >"$WORK/before"
up "a routing table in use is refused" 8
like "it names the table" "$said" "5377"
same_as_before "table in use"
is "and the CA is gone again" "$(ls "$WORK/state" 2>/dev/null)" ""
ip -n "$NS" route del 10.9.0.0/16 via 10.77.2.2 table 5377

does "an unprivileged user is refused" 4 setpriv --reuid=65534 --clear-groups "$SALLYPORT" up --inside inside
configure "rules: [ { name: x, acton: block } ]"
up "a wrong configuration is refused" 3
