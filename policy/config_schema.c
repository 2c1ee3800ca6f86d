/* SPDX-License-Identifier: BSD-2-Clause */
/* The schema: every key of sallyport.yaml with its type. Defaults are a text of the same kind. */
#include <cyaml/cyaml.h>

#include "core/err.h"
#include "policy/config_error.h"
#include "policy/config_raw.h"

enum { TEXT_MAX = 4096, RULES_MAX = 10000, CLIENT_CERTS_MAX = 200, ORIGINS_MAX = 1000,
	EXCEPTIONS_MAX = 256,  LIST_MAX = 100000, PORTS_MAX = 64, CRL_MAX = 256, INSIDE_MAX = 64 };

const char config_defaults[] =
    "listen: { http: 8080, tls: 8443, any: 0 }\n"
    "network: { manage: off, inside: [], http_ports: [80], tls_ports: [443], all_ports: no,\n"
    "           source: client, quic: reject, mark: 0x5a11, table: 5377 }\n"
    "tls: { intercept: yes, passthrough_check: log,\n"
    "       trust: /etc/ssl/certs/ca-certificates.crt, refuse: auto, crl: [],\n"
    "       resumption: yes, fetch_intermediates: yes, fetch_private: no }\n"
    "pinning: { learn: yes, bypass: never }\n"
    "scanner: { enabled: yes, signatures: /var/lib/clamav,\n"
    "           own_signatures: /etc/sallyport/signatures, jobs: 0 }\n"
    "patience: { browsers: page, programs: none }\n"
    "audit: { folder: /var/log/sallyport, when_full: block }\n"
    "workers: 0\n"
    "state_dir: /var/lib/sallyport\n";

#define OPT CYAML_FLAG_OPTIONAL
#define ENUM_FLAGS (CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT)
#define TEXT(s, member)                                                                            \
	CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | OPT, s, member, 1, TEXT_MAX)
#define WORD(s, member, flags, words)                                                              \
	CYAML_FIELD_ENUM(#member, flags, s, member, words, CYAML_ARRAY_LEN(words))
#define NUMBER(s, member) CYAML_FIELD_UINT(#member, OPT, s, member)
#define LIST(s, member, entry, least, most)                                                        \
	CYAML_FIELD_SEQUENCE_COUNT(                                                                \
	    #member, CYAML_FLAG_POINTER | OPT, s, member, member##_n, entry, least, most)

static const cyaml_strval_t source_words[] = { { "client", SOURCE_CLIENT },
	{ "gateway", SOURCE_GATEWAY } };
static const cyaml_strval_t quic_words[] = { { "reject", QUIC_REJECT }, { "drop", QUIC_DROP },
	{ "allow", QUIC_ALLOW } };
static const cyaml_strval_t full_words[] = { { "block", WHEN_FULL_BLOCK },
	{ "continue", WHEN_FULL_CONTINUE } };
static const cyaml_strval_t direction_words[] = { { "upload", DIRECTION_UPLOAD },
	{ "download", DIRECTION_DOWNLOAD } };
static const cyaml_strval_t mismatch_words[] = { { "yes", MISMATCH_YES }, { "no", MISMATCH_NO } };
static const cyaml_strval_t protocol_words[] = { { "tls", PROTOCOL_TLS }, { "http", PROTOCOL_HTTP },
	{ "unknown", PROTOCOL_UNKNOWN }, { "upgrade", PROTOCOL_UPGRADE },
	{ "connect", PROTOCOL_CONNECT }, { "websocket", PROTOCOL_WEBSOCKET } };
static const cyaml_strval_t action_words[] = { { "intercept", ACTION_INTERCEPT },
	{ "passthrough", ACTION_PASSTHROUGH }, { "block", ACTION_BLOCK }, { "reset", ACTION_RESET },
	{ "allow", ACTION_ALLOW }, { "log", ACTION_NONE }, { "ranges", ACTION_RANGES },
	{ "hold", ACTION_HOLD }, { "comfort", ACTION_COMFORT }, { "tail", ACTION_TAIL }, { "stream", ACTION_STREAM },
	{ "warn", ACTION_WARN } };

static const cyaml_strval_t check_words[] = { { "log", PASSTHROUGH_LOG },
	{ "refuse", PASSTHROUGH_REFUSE }, { "probe", PASSTHROUGH_PROBE } };
static const cyaml_strval_t pinning_words[] = { { "never", PINNING_NEVER },
	{ "listed", PINNING_LISTED }, { "any", PINNING_ANY } };
/* A program would take the page for what it asked for. */
static const cyaml_strval_t patience_words[] = { { "none", PATIENCE_NONE },
	{ "trickle", PATIENCE_TRICKLE }, { "page", PATIENCE_PAGE } };
static const cyaml_strval_t client_cert_words[] = { { "present", CLIENT_CERT_PRESENT },
	{ "passthrough", CLIENT_CERT_PASSTHROUGH }, { "refuse", CLIENT_CERT_REFUSE },
	{ "ignore", CLIENT_CERT_IGNORE } };

static const cyaml_strval_t choice_words[] = { { "refuse", FAULT_REFUSE }, { "warn", FAULT_WARN },
	{ "accept", FAULT_ACCEPT } };
static const cyaml_strval_t refuse_words[] = { { "auto", REFUSE_AUTO }, { "page", REFUSE_PAGE },
	{ "alert", REFUSE_ALERT } };
static const cyaml_strval_t fault_words[] = {
#define TLS_ERROR(name, word, doc) { word, TLS_ERROR_##name },
#include "core/tls_error.def"
#undef TLS_ERROR
};

static const cyaml_schema_value_t text_entry = { CYAML_VALUE_STRING(
    CYAML_FLAG_POINTER, const char *, 1, TEXT_MAX) };
static const cyaml_schema_value_t port_entry = { CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint16_t) };
static const cyaml_schema_value_t protocol_entry = { CYAML_VALUE_ENUM(
    CYAML_FLAG_STRICT, enum protocol, protocol_words, CYAML_ARRAY_LEN(protocol_words)) };

static const cyaml_schema_value_t fault_entry = { CYAML_VALUE_ENUM(
    CYAML_FLAG_STRICT, enum tls_error, fault_words, CYAML_ARRAY_LEN(fault_words)) };

/* `invalid` stands here so that a wish for it gets an answer of its own (rule_origin.c). */
static const cyaml_schema_field_t fault_fields[] = {
#define TLS_ERROR(name, word, doc)                                                                 \
	CYAML_FIELD_ENUM(word, ENUM_FLAGS, struct config_faults, of[TLS_ERROR_##name],             \
	    choice_words, CYAML_ARRAY_LEN(choice_words)),
#include "core/tls_error.def"
#undef TLS_ERROR
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t listen_fields[] = {
	NUMBER(struct config_listen, http),
	NUMBER(struct config_listen, tls),
	NUMBER(struct config_listen, any),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t network_fields[] = {
	CYAML_FIELD_BOOL("manage", OPT, struct config_network, manage),
	LIST(struct config_network, inside, &text_entry, 0, INSIDE_MAX),
	LIST(struct config_network, http_ports, &port_entry, 0, PORTS_MAX),
	LIST(struct config_network, tls_ports, &port_entry, 0, PORTS_MAX),
	CYAML_FIELD_BOOL("all_ports", OPT, struct config_network, all_ports),
	WORD(struct config_network, source, ENUM_FLAGS, source_words),
	WORD(struct config_network, quic, ENUM_FLAGS, quic_words),
	NUMBER(struct config_network, mark),
	NUMBER(struct config_network, table),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t tls_fields[] = {
	CYAML_FIELD_BOOL("intercept", OPT, struct config_tls, intercept),
	WORD(struct config_tls, passthrough_check, ENUM_FLAGS, check_words),
	TEXT(struct config_tls, ca_cert),
	TEXT(struct config_tls, ca_key),
	TEXT(struct config_tls, ca_passphrase_file),
	TEXT(struct config_tls, ca_pin_file),
	TEXT(struct config_tls, ca_module),
	TEXT(struct config_tls, ca_token_dir),
	TEXT(struct config_tls, cluster_secret),
	LIST(struct config_tls, management_names, &text_entry, 0, INSIDE_MAX),
	TEXT(struct config_tls, trust),
	CYAML_FIELD_MAPPING("faults", OPT, struct config_tls, faults, fault_fields),
	WORD(struct config_tls, refuse, ENUM_FLAGS, refuse_words),
	LIST(struct config_tls, crl, &text_entry, 0, CRL_MAX),
	TEXT(struct config_tls, revocation_set),
	TEXT(struct config_tls, intermediates),
	CYAML_FIELD_BOOL("fetch_intermediates", OPT, struct config_tls, fetch_intermediates),
	CYAML_FIELD_BOOL("fetch_private", OPT, struct config_tls, fetch_private),
	CYAML_FIELD_BOOL("resumption", OPT, struct config_tls, resumption),
	CYAML_FIELD_END,
};

static const cyaml_strval_t engine_direction_words[] = { { "both", ENGINE_BOTH },
	{ "upload", ENGINE_UPLOAD }, { "download", ENGINE_DOWNLOAD } };
static const cyaml_strval_t engine_error_words[] = { { "block", ENGINE_BLOCK }, { "ignore", ENGINE_IGNORE } };

static const cyaml_schema_field_t engine_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct config_engine, name, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("url", CYAML_FLAG_POINTER, struct config_engine, url, 1, TEXT_MAX),
	TEXT(struct config_engine, ca),
	WORD(struct config_engine, direction, ENUM_FLAGS, engine_direction_words),
	WORD(struct config_engine, on_error, ENUM_FLAGS, engine_error_words),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t engine_entry = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct config_engine, engine_fields) };

static const cyaml_strval_t phishing_words[] = { { "signatures", CONFIG_PHISHING_SIGNATURES },
	{ "links", CONFIG_PHISHING_LINKS }, { "off", CONFIG_PHISHING_OFF } };

static const cyaml_schema_field_t scanner_fields[] = {
	CYAML_FIELD_BOOL("enabled", OPT, struct config_scanner, enabled),
	TEXT(struct config_scanner, signatures),
	TEXT(struct config_scanner, own_signatures),
	TEXT(struct config_scanner, notify),
	NUMBER(struct config_scanner, jobs),
	WORD(struct config_scanner, phishing, ENUM_FLAGS, phishing_words),
	LIST(struct config_scanner, engines, &engine_entry, 0, ENGINES_MAX),
	TEXT(struct config_scanner, keep),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t patience_fields[] = {
	WORD(struct config_patience, browsers, ENUM_FLAGS, patience_words),
	CYAML_FIELD_ENUM("programs", ENUM_FLAGS, struct config_patience, programs, patience_words,
	    CYAML_ARRAY_LEN(patience_words) - 1),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t audit_fields[] = {
	TEXT(struct config_audit, folder),
	WORD(struct config_audit, when_full, ENUM_FLAGS, full_words),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t limit_fields[] = {
#define SIZE(name, def, least, most, doc) TEXT(struct raw_limits, name),
#define TIME(name, def, least, most, doc) TEXT(struct raw_limits, name),
#define COUNT(name, def, least, most, doc) TEXT(struct raw_limits, name),
#include "core/limit.def"
#undef SIZE
#undef TIME
#undef COUNT
	CYAML_FIELD_END,
};

/* An empty list would never hold, or always: both are surely not what was meant. */
static const cyaml_schema_field_t when_fields[] = {
	LIST(struct raw_when, client, &text_entry, 1, LIST_MAX),
	LIST(struct raw_when, destination, &text_entry, 1, LIST_MAX),
	LIST(struct raw_when, port, &text_entry, 1, LIST_MAX),
	LIST(struct raw_when, protocol, &protocol_entry, 1, LIST_MAX),
	LIST(struct raw_when, host, &text_entry, 1, LIST_MAX),
	LIST(struct raw_when, host_list, &text_entry, 1, PORTS_MAX),
	LIST(struct raw_when, method, &text_entry, 1, LIST_MAX),
	LIST(struct raw_when, path, &text_entry, 1, LIST_MAX),
	WORD(struct raw_when, direction, ENUM_FLAGS, direction_words),
	LIST(struct raw_when, content_type, &text_entry, 1, LIST_MAX),
	LIST(struct raw_when, accept, &text_entry, 1, LIST_MAX),
	TEXT(struct raw_when, size_over),
	TEXT(struct raw_when, size_under),
	LIST(struct raw_when, verdict, &text_entry, 1, LIST_MAX),
	LIST(struct raw_when, content, &text_entry, 1, LIST_MAX),
	LIST(struct raw_when, contains, &text_entry, 1, LIST_MAX),
	WORD(struct raw_when, mismatch, ENUM_FLAGS, mismatch_words),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t rule_fields[] = {
	TEXT(struct raw_rule, name),
	CYAML_FIELD_MAPPING("when", OPT, struct raw_rule, when, when_fields),
	WORD(struct raw_rule, action, CYAML_FLAG_STRICT, action_words),
	TEXT(struct raw_rule, reason),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t rule_entry = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_rule, rule_fields) };

static const cyaml_schema_field_t pinning_fields[] = {
	CYAML_FIELD_BOOL("learn", OPT, struct raw_pinning, told.learn),
	CYAML_FIELD_ENUM("bypass", ENUM_FLAGS, struct raw_pinning, told.bypass, pinning_words,
	    CYAML_ARRAY_LEN(pinning_words)),
	CYAML_FIELD_MAPPING("when", OPT, struct raw_pinning, when, when_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t client_cert_fields[] = {
	TEXT(struct raw_client_cert, name),
	CYAML_FIELD_MAPPING("when", OPT, struct raw_client_cert, when, when_fields),
	WORD(struct raw_client_cert, action, CYAML_FLAG_STRICT, client_cert_words),
	TEXT(struct raw_client_cert, cert),
	TEXT(struct raw_client_cert, key),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t client_cert_entry = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_client_cert, client_cert_fields) };

static const cyaml_schema_field_t origin_fields[] = {
	TEXT(struct raw_origin, name),
	CYAML_FIELD_MAPPING("when", OPT, struct raw_origin, when, when_fields),
	CYAML_FIELD_MAPPING("faults", OPT, struct raw_origin, faults, fault_fields),
	WORD(struct raw_origin, refuse, ENUM_FLAGS, refuse_words),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t origin_entry = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_origin, origin_fields) };

static const cyaml_schema_field_t exception_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct raw_exception, name, 1, TEXT_MAX),
	LIST(struct raw_exception, host, &text_entry, 1, PORTS_MAX),
	LIST(struct raw_exception, destination, &text_entry, 1, PORTS_MAX),
	LIST(struct raw_exception, port, &text_entry, 1, PORTS_MAX),
	TEXT(struct raw_exception, spki),
	CYAML_FIELD_SEQUENCE_COUNT("errors", CYAML_FLAG_POINTER, struct raw_exception, errors,
	    errors_n, &fault_entry, 1, TLS_ERROR_COUNT),
	CYAML_FIELD_STRING_PTR("until", CYAML_FLAG_POINTER, struct raw_exception, until, 1, TEXT_MAX),
	TEXT(struct raw_exception, reason),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t exception_entry = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_exception, exception_fields) };

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_MAPPING("listen", OPT, struct raw_config, listen, listen_fields),
	CYAML_FIELD_MAPPING("network", OPT, struct raw_config, network, network_fields),
	CYAML_FIELD_MAPPING("tls", OPT, struct raw_config, tls, tls_fields),
	CYAML_FIELD_MAPPING("pinning", OPT, struct raw_config, pinning, pinning_fields),
	CYAML_FIELD_MAPPING("scanner", OPT, struct raw_config, scanner, scanner_fields),
	CYAML_FIELD_MAPPING("patience", OPT, struct raw_config, patience, patience_fields),
	CYAML_FIELD_MAPPING("audit", OPT, struct raw_config, audit, audit_fields),
	NUMBER(struct raw_config, workers),
	TEXT(struct raw_config, state_dir),
	LIST(struct raw_config, known_hosts, &text_entry, 0, LIST_MAX),
	CYAML_FIELD_MAPPING("limits", OPT, struct raw_config, limits, limit_fields),
	LIST(struct raw_config, client_certificates, &client_cert_entry, 0, CLIENT_CERTS_MAX),
	LIST(struct raw_config, origins, &origin_entry, 0, ORIGINS_MAX),
	LIST(struct raw_config, exceptions, &exception_entry, 0, EXCEPTIONS_MAX),
	LIST(struct raw_config, rules, &rule_entry, 0, RULES_MAX),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t config_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_POINTER, struct raw_config, top_fields) };

struct raw_config *config_typed(struct str canon, struct arena *a, struct config_error *err)
{
	const cyaml_config_t how = {
		.mem_fn = arena_mem, .mem_ctx = a, .flags = CYAML_CFG_NO_ALIAS
	};
	cyaml_data_t *data = NULL;
	cyaml_err_t ret =
	    cyaml_load_data((const uint8_t *)canon.p, canon.n, &how, &config_schema, &data, NULL);

	if (ret == CYAML_OK)
		return data;
	config_error_set(err, 0, STR("configuration"), "what the schema takes (%s)",
	    cyaml_strerror(ret)); /* memory, or our check and the schema differ */
	return NULL;
}
