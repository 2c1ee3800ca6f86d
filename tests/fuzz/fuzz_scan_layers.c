/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scanner's own look at hostile layers: the first byte picks level and type of a layer, the
 * second and third its length, and so on until the input ends. Also each as a ZIP by itself.
 */
#include <assert.h>

#include "scanner/layers.h"
#include "scanner/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "CL_TYPE_ZIP", "CL_TYPE_OOXML_WORD", "CL_TYPE_GZ",
		"CL_TYPE_7Z", "CL_TYPE_BINARY_DATA", "", "CL_TYPE_RAR", "CL_TYPE_POSIX_TAR" };
	struct str rest = str_of((const char *)data, size);
	struct dense d = { .ratio = 200, .most = 1000, .total = 100000 };
	struct layers l;
	uint32_t members;

	zip_look(rest, &members);
	zip_dense(rest, &d);
	dense_deflate(&d, rest, size % 2);
	layers_start(&l, &d);
	while (rest.n >= 3) {
		unsigned char a = (unsigned char)rest.p[0];
		size_t n = (unsigned char)rest.p[1] | (size_t)(unsigned char)rest.p[2] << 8;
		struct str body = str_sub(rest, 3, n);

		layers_open(&l, a >> 3, types[a & 7], body);
		layers_member(&l, types[a & 7], n);
		rest = str_sub(rest, 3 + body.n, rest.n);
	}
	layers_end(&l);
	assert(l.depth == 0 && l.reason < REASON_COUNT && l.why != NULL);
	return 0;
}
