/* SPDX-License-Identifier: BSD-2-Clause */
/* From configuration to network plan; a translation and nothing else. */
#include "control/plan.h"

static enum net_quic quic_of(enum quic q)
{
	return q == QUIC_ALLOW ? NET_QUIC_ALLOW : q == QUIC_DROP ? NET_QUIC_DROP : NET_QUIC_REJECT;
}

void plan_of(
    const struct config *c, const char *const *inside, unsigned inside_n, struct net_plan *p)
{
	const struct config_network *n = config_network(c);
	const struct config_listen *l = config_listen(c);

	*p = (struct net_plan){
		.inside = inside_n > 0 ? inside : (const char *const *)n->inside,
		.inside_n = inside_n > 0 ? inside_n : n->inside_n,
		.http_ports = n->http_ports,
		.http_ports_n = n->http_ports_n,
		.tls_ports = n->tls_ports,
		.tls_ports_n = n->tls_ports_n,
		.all_ports = n->all_ports,
		.listen_http = l->http,
		.listen_tls = l->tls,
		.listen_any = l->any,
		.mark = n->mark,
		.table = n->table,
		.quic = quic_of(n->quic),
	};
}
