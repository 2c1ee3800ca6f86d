# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# The three namespaces of a lab, client - gateway - origin, with IPv4 and IPv6. Sourced by scripts/lab.
# Nothing outside of the namespaces, /etc/netns/NAME and the lab's own folder is touched.

LAB_PREFIX=${LAB_PREFIX:-sp-lab}
LAB_CLIENT=$LAB_PREFIX-client
LAB_GW=$LAB_PREFIX-gw
LAB_ORIGIN=$LAB_PREFIX-origin

# Addresses are the same in every lab: namespaces do not see each other.
LAB_CLIENT4=10.77.1.2 LAB_CLIENT6=fd77:0:0:1::2
LAB_GWIN4=10.77.1.1 LAB_GWIN6=fd77:0:0:1::1
LAB_GWOUT4=10.77.2.1 LAB_GWOUT6=fd77:0:0:2::1
LAB_ORIGIN4=10.77.2.2 LAB_ORIGIN6=fd77:0:0:2::2
LAB_RAW4=10.77.2.9 LAB_RAW6=fd77:0:0:2::9 # free for origins that a test scripts itself

in_client() { ip netns exec "$LAB_CLIENT" "$@"; }
in_gw() { ip netns exec "$LAB_GW" "$@"; }
in_origin() { ip netns exec "$LAB_ORIGIN" "$@"; }

# /etc/netns/NAME/* is what `ip netns exec NAME` shows as /etc/*.
net_names() {
	local ns=$1
	mkdir -p "/etc/netns/$ns" || mkdir -p "/etc/netns/$ns" # another lab may just remove the parent
	cat >"/etc/netns/$ns/hosts" <<-END
		127.0.0.1 localhost
		::1 localhost
		$LAB_ORIGIN4 www.origin.test bank.origin.test expired.origin.test wrong.origin.test
		$LAB_ORIGIN4 selfsigned.origin.test untrusted.origin.test v4.origin.test
		$LAB_ORIGIN6 www.origin.test bank.origin.test expired.origin.test wrong.origin.test
		$LAB_ORIGIN6 selfsigned.origin.test untrusted.origin.test v6.origin.test
		$LAB_RAW4 raw.origin.test
		$LAB_RAW6 raw6.origin.test
	END
	echo "# no name server: hosts alone" >"/etc/netns/$ns/resolv.conf"
}

# A link between two namespaces with an address of each family at both ends.
net_link() {
	local ns_a=$1 if_a=$2 a4=$3 a6=$4 ns_b=$5 if_b=$6 b4=$7 b6=$8
	ip -n "$ns_a" link add "$if_a" type veth peer name "$if_b" netns "$ns_b"
	ip -n "$ns_a" addr add "$a4/24" dev "$if_a"
	ip -n "$ns_a" addr add "$a6/64" dev "$if_a" nodad
	ip -n "$ns_b" addr add "$b4/24" dev "$if_b"
	ip -n "$ns_b" addr add "$b6/64" dev "$if_b" nodad
	ip -n "$ns_a" link set "$if_a" up
	ip -n "$ns_b" link set "$if_b" up
}

net_up() {
	local ns
	for ns in "$LAB_CLIENT" "$LAB_GW" "$LAB_ORIGIN"; do
		ip netns add "$ns"
		net_names "$ns"
		# Addresses must be usable at once, so no duplicate address detection.
		ip netns exec "$ns" sh -c 'cd /proc/sys/net/ipv6/conf &&
			for d in all default; do echo 0 >$d/accept_dad; echo 0 >$d/dad_transmits; done'
		ip -n "$ns" link set lo up
	done
	in_gw sh -c 'cd /proc/sys/net && echo 1 >ipv4/ip_forward && echo 1 >ipv6/conf/all/forwarding &&
		echo 0 >ipv4/conf/all/rp_filter && echo 0 >ipv4/conf/default/rp_filter'
	net_link "$LAB_GW" in0 $LAB_GWIN4 $LAB_GWIN6 "$LAB_CLIENT" eth0 $LAB_CLIENT4 $LAB_CLIENT6
	net_link "$LAB_GW" out0 $LAB_GWOUT4 $LAB_GWOUT6 "$LAB_ORIGIN" eth0 $LAB_ORIGIN4 $LAB_ORIGIN6
	ip -n "$LAB_ORIGIN" addr add $LAB_RAW4/24 dev eth0
	ip -n "$LAB_ORIGIN" addr add $LAB_RAW6/64 dev eth0 nodad
	ip -n "$LAB_CLIENT" route add default via $LAB_GWIN4
	ip -n "$LAB_CLIENT" -6 route add default via $LAB_GWIN6
	ip -n "$LAB_ORIGIN" route add default via $LAB_GWOUT4
	ip -n "$LAB_ORIGIN" -6 route add default via $LAB_GWOUT6
}

net_down() {
	local ns
	for ns in "$LAB_CLIENT" "$LAB_GW" "$LAB_ORIGIN"; do
		ip netns del "$ns" 2>/dev/null
		rm -f "/etc/netns/$ns/hosts" "/etc/netns/$ns/resolv.conf"
		rmdir "/etc/netns/$ns" 2>/dev/null
	done
	rmdir /etc/netns 2>/dev/null
	return 0
}

# TPROXY as `network.manage: off` expects it from the caller: divert packets of our own sockets,
# send ports 80 and 443 from the inside to the listeners. One table for each family.
tproxy_rules() {
	local on=$1 http=$2 tls=$3 any=${4:-0}
	cat <<-END
		*mangle
		:SP_DIVERT - [0:0]
		-A SP_DIVERT -j MARK --set-mark 0x15a11
		-A SP_DIVERT -j ACCEPT
		-A PREROUTING -p tcp -m socket --transparent -j SP_DIVERT
		-A PREROUTING -i in0 -p tcp --dport 80 -j TPROXY --on-port $http --on-ip $on --tproxy-mark 0x15a11
		-A PREROUTING -i in0 -p tcp --dport 443 -j TPROXY --on-port $tls --on-ip $on --tproxy-mark 0x15a11
	END
	[ "$any" = 0 ] ||
		echo "-A PREROUTING -i in0 -p tcp -j TPROXY --on-port $any --on-ip $on --tproxy-mark 0x15a11"
	echo COMMIT
}

# tproxy_up HTTP_PORT TLS_PORT [ANY_PORT]
tproxy_up() {
	tproxy_rules 0.0.0.0 "$@" | in_gw iptables-restore --noflush
	tproxy_rules :: "$@" | in_gw ip6tables-restore --noflush
	ip -n "$LAB_GW" rule add fwmark 0x15a11 lookup 5377
	ip -n "$LAB_GW" -6 rule add fwmark 0x15a11 lookup 5377
	ip -n "$LAB_GW" route add local default dev lo table 5377
	ip -n "$LAB_GW" -6 route add local default dev lo table 5377
}

tproxy_down() {
	local f
	for f in iptables ip6tables; do
		in_gw "$f" -t mangle -F
		in_gw "$f" -t mangle -X
	done
	for f in -4 -6; do
		ip -n "$LAB_GW" "$f" rule del fwmark 0x15a11 lookup 5377 2>/dev/null
		ip -n "$LAB_GW" "$f" route flush table 5377 2>/dev/null
	done
	return 0
}
