/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop of a job: take a descriptor, map it, search, answer. It ends without clean-up in every
 * strange case: the zygote takes its end for an answer.
 */
#include "scanner/job.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "core/pack.h"
#include "scanner/client.h"
#ifdef SCANNER_HOSTILE
#include "scanner/hostile.h"
#endif

enum { JOB_SOCK = 3, JOB_ORDER = 16 };

union control {
	char space[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int job_send(int sock, uint64_t number, uint64_t length, int memfd)
{
	char bytes[JOB_ORDER];
	struct buf b = { .p = bytes, .cap = sizeof(bytes), .max = sizeof(bytes) };
	union control c = { .space = { 0 } };
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.space,
		.msg_controllen = sizeof(c.space) };

	pack_u64(&b, number);
	pack_u64(&b, length);
	c.align.cmsg_level = SOL_SOCKET;
	c.align.cmsg_type = SCM_RIGHTS;
	c.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&c.align), &memfd, sizeof(int));
	return sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == JOB_ORDER ? 0 : -ERR_CLOSED;
}

/* Wait for the next order: its descriptor, or -1 when the zygote wants no more. */
static int next_order(uint64_t *number, uint64_t *length)
{
	char bytes[JOB_ORDER + 1];
	union control c = { .space = { 0 } };
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.space,
		.msg_controllen = sizeof(c.space) };
	ssize_t n = recvmsg(JOB_SOCK, &m, MSG_CMSG_CLOEXEC);
	struct rd r = rd_of(str_of(bytes, n > 0 ? (size_t)n : 0));
	int fd;

	*number = rd_u64(&r);
	*length = rd_u64(&r);
	if (rd_done(&r) != 0 || CMSG_FIRSTHDR(&m) == NULL || c.align.cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(&c.align), sizeof(int));
	return fd;
}

/* The digest is of the very bytes that are searched; zeros where there are none. */
static void search(const struct engine *e, int fd, uint64_t length, unsigned char digest[ENGINE_DIGEST], struct verdict *v)
{
	void *p = NULL;

	memset(digest, 0, ENGINE_DIGEST);
	if (length > 0) {
		p = mmap(NULL, length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (p == MAP_FAILED) {
			*v = verdict_make(VERDICT_UNSCANNABLE, REASON_ERROR, STR("job-memory"));
			return;
		}
		engine_digest(str_of(p, length), digest);
	}
#ifdef SCANNER_HOSTILE
	if (!hostile_act(str_of(p, length), fd, v))
#endif
		engine_scan(e, str_of(p, length), v);
	if (p != NULL)
		munmap(p, length);
}

static int tell(const struct buf *b)
{
	/* Not sendmsg: a job has no call by which it could send descriptors. */
	return write(JOB_SOCK, b->p + b->off, b->len) == (ssize_t)b->len ? 0 : -ERR_CLOSED;
}

static int answer(uint64_t number, const unsigned char digest[ENGINE_DIGEST], const struct verdict *v)
{
	char bytes[JOB_MSG_MAX];
	struct buf b = { .p = bytes, .cap = sizeof(bytes), .max = sizeof(bytes) };
	int r = scan_pack_answer(&b, number, digest, v);

	return r != 0 ? r : tell(&b);
}

_Noreturn void job_main(int sock, struct engine *e, const struct jail *j, const char *folder,
    const struct limits *limits)
{
	char bytes[4];
	struct buf b = { .p = bytes, .cap = sizeof(bytes), .max = sizeof(bytes) };
	int flags = engine_scratch(e, folder) == 0 ? jail_job(j, folder, sock, limits) : -1;
	unsigned char digest[ENGINE_DIGEST];
	uint64_t number, length;
	struct verdict v;
	int fd;

	if (flags < 0 || pack_u32(&b, (uint32_t)flags) != 0 || tell(&b) != 0)
		_exit(1);
	while ((fd = next_order(&number, &length)) >= 0) {
#ifdef SCANNER_HOSTILE
		hostile_folder = folder;
		hostile_number = number;
#endif
		search(e, fd, length, digest, &v);
		close(fd);
		jail_job_tidy(folder); /* libclamav may forget a file */
		if (answer(number, digest, &v) != 0)
			break;
	}
	_exit(0);
}
