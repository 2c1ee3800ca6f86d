/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules as text for iptables-restore --noflush. Pure: nothing is read from the system, so
 * that tests can compare every line.
 */
#include <string.h>

#include "core/err.h"
#include "intercept/rules_text.h"
#include "intercept/tables.h"

enum { ROUTE_BIT = 0x10000, QUIC_PORT = 443, INSIDE_MAX = 64, PORTS_MAX = 256 };

uint32_t net_route_mark(uint32_t mark)
{
	return mark ^ ROUTE_BIT;
}

uint32_t net_mark_mask(uint32_t mark)
{
	uint32_t mask = mark | ROUTE_BIT;
	unsigned shift;

	for (shift = 1; shift < 32; shift *= 2)
		mask |= mask >> shift;
	return mask;
}

bool net_if_name(const char *name)
{
	static const char good[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-";
	size_t n = strlen(name);

	return n > 0 && n <= NET_IF_MAX && name[0] != '-' && strspn(name, good) == n;
}

static bool has_port(const uint16_t *ports, unsigned n, uint16_t port)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (ports[i] == port)
			return true;
	}
	return false;
}

const char *net_plan_fault(const struct net_plan *p)
{
	unsigned i;

	if (p->inside_n == 0)
		return "no inside interface is named";
	if (p->inside_n > INSIDE_MAX || p->http_ports_n > PORTS_MAX || p->tls_ports_n > PORTS_MAX)
		return "too many inside interfaces or intercepted ports";
	for (i = 0; i < p->inside_n; i++) {
		if (!net_if_name(p->inside[i]))
			return "an inside interface has an impossible name";
	}
	if (p->mark == 0 || net_route_mark(p->mark) == 0)
		return "the mark must not be 0 or 0x10000";
	if (p->table == 0 || (p->table >= 253 && p->table <= 255))
		return "the routing table must be one that the system does not use";
	if (p->all_ports && p->listen_any == 0)
		return "all ports are to be intercepted, but nothing listens for any protocol";
	if (p->listen_http == 0 && p->listen_tls == 0 && p->listen_any == 0)
		return "nothing listens";
	if (has_port(p->http_ports, p->http_ports_n, 0) ||
	    has_port(p->tls_ports, p->tls_ports_n, 0))
		return "0 is no port";
	return NULL;
}

/* TPROXY rules of one interface for a list of ports; nothing where nobody would listen. */
static int tproxy_ports(const struct net_plan *p, const char *inside, const uint16_t *ports,
    unsigned n, uint16_t listen, struct buf *out)
{
	unsigned i;
	int r = 0;

	if (listen == 0)
		listen = p->listen_any;
	for (i = 0; r == 0 && listen != 0 && i < n; i++)
		r = buf_printf(out,
		    "-A SALLYPORT -i %s -p tcp --dport %u -j TPROXY --on-port %u --tproxy-mark "
		    "0x%x/0x%x\n",
		    inside, ports[i], listen, net_route_mark(p->mark), net_mark_mask(p->mark));
	return r;
}

static int tproxy_rules(const struct net_plan *p, struct buf *out)
{
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < p->inside_n; i++) {
		r = tproxy_ports(
		    p, p->inside[i], p->http_ports, p->http_ports_n, p->listen_http, out);
		if (r == 0)
			r = tproxy_ports(
			    p, p->inside[i], p->tls_ports, p->tls_ports_n, p->listen_tls, out);
		if (r == 0 && p->all_ports)
			r = buf_printf(out,
			    "-A SALLYPORT -i %s -p tcp -j TPROXY --on-port %u --tproxy-mark "
			    "0x%x/0x%x\n",
			    p->inside[i], p->listen_any, net_route_mark(p->mark),
			    net_mark_mask(p->mark));
	}
	return r;
}

/*
 * SALLYPORT, in this order: what our own sockets send is let go; packets of our flows on both
 * sides come to us; what is for the gateway itself or for many is let go; the rest of the
 * intercepted ports goes to the listeners, and is dropped by the kernel when nobody listens.
 * A SYN is left to TPROXY, which alone knows how to reopen a connection in TIME_WAIT.
 */
static int mangle_text(const struct net_plan *p, int family, struct buf *out)
{
	uint32_t mask = net_mark_mask(p->mark);
	int r;

	if ((r = buf_printf(out, "-A SALLYPORT_DIVERT -j MARK --set-xmark 0x%x/0x%x\n",
		 net_route_mark(p->mark), mask)) != 0 ||
	    (r = buf_printf(out, "-A SALLYPORT_DIVERT -j ACCEPT\n")) != 0 ||
	    (r = buf_printf(
		 out, "-A SALLYPORT -m mark --mark 0x%x/0x%x -j RETURN\n", p->mark, mask)) != 0 ||
	    (r = buf_printf(out,
		 "-A SALLYPORT -p tcp ! --syn -m socket --transparent -j SALLYPORT_DIVERT\n")) !=
		0 ||
	    (r = buf_printf(out,
		 "-A SALLYPORT -m addrtype --dst-type LOCAL,%sANYCAST,MULTICAST -j RETURN\n",
		 family == 4 ? "BROADCAST," : "")) != 0)
		return r;
	return tproxy_rules(p, out);
}

/* Somebody who connects to a listener directly would have us connect to ourselves, forever. */
static int guard_listener(uint16_t port, struct buf *out)
{
	if (port == 0)
		return 0;
	return buf_printf(out,
	    "-A SALLYPORT_IN -p tcp --dport %u -m addrtype --dst-type LOCAL -j REJECT "
	    "--reject-with tcp-reset\n",
	    port);
}

static const char *quic_target(enum net_quic quic, int family)
{
	switch (quic) {
	case NET_QUIC_ALLOW: /* no target: iptables counts, and goes on */
		return "";
	case NET_QUIC_DROP:
		return " -j DROP";
	default:
		return family == 4 ? " -j REJECT --reject-with icmp-admin-prohibited"
				   : " -j REJECT --reject-with icmp6-adm-prohibited";
	}
}

static int quic_rules(const struct net_plan *p, const char *inside, int family, struct buf *out)
{
	static const char line[] = "-A SALLYPORT_FWD -i %s -p udp --dport %u%s\n";
	const char *target = quic_target(p->quic, family);
	unsigned i;
	int r = 0;

	if (p->all_ports && !has_port(p->tls_ports, p->tls_ports_n, QUIC_PORT))
		r = buf_printf(out, line, inside, QUIC_PORT, target);
	for (i = 0; r == 0 && i < p->tls_ports_n; i++)
		r = buf_printf(out, line, inside, p->tls_ports[i], target);
	return r;
}

/*
 * IN lets our flows past the host's own firewall (their ports are not ours to list there). OUT
 * keeps the kernel from telling clients of a shorter way around the gateway.
 */
static int filter_text(const struct net_plan *p, int family, struct buf *out)
{
	const char *redirect = family == 4 ? "-p icmp -m icmp --icmp-type 5"
					   : "-p ipv6-icmp -m icmp6 --icmpv6-type 137";
	unsigned i;
	int r;

	if ((r = buf_printf(out, "-A SALLYPORT_IN -m mark --mark 0x%x/0x%x -j ACCEPT\n",
		 net_route_mark(p->mark), net_mark_mask(p->mark))) != 0 ||
	    (r = guard_listener(p->listen_http, out)) != 0 ||
	    (r = guard_listener(p->listen_tls, out)) != 0 ||
	    (r = guard_listener(p->listen_any, out)) != 0)
		return r;
	for (i = 0; r == 0 && i < p->inside_n; i++) {
		r = quic_rules(p, p->inside[i], family, out);
		if (r == 0)
			r = buf_printf(
			    out, "-A SALLYPORT_OUT -o %s %s -j DROP\n", p->inside[i], redirect);
	}
	return r;
}

/* Declarations (which also empty a chain that is already there) and, at last, the jumps. */
static int chains_text(const char *table, int family, bool jumps, struct buf *out)
{
	const struct our_chain *c;
	int r = 0;

	for (c = our_chains; r == 0 && c->chain != NULL; c++) {
		if (strcmp(c->table, table) != 0)
			continue;
		if (!jumps)
			r = buf_printf(out, ":%s - [0:0]\n", c->chain);
		else if (c->base != NULL)
			r = buf_printf(out, "-I %s 1 %s -j %s\n", c->base,
			    family == 4 ? c->match4 : c->match6, c->chain);
	}
	return r;
}

static int table_text(
    const struct net_plan *p, int family, const char *table, struct str save, struct buf *out)
{
	bool mangle = strcmp(table, "mangle") == 0;
	struct str section;
	int r;

	if ((r = buf_printf(out, "*%s\n", table)) != 0 ||
	    (r = chains_text(table, family, false, out)) != 0 ||
	    (r = mangle ? mangle_text(p, family, out) : filter_text(p, family, out)) != 0)
		return r;
	/* Old jumps go and new ones come in one transaction of the kernel. */
	if (tables_section(save, table, &section) && (r = tables_unhook(section, out)) != 0)
		return r;
	if ((r = chains_text(table, family, true, out)) != 0)
		return r;
	return buf_printf(out, "COMMIT\n");
}

int rules_text_over(const struct net_plan *p, int family, struct str save, struct buf *out)
{
	const char *const *t;
	struct buf text;
	int r = 0;

	if (net_plan_fault(p) != NULL || (family != 4 && family != 6))
		return -ERR_CONFIG;
	buf_init(&text, out->max);
	for (t = our_tables; r == 0 && *t != NULL; t++)
		r = table_text(p, family, *t, save, &text);
	if (r == 0)
		r = buf_str(out, buf_view(&text));
	buf_free(&text);
	return r;
}

int net_rules_text(const struct net_plan *p, int family, struct buf *out)
{
	return rules_text_over(p, family, STR_NONE, out);
}
