/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small load generator for scripts/bench, for what the usual ones cannot do: handshakes full or
 * resumed, to ever new names, bulk transfers with exact byte counts, many idle connections. One thread
 * per connection, blocking. Trusts a CA file and checks the name, so that it also notices when
 * traffic was not intercepted (or was not meant to be).
 *
 *   load CA HOST PORT new PATH THREADS SECONDS   -> "connections seconds", handshakes are full
 *   load CA HOST PORT resumed PATH THREADS SECONDS -> the same, each resumes the thread's last session
 *   load CA HOST PORT fresh PATH THREADS SECONDS -> the same, each asks for a name that nobody had
 *   load CA HOST PORT bulk PATH THREADS COUNT    -> "bytes seconds"
 *   load CA HOST PORT idle PATH CONNECTIONS 0    -> "ready", then waits for its input to end
 */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static SSL_CTX *ctx;
static const char *host, *path;
static struct addrinfo *to;
static atomic_long left, done, names;
static const char *fresh_below; /* a domain: names below it, each used once */
static _Thread_local SSL_SESSION *last;
static int resume;
static double until;

static void die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int keep(SSL *s, SSL_SESSION *session)
{
	(void)s;
	SSL_SESSION_free(last);
	last = session;
	return 1;
}

static SSL *dial(void)
{
	char name[256];
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	SSL *s = SSL_new(ctx);

	if (fd < 0 || s == NULL || connect(fd, to->ai_addr, to->ai_addrlen) != 0)
		die("cannot connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	SSL_set_fd(s, fd);
	snprintf(name, sizeof(name), "%s", host);
	if (fresh_below != NULL)
		snprintf(name, sizeof(name), "n%lx-%ld.%s", (long)getpid(), atomic_fetch_add(&names, 1), fresh_below);
	SSL_set_tlsext_host_name(s, name);
	SSL_set1_host(s, name);
	if (resume && last != NULL)
		SSL_set_session(s, last);
	if (SSL_connect(s) != 1)
		die("handshake failed");
	if (resume && last != NULL && !SSL_session_reused(s))
		die("not resumed");
	return s;
}

/* RST instead of TIME_WAIT: thousands of connections a second must not run out of ports. */
static void hang_up(SSL *s)
{
	struct linger off = { .l_onoff = 1, .l_linger = 0 };
	int fd = SSL_get_fd(s);

	SSL_shutdown(s);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof(off));
	SSL_free(s);
	close(fd);
}

/* One GET; the number of body bytes. Needs a Content-Length, as the lab's files have. */
static long get(SSL *s, int last)
{
	static _Thread_local char buf[65536 + 1];
	int n = snprintf(buf, sizeof(buf), "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, host,
	    last ? "Connection: close\r\n" : "");
	long length, got;
	char *end = NULL, *field;

	if (SSL_write(s, buf, n) != n)
		die("cannot send");
	for (int have = 0; end == NULL; end = strstr(buf, "\r\n\r\n")) {
		if ((n = SSL_read(s, buf + have, (int)sizeof(buf) - 1 - have)) <= 0)
			die("no answer");
		buf[have += n] = '\0';
		n = have;
	}
	field = strcasestr(buf, "\r\ncontent-length:");
	if (strncmp(buf + 9, "200", 3) != 0 || field == NULL)
		die("not the answer that was expected");
	length = strtol(field + 17, NULL, 10);
	for (got = n - (end + 4 - buf); got < length; got += n)
		if ((n = SSL_read(s, buf, sizeof(buf) - 1)) <= 0)
			die("the answer is cut off");
	return got;
}

static void *run_new(void *arg)
{
	while (now() < until) {
		SSL *s = dial();

		get(s, 1);
		hang_up(s);
		atomic_fetch_add(&done, 1);
	}
	return arg;
}

static void *run_bulk(void *arg)
{
	SSL *s = dial();

	while (atomic_fetch_sub(&left, 1) > 0)
		atomic_fetch_add(&done, get(s, 0));
	hang_up(s);
	return arg;
}

static void run(void *(*fn)(void *), int threads)
{
	pthread_t t[256];
	double start = now();

	if (threads < 1 || threads > 256)
		die("1 to 256 threads");
	for (int i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, fn, NULL) != 0)
			die("no thread");
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	printf("%ld %.3f\n", atomic_load(&done), now() - start);
}

static void idle(int connections)
{
	for (int i = 0; i < connections; i++)
		get(dial(), 0);
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };

	if (argc != 8)
		die("usage: load CA HOST PORT new|resumed|fresh|bulk|idle PATH N SECONDS-OR-COUNT");
	signal(SIGPIPE, SIG_IGN);
	host = argv[2];
	path = argv[5];
	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL || SSL_CTX_load_verify_locations(ctx, argv[1], NULL) != 1)
		die("cannot read the CA file");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (getaddrinfo(host, argv[3], &hints, &to) != 0)
		die("unknown host");
	until = now() + atof(argv[7]);
	left = atol(argv[7]);
	if (strcmp(argv[4], "resumed") == 0) {
		resume = 1;
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(ctx, keep);
	}
	if (strcmp(argv[4], "fresh") == 0)
		fresh_below = "many.origin.test";
	if (strcmp(argv[4], "new") == 0 || resume || fresh_below != NULL)
		run(run_new, atoi(argv[6]));
	else if (strcmp(argv[4], "bulk") == 0)
		run(run_bulk, atoi(argv[6]));
	else
		idle(atoi(argv[6]));
	return 0;
}
