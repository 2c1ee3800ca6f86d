/* SPDX-License-Identifier: BSD-2-Clause */
/* What a peer has acknowledged: apart, since the kernel's header and the C library's exclude each other. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "intercept/sock.h"

uint64_t sock_acked(int fd)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);

	memset(&info, 0, sizeof(info));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 ? info.tcpi_bytes_acked : 0;
}
