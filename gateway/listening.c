/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listening sockets stay open in the parent: while a worker is started anew, its queue keeps
 * the connections that came meanwhile.
 */
#include "gateway/listening.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "control/exit.h"
#include "control/plan.h"
#include "core/err.h"
#include "core/log.h"
#include "intercept/rules.h"
#include "intercept/sock.h"

static int exit_of(int err)
{
	switch (err) {
	case EADDRINUSE:
		return EXIT_PORT;
	case EPERM:
	case EACCES:
		return EXIT_CAPABILITY;
	case ENOPROTOOPT:
		return EXIT_KERNEL;
	default:
		return EXIT_OTHER;
	}
}

static int open_one(struct parent *p, int family, uint16_t port, uint8_t kind)
{
	struct listening *l = &p->listening[p->nlistening];

	l->port = port;
	l->kind = kind;
	for (unsigned i = 0; i < p->nworkers; i++) {
		l->fd[i] = sock_listen(family, port);
		if (l->fd[i] >= 0)
			continue;
		if (family == AF_INET6 && errno == EAFNOSUPPORT && i == 0) {
			log_warn("no IPv6 here: port %u listens on IPv4 only", port);
			return 0;
		}
		log_error("cannot listen on port %u (%s): %s", port, family == AF_INET ? "IPv4" : "IPv6",
		    errno == EPERM ? "CAP_NET_ADMIN is missing" : strerror(errno));
		errno = errno == 0 ? EIO : errno;
		{
			int code = exit_of(errno);

			while (i > 0)
				close(l->fd[--i]);
			return code;
		}
	}
	p->nlistening++;
	return 0;
}

/* SO_REUSEPORT lets a second daemon of the same user share a port: look for it first. */
static int taken(int family, uint16_t port)
{
	int fd = sock_probe(family, port);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno != EADDRINUSE)
		return 0; /* sock_listen will say it */
	log_error("port %u is in use (%s)", port, family == AF_INET ? "IPv4" : "IPv6");
	return EXIT_PORT;
}

int listening_open(struct parent *p)
{
	const struct config_listen *l = config_listen(p->config);
	const uint16_t ports[] = { l->http, l->tls, l->any };
	static const int families[] = { AF_INET, AF_INET6 };
	int r = 0;

	for (uint8_t k = 0; k < 3; k++)
		for (int i = 0; i < 2 && ports[k] != 0; i++)
			if ((r = taken(families[i], ports[k])) != 0 ||
			    (r = open_one(p, families[i], ports[k], k)) != 0)
				return r;
	if (p->nlistening > 0)
		return 0;
	log_error("no port to listen on: set listen.http, listen.tls or listen.any");
	return EXIT_CONFIG;
}

void listening_close(struct parent *p)
{
	for (unsigned i = 0; i < p->nlistening; i++)
		for (unsigned k = 0; k < p->nworkers; k++)
			close(p->listening[i].fd[k]);
	p->nlistening = 0;
}

bool listening_changed(const struct parent *p, const struct config *conf)
{
	const struct config_listen *a = config_listen(p->config), *b = config_listen(conf);

	return a->http != b->http || a->tls != b->tls || a->any != b->any ||
	       config_workers(p->config) != config_workers(conf);
}

int listening_network_up(struct parent *p)
{
	struct net_plan plan;
	char why[512];

	if (config_network(p->config)->manage == MANAGE_OFF)
		return 0;
	plan_of(p->config, p->inside, p->inside_n, &plan);
	if (plan.inside_n == 0) {
		log_error("network.manage is on, but no inside interface is named (network.inside)");
		return EXIT_CONFIG;
	}
	if (net_up(&plan, config_state_dir(p->config), why, sizeof(why)) != 0) {
		log_error("network rules: %s", why);
		return EXIT_NETWORK;
	}
	p->network_up = true;
	return 0;
}

void listening_network_release(struct parent *p)
{
	char why[512];

	if (p->network_up && net_release(config_state_dir(p->config), why, sizeof(why)) != 0)
		log_error("network rules: %s", why);
}

void listening_network_down(struct parent *p)
{
	char why[512];

	if (p->network_up && net_down(config_state_dir(p->config), why, sizeof(why)) != 0)
		log_error("network rules: %s", why);
	p->network_up = false;
}
