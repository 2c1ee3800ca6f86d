/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/engine_bare.h"

#include <clamav.h>

#include "scanner/engine_open.h"

void engine_bare_begin(struct engine *e)
{
	cl_engine_set_clcb_virus_found(e->cl, NULL);
	cl_engine_set_clcb_file_inspection(e->cl, NULL);
	cl_engine_set_clcb_meta(e->cl, NULL);
}

int engine_bare(const struct engine *e, struct str body)
{
	struct cl_scan_options options = engine_options(e);
	cl_fmap_t *map = cl_fmap_open_memory(body.p, body.n);
	const char *alert = NULL;
	unsigned long blocks = 0;
	int result = CL_EMAP;

	if (map != NULL) {
		result = cl_scanmap_callback(map, NULL, &alert, &blocks, e->cl, &options, NULL);
		cl_fmap_close(map);
	}
	return result;
}
