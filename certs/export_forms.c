/* SPDX-License-Identifier: BSD-2-Clause */
/* The CA certificate for operating systems, browsers and Java. */
#include "certs/export_forms.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <string.h>

enum { SHA256_LEN = 32, BASE64_MAX = 8192, MAC_ROUNDS = 10000 };

/* Names are the certificate's own business; what is written into XML, JSON and shell is this. */
#define LABEL "Sallyport CA"

bool export_p7b(BIO *b, STACK_OF(X509) *all)
{
	PKCS7 *p = PKCS7_new();
	bool ok = p != NULL && PKCS7_set_type(p, NID_pkcs7_signed) == 1 &&
		  PKCS7_content_new(p, NID_pkcs7_data) == 1 && PKCS7_set_detached(p, 1) == 1;

	for (int i = 0; ok && i < sk_X509_num(all); i++)
		ok = PKCS7_add_certificate(p, sk_X509_value(all, i)) == 1;
	ok = ok && PEM_write_bio_PKCS7(b, p) == 1;
	PKCS7_free(p);
	return ok;
}

/* Without this mark Java takes the certificate for somebody's identity, not for an anchor. */
static bool mark_trusted(PKCS12_SAFEBAG *bag)
{
	ASN1_OBJECT *mark = OBJ_txt2obj("2.16.840.1.113894.746875.1.1", 1);
	ASN1_OBJECT *any = OBJ_nid2obj(NID_anyExtendedKeyUsage);
	X509_ATTRIBUTE *a = NULL;
	STACK_OF(X509_ATTRIBUTE) *attrs;

	/* The stack is there: the friendly name was put into it before. */
	attrs = (STACK_OF(X509_ATTRIBUTE) *)(uintptr_t)PKCS12_SAFEBAG_get0_attrs(bag);
	if (mark != NULL && any != NULL && attrs != NULL)
		a = X509_ATTRIBUTE_create_by_OBJ(NULL, mark, V_ASN1_OBJECT, any, -1);
	ASN1_OBJECT_free(mark);
	if (a != NULL && sk_X509_ATTRIBUTE_push(attrs, a) > 0)
		return true;
	X509_ATTRIBUTE_free(a);
	return false;
}

static bool add_bag(STACK_OF(PKCS12_SAFEBAG) *bags, X509 *x, int i)
{
	PKCS12_SAFEBAG *bag = PKCS12_SAFEBAG_create_cert(x);
	char name[32];

	BIO_snprintf(name, sizeof(name), i == 0 ? LABEL : LABEL " %d", i + 1);
	if (bag != NULL && PKCS12_add_friendlyname_utf8(bag, name, -1) == 1 && mark_trusted(bag) &&
	    sk_PKCS12_SAFEBAG_push(bags, bag) > 0)
		return true;
	PKCS12_SAFEBAG_free(bag);
	return false;
}

/* Nothing in it is secret; the password that all of Java's own stores have is for its MAC. */
bool export_p12(BIO *b, STACK_OF(X509) *all)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
	PKCS12 *p = PKCS12_init(NID_pkcs7_data);
	PKCS7 *data = NULL;
	bool ok = bags != NULL && safes != NULL && p != NULL;

	for (int i = 0; ok && i < sk_X509_num(all); i++)
		ok = add_bag(bags, sk_X509_value(all, i), i);
	if (ok)
		data = PKCS12_pack_p7data(bags);
	ok = data != NULL && sk_PKCS7_push(safes, data) > 0;
	if (!ok)
		PKCS7_free(data);
	ok = ok && PKCS12_pack_authsafes(p, safes) == 1 &&
	     PKCS12_set_mac(p, "changeit", -1, NULL, 0, MAC_ROUNDS, EVP_sha256()) == 1 &&
	     i2d_PKCS12_bio(b, p) == 1;
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	PKCS12_free(p);
	return ok;
}

static bool put_base64(BIO *b, const unsigned char *p, int n)
{
	char text[BASE64_MAX];

	return n > 0 && n <= BASE64_MAX / 4 * 3 - 3 &&
	       EVP_EncodeBlock((unsigned char *)text, p, n) > 0 && BIO_puts(b, text) > 0;
}

static bool put_cert_base64(BIO *b, X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	bool ok = put_base64(b, der, n);

	OPENSSL_free(der);
	return ok;
}

/* A UUID out of the certificate: the same certificate replaces itself on a device. */
static bool put_uuid(BIO *b, X509 *x, unsigned char salt)
{
	unsigned char md[SHA256_LEN];

	if (X509_digest(x, EVP_sha256(), md, NULL) != 1)
		return false;
	md[15] ^= salt;
	md[6] = (unsigned char)((md[6] & 0x0f) | 0x80); /* RFC 9562: version 8 */
	md[8] = (unsigned char)((md[8] & 0x3f) | 0x80);
	return BIO_printf(b,
		   "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", md[0],
		   md[1], md[2], md[3], md[4], md[5], md[6], md[7], md[8], md[9], md[10], md[11],
		   md[12], md[13], md[14], md[15]) > 0;
}

/* The keys that a payload of a profile and the profile itself have in common. */
static bool put_payload_keys(BIO *b, X509 *x, unsigned char salt, const char *type)
{
	return BIO_printf(b, "<key>PayloadType</key><string>%s</string>\n", type) > 0 &&
	       BIO_puts(b, "<key>PayloadVersion</key><integer>1</integer>\n"
			   "<key>PayloadIdentifier</key><string>sallyport.ca.") > 0 &&
	       put_uuid(b, x, salt) &&
	       BIO_puts(b, "</string>\n<key>PayloadUUID</key><string>") > 0 && put_uuid(b, x, salt) &&
	       BIO_puts(b, "</string>\n<key>PayloadDisplayName</key><string>" LABEL "</string>\n") > 0;
}

bool export_mobileconfig(BIO *b, STACK_OF(X509) *all)
{
	bool ok = BIO_puts(b,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
		      "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		      "<plist version=\"1.0\">\n<dict>\n"
		      "<key>PayloadContent</key>\n<array>\n") > 0;

	for (int i = 0; ok && i < sk_X509_num(all); i++) {
		X509 *x = sk_X509_value(all, i);

		ok = BIO_puts(b, "<dict>\n") > 0 &&
		     put_payload_keys(b, x, 1, "com.apple.security.root") &&
		     BIO_puts(b, "<key>PayloadContent</key><data>") > 0 && put_cert_base64(b, x) &&
		     BIO_puts(b, "</data>\n</dict>\n") > 0;
	}
	return ok && BIO_puts(b, "</array>\n") > 0 &&
	       put_payload_keys(b, sk_X509_value(all, 0), 2, "Configuration") &&
	       BIO_puts(b, "</dict>\n</plist>\n") > 0;
}

/* The system store names its files by OpenSSL's old hash of the subject. */
bool export_android(BIO *b, STACK_OF(X509) *all)
{
	X509 *x = sk_X509_value(all, 0);

	return BIO_printf(b, "# /system/etc/security/cacerts/%08lx.0\n", X509_subject_name_hash_old(x)) > 0 &&
	       PEM_write_bio_X509(b, x) == 1;
}

/* The policy names files, one certificate each, which come from the PEM form. */
bool export_firefox(BIO *b, STACK_OF(X509) *all)
{
	bool ok = BIO_puts(b, "{\n  \"policies\": {\n    \"Certificates\": {\n"
			      "      \"ImportEnterpriseRoots\": true,\n      \"Install\": [") > 0;

	for (int i = 0; ok && i < sk_X509_num(all); i++)
		ok = BIO_printf(b, "%s\n        \"/etc/firefox/policies/sallyport%d.pem\"",
			 i > 0 ? "," : "", i + 1) > 0;
	return ok && BIO_puts(b, "\n      ]\n    }\n  }\n}\n") > 0;
}

bool export_nss(BIO *b, STACK_OF(X509) *all)
{
	bool ok = BIO_puts(b, "# libnss3-tools; for each user, and for each Firefox profile with -d "
			      "sql:PROFILE\n") > 0;

	for (int i = 0; ok && i < sk_X509_num(all); i++)
		ok = BIO_printf(b, "certutil -A -d \"sql:${NSSDB:-$HOME/.pki/nssdb}\" -t C,, "
				   "-n '" LABEL " %d' <<'END'\n", i + 1) > 0 &&
		     PEM_write_bio_X509(b, sk_X509_value(all, i)) == 1 && BIO_puts(b, "END\n") > 0;
	return ok;
}

bool export_spki(BIO *b, STACK_OF(X509) *all)
{
	unsigned char *der = NULL, md[SHA256_LEN];
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(sk_X509_value(all, 0)), &der);
	bool ok = n > 0 && EVP_Digest(der, (size_t)n, md, NULL, EVP_sha256(), NULL) == 1 &&
		  BIO_puts(b, "sha256/") > 0 && put_base64(b, md, SHA256_LEN) && BIO_puts(b, "\n") > 0;

	OPENSSL_free(der);
	return ok;
}
