/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stranger's certificate names the URL, the stranger's name server the address: so the address is
 * looked at here, where it is connected to, by a process that neither of them reaches. The fetcher
 * itself cannot connect.
 */
#include "gateway/connecting.h"

#include <ifaddrs.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "gateway/fetch_msg.h"
#include "intercept/address.h"
#include "intercept/sock.h"

enum { HTTP_PORT = 80 };

const char *connecting_refusal(const struct in6_addr *to, uint16_t port, bool private_too)
{
	enum address_class class = address_class(to);

	if (class == ADDRESS_NEVER || (class == ADDRESS_PRIVATE && !private_too))
		return "not a public address";
	if (port != HTTP_PORT && !private_too)
		return "not the port of http";
	return NULL;
}

/* What is public may be ours all the same: whoever is asked there is the gateway's host. */
static bool of_this_host(const struct in6_addr *to)
{
	struct ifaddrs *all = NULL;
	struct in6_addr a;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return true;
	for (const struct ifaddrs *i = all; i != NULL && !found; i = i->ifa_next)
		found = i->ifa_addr != NULL && address_of(i->ifa_addr, &a) &&
			memcmp(&a, to, sizeof(a)) == 0;
	freeifaddrs(all);
	return found;
}

int connecting_socket(const struct parent *p, const struct in6_addr *to, uint16_t port, const char **why)
{
	struct sockaddr_storage sa;
	int fd, r;

	address_sockaddr(to, port, &sa);
	fd = sock_prepare(sa.ss_family, config_network(p->config)->mark, false);
	r = fd >= 0 ? sock_connect(fd, NULL, (const struct sockaddr *)&sa) : -ERR_SYSTEM;
	if (r == 0 || r == -ERR_WANT_WRITE)
		return fd;
	*why = "the connection failed";
	if (fd >= 0)
		close(fd);
	return -1;
}

void connecting_answer(struct child *c, struct str body, enum msg_type reply, connecting_open *open_to)
{
	struct in6_addr to;
	const char *why = "";
	uint16_t port;
	uint64_t id;
	char space[128];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	int fd;

	if (fetch_read_connect(body, &id, &to, &port) != 0) {
		log_error("%s broke the protocol", c->name);
		child_stop(c, SIGKILL);
		return;
	}
	fd = open_to(c, &to, port, &why);
	if (fetch_pack_connected(&b, id, fd >= 0 ? "" : why) == 0)
		chan_send(c->chan, reply, buf_view(&b), &fd, fd >= 0);
	if (fd >= 0)
		close(fd);
}

static int open_to(const struct child *c, const struct in6_addr *to, uint16_t port, const char **why)
{
	*why = connecting_refusal(to, port, config_tls(c->p->config)->fetch_private);
	if (*why == NULL && of_this_host(to))
		*why = "an address of this host";
	return *why == NULL ? connecting_socket(c->p, to, port, why) : -1;
}

void connecting_message(struct child *c, struct str body)
{
	connecting_answer(c, body, MSG_CONNECTED, open_to);
}
