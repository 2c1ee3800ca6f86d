/* SPDX-License-Identifier: BSD-2-Clause */
/* Listing chains, and deletions that take nothing with them (NLM_F_NONREC). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdint.h>
#include <string.h>

#include "core/err.h"
#include "intercept/netlink.h"
#include "intercept/nft.h"

/* Three messages with two short names at most. */
struct batch {
	_Alignas(struct nlmsghdr) char bytes[2048];
	size_t n;
};

static struct nlmsghdr *add(struct batch *b, int type, int flags, int family, int res)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(b->bytes + b->n);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	g->nfgen_family = (uint8_t)family;
	g->version = NFNETLINK_V0;
	g->res_id = htons((uint16_t)res);
	return h;
}

static struct nlmsghdr *add_nft(struct batch *b, int what, int flags, int family)
{
	return add(b, NFNL_SUBSYS_NFTABLES << 8 | what, flags,
	    family == 6 ? NFPROTO_IPV6 : NFPROTO_IPV4, 0);
}

static void done(struct batch *b, const struct nlmsghdr *h)
{
	b->n += NLMSG_ALIGN(h->nlmsg_len);
}

struct listing {
	const char *table;
	struct buf *out;
	bool exists;
	int r;
};

static const char *name_of(const struct nlattr *a)
{
	return mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(a) : "";
}

/* Both kinds of answer: for tables NFTA_TABLE_NAME has the number of NFTA_CHAIN_TABLE. */
static int see(const struct nlmsghdr *h, void *arg)
{
	struct listing *l = arg;
	const char *table = "", *chain = NULL;
	const struct nlattr *a;
	bool hooked = false;

	_Static_assert((int)NFTA_TABLE_NAME == (int)NFTA_CHAIN_TABLE, "one attribute for both");
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) == NFTA_CHAIN_TABLE)
			table = name_of(a);
		else if ((h->nlmsg_type & 0xff) == NFT_MSG_NEWTABLE)
			continue;
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_NAME)
			chain = name_of(a);
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_HOOK)
			hooked = true;
	}
	if (strcmp(table, l->table) != 0)
		return MNL_CB_OK;
	l->exists = true;
	if (chain != NULL && hooked && l->r == 0)
		l->r = buf_printf(l->out, " %s", chain);
	return MNL_CB_OK;
}

static int dump(struct mnl_socket *s, int what, int family, struct listing *l)
{
	_Alignas(struct nlmsghdr) char answer[32768];
	struct batch b = { .n = 0 };
	struct nlmsghdr *h = add_nft(&b, what, NLM_F_DUMP, family);
	int r = MNL_CB_OK;
	ssize_t k;

	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return -ERR_SYSTEM;
	while (r > MNL_CB_STOP) {
		if ((k = mnl_socket_recvfrom(s, answer, sizeof(answer))) < 0 && errno != EINTR)
			return -ERR_SYSTEM;
		if (k > 0)
			r = mnl_cb_run(answer, (size_t)k, 0, 0, see, l);
	}
	/* A kernel without nf_tables has no such tables. */
	if (r < 0 && errno != ENOENT && errno != EINVAL && errno != EOPNOTSUPP)
		return -ERR_SYSTEM;
	return l->r;
}

int nft_bases(int family, const char *table, struct buf *out, bool *exists)
{
	struct listing l = { .table = table, .out = out };
	struct mnl_socket *s = netlink_open(NETLINK_NETFILTER);
	int r;

	if (s == NULL)
		return errno == EPROTONOSUPPORT ? 0 : -ERR_SYSTEM;
	if ((r = dump(s, NFT_MSG_GETTABLE, family, &l)) == 0)
		r = dump(s, NFT_MSG_GETCHAIN, family, &l);
	mnl_socket_close(s);
	if (r == 0)
		*exists = l.exists;
	return r;
}

int nft_drop(int family, const char *table, const char *chain)
{
	struct batch b = { .n = 0 };
	struct nlmsghdr *h;
	struct mnl_socket *s;
	int e;

	done(&b, add(&b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	h = add_nft(&b, chain != NULL ? NFT_MSG_DELCHAIN : NFT_MSG_DELTABLE,
	    NLM_F_ACK | NLM_F_NONREC, family);
	mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, table);
	if (chain != NULL)
		mnl_attr_put_strz(h, NFTA_CHAIN_NAME, chain);
	done(&b, h);
	done(&b, add(&b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	if ((s = netlink_open(NETLINK_NETFILTER)) == NULL)
		return -ERR_SYSTEM;
	e = netlink_ask(s, b.bytes, b.n, 1);
	mnl_socket_close(s);
	if (e == 0 || e == ENOENT)
		return 0;
	errno = e;
	return e == EBUSY ? -ERR_DENIED : -ERR_SYSTEM;
}
