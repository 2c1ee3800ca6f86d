/* SPDX-License-Identifier: BSD-2-Clause */
/* Netlink requests that are answered by acknowledgements only. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "intercept/netlink.h"

enum { ANSWER_SECONDS = 10 };

struct mnl_socket *netlink_open(int bus)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	struct mnl_socket *s = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int e;

	if (s == NULL)
		return NULL;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    setsockopt(
		mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0)
		return s;
	e = errno;
	mnl_socket_close(s);
	errno = e;
	return NULL;
}

/* Count the acknowledgements in n bytes of answer; the first refusal's errno, or 0. */
static int read_answer(const char *p, int n, unsigned *acks)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)p;
	const struct nlmsgerr *e;

	for (; mnl_nlmsg_ok(h, n); h = mnl_nlmsg_next(h, &n)) {
		if (h->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(h) < sizeof(*e))
			continue;
		e = mnl_nlmsg_get_payload(h);
		if (e->error != 0)
			return e->error < 0 ? -e->error : e->error;
		++*acks;
	}
	return 0;
}

int netlink_ask(struct mnl_socket *s, const void *messages, size_t n, unsigned acks)
{
	_Alignas(struct nlmsghdr) char answer[8192];
	unsigned seen = 0;
	ssize_t k;
	int e;

	if (mnl_socket_sendto(s, messages, n) < 0)
		return errno;
	while (seen < acks) {
		k = mnl_socket_recvfrom(s, answer, sizeof(answer));
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? errno : EPROTO;
		if ((e = read_answer(answer, (int)k, &seen)) != 0)
			return e;
	}
	return 0;
}
