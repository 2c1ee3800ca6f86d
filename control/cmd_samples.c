/* SPDX-License-Identifier: BSD-2-Clause */
/* sallyport samples: what killed a scan job, as the running gateway has kept it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/client.h"
#include "control/cmd.h"
#include "control/exit.h"
#include "control/files.h"
#include "core/err.h"

enum { ANSWER_MAX = 2 << 20, SECONDS = 10, PIECE = 65536, LINE_MAX_ = 256 };

static int not_answered(const char *state_dir, int r)
{
	if (r == -ERR_NOT_FOUND) {
		fprintf(stderr, "sallyport samples: not running: no gateway has the state folder %s\n",
		    state_dir);
		return EXIT_NOT_RUNNING;
	}
	if (r == -ERR_DENIED) {
		fprintf(stderr, "sallyport samples: not permitted to ask; fix: run as root\n");
		return EXIT_CAPABILITY;
	}
	fprintf(stderr, "sallyport samples: the gateway does not answer: %s\n", err_text(r));
	return EXIT_OTHER;
}

static int write_all(int to, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(to, p, n);

		if (k < 0)
			return -ERR_FILE;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static int copy(int from, int to, uint64_t length)
{
	static char piece[PIECE];
	uint64_t at = 0;

	while (at < length) {
		size_t want = length - at < PIECE ? (size_t)(length - at) : PIECE;
		ssize_t n = pread(from, piece, want, (off_t)at);

		if (n <= 0 || write_all(to, piece, (size_t)n) != 0)
			return -ERR_FILE;
		at += (uint64_t)n;
	}
	return 0;
}

/* It is what killed a parser: for the one who asked alone, and never over another file. */
static int save_to(const char *file, int from, uint64_t length)
{
	int to = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = to >= 0 ? copy(from, to, length) : -ERR_FILE;

	if (to >= 0 && close(to) != 0)
		r = -ERR_FILE;
	if (r != 0) {
		fprintf(stderr, "sallyport samples: %s: %s\n", file, strerror(errno));
		if (to >= 0)
			unlink(file);
		return EXIT_FILE;
	}
	printf("%llu bytes in %s; handle with care\n", (unsigned long long)length, file);
	return EXIT_OK;
}

static int finish(const struct args *a, const struct buf *answer, int code, int fd)
{
	struct str s = buf_view(answer), number;
	uint64_t length;

	if (a->save == NULL || code != EXIT_OK) {
		fwrite(s.p, 1, s.n, code == EXIT_OK ? stdout : stderr);
		return code;
	}
	if (fd < 0 || !str_next(&s, '\n', &number) || str_u64(number, &length) != 0)
		return not_answered("", -ERR_PROTO);
	return save_to(a->word, fd, length);
}

static bool sensible(const struct args *a)
{
	const char *digest = a->save != NULL ? a->save : a->drop;

	if ((a->save != NULL) != (a->word != NULL) || (a->save != NULL && a->drop != NULL)) {
		fprintf(stderr, "sallyport samples: --save SHA256 goes with a FILE to write, and not with --drop\n");
		return false;
	}
	if (digest != NULL && strspn(digest, "0123456789abcdefABCDEFl") != strlen(digest)) {
		fprintf(stderr, "sallyport samples: '%s' is no SHA-256\n", digest);
		return false;
	}
	return true;
}

int cmd_samples(const struct args *a, const struct cli_ops *ops)
{
	int code = EXIT_OTHER, fd = -1;
	char line[LINE_MAX_];
	struct config *c;
	struct buf answer;

	(void)ops;
	if (!sensible(a))
		return EXIT_USAGE;
	if ((c = config_for_command(a->config, NULL, &code)) == NULL)
		return code;
	snprintf(line, sizeof(line), "samples%s%.100s",
	    a->save != NULL ? " --save " : a->drop != NULL ? " --drop " : a->json ? " --json" : "",
	    a->save != NULL ? a->save : a->drop != NULL ? a->drop : "");
	buf_init(&answer, ANSWER_MAX);
	code = control_ask_fd(config_state_dir(c), line, SECONDS, &answer, &fd);
	code = code < 0 ? not_answered(config_state_dir(c), code) : finish(a, &answer, code, fd);
	if (fd >= 0)
		close(fd);
	buf_free(&answer);
	config_free(c);
	return code;
}
