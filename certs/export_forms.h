/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the wing: forms of certificates that take more than a line. True when all was written. */
#ifndef CERTS_EXPORT_FORMS_H
#define CERTS_EXPORT_FORMS_H

#include <openssl/x509.h>

#include "core/buf.h"

bool export_p7b(BIO *b, STACK_OF(X509) *all);
bool export_p12(BIO *b, STACK_OF(X509) *all);
bool export_mobileconfig(BIO *b, STACK_OF(X509) *all);
bool export_android(BIO *b, STACK_OF(X509) *all);
bool export_firefox(BIO *b, STACK_OF(X509) *all);
bool export_nss(BIO *b, STACK_OF(X509) *all);
bool export_spki(BIO *b, STACK_OF(X509) *all);

#endif
