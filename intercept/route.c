/* SPDX-License-Identifier: BSD-2-Clause */
/* Policy routing: see route.h. What we add carries a protocol number of ours. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/err.h"
#include "intercept/netlink.h"
#include "intercept/route.h"

enum { PROTOCOL = 0x53, PREF_SKIP = 537, PREF_LOOKUP, PREF_END, MESSAGE_MAX = 1024 };

struct request {
	_Alignas(struct nlmsghdr) char bytes[MESSAGE_MAX];
};

static int family_of(int family)
{
	return family == 6 ? AF_INET6 : AF_INET;
}

static struct nlmsghdr *begin(struct request *q, int type, bool add)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(q->bytes);

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags =
	    (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0));
	return h;
}

static void put_rule(struct nlmsghdr *h, const struct route_plan *p, int family, int pref)
{
	struct fib_rule_hdr *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->family = (uint8_t)family_of(family);
	r->action = pref == PREF_SKIP ? FR_ACT_GOTO : pref == PREF_END ? FR_ACT_NOP : FR_ACT_TO_TBL;
	mnl_attr_put_u32(h, FRA_PRIORITY, (uint32_t)pref);
	mnl_attr_put_u8(h, FRA_PROTOCOL, PROTOCOL);
	if (pref == PREF_END)
		return;
	mnl_attr_put_u32(h, FRA_FWMARK, p->mark);
	mnl_attr_put_u32(h, FRA_FWMASK, p->mask);
	if (pref == PREF_SKIP) {
		mnl_attr_put_strz(h, FRA_IIFNAME, "lo");
		mnl_attr_put_u32(h, FRA_GOTO, PREF_END);
	} else {
		mnl_attr_put_u32(h, FRA_TABLE, p->table);
	}
}

/* local default dev lo table TABLE */
static void put_route(struct nlmsghdr *h, const struct route_plan *p, int family)
{
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = (uint8_t)family_of(family);
	m->rtm_table = RT_TABLE_UNSPEC;
	m->rtm_protocol = PROTOCOL;
	m->rtm_type = RTN_LOCAL;
	m->rtm_scope = family == 4 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(h, RTA_TABLE, p->table);
	mnl_attr_put_u32(h, RTA_OIF, if_nametoindex("lo"));
}

static bool harmless(int e, bool add)
{
	return add ? e == EEXIST : e == ENOENT || e == ESRCH || e == EAFNOSUPPORT || e == ENODEV;
}

static int send_rule(
    struct mnl_socket *s, const struct route_plan *p, int family, int pref, bool add)
{
	struct request q;
	struct nlmsghdr *h = begin(&q, add ? RTM_NEWRULE : RTM_DELRULE, add);
	int e;

	put_rule(h, p, family, pref);
	e = netlink_ask(s, h, h->nlmsg_len, 1);
	return harmless(e, add) ? 0 : e;
}

static int send_route(struct mnl_socket *s, const struct route_plan *p, int family, bool add)
{
	struct request q;
	struct nlmsghdr *h = begin(&q, add ? RTM_NEWROUTE : RTM_DELROUTE, add);
	int e;

	put_route(h, p, family);
	e = netlink_ask(s, h, h->nlmsg_len, 1);
	return harmless(e, add) ? 0 : e;
}

static int complain(int family, const char *what, int e, char *why, size_t why_n)
{
	snprintf(why, why_n, "IPv%d policy routing: %s: %s%s", family, what, strerror(e),
	    e == ENETDOWN ? "; fix: ip link set lo up" : "");
	return -ERR_SYSTEM;
}

int route_add(const struct route_plan *p, int family, char *why, size_t why_n)
{
	static const int prefs[] = { PREF_END, PREF_SKIP, PREF_LOOKUP };
	struct mnl_socket *s = netlink_open(NETLINK_ROUTE);
	unsigned i;
	int e, r = 0;

	if (s == NULL)
		return complain(family, "netlink", errno, why, why_n);
	if ((e = send_route(s, p, family, true)) != 0)
		r = complain(family, "local route in the own table", e, why, why_n);
	for (i = 0; r == 0 && i < 3; i++) {
		if ((e = send_rule(s, p, family, prefs[i], true)) != 0)
			r = complain(family, "rule for the mark", e, why, why_n);
	}
	mnl_socket_close(s);
	return r;
}

int route_del(const struct route_plan *p, int family, char *why, size_t why_n)
{
	static const int prefs[] = { PREF_LOOKUP, PREF_SKIP, PREF_END };
	struct mnl_socket *s = netlink_open(NETLINK_ROUTE);
	unsigned i;
	int e, r = 0;

	if (s == NULL)
		return complain(family, "netlink", errno, why, why_n);
	for (i = 0; i < 3; i++) {
		if ((e = send_rule(s, p, family, prefs[i], false)) != 0)
			r = complain(family, "rule for the mark stays", e, why, why_n);
	}
	if ((e = send_route(s, p, family, false)) != 0)
		r = complain(family, "route in the own table stays", e, why, why_n);
	mnl_socket_close(s);
	return r;
}

struct table_use {
	uint32_t table;
	bool used;
};

static int see_route(const struct nlmsghdr *h, void *arg)
{
	struct table_use *u = arg;
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	uint32_t table = m->rtm_table;

	mnl_attr_for_each(a, h, sizeof(*m))
	{
		if (mnl_attr_get_type(a) == RTA_TABLE && mnl_attr_validate(a, MNL_TYPE_U32) == 0)
			table = mnl_attr_get_u32(a);
	}
	if (table == u->table && m->rtm_protocol != PROTOCOL)
		u->used = true;
	return MNL_CB_OK;
}

/* Ask for the routes of one table; older kernels answer with all of them. */
static int dump_table(struct mnl_socket *s, int family, struct table_use *u)
{
	_Alignas(struct nlmsghdr) char answer[32768];
	struct request q;
	struct nlmsghdr *h = begin(&q, RTM_GETROUTE, false);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	int strict = 1, r = MNL_CB_OK;
	ssize_t k;

	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m->rtm_family = (uint8_t)family_of(family);
	setsockopt(
	    mnl_socket_get_fd(s), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &strict, sizeof(strict));
	mnl_attr_put_u32(h, RTA_TABLE, u->table);
	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return errno;
	while (r > MNL_CB_STOP && (k = mnl_socket_recvfrom(s, answer, sizeof(answer))) > 0)
		r = mnl_cb_run(answer, (size_t)k, 0, 0, see_route, u);
	/* A table that was never used is "not there". */
	return r == MNL_CB_STOP || errno == ENOENT ? 0 : errno;
}

int route_table_free(uint32_t table, char *why, size_t why_n)
{
	struct table_use u = { .table = table };
	struct mnl_socket *s;
	int family, e = 0;

	for (family = 4; e == 0 && family <= 6; family += 2) {
		if ((s = netlink_open(NETLINK_ROUTE)) == NULL)
			return complain(family, "netlink", errno, why, why_n);
		e = dump_table(s, family, &u);
		mnl_socket_close(s);
		if (e == EAFNOSUPPORT || e == EOPNOTSUPP)
			e = 0;
		if (e != 0)
			return complain(family, "routing tables cannot be read", e, why, why_n);
	}
	if (!u.used)
		return 0;
	snprintf(why, why_n,
	    "routing table %u is in use by others; fix: set network.table to a free number", table);
	return -ERR_DENIED;
}
