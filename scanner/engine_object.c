/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One object through libclamav: its alert names and results mapped to typed verdicts, with the
 * layers that it shows on the way. What it calls "clean" is CLEAN only when scanner/layers.c agrees.
 */
#include <clamav.h>
#include <string.h>

#include "scanner/engine.h"
#include "scanner/engine_open.h"

static void on_virus(int fd, const char *name, void *arg)
{
	/* Without this callback an over-size file gives a virus without a name. */
	(void)fd;
	(void)name;
	(void)arg;
}

static cl_error_t on_layer(int fd, const char *type, const char **ancestors, size_t parent_size,
    const char *name, size_t size, const char *bytes, uint32_t level, uint32_t attributes,
    void *arg)
{
	struct object *o = arg;
	struct layer_shown y = { .level = level, .type = type != NULL ? type : "", .name = name,
		.normal = (attributes & LAYER_ATTRIBUTES_NORMALIZED) != 0,
		.bytes = bytes != NULL ? str_of(bytes, size) : STR_NONE };

	(void)fd;
	(void)ancestors;
	(void)parent_size;
	y.exact = layers_open(&o->layers, level, y.type, y.bytes);
	o->shown(o->arg, &y);
	return o->layers.stop ? CL_VIRUS : CL_CLEAN; /* nothing else ends all of it */
}

static cl_error_t on_member(const char *type, unsigned long packed, const char *name,
    unsigned long size, int encrypted, unsigned position, void *arg)
{
	struct object *o = arg;

	(void)packed;
	(void)name;
	(void)encrypted;
	(void)position;
	layers_member(&o->layers, type != NULL ? type : "", size);
	return CL_CLEAN;
}

void engine_watch(struct engine *e)
{
	cl_engine_set_clcb_virus_found(e->cl, on_virus);
	cl_engine_set_clcb_file_inspection(e->cl, on_layer);
	cl_engine_set_clcb_meta(e->cl, on_member);
}

static void put(
    struct verdict *v, enum verdict_class class, enum verdict_reason reason, const char *name)
{
	*v = verdict_make(class, reason, str_c(name));
}

/* The engine marks all that is not Cisco's; our own test signature needs no mark. */
static void put_infected(struct verdict *v, const char *name)
{
	put(v, VERDICT_INFECTED, REASON_NONE,
	    strcmp(name, ENGINE_TEST_NAME ".UNOFFICIAL") == 0 ? ENGINE_TEST_NAME : name);
}

static void name_alert(struct verdict *v, const char *name)
{
	static const struct {
		const char *prefix;
		enum verdict_class class;
		enum verdict_reason reason;
	} rows[] = {
		{ "Heuristics.Limits.Exceeded.MaxScanTime", VERDICT_UNSCANNABLE, REASON_TIMEOUT },
		{ "Heuristics.Limits.Exceeded", VERDICT_UNSCANNABLE, REASON_LIMIT },
		{ "Heuristics.Encrypted", VERDICT_UNSCANNABLE, REASON_ENCRYPTED },
		{ "Heuristics.Broken", VERDICT_UNSCANNABLE, REASON_MALFORMED },
		{ "Heuristics.MBRPartition", VERDICT_UNSCANNABLE, REASON_MALFORMED },
		{ "Heuristics.GPTPartition", VERDICT_UNSCANNABLE, REASON_MALFORMED },
		{ "Heuristics.APMPartition", VERDICT_UNSCANNABLE, REASON_MALFORMED },
		/* A dictionary that the engine does not allocate. */
		{ "Heuristics.XZ.DicSizeLimit", VERDICT_UNSCANNABLE, REASON_LIMIT },
		{ "Heuristics.", VERDICT_SUSPECT, REASON_NONE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(name, rows[i].prefix, strlen(rows[i].prefix)) == 0) {
			put(v, rows[i].class, rows[i].reason, name);
			return;
		}
	put_infected(v, name);
}

static void name_result(struct verdict *v, int result, const char *alert)
{
	switch (result) {
	case CL_CLEAN:
		put(v, VERDICT_CLEAN, REASON_NONE, "");
		break;
	case CL_VIRUS:
		name_alert(v, alert != NULL && alert[0] != '\0' ? alert : "unnamed");
		break;
	case CL_ETIMEOUT:
		put(v, VERDICT_UNSCANNABLE, REASON_TIMEOUT, "engine-time");
		break;
	case CL_EMAXREC:
	case CL_EMAXSIZE:
	case CL_EMAXFILES:
		put(v, VERDICT_UNSCANNABLE, REASON_LIMIT, "engine-limit");
		break;
	default:
		put(v, VERDICT_UNSCANNABLE, REASON_ERROR, cl_strerror(result));
		break;
	}
}

/* A gap in the search outweighs a heuristic: the rest was not looked at. */
static void add_layers(struct verdict *v, const struct layers *l)
{
	if (l->stop && strncmp(v->name, "Detected.By.Callback", 20) == 0)
		put(v, VERDICT_UNSCANNABLE, REASON_LIMIT, l->why);
	if (l->reason != REASON_NONE && (v->class == VERDICT_CLEAN || v->class == VERDICT_SUSPECT))
		put(v, VERDICT_UNSCANNABLE, l->reason, l->why);
	v->layers = l->count;
	v->scanned = l->bytes;
}

struct cl_scan_options engine_options(const struct engine *e)
{
	struct cl_scan_options options = {
		.general = CL_SCAN_GENERAL_HEURISTICS,
		/* The fuzzy hash of images costs 20 times the rest of an image's scan. */
		.parse = ~(uint32_t)CL_SCAN_PARSE_IMAGE_FUZZY_HASH,
		.heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
			     CL_SCAN_HEURISTIC_ENCRYPTED_DOC | CL_SCAN_HEURISTIC_BROKEN_MEDIA |
			     CL_SCAN_HEURISTIC_MACROS | CL_SCAN_HEURISTIC_PARTITION_INTXN,
	};

	if (e->phishing == PHISHING_LINKS)
		options.heuristic |= CL_SCAN_HEURISTIC_PHISHING_SSL_MISMATCH | CL_SCAN_HEURISTIC_PHISHING_CLOAK;
	return options;
}

void engine_object(const struct engine *e, struct str body, struct object *o, struct verdict *v)
{
	struct cl_scan_options options = engine_options(e);
	const char *alert = NULL;
	unsigned long blocks = 0;
	cl_fmap_t *map = cl_fmap_open_memory(body.p, body.n);
	int result = CL_EMAP;

	layers_start(&o->layers, o->dense);
	o->layers.guess = o->guess;
	if (map != NULL)
		result = cl_scanmap_callback(map, NULL, &alert, &blocks, e->cl, &options, o);
	layers_end(&o->layers);
	name_result(v, result, alert);
	add_layers(v, &o->layers);
	if (map != NULL)
		cl_fmap_close(map);
}
