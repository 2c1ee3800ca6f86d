/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys in tokens. Engines are deprecated since OpenSSL 3.0, whose successor, providers, has no
 * maintained PKCS#11 there yet: this file is all that knows of them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "certs/ca_token.h"

#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <string.h>

enum { TEXT = 1024 };

#ifndef OPENSSL_NO_ENGINE

static ENGINE *engine;
static char loaded[TEXT]; /* the module */

static bool set(ENGINE *e, const char *command, const char *value)
{
	return ENGINE_ctrl_cmd_string(e, command, value, 0) == 1;
}

static const char *load(const char *module)
{
	ENGINE *e;

	ENGINE_load_dynamic();
	e = ENGINE_by_id("pkcs11");
	if (e == NULL)
		return "OpenSSL has no engine pkcs11; fix: install libengine-pkcs11-openssl";
	if ((module[0] != '\0' && !set(e, "MODULE_PATH", module)) || ENGINE_init(e) != 1) {
		ENGINE_free(e);
		return "the PKCS#11 module cannot be loaded";
	}
	engine = e;
	strcpy(loaded, module);
	return NULL;
}

static const char *ready(const char *module, bool may_load)
{
	if (engine != NULL)
		return strcmp(module, loaded) == 0
			   ? NULL
			   : "another PKCS#11 module takes effect at the next start";
	return may_load ? load(module) : "a CA in a token takes effect at the next start";
}

EVP_PKEY *ca_token_key(struct str uri, struct str module, struct str pin, bool may_load,
    const char **why)
{
	char text[TEXT], path[TEXT] = "", secret[TEXT] = "";
	EVP_PKEY *k = NULL;

	*why = "the PKCS#11 URI, module or PIN is too long";
	if (str_copy(uri, text, sizeof(text)) != 0 || str_copy(module, path, sizeof(path)) != 0 ||
	    str_copy(pin, secret, sizeof(secret)) != 0)
		goto out;
	if ((*why = ready(path, may_load)) != NULL)
		goto out;
	*why = "the token has no such private key, or its PIN is wrong (tls.ca_key, tls.ca_pin_file)";
	if (secret[0] == '\0' || set(engine, "PIN", secret))
		k = ENGINE_load_private_key(engine, text, NULL, NULL);
out:
	OPENSSL_cleanse(secret, sizeof(secret));
	ERR_clear_error();
	return k;
}

#else

EVP_PKEY *ca_token_key(struct str uri, struct str module, struct str pin, bool may_load,
    const char **why)
{
	(void)uri;
	(void)module;
	(void)pin;
	(void)may_load;
	*why = "this OpenSSL has no engines, and so no PKCS#11";
	return NULL;
}

#endif
