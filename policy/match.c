/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditions against facts. */
#include "policy/match.h"

uint32_t facts_known(const struct facts *f)
{
	uint32_t known = COND_BIT(CLIENT) | COND_BIT(DESTINATION) | COND_BIT(PORT);

	if (f->stage >= STAGE_HELLO)
		known |= COND_BIT(PROTOCOL);
	/* Plain HTTP has no name before its request; TLS without SNI has none for good. */
	if (f->stage >= STAGE_REQUEST ||
	    (f->stage == STAGE_HELLO && (f->host.n > 0 || f->protocol != PROTOCOL_HTTP)))
		known |= COND_BIT(HOST);
	if (f->stage >= STAGE_REQUEST)
		known |= COND_BIT(METHOD) | COND_BIT(PATH) | COND_BIT(ACCEPT) |
			 COND_BIT(LEAVES_HTTP);
	if (f->stage >= STAGE_UPLOAD)
		known |= COND_BIT(DIRECTION) | COND_BIT(CONTENT_TYPE);
	if (f->stage >= STAGE_UPLOAD && f->size_known)
		known |= COND_BIT(SIZE);
	if ((f->stage == STAGE_UPLOAD || f->stage == STAGE_DOWNLOAD) && f->verdict != NULL &&
	    f->verdict->class != VERDICT_NONE)
		known |= COND_BIT(VERDICT) | COND_BIT(CONTENT) | COND_BIT(CONTAINS) | COND_BIT(MISMATCH);
	return known;
}

static bool nets_hold(const struct net *n, size_t count, const struct addr *a)
{
	for (size_t i = 0; i < count; i++)
		if (net_holds(&n[i], &a->ip))
			return true;
	return false;
}

static bool ports_hold(const struct rule *r, uint16_t port)
{
	for (size_t i = 0; i < r->ports_n; i++)
		if (port >= r->ports[i].from && port <= r->ports[i].to)
			return true;
	return false;
}

static bool host_holds(const struct rule *r, struct str host)
{
	if (r->hosts != NULL && hosts_match(r->hosts, host))
		return true;
	for (size_t i = 0; i < r->files_n; i++)
		if (hosts_match(r->files[i]->hosts, host))
			return true;
	return false;
}

static bool method_holds(const struct rule *r, struct str method)
{
	for (size_t i = 0; i < r->methods_n; i++)
		if (str_ieq(r->methods[i], method))
			return true;
	return false;
}

/* A star behind the slash stands for every subtype; two stars for everything. */
static bool type_fits(struct str want, struct str type)
{
	if (str_eq(want, STR("*/*")))
		return true;
	if (want.n > 2 && want.p[want.n - 1] == '*' && want.p[want.n - 2] == '/')
		return str_iprefix(type, str_sub(want, 0, want.n - 1));
	return str_ieq(want, type);
}

static struct str without_parameters(struct str type)
{
	ptrdiff_t semicolon = str_chr(type, ';');

	return str_trim(semicolon >= 0 ? str_sub(type, 0, (size_t)semicolon) : type);
}

static bool type_holds(const struct rule *r, struct str type)
{
	type = without_parameters(type);
	for (size_t i = 0; i < r->types_n; i++)
		if (type_fits(r->types[i], type))
			return true;
	return false;
}

static bool accept_holds(const struct rule *r, struct str list)
{
	struct str e;

	while (str_next(&list, ',', &e))
		for (size_t i = 0; i < r->accepts_n; i++)
			if (type_fits(r->accepts[i], without_parameters(e)))
				return true;
	return false;
}

static bool path_holds(const struct rule *r, struct str path)
{
	bool both = r->action == ACTION_ALLOW || r->action == ACTION_PASSTHROUGH ||
		    r->action == ACTION_RANGES || r->action == ACTION_COMFORT ||
		    r->action == ACTION_TAIL || r->action == ACTION_STREAM || r->action == ACTION_WARN;

	for (size_t i = 0; i < r->paths_n; i++)
		if (path_match(r->paths[i], path, both))
			return true;
	return false;
}

static bool verdict_holds(const struct rule *r, const struct verdict *v)
{
	if (v->class <= VERDICT_NONE || v->class >= VERDICT_COUNT || v->reason >= REASON_COUNT)
		return false;
	return (r->verdicts[v->class] & 1u << v->reason) != 0;
}

static bool content_holds(const struct rule *r, const struct facts *f)
{
	for (size_t i = 0; i < r->contents_n; i++)
		if (r->contents[i].kind == f->content &&
		    (r->contents[i].type.n == 0 || str_ieq(r->contents[i].type, f->file_type)))
			return true;
	return false;
}

void facts_content(struct facts *f, const struct verdict *v, struct str first)
{
	const char *type;

	f->content = v->kind;
	f->contains = v->kinds | KIND_BIT(v->kind);
	f->file_type = str_c(v->type);
	if (v->kinds != 0)
		return;
	f->content = kind_of_bytes(first, &type);
	f->contains = KIND_BIT(f->content);
	f->file_type = str_c(type);
}

bool cond_holds(const struct rule *r, enum cond c, const struct facts *f)
{
	switch (c) {
	case COND_CLIENT:
		return nets_hold(r->client, r->client_n, &f->client);
	case COND_DESTINATION:
		return nets_hold(r->destination, r->destination_n, &f->destination);
	case COND_PORT:
		return ports_hold(r, f->destination.port);
	case COND_PROTOCOL:
		return (r->protocols & 1u << f->protocol) != 0 ||
		       (f->websocket && (r->protocols & 1u << PROTOCOL_WEBSOCKET) != 0);
	case COND_DIRECTION:
		return (r->direction == DIRECTION_UPLOAD) == (f->stage == STAGE_UPLOAD);
	case COND_SIZE:
		return f->size >= r->size_least && f->size <= r->size_most;
	case COND_METHOD:
		return method_holds(r, f->method);
	case COND_CONTENT_TYPE:
		return type_holds(r, f->content_type);
	case COND_ACCEPT:
		return accept_holds(r, f->accept);
	case COND_VERDICT:
		return verdict_holds(r, f->verdict);
	case COND_CONTENT:
		return content_holds(r, f);
	case COND_CONTAINS:
		return (r->contains & f->contains) != 0;
	case COND_MISMATCH:
		return (r->mismatch == MISMATCH_YES) ==
		       kind_mismatch(f->content_type, f->file_name, f->content);
	case COND_HOST:
		return host_holds(r, f->host);
	case COND_PATH:
		return path_holds(r, f->path);
	default:
		return false;
	}
}

enum cond rule_fails(const struct rule *r, uint32_t of, const struct facts *f)
{
	uint32_t conds = r->conds & of;

	for (unsigned c = 0; c < COND_COUNT; c++)
		if ((conds & 1u << c) != 0 && !cond_holds(r, (enum cond)c, f))
			return (enum cond)c;
	return COND_COUNT;
}
