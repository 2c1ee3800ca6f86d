/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaf certificates by reference, and which names one may bear. Knows no X.509. */
#include "certs/leaf.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum { LABEL_MAX = 63, DNS_MAX = 253 };

struct leaf *leaf_new(struct str der)
{
	struct leaf *l;

	if (der.n == 0 || der.n > LEAF_DER_MAX)
		return NULL;
	l = malloc(sizeof(*l) + der.n);
	if (l == NULL)
		return NULL;
	*l = (struct leaf){ .refs = 1, .n = der.n };
	memcpy(l->der, der.p, der.n);
	return l;
}

struct leaf *leaf_ref(struct leaf *l)
{
	if (l != NULL)
		l->refs++;
	return l;
}

void leaf_free(struct leaf *l)
{
	if (l == NULL || --l->refs > 0)
		return;
	if (l->parsed != NULL && l->free_parsed != NULL)
		l->free_parsed(l->parsed);
	if (l->key != NULL && l->free_key != NULL)
		l->free_key(l->key);
	free(l);
}

static bool label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Letters, digits, hyphens not at an end (RFC 1123), and the underscores of real life. */
static bool label_ok(struct str s)
{
	if (s.n == 0 || s.n > LABEL_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!label_byte(s.p[i]))
			return false;
	return true;
}

/* A last label of digits alone would be read as a part of an IPv4 address (WHATWG URL 3.5). */
static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static bool dns_ok(struct str s)
{
	if (s.n > DNS_MAX)
		return false;
	if (s.n > 2 && s.p[0] == '*' && s.p[1] == '.')
		s = str_sub(s, 2, s.n);
	for (;;) {
		ptrdiff_t dot = str_chr(s, '.');
		struct str label = str_sub(s, 0, dot >= 0 ? (size_t)dot : s.n);

		if (!label_ok(label))
			return false;
		if (dot < 0)
			return !all_digits(label);
		s = (struct str){ s.p + dot + 1, s.n - (size_t)dot - 1 };
	}
}

static bool ip_ok(const char *text)
{
	struct in6_addr six;
	struct in_addr four;

	return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1;
}

int leaf_name_set(struct leaf_name *to, bool is_ip, struct str text)
{
	struct leaf_name n = { .is_ip = is_ip };

	if (text.n == 0 || memchr(text.p, '\0', text.n) != NULL ||
	    str_copy(text, n.text, sizeof(n.text)) != 0)
		return -ERR_CERT_NAME;
	if (is_ip ? !ip_ok(n.text) : !dns_ok(text))
		return -ERR_CERT_NAME;
	*to = n;
	return 0;
}
