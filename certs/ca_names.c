/* SPDX-License-Identifier: BSD-2-Clause */
/* Name constraints, asked per name: a name that clients would refuse must not spoil the leaf. */
#include "certs/ca_names.h"

#include <arpa/inet.h>
#include <string.h>

#include "certs/ca.h"
#include "core/err.h"

const char ca_outside[] = "it is outside of the CA's name constraints";

/* host is base, or below it; a base with a leading dot is only for names below. */
static bool within(struct str host, struct str base)
{
	if (base.n == 0)
		return true;
	if (base.p[0] == '.')
		return host.n > base.n && str_isuffix(host, base);
	return str_ieq(host, base) || (host.n > base.n && str_isuffix(host, base) &&
					  host.p[host.n - base.n - 1] == '.');
}

/* For permission all that a wildcard covers must be within; for exclusion any of it. */
static bool dns_hit(struct str host, struct str base, bool excludes)
{
	bool wild = host.n > 2 && host.p[0] == '*';
	struct str rest = wild ? str_sub(host, 2, host.n) : host;

	if (!wild)
		return within(host, base);
	if (within(rest, base))
		return true;
	if (base.n > 0 && base.p[0] == '.') {
		base = str_sub(base, 1, base.n);
		if (str_ieq(rest, base))
			return true;
	}
	return excludes && within(base, rest);
}

static bool ip_hit(const char *text, const ASN1_OCTET_STRING *base)
{
	const unsigned char *b = ASN1_STRING_get0_data(base);
	unsigned char raw[16];
	int n = inet_pton(AF_INET, text, raw) == 1 ? 4 : inet_pton(AF_INET6, text, raw) == 1 ? 16 : 0;

	if (n == 0 || ASN1_STRING_length(base) != 2 * n)
		return false;
	for (int i = 0; i < n; i++)
		if (((raw[i] ^ b[i]) & b[n + i]) != 0)
			return false;
	return true;
}

static bool hit(const GENERAL_NAME *base, const struct leaf_name *n, bool excludes)
{
	if (n->is_ip)
		return base->type == GEN_IPADD && ip_hit(n->text, base->d.iPAddress);
	return base->type == GEN_DNS &&
	       dns_hit(str_c(n->text),
		   str_of((const char *)ASN1_STRING_get0_data(base->d.dNSName),
		       (size_t)ASN1_STRING_length(base->d.dNSName)),
		   excludes);
}

bool ca_constraints_allow(const NAME_CONSTRAINTS *nc, const struct leaf_name *n)
{
	int kind = n->is_ip ? GEN_IPADD : GEN_DNS;
	bool bounded = false, permitted = false;

	for (int i = 0; i < sk_GENERAL_SUBTREE_num(nc->permittedSubtrees); i++) {
		const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(nc->permittedSubtrees, i)->base;

		bounded = bounded || base->type == kind;
		permitted = permitted || hit(base, n, false);
	}
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(nc->excludedSubtrees); i++)
		if (hit(sk_GENERAL_SUBTREE_value(nc->excludedSubtrees, i)->base, n, true))
			return false;
	return !bounded || permitted;
}

static bool allowed(const struct ca *ca, const struct leaf_name *n)
{
	for (int i = 0; i < ca->constraints_n; i++)
		if (!ca_constraints_allow(ca->constraints[i], n))
			return false;
	return true;
}

/* The same name, or a wildcard that covers it. */
static bool covers(const struct leaf_name *n, const struct leaf_name *own)
{
	struct str name = str_c(n->text), mine = str_c(own->text);
	ptrdiff_t dot;

	if (n->is_ip || own->is_ip)
		return n->is_ip && own->is_ip && strcmp(n->text, own->text) == 0;
	if (str_ieq(name, mine))
		return true;
	dot = str_chr(mine, '.');
	return name.n > 2 && name.p[0] == '*' && dot > 0 &&
	       str_ieq(str_sub(name, 1, name.n), str_sub(mine, (size_t)dot, mine.n));
}

static bool is_own(const struct leaf_name *n, const struct leaf_name *own, size_t own_n)
{
	for (size_t i = 0; i < own_n; i++)
		if (covers(n, &own[i]))
			return true;
	return false;
}

const char *ca_filter(const struct ca *ca, const struct leaf_name *own, size_t own_n,
    struct leaf_wish *w)
{
	size_t n = 0;

	if (w->nnames == 0)
		return "no name is wished for";
	if (is_own(&w->names[0], own, own_n))
		return "it is a name of the gateway's own management";
	if (!allowed(ca, &w->names[0]))
		return ca_outside;
	for (size_t i = 0; i < w->nnames; i++)
		if (!is_own(&w->names[i], own, own_n) && allowed(ca, &w->names[i]))
			w->names[n++] = w->names[i];
	w->nnames = n;
	return NULL;
}

/* An address and its mask (RFC 5280: 8 or 32 bytes). */
static ASN1_OCTET_STRING *network(struct str text)
{
	unsigned char raw[32] = { 0 };
	ptrdiff_t slash = str_chr(text, '/');
	char address[64];
	uint64_t bits;
	int n;
	ASN1_OCTET_STRING *s;

	if (slash < 0 || str_copy(str_sub(text, 0, (size_t)slash), address, sizeof(address)) != 0 ||
	    str_u64(str_sub(text, (size_t)slash + 1, text.n), &bits) != 0)
		return NULL;
	n = inet_pton(AF_INET, address, raw) == 1 ? 4 : inet_pton(AF_INET6, address, raw) == 1 ? 16 : 0;
	if (n == 0 || bits > (uint64_t)n * 8)
		return NULL;
	for (uint64_t i = 0; i < bits; i++)
		raw[(size_t)n + i / 8] |= (unsigned char)(0x80 >> i % 8);
	s = ASN1_OCTET_STRING_new();
	if (s != NULL && ASN1_OCTET_STRING_set(s, raw, 2 * n) == 1)
		return s;
	ASN1_OCTET_STRING_free(s);
	return NULL;
}

static ASN1_IA5STRING *domain(struct str text)
{
	struct str bare = text.n > 0 && text.p[0] == '.' ? str_sub(text, 1, text.n) : text;
	struct leaf_name checked;
	ASN1_IA5STRING *s;

	if (leaf_name_set(&checked, false, bare) != 0 || checked.text[0] == '*')
		return NULL;
	s = ASN1_IA5STRING_new();
	if (s != NULL && ASN1_STRING_set(s, text.p, (int)text.n) == 1)
		return s;
	ASN1_STRING_free(s);
	return NULL;
}

GENERAL_NAME *ca_constraint(struct str text)
{
	ASN1_STRING *s = network(text);
	int type = s != NULL ? GEN_IPADD : GEN_DNS;
	GENERAL_NAME *g = NULL;

	if (s == NULL)
		s = domain(text);
	if (s != NULL && (g = GENERAL_NAME_new()) != NULL)
		GENERAL_NAME_set0_value(g, type, s);
	else
		ASN1_STRING_free(s);
	return g;
}
