/* SPDX-License-Identifier: BSD-2-Clause */
/* What a mirrored leaf copies from an origin's certificate: names and dates, nothing else. */
#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "mitm/verify_x509.h"

static bool clean_name(const char *p, size_t n, char *to)
{
	size_t label = 0;

	if (n == 0 || n >= LEAF_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = (char)tolower((unsigned char)p[i]);
		bool star = c == '*' && i == 0 && n > 2 && p[1] == '.';

		label = c == '.' ? 0 : label + 1;
		if ((!isalnum((unsigned char)c) && c != '-' && c != '_' && c != '.' && !star) ||
		    (unsigned char)c >= 0x80 || (c == '.' && (i == 0 || p[i - 1] == '.')) ||
		    label > 63)
			return false;
		to[i] = c;
	}
	to[n] = '\0';
	return to[n - 1] != '.';
}

static bool ip_name(const ASN1_OCTET_STRING *o, char *to, size_t cap)
{
	int n = ASN1_STRING_length(o);

	if (n != 4 && n != 16)
		return false;
	return inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(o), to,
		   (socklen_t)cap) != NULL;
}

static void add(struct leaf_wish *w, bool is_ip, const char *text)
{
	for (size_t i = 0; i < w->nnames; i++)
		if (w->names[i].is_ip == is_ip && strcmp(w->names[i].text, text) == 0)
			return;
	if (w->nnames == LEAF_MAX_NAMES)
		return;
	w->names[w->nnames].is_ip = is_ip;
	strcpy(w->names[w->nnames].text, text);
	w->nnames++;
}

static bool unix_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

static void add_names(const GENERAL_NAMES *names, struct leaf_wish *out)
{
	char text[LEAF_NAME_MAX];

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_DNS &&
		    clean_name((const char *)ASN1_STRING_get0_data(g->d.dNSName),
			(size_t)ASN1_STRING_length(g->d.dNSName), text))
			add(out, false, text);
		else if (g->type == GEN_IPADD && ip_name(g->d.iPAddress, text, sizeof(text)))
			add(out, true, text);
	}
}

int verify_mirror_x509(X509 *x, struct str requested, struct leaf_wish *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	struct in6_addr ip;
	char text[LEAF_NAME_MAX];
	int r = -ERR_CERT_INVALID;

	out->nnames = 0;
	if (names == NULL || str_copy(requested, text, sizeof(text)) != 0 ||
	    !unix_time(X509_get0_notBefore(x), &out->not_before) ||
	    !unix_time(X509_get0_notAfter(x), &out->not_after) ||
	    X509_digest(x, EVP_sha256(), out->origin, NULL) != 1)
		goto out;
	if (text[0] != '\0')
		add(out, inet_pton(AF_INET, text, &ip) == 1 || inet_pton(AF_INET6, text, &ip) == 1,
		    text);
	add_names(names, out);
	r = out->nnames > 0 ? 0 : -ERR_CERT_INVALID;
out:
	GENERAL_NAMES_free(names);
	return r;
}

int verify_mirror(struct str leaf_der, struct str requested, struct leaf_wish *out)
{
	const unsigned char *p = (const unsigned char *)leaf_der.p;
	X509 *x = d2i_X509(NULL, &p, (long)leaf_der.n);
	int r = x != NULL ? verify_mirror_x509(x, requested, out) : -ERR_CERT_INVALID;

	X509_free(x);
	return r;
}
