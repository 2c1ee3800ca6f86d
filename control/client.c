/* SPDX-License-Identifier: BSD-2-Clause */
/* The asking side of the control socket; blocking, with a deadline. */
#include "control/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/files.h"
#include "core/err.h"

static int connect_to(const char *state_dir)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, e;

	if (file_join(state_dir, "control.sock", at.sun_path, sizeof(at.sun_path)) != 0)
		return -ERR_NOT_FOUND;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return -ERR_SYSTEM;
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	e = errno;
	close(fd);
	return e == EACCES || e == EPERM ? -ERR_DENIED : -ERR_NOT_FOUND;
}

bool control_alive(const char *state_dir)
{
	int fd = connect_to(state_dir);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

union control {
	char space[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* As recv(); a descriptor that comes along goes to *passed, if there is none yet. */
static ssize_t receive(int fd, char *to, size_t n, int *passed)
{
	union control c = { .space = { 0 } };
	struct iovec iov = { to, n };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.space,
		.msg_controllen = sizeof(c.space) };
	ssize_t k = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	int got;

	if (k < 0 || CMSG_FIRSTHDR(&m) == NULL || c.align.cmsg_type != SCM_RIGHTS ||
	    c.align.cmsg_len != CMSG_LEN(sizeof(int)))
		return k;
	memcpy(&got, CMSG_DATA(&c.align), sizeof(int));
	if (*passed < 0)
		*passed = got;
	else
		close(got);
	return k;
}

static int read_answer(int fd, struct buf *all, int *passed)
{
	ssize_t k;
	char *to;

	for (;;) {
		if ((to = buf_reserve(all, 4096)) == NULL)
			return -ERR_LIMIT;
		k = receive(fd, to, 4096, passed);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k == 0 ? 0 : errno == EAGAIN ? -ERR_TIMEOUT : -ERR_PROTO;
		buf_commit(all, (size_t)k);
	}
}

/* "CODE\n" and the text. */
static int split_answer(struct str all, struct buf *out)
{
	ptrdiff_t lf = str_chr(all, '\n');
	uint64_t code;

	if (lf < 0 || str_u64(str_sub(all, 0, (size_t)lf), &code) != 0 || code > 255)
		return -ERR_PROTO;
	if (buf_str(out, str_sub(all, (size_t)lf + 1, all.n)) != 0)
		return -ERR_LIMIT;
	return (int)code;
}

int control_ask(const char *state_dir, const char *line, unsigned seconds, struct buf *out)
{
	int fd, r = control_ask_fd(state_dir, line, seconds, out, &fd);

	if (fd >= 0)
		close(fd);
	return r;
}

int control_ask_fd(
    const char *state_dir, const char *line, unsigned seconds, struct buf *out, int *passed)
{
	struct timeval patience = { .tv_sec = seconds };
	int fd = connect_to(state_dir), r;
	struct buf all;

	*passed = -1;
	if (fd < 0)
		return fd;
	buf_init(&all, 2u << 20);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0 || send(fd, "\n", 1, MSG_NOSIGNAL) < 0)
		r = -ERR_PROTO;
	else if ((r = read_answer(fd, &all, passed)) == 0)
		r = split_answer(buf_view(&all), out);
	close(fd);
	buf_free(&all);
	return r;
}
