/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading: read with lines, check, write again, type, verify, compile. And the typed parts. */
#include "policy/config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "policy/config_error.h"
#include "policy/config_verify.h"
#include "policy/rule.h"

enum { SCRATCH_MAX = 256 << 20, KEPT_MAX = 1 << 30, CANON_MAX = 32 << 20 };

/* Text to typed values, in the arena of c; *root lives in the scratch arena. */
static int read_typed(struct config *c, struct str yaml, struct arena *scratch, struct node **root,
    struct config_error *err)
{
	struct node *defaults;
	struct buf canon;
	int r;

	buf_init(&canon, CANON_MAX);
	if ((r = node_read(yaml, scratch, root, err)) != 0 || (r = config_check(*root, err)) != 0 ||
	    (r = node_read(str_c(config_defaults), scratch, &defaults, err)) != 0)
		goto out;
	if (config_canon(&canon, *root, defaults) != 0) {
		r = config_error_memory(err);
		goto out;
	}
	c->raw = config_typed(buf_view(&canon), &c->arena, err);
	r = c->raw != NULL ? 0 : -ERR_CONFIG;
out:
	buf_free(&canon);
	return r;
}

static const char *below_state(struct config *c, const char *name)
{
	char path[4096 + 32];

	snprintf(path, sizeof(path), "%s/ca/%s", c->raw->state_dir, name);
	return arena_str(&c->arena, str_c(path));
}

static int fill_tls(struct config *c, struct config_error *err)
{
	c->tls = c->raw->tls;
	if (c->tls.ca_cert == NULL) {
		c->tls.ca_cert = below_state(c, "ca.pem");
		c->tls.ca_key = below_state(c, "ca.key");
	}
	return c->tls.ca_cert != NULL && c->tls.ca_key != NULL ? 0 : config_error_memory(err);
}

static int compile(struct config *c, const struct node *root, config_find_fn *find, void *arg,
    struct config_error *err)
{
	struct build b = { .c = c, .err = err, .find = find, .find_arg = arg };

	c->files = arena_array(&c->arena, FILES_MAX, sizeof(c->files[0]));
	c->file_paths = arena_array(&c->arena, FILES_MAX, sizeof(c->file_paths[0]));
	if (c->files == NULL || c->file_paths == NULL)
		return config_error_memory(err);
	return build_rules(&b, root) != 0 || build_client_certs(&b, root) != 0 ||
		       build_pinning(&b, root) != 0 || build_known_hosts(&b, root) != 0
		   ? -ERR_CONFIG
		   : build_origins(&b, root);
}

struct config *config_load(
    struct str yaml, config_find_fn *find, void *arg, struct config_error *err)
{
	struct config *c = calloc(1, sizeof(*c));
	struct node *root = NULL;
	struct arena scratch;
	int r;

	*err = (struct config_error){ 0 };
	arena_init(&scratch, SCRATCH_MAX);
	if (c == NULL) {
		config_error_memory(err);
		return NULL;
	}
	c->refs = 1;
	arena_init(&c->arena, KEPT_MAX);
	if ((r = read_typed(c, yaml, &scratch, &root, err)) == 0 &&
	    (r = config_verify(c->raw, root, &c->limits, err)) == 0 && (r = fill_tls(c, err)) == 0)
		r = compile(c, root, find, arg, err);
	arena_free(&scratch);
	if (r != 0) {
		config_free(c);
		return NULL;
	}
	return c;
}

struct config *config_ref(struct config *c)
{
	c->refs++;
	return c;
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	assert(c->refs > 0);
	if (--c->refs > 0)
		return;
	arena_free(&c->arena);
	free(c);
}

const struct config_listen *config_listen(const struct config *c)
{
	return &c->raw->listen;
}

const struct config_network *config_network(const struct config *c)
{
	return &c->raw->network;
}

const struct config_tls *config_tls(const struct config *c)
{
	return &c->tls;
}

const struct config_pinning *config_pinning(const struct config *c)
{
	return &c->raw->pinning.told;
}

const struct config_scanner *config_scanner(const struct config *c)
{
	return &c->raw->scanner;
}

const struct config_patience *config_patience(const struct config *c)
{
	return &c->raw->patience;
}

const struct config_audit *config_audit(const struct config *c)
{
	return &c->raw->audit;
}

const struct limits *config_limits(const struct config *c)
{
	return &c->limits;
}

unsigned config_workers(const struct config *c)
{
	return c->raw->workers;
}

const char *config_state_dir(const struct config *c)
{
	return c->raw->state_dir;
}

const char *const *config_lists(const struct config *c, size_t *n)
{
	*n = c->files_n;
	return c->file_paths;
}
