/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration as typed values: YAML by schema (libcyaml). Defaults stand for everything;
 * an empty file is a good configuration. Errors say line, token, what was expected, likely fix.
 */
#ifndef POLICY_CONFIG_H
#define POLICY_CONFIG_H

#include "core/bundle.h"
#include "core/limit.h"
#include "core/tls_error.h"

struct config_error {
	unsigned line;	     /* 1-based, 0 if not known */
	char token[128];     /* the offending text */
	char expected[256];  /* what would have been right */
	char fix[256];	     /* a likely fix, or "" */
};

/* One line, "PATH:LINE: 'TOKEN': expected ...; fix", as snprintf would. */
int config_error_text(const struct config_error *e, const char *path, char *to, size_t n);

enum manage { MANAGE_OFF, MANAGE_ON };
enum source { SOURCE_CLIENT, SOURCE_GATEWAY };
enum quic { QUIC_REJECT, QUIC_DROP, QUIC_ALLOW };
enum client_cert_action { CLIENT_CERT_PRESENT, CLIENT_CERT_PASSTHROUGH, CLIENT_CERT_REFUSE, CLIENT_CERT_IGNORE };
/* About a fault of an origin, in order of strictness. */
enum fault_choice { FAULT_UNSET, FAULT_ACCEPT, FAULT_WARN, FAULT_REFUSE };
/* How a refused origin is told: by the request, always a page, always an alert. */
enum refuse_how { REFUSE_UNSET, REFUSE_AUTO, REFUSE_PAGE, REFUSE_ALERT };
enum when_full { WHEN_FULL_BLOCK, WHEN_FULL_CONTINUE };

struct config_listen { uint16_t http, tls, any; }; /* 0: none. Defaults 8080, 8443, 0 */

struct config_network {
	enum manage manage;
	const char **inside; /* interfaces */
	unsigned inside_n;
	uint16_t *http_ports, *tls_ports; /* intercepted; defaults 80 and 443 */
	unsigned http_ports_n, tls_ports_n;
	bool all_ports;	     /* 'all': every TCP port, the protocol is sniffed */
	enum source source;  /* whose address origins see; default client */
	enum quic quic;	     /* UDP from the inside to the TLS ports; default reject */
	uint32_t mark;	     /* mark of our own sockets, never intercepted again; default 0x5a11 */
	uint32_t table;	     /* policy routing table; default 5377 */
};

struct config_faults { enum fault_choice of[TLS_ERROR_COUNT]; };

enum passthrough_check { PASSTHROUGH_LOG, PASSTHROUGH_REFUSE, PASSTHROUGH_PROBE };

struct config_tls {
	/* Origins of undecrypted connections: what is visible of them is verified; default log */
	enum passthrough_check passthrough_check;
	bool intercept; /* default true; false: TLS is spliced or refused, and there is no CA */
	const char *ca_cert, *ca_key; /* PEM paths; default below state_dir/ca */
	const char *ca_pin_file, *ca_module, *ca_token_dir; /* where ca_key is a PKCS#11 URI; NULL: none */
	const char *ca_passphrase_file; /* of an encrypted ca_key; NULL: none */
	const char **management_names; /* of the gateway itself: never forged */
	unsigned management_names_n;
	const char *cluster_secret; /* file; nodes with the same have the same leaf keys; NULL: none */
	const char *trust;	      /* PEM bundle; default the system's */
	struct config_faults faults;  /* UNSET is refuse; revocation unknown: accept */
	enum refuse_how refuse;
	const char **crl;	      /* revocation lists, PEM or DER paths */
	unsigned crl_n;
	const char *revocation_set;   /* path, or NULL */
	const char *intermediates;    /* PEM bundle that incomplete chains are completed with, or NULL */
	bool fetch_intermediates;     /* default true: others from where certificates say they are */
	bool fetch_private;	      /* default false: also from addresses that are not public */
	bool resumption; /* default true: sessions are resumed, with clients and with origins */
};

/* What becomes of an origin that asks for a client certificate, where one rule fits. */
struct client_cert {
	const char *name;
	enum client_cert_action action;
	const char *cert, *key; /* PEM paths, with CLIENT_CERT_PRESENT */
};

enum pinning_bypass { PINNING_NEVER, PINNING_LISTED, PINNING_ANY };

/* Clients that refuse our certificates: learned, and passed where policy says so. */
struct config_pinning {
	bool learn;		    /* default true */
	enum pinning_bypass bypass; /* default never; listed: where `when` holds */
};

enum { ENGINES_MAX = 4, ENGINE_NAME_MAX = 20 };
enum engine_direction { ENGINE_BOTH, ENGINE_UPLOAD, ENGINE_DOWNLOAD };
enum engine_error { ENGINE_BLOCK, ENGINE_IGNORE };

/* A service that searches, too: ICAP (RFC 3507). */
struct config_engine {
	const char *name, *url; /* "icap://host:1344/service", or icaps */
	const char *ca;		/* PEM file of its anchors; NULL: tls.trust */
	enum engine_direction direction; /* default both */
	enum engine_error on_error; /* default block: without its answer an object is UNSCANNABLE */
};

enum config_phishing { CONFIG_PHISHING_SIGNATURES, CONFIG_PHISHING_LINKS, CONFIG_PHISHING_OFF };

struct config_scanner {
	bool enabled;		/* default true */
	const char *signatures; /* folder; default /var/lib/clamav */
	const char *own_signatures; /* folder; default /etc/sallyport/signatures */
	const char *notify;	/* path of a socket that takes clamd's RELOAD, or NULL */
	unsigned jobs;		/* 0: as many as cores */
	enum config_phishing phishing; /* default signatures */
	struct config_engine *engines;
	unsigned engines_n;
	const char *keep;	/* folder for bodies that killed a job; NULL: none is written to disk */
};

/* What a receiver gets while a download is held for long. */
enum patience { PATIENCE_NONE, PATIENCE_TRICKLE, PATIENCE_PAGE };

struct config_patience {
	enum patience browsers; /* that navigate; default page */
	enum patience programs; /* all else; default none, never page */
};

struct config_audit {
	const char *folder;	  /* default /var/log/sallyport */
	enum when_full when_full; /* default block */
};

struct config; /* everything, with the rules; see config_get_* */

/* The parts. Strings live as long as the configuration. */
const struct config_listen *config_listen(const struct config *c);
const struct config_network *config_network(const struct config *c);
const struct config_tls *config_tls(const struct config *c);
const struct config_pinning *config_pinning(const struct config *c);
const struct config_scanner *config_scanner(const struct config *c);
const struct config_patience *config_patience(const struct config *c);
const struct config_audit *config_audit(const struct config *c);
const struct limits *config_limits(const struct config *c);
unsigned config_workers(const struct config *c);     /* 0: as many as cores */
const char *config_state_dir(const struct config *c); /* default /var/lib/sallyport */

/*
 * Load YAML text. List files named by rules are looked up by `find` (bytes valid until the load
 * returns; false: missing, errno may say why). NULL with *err filled.
 */
typedef bool config_find_fn(void *arg, const char *path, struct str *bytes);
struct config *config_load(struct str yaml, config_find_fn *find, void *arg, struct config_error *err);
struct config *config_ref(struct config *c);
void config_free(struct config *c);

/* Load from the file system (parent, check): NULL with *err filled; path NULL gives defaults. */
struct config *config_load_file(const char *path, struct config_error *err);

/* Load from a bundle's "config" and "list:PATH" entries (roles without file access). */
struct config *config_load_bundle(const struct bundle *b, struct config_error *err);

/* The rules of client_certificates in their order; NULL beyond the last. */
const struct client_cert *config_client_cert(const struct config *c, size_t i);

/* Paths of all list files that the rules name, for the parent to bundle; n in *n. */
const char *const *config_lists(const struct config *c, size_t *n);

#endif
