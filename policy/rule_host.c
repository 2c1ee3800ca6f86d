/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names of a rule and the list files that it names; each file is compiled once. */
#include <errno.h>
#include <string.h>

#include "core/err.h"
#include "policy/config_error.h"
#include "policy/rule.h"

static int build_names(
    struct build *b, const char *key, const char **names, unsigned n, const struct hosts **out)
{
	struct hosts *h;
	size_t bytes = 0;

	for (unsigned i = 0; i < n; i++)
		bytes += str_c(names[i]).n;
	if (n == 0)
		return 0;
	h = hosts_new(&b->c->arena, n, bytes);
	if (h == NULL)
		return config_error_memory(b->err);
	for (unsigned i = 0; i < n; i++) {
		const char *fix = "", *why = hosts_add(h, str_c(names[i]), &fix);

		if (why != NULL) {
			build_error(b, key, i, "%s", why);
			return config_error_fix(b->err, "%s", fix);
		}
	}
	*out = h;
	return 0;
}

int build_known_hosts(struct build *b, const struct node *root)
{
	const struct raw_config *raw = b->c->raw;

	b->rule = root;
	b->when = NULL;
	return build_names(b, "known_hosts", raw->known_hosts, raw->known_hosts_n, &b->c->known_hosts);
}

static int missing_file(struct build *b, unsigned i, int error)
{
	build_error(b, "host_list", i, "a readable file with one host name a line%s%s",
	    error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
	return config_error_fix(b->err, "create the file, or remove it from the rule");
}

static int read_file(struct build *b, unsigned i, struct host_file *f)
{
	const char *path = b->raw->when.host_list[i], *why = "", *fix = "";
	struct str bytes = STR_NONE, name = STR_NONE;
	unsigned line;

	if (path[0] != '/') {
		build_error(b, "host_list", i, "a path from the root");
		return config_error_fix(b->err, "such as /etc/sallyport/banks.txt");
	}
	errno = 0;
	if (b->find == NULL || !b->find(b->find_arg, path, &bytes))
		return missing_file(b, i, errno);
	f->hosts = hosts_read(&b->c->arena, bytes, &line, &name, &why, &fix);
	if (f->hosts == NULL && line > 0) {
		build_error(b, "host_list", i, "in line %u of %s: %s", line, path, why);
		config_error_fix(b->err, "%s", fix);
		if (str_copy(name, b->err->token, sizeof(b->err->token)) == 0)
			for (char *c = b->err->token; *c != '\0'; c++)
				if ((unsigned char)*c < 0x20 || *c == 0x7f)
					*c = ' ';
		return -ERR_CONFIG;
	}
	if (f->hosts == NULL)
		return config_error_memory(b->err);
	f->path = path;
	return 0;
}

/* The compiled file of entry i, from an earlier rule where it was named there. */
static int find_file(struct build *b, unsigned i, const struct host_file **out)
{
	struct config *c = b->c;
	int r;

	for (size_t k = 0; k < c->files_n; k++)
		if (strcmp(c->files[k].path, b->raw->when.host_list[i]) == 0) {
			*out = &c->files[k];
			return 0;
		}
	if (c->files_n == FILES_MAX)
		return build_error(b, "host_list", i, "at most %d list files", FILES_MAX);
	r = read_file(b, i, &c->files[c->files_n]);
	if (r != 0)
		return r;
	c->file_paths[c->files_n] = c->files[c->files_n].path;
	*out = &c->files[c->files_n++];
	return 0;
}

int build_hosts(struct build *b)
{
	unsigned n = b->raw->when.host_list_n;
	const struct raw_when *w = &b->raw->when;
	int r = build_names(b, "host", w->host, w->host_n, &b->out->hosts);

	if (r != 0)
		return r;
	b->out->files = arena_array(&b->c->arena, n, sizeof(b->out->files[0]));
	if (b->out->files == NULL)
		return config_error_memory(b->err);
	for (unsigned i = 0; i < n && r == 0; i++)
		r = find_file(b, i, &b->out->files[i]);
	b->out->files_n = n;
	return r;
}
