/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading the CA for the signer: the key's text is read, parsed and wiped. */
#include "gateway/signer_load.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"

enum { KEY_MAX = 65536 };

static void set_limit(struct limits *l, struct str row)
{
	ptrdiff_t blank = str_chr(row, ' ');

	if (blank < 0 || limits_set(l, str_sub(row, 0, (size_t)blank),
			     str_trim(str_sub(row, (size_t)blank, row.n))) != 0)
		log_warn("a limit is not understood: %.*s", STR_FMT(row));
}

void signer_setup(const struct bundle *b, struct signer_setup *out)
{
	struct str text, row;

	*out = (struct signer_setup){ 0 };
	limits_default(&out->limits);
	if (bundle_get(b, STR("limits"), &text))
		while (str_next(&text, '\n', &row))
			set_limit(&out->limits, row);
	if (bundle_get(b, STR("audit.when_full"), &text))
		out->go_on_when_full = str_eq(text, STR("continue"));
}

static const char *read_fd(int fd, struct buf *out)
{
	struct stat st;
	ssize_t n;
	char *p;

	if (fstat(fd, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		log_warn("the CA key's file can be read by others than its owner");
	/* One piece of its final size: growing would leave copies behind. */
	if ((p = buf_reserve(out, KEY_MAX)) == NULL)
		return "out of memory";
	while ((n = read(fd, p + out->len, KEY_MAX - out->len)) > 0)
		buf_commit(out, (size_t)n);
	if (n < 0)
		return "the CA key's file cannot be read";
	return out->len == KEY_MAX ? "the CA key's file is too large" : NULL;
}

static const char *read_key(const struct bundle *b, bool may_open, struct buf *out)
{
	char path[PATH_MAX];
	const char *why;
	struct str s;
	int fd;

	if (bundle_get(b, STR("ca.key"), &s))
		return buf_str(out, s) == 0 ? NULL : "the CA key is too large";
	if (!bundle_get(b, STR("ca.key_path"), &s) || str_copy(s, path, sizeof(path)) != 0)
		return "no CA key is given";
	if (!may_open)
		return "a new CA takes effect when the gateway is started anew";
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return "the CA key's file cannot be opened";
	why = read_fd(fd, out);
	close(fd);
	return why;
}

struct ca *signer_load(const struct bundle *b, bool may_open, const char **why)
{
	struct ca *ca = NULL;
	struct str cert;
	struct buf key;

	if (!ca_lock_memory())
		log_warn("the CA key cannot be locked in memory");
	buf_init(&key, KEY_MAX);
	*why = !bundle_get(b, STR("ca.cert"), &cert) ? "no CA certificate is given" :
						       read_key(b, may_open, &key);
	if (*why == NULL)
		ca = ca_new(cert, buf_view(&key), why);
	buf_wipe(&key);
	if (ca == NULL || (*why = ca_try(ca, time(NULL))) == NULL)
		return ca;
	ca_free(ca);
	return NULL;
}

struct ca *signer_untrusted(const char **why)
{
	struct buf cert, key;
	struct ca *ca = NULL;

	buf_init(&cert, KEY_MAX);
	buf_init(&key, KEY_MAX);
	*why = "it cannot be made";
	/* One piece of its final size: growing would leave copies behind. */
	if (buf_reserve(&key, KEY_MAX) != NULL &&
	    ca_create("Untrusted by sallyport", time(NULL), &cert, &key) == 0)
		ca = ca_new(buf_view(&cert), buf_view(&key), why);
	buf_free(&cert);
	buf_wipe(&key);
	return ca;
}

bool signer_same_ca(const struct bundle *b, const struct ca *ca)
{
	struct str cert;

	return bundle_get(b, STR("ca.cert"), &cert) && ca_is(ca, cert);
}
