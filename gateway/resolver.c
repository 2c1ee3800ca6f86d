/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * c-ares over our loop. Its sockets are ours: UDP alone, never connected, so that the sandbox can
 * do without connect(): a socket that the parent connected cannot be turned to another address.
 */
#include "gateway/resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/log.h"
#include "intercept/address.h"

enum { SOCKETS_MAX = 16, TRY_MS = 1000, TRIES = 2, UDP_SIZE = 1232, SERVERS_TEXT = 512 };

struct udp {
	int fd; /* 0: free */
	struct watch *watch;
	struct sockaddr_storage to;
	socklen_t to_n;
	struct resolver *r;
};

struct resolver {
	struct loop *loop;
	ares_channel ares;
	struct timer *timer;
	struct buf hosts;
	struct udp sockets[SOCKETS_MAX];
};

struct lookup {
	resolver_fn *fn; /* NULL: forgotten */
	void *arg;
	bool asking, done; /* within the library's call; answered there */
};

/* ---- files ---- */

/* The next word of a line, cut off. */
static bool next_word(struct str *line, struct str *word)
{
	size_t n = 0;

	*line = str_trim(*line);
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t' && line->p[n] != '\r')
		n++;
	*word = str_sub(*line, 0, n);
	*line = str_sub(*line, n, line->n);
	return n > 0;
}

/* The next line without its comment, cut off. */
static bool next_line(struct str *text, struct str *line)
{
	ptrdiff_t end;

	if (text->n == 0)
		return false;
	end = str_chr(*text, '\n');
	*line = end >= 0 ? str_sub(*text, 0, (size_t)end) : *text;
	*text = str_sub(*text, line->n + 1, text->n);
	if ((end = str_chr(*line, '#')) >= 0)
		*line = str_sub(*line, 0, (size_t)end);
	return true;
}

static bool read_address(struct str word, struct in6_addr *to)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr v4;

	if (str_copy(word, text, sizeof(text)) != 0)
		return false;
	if (inet_pton(AF_INET6, text, to) == 1)
		return true;
	if (inet_pton(AF_INET, text, &v4) != 1)
		return false;
	return address_of((const struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = v4 }, to);
}

size_t resolver_in_hosts(struct str hosts, const char *name, struct in6_addr at[RESOLVER_ADDRESSES])
{
	struct str line, word;
	size_t n = 0;

	while (n < RESOLVER_ADDRESSES && next_line(&hosts, &line)) {
		if (!next_word(&line, &word) || !read_address(word, &at[n]))
			continue;
		while (next_word(&line, &word))
			if (str_ieq(word, str_c(name))) {
				n++;
				break;
			}
	}
	return n;
}

void resolver_servers(struct str resolv_conf, char *to, size_t n)
{
	struct str line, word;
	struct in6_addr a;
	size_t used = 0;

	to[0] = '\0';
	while (next_line(&resolv_conf, &line))
		if (next_word(&line, &word) && str_eq(word, STR("nameserver")) &&
		    next_word(&line, &word) && read_address(word, &a) && used + word.n + 2 < n) {
			if (used > 0)
				to[used++] = ',';
			memcpy(to + used, word.p, word.n);
			used += word.n;
			to[used] = '\0';
		}
}

/* ---- sockets of the library ---- */

/* When the library wants to be called, at the latest. */
static void set_timer(struct resolver *r)
{
	struct timeval tv, *next = ares_timeout(r->ares, NULL, &tv);

	if (next != NULL)
		timer_set(r->timer, (uint64_t)next->tv_sec * 1000 + (uint64_t)next->tv_usec / 1000 + 1);
	else
		timer_stop(r->timer);
}

static void on_timer(void *arg)
{
	struct resolver *r = arg;

	ares_process_fd(r->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(r);
}

static void on_readable(void *arg, int events)
{
	struct udp *u = arg;
	struct resolver *r = u->r; /* the library may close u */

	(void)events;
	ares_process_fd(r->ares, u->fd, ARES_SOCKET_BAD);
	set_timer(r);
}

static struct udp *find(struct resolver *r, int fd)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		if (r->sockets[i].fd == fd)
			return &r->sockets[i];
	return NULL;
}

static ares_socket_t udp_open(int family, int type, int protocol, void *arg)
{
	struct resolver *r = arg;
	struct udp *u = find(r, 0);
	int fd;

	(void)protocol;
	if (u == NULL || (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_DGRAM) {
		errno = EACCES;
		return ARES_SOCKET_BAD;
	}
	fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ARES_SOCKET_BAD;
	*u = (struct udp){ .fd = fd, .r = r };
	u->watch = watch_new(r->loop, fd, on_readable, u);
	if (u->watch == NULL) {
		close(fd);
		u->fd = 0;
		return ARES_SOCKET_BAD;
	}
	watch_set(u->watch, LOOP_READ);
	return fd;
}

static int udp_close(ares_socket_t fd, void *arg)
{
	struct udp *u = find(arg, fd);

	if (u != NULL) {
		watch_free(u->watch);
		*u = (struct udp){ 0 };
	}
	return close(fd);
}

static int udp_connect(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t n, void *arg)
{
	struct udp *u = find(arg, fd);

	if (u == NULL || n > sizeof(u->to))
		return -1;
	memcpy(&u->to, to, n);
	u->to_n = n;
	return 0;
}

static ares_ssize_t udp_read(ares_socket_t fd, void *p, size_t n, int flags, struct sockaddr *from,
    ares_socklen_t *from_n, void *arg)
{
	(void)arg;
	return recvfrom(fd, p, n, flags, from, from_n);
}

static ares_ssize_t udp_write(ares_socket_t fd, const struct iovec *v, int n, void *arg)
{
	struct udp *u = find(arg, fd);
	struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)v, .msg_iovlen = (size_t)n };

	if (u == NULL)
		return -1;
	m.msg_name = &u->to;
	m.msg_namelen = u->to_n;
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

/* ---- questions ---- */

struct resolver *resolver_new(struct loop *l)
{
	static const struct ares_socket_functions functions = { udp_open, udp_close, udp_connect,
		udp_read, udp_write };
	struct ares_options o = { .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_IGNTC | ARES_FLAG_EDNS,
		.timeout = TRY_MS,
		.tries = TRIES,
		.ednspsz = UDP_SIZE,
		.lookups = (char *)(uintptr_t)"b" }; /* no hosts file: ours is a copy */
	struct resolver *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->loop = l;
	buf_init(&r->hosts, RESOLVER_HOSTS_MAX);
	r->timer = timer_new(l, on_timer, r);
	if (r->timer == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
	    ares_init_options(&r->ares, &o,
		ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
		    ARES_OPT_LOOKUPS) != ARES_SUCCESS) {
		free(r);
		return NULL;
	}
	ares_set_socket_functions(r->ares, &functions, r);
	return r;
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	ares_destroy(r->ares); /* calls back; those were forgotten by then */
	ares_library_cleanup();
	timer_free(r->timer);
	buf_free(&r->hosts);
	free(r);
}

int resolver_use(struct resolver *r, struct str resolv_conf, struct str hosts)
{
	char servers[SERVERS_TEXT];

	buf_consume(&r->hosts, r->hosts.len);
	if (hosts.n > 0 && buf_str(&r->hosts, hosts) != 0)
		return -ERR_NOMEM;
	resolver_servers(resolv_conf, servers, sizeof(servers));
	if (servers[0] != '\0' && ares_set_servers_ports_csv(r->ares, servers) != ARES_SUCCESS)
		log_warn("the name servers %s cannot be used", servers);
	return 0;
}

static size_t collect(const struct ares_addrinfo *found, struct in6_addr at[RESOLVER_ADDRESSES])
{
	static const int families[] = { AF_INET, AF_INET6 };
	size_t n = 0;

	for (int i = 0; i < 2; i++)
		for (const struct ares_addrinfo_node *a = found->nodes; a != NULL; a = a->ai_next)
			if (a->ai_family == families[i] && n < RESOLVER_ADDRESSES && address_of(a->ai_addr, &at[n]))
				n++;
	return n;
}

static void on_found(void *arg, int status, int timeouts, struct ares_addrinfo *found)
{
	struct in6_addr at[RESOLVER_ADDRESSES];
	struct lookup *l = arg;
	size_t n = status == ARES_SUCCESS && found != NULL ? collect(found, at) : 0;

	(void)timeouts;
	ares_freeaddrinfo(found);
	if (l->fn != NULL)
		l->fn(l->arg, at, n);
	l->done = true;
	if (!l->asking)
		free(l);
}

struct lookup *resolver_ask(struct resolver *r, const char *name, resolver_fn *fn, void *arg)
{
	static const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
		.ai_flags = ARES_AI_NOSORT,
		.ai_socktype = SOCK_STREAM };
	struct in6_addr at[RESOLVER_ADDRESSES];
	size_t n = resolver_in_hosts(buf_view(&r->hosts), name, at);
	struct lookup *l = n == 0 ? calloc(1, sizeof(*l)) : NULL;

	if (l == NULL) {
		fn(arg, at, n);
		return NULL;
	}
	*l = (struct lookup){ .fn = fn, .arg = arg, .asking = true };
	ares_getaddrinfo(r->ares, name, NULL, &hints, on_found, l);
	set_timer(r);
	l->asking = false;
	if (!l->done)
		return l;
	free(l);
	return NULL;
}

void resolver_forget(struct lookup *l)
{
	if (l != NULL)
		l->fn = NULL;
}
